/** The board as the arrow keys see it: what is open, in the order it stands. */
import type { Desk } from '../desk.svelte.ts';
import { lanes_of } from '../view/lanes.ts';
import type { Grid } from '../view/navigate.ts';
import { is_terminal } from './moves.ts';

/** `only` is the one stage a narrow screen shows. */
export function grid_of(desk: Desk, only?: string): Grid {
  const open = desk.stages.filter((stage) => !desk.view.is_folded(stage.id, is_terminal(stage)));
  const stages = only === undefined ? open.map((stage) => stage.id) : [only];
  const lanes =
    desk.view.lanes === 'none' ? [''] : lanes_of(desk, desk.view.lanes).map((lane) => lane.key);
  return {
    board: desk.engine.board,
    stages,
    lanes: lanes.filter((lane) => !desk.view.closed_lanes.has(lane)),
  };
}
