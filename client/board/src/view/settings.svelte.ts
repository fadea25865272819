/** How one person looks at the board: filter, lanes, density, folded and hidden columns. */
import { NO_FILTER, type Filter } from '@kanvoy/sync/filter.ts';
import { is_boolean, is_texts, one_of, remember, remembered } from '@kanvoy/kit/preferences.ts';
import { DENSITIES, type Density, row_height } from './geometry.ts';

export const LANES = ['none', 'driver', 'city', 'priority', 'window', 'customer'] as const;
export type Lanes = (typeof LANES)[number];

export class ViewSettings {
  filter: Filter = $state.raw(NO_FILTER);
  lanes: Lanes = $state.raw(remembered('lanes', 'none', one_of(...LANES)));
  density: Density = $state.raw(remembered('density', 'normal', one_of(...DENSITIES)));
  single_keys: boolean = $state.raw(remembered('single_keys', true, is_boolean));
  closed_lanes: ReadonlySet<string> = $state.raw(new Set());
  /** Stages whose fold differs from what their meaning suggests. */
  #flipped: ReadonlySet<string> = $state.raw(new Set(remembered('flipped', [], is_texts)));
  #hidden: ReadonlySet<string> = $state.raw(new Set(remembered('hidden', [], is_texts)));

  readonly row: number = $derived(row_height(this.density));
  readonly is_filtered: boolean = $derived(Object.keys(this.filter).length > 0);

  /** Finished columns are folded until somebody opens them. */
  is_folded(stage_id: string, terminal: boolean): boolean {
    return this.#flipped.has(stage_id) !== terminal;
  }

  is_hidden(stage_id: string): boolean {
    return this.#hidden.has(stage_id);
  }

  flip(stage_id: string): void {
    this.#flipped = toggled(this.#flipped, stage_id);
    remember('flipped', [...this.#flipped]);
  }

  hide(stage_id: string): void {
    this.#hidden = toggled(this.#hidden, stage_id);
    remember('hidden', [...this.#hidden]);
  }

  toggle_lane(lane: string): void {
    this.closed_lanes = toggled(this.closed_lanes, lane);
  }

  choose_lanes(lanes: Lanes): void {
    this.lanes = lanes;
    this.closed_lanes = new Set();
    remember('lanes', lanes);
  }

  choose_density(density: Density): void {
    this.density = density;
    remember('density', density);
  }

  choose_single_keys(on: boolean): void {
    this.single_keys = on;
    remember('single_keys', on);
  }

  /** Sets one part of the filter; an empty value takes the part away. */
  set<Key extends keyof Filter>(key: Key, value: Filter[Key] | undefined): void {
    const { [key]: _, ...rest } = this.filter;
    const empty =
      value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
    this.filter = empty ? rest : { ...rest, [key]: value };
  }

  clear(): void {
    this.filter = NO_FILTER;
  }
}

export function toggled<T>(set: ReadonlySet<T>, item: T): ReadonlySet<T> {
  const next = new Set(set);
  if (!next.delete(item)) next.add(item);
  return next;
}
