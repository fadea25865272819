/** What spares the panel and the eyes: drift, swapped sides, a dim night, a quiet reload. */

/** So far the whole picture is moved, in pixels; neighbours differ, none is far from the middle. */
const DRIFT: readonly (readonly [number, number])[] = [
  [0, 0],
  [2, 1],
  [3, -1],
  [1, -3],
  [-1, -2],
  [-3, -1],
  [-2, 2],
  [0, 3],
];

const DRIFT_MS = 60_000;
const SWAP_MS = 5 * 60_000;
const DAY_MS = 24 * 60 * 60_000;
const QUIET_MS = 60_000;
/** The night, by the wall clock of the tenant's zone. */
const NIGHT_BEGINS = 22;
const NIGHT_ENDS = 6;

export interface Shift {
  readonly x: number;
  readonly y: number;
}

export function drift(steady: number): Shift {
  const [x, y] = DRIFT[Math.floor(steady / DRIFT_MS) % DRIFT.length] ?? [0, 0];
  return { x, y };
}

export interface Sides {
  readonly swapped: boolean;
  readonly rounds: number;
  readonly since: number;
}

export const FIRST_SIDES: Sides = { swapped: false, rounds: 0, since: 0 };

/** The header's sides change places when all pages were shown, but not so often that it annoys. */
export function sides_after(before: Sides, rounds: number, now: number): Sides {
  if (rounds === before.rounds || now - before.since < SWAP_MS) return before;
  return { swapped: !before.swapped, rounds, since: now };
}

export function hour_in(now: number, time_zone: string): number {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: time_zone,
    hour: '2-digit',
    hourCycle: 'h23',
  });
  return Number(format.format(now));
}

export function is_night(hour: number): boolean {
  return hour >= NIGHT_BEGINS || hour < NIGHT_ENDS;
}

/** Whether now is a good moment to load the page anew: deep night, nothing happens, long unloaded. */
export function may_reload(
  hour: number,
  age_ms: number,
  since_change_ms: number,
  chance: number,
): boolean {
  const deep = hour >= 3 && hour < 5;
  // Many screens of one hall: asked once a minute, one in ten goes, so that they go one by one.
  return deep && age_ms > DAY_MS / 2 && since_change_ms > QUIET_MS && chance < 0.1;
}
