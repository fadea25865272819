/** The time axis: instants to pixels, shifts to shades, chips to lanes. Pure arithmetic. */
import type { Formats } from '@kanvoy/kit/format.ts';
import type { Driver } from '@kanvoy/sync/records.ts';

export const HOUR = 3_600_000;
const MINUTE = 60_000;
const DAY_MINUTES = 24 * 60;

/** From midnight to midnight of one day by the tenant's clock; 23 to 25 hours long. */
export interface Day {
  /** `2026-11-27`. */
  readonly name: string;
  readonly starts: number;
  readonly ends: number;
}

export function day_named(formats: Formats, name: string): Day {
  const starts = formats.from_field(`${name}T00:00`) ?? 0;
  // Two hours into the next day, so that no change of clocks lands on the same one.
  const next = day_name(formats, starts + 26 * HOUR);
  return { name, starts, ends: formats.from_field(`${next}T00:00`) ?? starts + 24 * HOUR };
}

export function day_of(formats: Formats, at: number): Day {
  return day_named(formats, day_name(formats, at));
}

export function day_beside(formats: Formats, day: Day, step: 1 | -1): Day {
  return day_of(formats, step > 0 ? day.ends + 2 * HOUR : day.starts - 2 * HOUR);
}

function day_name(formats: Formats, at: number): string {
  return formats.to_field(at).split('T')[0] ?? '';
}

export interface Span {
  readonly opens: number;
  readonly closes: number;
}

export interface Work {
  /** No shifts are known: counted as at work all day. */
  readonly always: boolean;
  readonly shifts: readonly Span[];
  readonly breaks: readonly Span[];
}

/** When a driver works on a day; nothing on a day off. */
export function work_of(formats: Formats, driver: Driver, day: Day): Work {
  if (driver.days_off.includes(day.name)) return { always: false, shifts: [], breaks: [] };
  if (driver.shifts.length === 0) {
    return { always: true, shifts: [{ opens: day.starts, closes: day.ends }], breaks: [] };
  }
  const weekday = weekday_of(day.name);
  const today = driver.shifts.filter((shift) => shift.days.includes(weekday));
  const at = (minutes: number): number => clock(formats, day, minutes);
  const span = (one: { opens: number; closes: number }): Span => ({
    opens: at(one.opens),
    closes: at(one.closes),
  });
  const breaks = today.flatMap((shift) => shift.breaks ?? []);
  return { always: false, shifts: today.map(span), breaks: breaks.map(span) };
}

/** 0 is Monday. */
export function weekday_of(name: string): number {
  return (new Date(`${name}T12:00:00Z`).getUTCDay() + 6) % 7;
}

function clock(formats: Formats, day: Day, minutes: number): number {
  if (minutes >= DAY_MINUTES) return day.ends;
  const two = (value: number): string => String(value).padStart(2, '0');
  const text = `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
  // A clock that skips this hour has no such moment.
  return formats.from_field(`${day.name}T${text}`) ?? day.starts + minutes * MINUTE;
}

export interface Axis {
  readonly from: number;
  readonly to: number;
  /** Pixels of one hour. */
  readonly scale: number;
  readonly width: number;
}

const FEWEST_HOURS = 8;

/** Whole hours around everything that has a time, at least eight and within the day. */
export function axis_over(day: Day, times: readonly number[], scale: number): Axis {
  const inside = times.filter((at) => at >= day.starts && at <= day.ends);
  const middle = [day.starts + 8 * HOUR, day.starts + 18 * HOUR];
  const known = inside.length === 0 ? middle : inside;
  let first = Math.floor((Math.min(...known) - day.starts) / HOUR);
  let last = Math.ceil((Math.max(...known) - day.starts) / HOUR) + 1;
  const longest = Math.round((day.ends - day.starts) / HOUR);
  last = Math.min(longest, Math.max(last, first + FEWEST_HOURS));
  first = Math.max(0, Math.min(first, last - FEWEST_HOURS));
  const from = day.starts + first * HOUR;
  const to = day.starts + last * HOUR;
  return { from, to, scale, width: (last - first) * scale };
}

export function x_of(axis: Axis, at: number): number {
  const held = Math.min(axis.to, Math.max(axis.from, at));
  return ((held - axis.from) / HOUR) * axis.scale;
}

export function hours_of(axis: Axis): readonly number[] {
  const count = Math.round((axis.to - axis.from) / HOUR);
  return Array.from({ length: count }, (_, hour) => axis.from + hour * HOUR);
}

export interface Laid {
  readonly left: number;
  readonly lane: number;
}

/** More lanes than this make a row too tall to compare with its neighbours. */
const MOST_LANES = 3;

/**
 * Puts chips of one width at their places, each into the first lane where it covers no other.
 *
 * When all lanes are taken it goes where one is free first. The order of the run is kept: a later
 * stop never begins left of an earlier one.
 */
export function laid_out(
  wanted: readonly number[],
  width: number,
  gap = 4,
): { readonly chips: readonly Laid[]; readonly lanes: number; readonly end: number } {
  const ends: number[] = [];
  const chips: Laid[] = [];
  let least = 0;
  for (const place of wanted) {
    let left = Math.max(least, place);
    let lane = ends.findIndex((end) => end + gap <= left);
    if (lane < 0 && ends.length < MOST_LANES) lane = ends.length;
    if (lane < 0) {
      const first = Math.min(...ends);
      lane = ends.indexOf(first);
      left = first + gap;
    }
    least = left;
    ends[lane] = left + width;
    chips.push({ left, lane });
  }
  return { chips, lanes: ends.length, end: Math.max(0, ...ends) };
}

/** Before which chip of a run something dropped at `x` goes; the middle of a chip divides. */
export function index_at_x(chips: readonly Laid[], width: number, x: number): number {
  const found = chips.findIndex((chip) => x < chip.left + width / 2);
  return found < 0 ? chips.length : found;
}
