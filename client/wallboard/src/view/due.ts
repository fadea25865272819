/** When an order is wanted and whether that is near or past, by the server's clock. */
import { is_over, type Stage, type Tile } from './picture.ts';

export const SOON_MS = 30 * 60_000;
export const HOUR_MS = 60 * 60_000;

export type Due =
  | { readonly kind: 'late'; readonly by: number }
  | { readonly kind: 'soon'; readonly left: number }
  | { readonly kind: 'later'; readonly at: number }
  | { readonly kind: 'none' };

/** What is over or has failed is not late any more: nobody can hurry it. */
export function due_of(tile: Tile, now: number): Due {
  if (tile.window === null || is_over(tile.category) || tile.category === 'failed') {
    return { kind: 'none' };
  }
  const left = tile.window.closes - now;
  if (left < 0) return { kind: 'late', by: -left };
  return left <= SOON_MS ? { kind: 'soon', left } : { kind: 'later', at: tile.window.closes };
}

export function is_late(tile: Tile, now: number): boolean {
  return due_of(tile, now).kind === 'late';
}

/** Whether the order has been in its stage for longer than the house allows itself. */
export function is_long(tile: Tile, stage: Stage | undefined, now: number): boolean {
  const minutes = stage?.sla_minutes ?? null;
  return minutes !== null && now - tile.stage_since > minutes * 60_000;
}

/** Next due first; without a window the more urgent and the older ones first. */
export function by_due(one: Tile, other: Tile): number {
  const over = Number(is_over(one.category)) - Number(is_over(other.category));
  const closes = (tile: Tile): number => tile.window?.closes ?? Number.MAX_SAFE_INTEGER;
  return (
    over ||
    closes(one) - closes(other) ||
    other.priority - one.priority ||
    one.number - other.number
  );
}

/** As on the board. */
export function by_rank(one: Tile, other: Tile): number {
  if (one.rank !== other.rank) return one.rank < other.rank ? -1 : 1;
  return one.number - other.number;
}
