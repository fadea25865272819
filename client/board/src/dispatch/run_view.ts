/** A driver's day as it is drawn: shades, stops at their estimated times, ghosts of a plan. */
import type { Formats } from '@kanvoy/kit/format.ts';
import type { PlanItemView, Point } from '@kanvoy/protocol/messages.gen.ts';
import type { Dispatch, Stop } from '@kanvoy/sync/full.ts';
import type { Driver, Hub } from '@kanvoy/sync/records.ts';
import type { ShownDispatch } from '@kanvoy/sync/shown.ts';
import { work_of, type Day, type Work } from './axis.ts';
import { run_metres, timed_run, type Timed } from './run_times.ts';

/** One open delivery with its order. */
export interface StopItem {
  readonly id: string;
  readonly order_id: string;
  readonly shown: ShownDispatch;
  readonly order: Dispatch;
  readonly stop: Stop;
}

/** A stop in its run. */
export interface RunStop extends StopItem {
  /** Place in the whole run, 1 for the first. */
  readonly place: number;
  readonly timed: Timed;
  readonly lateness: Lateness;
}

/** `late`: its window is over. `expected`: the estimate says it will be. */
export type Lateness =
  | { readonly kind: 'none' }
  | { readonly kind: 'late'; readonly ms: number }
  | { readonly kind: 'expected'; readonly ms: number };

export interface RunDay {
  readonly driver: Driver;
  readonly work: Work;
  /** Of the whole run, in its order. */
  readonly all: readonly StopItem[];
  /** Those of the day that is shown. */
  readonly stops: readonly RunStop[];
  /** How many are due on other days. */
  readonly elsewhere: number;
  readonly metres: number;
  readonly load: { readonly weight_g: number; readonly volume_ml: number; readonly pieces: number };
}

export interface RunAround {
  readonly formats: Formats;
  readonly day: Day;
  readonly now: number;
  readonly service_seconds: number;
  hub(id: string | null): Hub | undefined;
}

export function run_day(driver: Driver, all: readonly StopItem[], around: RunAround): RunDay {
  const { formats, day, now } = around;
  const work = work_of(formats, driver, day);
  const stops = all.filter((item) => is_due_on(item.stop, day, now));
  const start = start_of(driver, stops, work, around);
  const timed = timed_run(stops.map(halt_of), start, around.service_seconds);
  const place = new Map(all.map((item, at) => [item.id, at + 1]));
  return {
    driver,
    work,
    all,
    stops: stops.map((item, at) => ({
      ...item,
      place: place.get(item.id) ?? 0,
      timed: timed[at] ?? { id: item.id, arrives: start.at, leaves: start.at, late_ms: 0 },
      lateness: lateness_of(item.stop, timed[at], now),
    })),
    elsewhere: all.length - stops.length,
    metres: run_metres([start.point, ...stops.map((item) => item.stop.point)]),
    load: load_of(stops),
  };
}

/** Due on a day by its window; what has none or is overdue is today's. */
export function is_due_on(stop: Stop, day: Day, now: number): boolean {
  const today = now >= day.starts && now < day.ends;
  if (stop.window === null) return today;
  if (stop.window.closes <= day.starts) return today;
  return stop.window.opens < day.ends;
}

function start_of(
  driver: Driver,
  stops: readonly StopItem[],
  work: Work,
  { day, now, hub }: RunAround,
): { readonly at: number; readonly point: Point | null } {
  const first = work.always ? undefined : work.shifts[0]?.opens;
  const opens = first ?? day.starts + 8 * 3_600_000;
  const today = now >= day.starts && now < day.ends;
  const hub_id = driver.hub_id ?? stops.find((item) => item.stop.hub_id !== null)?.stop.hub_id;
  const point = hub(hub_id ?? null)?.address.point ?? null;
  return { at: today ? Math.max(opens, now) : opens, point: point ?? stops[0]?.stop.point ?? null };
}

function halt_of({ id, stop }: StopItem) {
  const { point, window, service_seconds, arrived_at } = stop;
  return { id, point, window, service_seconds, arrived_at };
}

export function lateness_of(stop: Stop, timed: Timed | undefined, now: number): Lateness {
  if (stop.window === null) return { kind: 'none' };
  if (now > stop.window.closes) return { kind: 'late', ms: now - stop.window.closes };
  const late = timed?.late_ms ?? 0;
  return late >= 60_000 ? { kind: 'expected', ms: late } : { kind: 'none' };
}

export function load_of(stops: readonly StopItem[]) {
  const sum = { weight_g: 0, volume_ml: 0, pieces: 0 };
  for (const { stop } of stops) {
    sum.weight_g += stop.load.weight_g;
    sum.volume_ml += stop.load.volume_ml;
    sum.pieces += stop.load.pieces;
  }
  return sum;
}

/** One delivery of an open plan, drawn where it would be. */
export interface Ghost {
  readonly item: PlanItemView;
  readonly stop: StopItem | undefined;
  /** The plan leaves it with whom it is. */
  readonly stays: boolean;
}
