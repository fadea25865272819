/** Where the arrow keys lead: up and down a pile, sideways to the next pile that has cards. */
import type { LiveIndex } from '@kanvoy/sync/live_index.ts';

export interface Grid {
  readonly board: LiveIndex;
  /** Open columns, as they stand. */
  readonly stages: readonly string[];
  /** Lanes as they stand; one empty lane when there are none. */
  readonly lanes: readonly string[];
}

export type Step = 'up' | 'down' | 'left' | 'right' | 'first' | 'last' | 'page_up' | 'page_down';

export const STEPS: Readonly<Record<string, Step>> = {
  ArrowUp: 'up',
  ArrowDown: 'down',
  ArrowLeft: 'left',
  ArrowRight: 'right',
  Home: 'first',
  End: 'last',
  PageUp: 'page_up',
  PageDown: 'page_down',
  j: 'down',
  k: 'up',
};

export function step_from(grid: Grid, id: string, step: Step, page: number): string | null {
  const at = grid.board.place(id);
  if (at === null || at.index < 0) return first_of(grid);
  const { ids } = grid.board.column(at.stage, at.lane);
  switch (step) {
    case 'up':
      return ids[at.index - 1] ?? across(grid, at.stage, at.lane, -1);
    case 'down':
      return ids[at.index + 1] ?? across(grid, at.stage, at.lane, 1);
    case 'left':
      return beside(grid, at.stage, at.lane, at.index, -1);
    case 'right':
      return beside(grid, at.stage, at.lane, at.index, 1);
    case 'first':
      return ids[0] ?? null;
    case 'last':
      return ids[ids.length - 1] ?? null;
    case 'page_up':
      return ids[Math.max(0, at.index - page)] ?? null;
    case 'page_down':
      return ids[Math.min(ids.length - 1, at.index + page)] ?? null;
  }
}

/** Where the tab stop is when nobody chose a card yet. */
export function first_of(grid: Grid): string | null {
  for (const lane of grid.lanes) {
    for (const stage of grid.stages) {
      const [id] = grid.board.column(stage, lane).ids;
      if (id !== undefined) return id;
    }
  }
  return null;
}

/** The end of the same column in the next lane that has cards there. */
function across(grid: Grid, stage: string, lane: string, step: 1 | -1): string | null {
  const start = grid.lanes.indexOf(lane);
  for (let at = start + step; at >= 0 && at < grid.lanes.length; at += step) {
    const { ids } = grid.board.column(stage, grid.lanes[at] ?? '');
    const id = step === 1 ? ids[0] : ids[ids.length - 1];
    if (id !== undefined) return id;
  }
  return null;
}

function beside(
  grid: Grid,
  stage: string,
  lane: string,
  index: number,
  step: 1 | -1,
): string | null {
  const start = grid.stages.indexOf(stage);
  for (let at = start + step; at >= 0 && at < grid.stages.length; at += step) {
    const { ids } = grid.board.column(grid.stages[at] ?? '', lane);
    const id = ids[Math.min(index, ids.length - 1)];
    if (id !== undefined) return id;
  }
  return null;
}
