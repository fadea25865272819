/** Everything a wallboard draws, taken from its channel at one moment. */
import type { Completed } from '@kanvoy/protocol/decode.ts';
import type { Held } from '@kanvoy/sync/held.ts';

export type Tile = Completed<'tile'>;
export type Display = Completed<'display'>;
export type Settings = Completed<'settings'>;
export type Stage = Completed<'workflow'>['stages'][number];

export interface Picture {
  readonly display: Display | null;
  readonly settings: Settings | null;
  /** All stages of all workflows, the default workflow's first, each once. */
  readonly stages: readonly Stage[];
  readonly tiles: readonly Tile[];
}

export const EMPTY: Picture = { display: null, settings: null, stages: [], tiles: [] };

export function picture_of(things: Iterable<Held>): Picture {
  let display: Display | null = null;
  let settings: Settings | null = null;
  const workflows: Completed<'workflow'>[] = [];
  const tiles: Tile[] = [];
  for (const { view } of things) {
    if (view.type === 'tile') tiles.push(view);
    else if (view.type === 'workflow') workflows.push(view);
    else if (view.type === 'display') display = view;
    else if (view.type === 'settings') settings = view;
  }
  workflows.sort(
    (one, other) => Number(other.default) - Number(one.default) || (one.id < other.id ? -1 : 1),
  );
  const stages = new Map<string, Stage>();
  for (const workflow of workflows) {
    for (const stage of workflow.stages) if (!stages.has(stage.id)) stages.set(stage.id, stage);
  }
  return { display, settings, stages: [...stages.values()], tiles };
}

/** What nobody in a hall has to act on any more. */
const OVER: ReadonlySet<string> = new Set(['done', 'cancelled']);

export function is_over(category: string): boolean {
  return OVER.has(category);
}

/** The stages a display shows: those it names, in the workflow's order, else all that are not over. */
export function shown_stages({ display, stages }: Picture): readonly Stage[] {
  const named = new Set(display?.stages ?? []);
  const found = stages.filter((stage) => named.has(stage.id));
  if (found.length > 0) return found;
  return stages.filter((stage) => !is_over(stage.category) && stage.category !== 'draft');
}

/** The tiles of these stages. */
export function tiles_in(tiles: readonly Tile[], stages: readonly Stage[]): readonly Tile[] {
  const ids = new Set(stages.map((stage) => stage.id));
  return tiles.filter((tile) => ids.has(tile.stage_id));
}

/** How a number is said in this house. */
export function number_of(tile: Tile, settings: Settings | null): string {
  return `${settings?.number_prefix ?? ''}${tile.number}`;
}
