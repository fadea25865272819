/** Money, moments and names as a person reads them, in the tenant's language and time zone. */

export interface Formats {
  /** `1.429,42 €`: an amount in minor units. */
  money(minor: number, currency: string): string;
  /** `€2.4M`: an amount that only has to be about right. */
  roughly(minor: number, currency: string): string;
  /** `1429.42`: what a number field holds. */
  plain(minor: number, currency: string): string;
  /** Reads what a person typed into an amount; `null` when it is none. */
  parse(text: string, currency: string): number | null;
  whole(value: number): string;
  percent(basis_points: number): string;
  /** `18:22`, or `6:22 PM` where people say so. */
  time(at: number): string;
  /** `Sat 21 Nov`. */
  day(at: number): string;
  /** `Sat 21 Nov, 18:22`. */
  moment(at: number): string;
  /** `18:22` today, `Sun 18:22` within a week, else `24 Nov`: what fits on a card. */
  brief(at: number, now: number): string;
  /** `18:00–20:00`, with the day when it is not today. */
  span(opens: number, closes: number, now: number): string;
  /** `3 min ago`. */
  ago(at: number, now: number): string;
  /** `2 h`, `3 d`: how long something has lasted. */
  lasted(ms: number): string;
  /** `2026-11-21T18:22` in the tenant's zone, for a `datetime-local` field, and back. */
  to_field(at: number): string;
  from_field(text: string): number | null;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Below this an amount is short enough to be written out, without its cents. */
const SHORT = 10_000;

/** All formatters of one tenant; made once, because each `Intl` object costs about 50 µs. */
export function formats(locale: string, time_zone: string): Formats {
  const moneys = new Map<string, Intl.NumberFormat>();
  const roughs = new Map<string, Intl.NumberFormat>();
  const rounds = new Map<string, Intl.NumberFormat>();
  const times = when(locale, time_zone, clock_as_in(locale));
  const days = when(locale, time_zone, { weekday: 'short', day: 'numeric', month: 'short' });
  const keys = when('en-CA', time_zone, { year: 'numeric', month: '2-digit', day: '2-digit' });
  const wholes = new Intl.NumberFormat(locale);
  const shares = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 2 });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' });

  const exact = (currency: string): Intl.NumberFormat =>
    kept(moneys, currency, () => new Intl.NumberFormat(locale, { style: 'currency', currency }));
  const rough = (currency: string): Intl.NumberFormat =>
    kept(
      roughs,
      currency,
      () =>
        new Intl.NumberFormat(locale, {
          style: 'currency',
          currency,
          notation: 'compact',
          minimumFractionDigits: 0,
          maximumFractionDigits: 1,
        }),
    );
  const round = (currency: string): Intl.NumberFormat =>
    kept(
      rounds,
      currency,
      () =>
        new Intl.NumberFormat(locale, { style: 'currency', currency, maximumFractionDigits: 0 }),
    );
  const scale = (currency: string): number =>
    10 ** (exact(currency).resolvedOptions().maximumFractionDigits ?? 2);
  const weekdays = when(locale, time_zone, { weekday: 'short' });
  const dates = when(locale, time_zone, { day: 'numeric', month: 'short' });
  const brief = (at: number, now: number): string => {
    if (keys.format(at) === keys.format(now)) return times.format(at);
    // Six days ahead or back a weekday says it; further away it would be another week's.
    const near = Math.abs(at - now) < 6 * DAY;
    return near ? `${weekdays.format(at)} ${times.format(at)}` : dates.format(at);
  };

  return {
    money: (minor, currency) => exact(currency).format(minor / scale(currency)),
    roughly: (minor, currency) => {
      const value = minor / scale(currency);
      return (Math.abs(value) < SHORT ? round : rough)(currency).format(value);
    },
    plain: (minor, currency) =>
      (minor / scale(currency)).toFixed(exact(currency).resolvedOptions().maximumFractionDigits),
    parse: (text, currency) => parse_amount(text, scale(currency)),
    whole: (value) => wholes.format(value),
    percent: (basis_points) => shares.format(basis_points / 10_000),
    time: (at) => times.format(at),
    day: (at) => days.format(at),
    moment: (at) => `${days.format(at)}, ${times.format(at)}`,
    brief,
    span: (opens, closes, now) => `${brief(opens, now)}–${times.format(closes)}`,
    ago: (at, now) => {
      const ms = at - now;
      if (Math.abs(ms) < 45_000) return relative.format(0, 'second');
      if (Math.abs(ms) < HOUR) return relative.format(Math.round(ms / MINUTE), 'minute');
      if (Math.abs(ms) < DAY) return relative.format(Math.round(ms / HOUR), 'hour');
      return relative.format(Math.round(ms / DAY), 'day');
    },
    lasted,
    to_field: (at) => `${keys.format(at)}T${clock_of(at, time_zone)}`,
    from_field: (text) => instant_of(text, time_zone),
  };
}

