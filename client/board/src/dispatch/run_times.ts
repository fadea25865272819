/**
 * When a driver will be where: an offline estimate for the screen, never a promise.
 *
 * Straight lines with a detour, faster over land than in town; it waits for windows to open.
 */
import type { Point } from '@kanvoy/protocol/messages.gen.ts';

const EARTH_M = 6_371_000;
const DETOUR = 1.3;
/** Metres in a millisecond are kilometres in a second. */
const SLOW_KMH = 25;
const FAST_KMH = 85;
const FAST_FROM_M = 60_000;
/** Without points nothing is known about the way. */
const BLIND_MS = 15 * 60_000;
const USUAL_SERVICE_S = 300;

export interface Halt {
  readonly id: string;
  readonly point: Point | null;
  readonly window: { readonly opens: number; readonly closes: number } | null;
  /** 0 is the usual time. */
  readonly service_seconds: number;
  readonly arrived_at: number | null;
}

export interface Timed {
  readonly id: string;
  readonly arrives: number;
  readonly leaves: number;
  /** How far past the end of its window; 0 when in time or without a window. */
  readonly late_ms: number;
}

export interface Start {
  readonly at: number;
  readonly point: Point | null;
}

/** Times of all halts in the order given. Nobody leaves before `start.at`. */
export function timed_run(
  halts: readonly Halt[],
  start: Start,
  usual_seconds = USUAL_SERVICE_S,
): readonly Timed[] {
  let at = start.at;
  let here = start.point;
  return halts.map((halt) => {
    const there = halt.arrived_at ?? at + way_ms(here, halt.point);
    const arrives = halt.arrived_at ?? Math.max(there, halt.window?.opens ?? there);
    const service = (halt.service_seconds || usual_seconds || USUAL_SERVICE_S) * 1_000;
    const leaves = arrives + service;
    at = Math.max(at, leaves);
    here = halt.point ?? here;
    const late_ms = Math.max(0, arrives - (halt.window?.closes ?? arrives));
    return { id: halt.id, arrives, leaves, late_ms };
  });
}

export function way_ms(from: Point | null, to: Point | null): number {
  if (from === null || to === null) return BLIND_MS;
  const metres = metres_between(from, to) * DETOUR;
  const share = Math.min(1, metres / FAST_FROM_M);
  const kmh = SLOW_KMH + (FAST_KMH - SLOW_KMH) * share;
  return (metres / 1_000 / kmh) * 3_600_000;
}

/** Great circle, in metres. */
export function metres_between(one: Point, other: Point): number {
  const rad = Math.PI / 180;
  const lat = ((other.lat - one.lat) * rad) / 2;
  const lon = ((other.lon - one.lon) * rad) / 2;
  const half =
    Math.sin(lat) ** 2 + Math.cos(one.lat * rad) * Math.cos(other.lat * rad) * Math.sin(lon) ** 2;
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(half)));
}

/** The length of a way over these points, with the detour. */
export function run_metres(points: readonly (Point | null)[]): number {
  let metres = 0;
  let here: Point | null = null;
  for (const point of points) {
    if (point === null) continue;
    if (here !== null) metres += metres_between(here, point) * DETOUR;
    here = point;
  }
  return metres;
}
