import { fold } from './filter.ts';
import type { Card } from './full.ts';

export type SortField =
  | 'rank'
  | 'number'
  | 'customer'
  | 'city'
  | 'total'
  | 'items'
  | 'window'
  | 'priority'
  | 'stage'
  | 'stage_since'
  | 'created_at'
  | 'driver'
  | 'csr';

export interface Sort {
  readonly by: SortField;
  readonly descending?: boolean;
}

/** What a card is sorted by, computed once per change and not once per comparison. */
export type SortKeys = readonly (string | number | null)[];

export interface Sorted {
  readonly id: string;
  readonly keys: SortKeys;
}

export const BY_RANK: readonly Sort[] = [{ by: 'rank' }];

/** Ids as the tenant ordered them: stages in the order of their workflow, for instance. */
export type Position = (id: string) => number;

export function sort_keys(card: Card, sorts: readonly Sort[], stage_position: Position): SortKeys {
  return sorts.map((sort) => sort_key(card, sort.by, stage_position));
}

/** Absent values come last in both directions; equal ones are told apart by id. */
export function comparator(sorts: readonly Sort[]): (one: Sorted, other: Sorted) => number {
  const signs = sorts.map((sort) => (sort.descending === true ? -1 : 1));
  return (one, other) => {
    for (let index = 0; index < signs.length; index += 1) {
      const order = compared(one.keys[index] ?? null, other.keys[index] ?? null, signs[index] ?? 1);
      if (order !== 0) return order;
    }
    return one.id < other.id ? -1 : one.id > other.id ? 1 : 0;
  };
}

/** Where an item belongs in a sorted list of ids, or where it is. */
export function place_of<T extends Sorted>(
  ids: readonly string[],
  item: T,
  find: (id: string) => T,
  compare: (one: T, other: T) => number,
): number {
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(find(ids[middle] as string), item) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function compared(
  one: string | number | null,
  other: string | number | null,
  sign: number,
): number {
  if (one === other) return 0;
  if (one === null) return 1;
  if (other === null) return -1;
  return one < other ? -sign : sign;
}

function sort_key(card: Card, by: SortField, stage_position: Position): string | number | null {
  switch (by) {
    case 'window':
      return card.window?.closes ?? null;
    case 'customer':
    case 'city':
      return fold(card[by]);
    case 'stage':
      return stage_position(card.stage_id);
    case 'driver':
      return card.driver_id;
    case 'csr':
      return card.csr_id;
    default:
      return card[by];
  }
}