/** `18:22` or `6:22 PM`, as the locale has it and as its native time fields do. */
function clock_as_in(locale: string): Intl.DateTimeFormatOptions {
  const { hour12 } = new Intl.DateTimeFormat(locale, { hour: 'numeric' }).resolvedOptions();
  return hour12 === true
    ? { hour: 'numeric', minute: '2-digit' }
    : { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
}

function when(
  locale: string,
  timeZone: string,
  options: Intl.DateTimeFormatOptions,
): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(locale, { timeZone, ...options });
}

function kept<T>(known: Map<string, T>, key: string, make: () => T): T {
  let found = known.get(key);
  if (found === undefined) known.set(key, (found = make()));
  return found;
}

/** Units stay Latin letters: they are read at a glance, beside a clock sign. */
export function lasted(ms: number): string {
  if (ms < MINUTE) return '<1 min';
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < 2 * DAY) return `${Math.floor(ms / HOUR)} h`;
  return `${Math.floor(ms / DAY)} d`;
}

/** Takes both decimal signs; the last one that is followed by one or two digits counts. */
function parse_amount(text: string, scale: number): number | null {
  const bare = text.replace(/[^0-9.,-]/g, '');
  if (!/[0-9]/.test(bare)) return null;
  const cut = bare.search(/[.,][0-9]{0,2}$/);
  const units = (cut < 0 ? bare : bare.slice(0, cut)).replace(/[.,]/g, '');
  const rest = cut < 0 ? '' : bare.slice(cut + 1);
  const value = Math.round(
    Number(`${units === '' ? '0' : units}.${rest === '' ? '0' : rest}`) * scale,
  );
  return Number.isFinite(value) ? value : null;
}

function clock_of(at: number, timeZone: string): string {
  return when('en-GB', timeZone, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(
    at,
  );
}

/** The instant a wall clock in `time_zone` shows `text`; twice corrected, for the hour of a DST change. */
function instant_of(text: string, time_zone: string): number | null {
  // `Date.parse` makes a date of almost anything, of half a field too.
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/.test(text)) return null;
  const wanted = Date.parse(`${text}:00Z`);
  if (Number.isNaN(wanted)) return null;
  let at = wanted;
  for (let round = 0; round < 2; round += 1) at += wanted - shown_at(at, time_zone);
  return at;
}

function shown_at(at: number, timeZone: string): number {
  const day = when('en-CA', timeZone, { year: 'numeric', month: '2-digit', day: '2-digit' });
  return Date.parse(`${day.format(at)}T${clock_of(at, timeZone)}:00Z`) + (at % MINUTE);
}

/** At most two letters of a name, for an avatar. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const first = words[0]?.[0] ?? '?';
  const last = words.length > 1 ? (words[words.length - 1]?.[0] ?? '') : '';
  return (first + last).toUpperCase();
}

/** `Mei L.`: a name that leaves room for others. */
export function short_name(name: string): string {
  const words = name.trim().split(/\s+/);
  const last = words[words.length - 1];
  return words.length < 2 || last === undefined ? name : `${words[0] ?? ''} ${last[0] ?? ''}.`;
}
