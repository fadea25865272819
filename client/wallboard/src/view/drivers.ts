/** Who is out with what, by call sign: a screen on a wall names no person. */
import { due_of } from './due.ts';
import { is_over, type Tile } from './picture.ts';

export interface DriverRow {
  readonly call_sign: string;
  readonly deliveries: number;
  readonly to_collect: number;
  readonly on_the_road: number;
  readonly late: number;
  /** The tile that is wanted next. */
  readonly next: Tile | null;
}

/** The one with the most pressing delivery first. */
export function driver_rows(tiles: readonly Tile[], now: number): readonly DriverRow[] {
  const rows = new Map<string, DriverRow>();
  for (const tile of tiles) {
    if (is_over(tile.category)) continue;
    for (const run of tile.runs) {
      const row = rows.get(run.call_sign) ?? first(run.call_sign);
      rows.set(run.call_sign, with_run(row, tile, run.category, now));
    }
  }
  return [...rows.values()].sort(
    (one, other) => closes(one.next) - closes(other.next) || compare(one, other),
  );
}

function first(call_sign: string): DriverRow {
  return { call_sign, deliveries: 0, to_collect: 0, on_the_road: 0, late: 0, next: null };
}

function with_run(row: DriverRow, tile: Tile, category: string, now: number): DriverRow {
  const away = category === 'in_transit';
  return {
    call_sign: row.call_sign,
    deliveries: row.deliveries + 1,
    to_collect: row.to_collect + (away ? 0 : 1),
    on_the_road: row.on_the_road + (away ? 1 : 0),
    late: row.late + (due_of(tile, now).kind === 'late' ? 1 : 0),
    next: closes(tile) < closes(row.next) ? tile : row.next,
  };
}

function closes(tile: Tile | null): number {
  return tile?.window?.closes ?? Number.MAX_SAFE_INTEGER;
}

function compare(one: DriverRow, other: DriverRow): number {
  return one.call_sign < other.call_sign ? -1 : 1;
}
