/** The few numbers a hall is run by. */
import { due_of, HOUR_MS } from './due.ts';
import { is_over, type Stage, type Tile } from './picture.ts';

export interface Figures {
  readonly open: number;
  readonly late: number;
  /** Late ones are not counted again. */
  readonly next_hour: number;
  readonly in_transit: number;
  readonly hold: number;
  readonly urgent: number;
  /** Ready, and nobody to bring it. */
  readonly waiting: number;
  /** As far as it is still on the board. */
  readonly done: number;
}

export function figures(tiles: readonly Tile[], now: number, day_began: number): Figures {
  const count = (test: (tile: Tile) => boolean): number => tiles.filter(test).length;
  const open = (tile: Tile): boolean => !is_over(tile.category) && tile.category !== 'draft';
  return {
    open: count(open),
    late: count((tile) => due_of(tile, now).kind === 'late'),
    next_hour: count((tile) => due_within(tile, now, HOUR_MS)),
    in_transit: count((tile) => tile.category === 'in_transit'),
    hold: count((tile) => tile.hold && open(tile)),
    urgent: count((tile) => tile.priority === 3 && open(tile)),
    waiting: count((tile) => tile.category === 'ready' && tile.runs.length === 0),
    done: count((tile) => tile.category === 'done' && tile.stage_since >= day_began),
  };
}

function due_within(tile: Tile, now: number, ms: number): boolean {
  const due = due_of(tile, now);
  return due.kind === 'soon' || (due.kind === 'later' && due.at - now <= ms);
}

export interface StageCount {
  readonly stage: Stage;
  readonly count: number;
  readonly late: number;
  readonly limit: number | null;
  readonly over: boolean;
}

export function stage_counts(
  stages: readonly Stage[],
  tiles: readonly Tile[],
  now: number,
): readonly StageCount[] {
  return stages.map((stage) => {
    const here = tiles.filter((tile) => tile.stage_id === stage.id);
    const limit = stage.hard ?? stage.soft;
    return {
      stage,
      count: here.length,
      late: here.filter((tile) => due_of(tile, now).kind === 'late').length,
      limit,
      over: limit !== null && here.length > limit,
    };
  });
}

/** When the day began that `now` is in, on a wall clock of that zone. */
export function day_began(now: number, time_zone: string): number {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: time_zone,
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(now);
  const of = (type: string): number => Number(parts.find((part) => part.type === type)?.value ?? 0);
  const passed = ((of('hour') * 60 + of('minute')) * 60 + of('second')) * 1000;
  return now - passed - (now % 1000);
}
