/** Values of the forms: minutes as clock times, lists as words between commas. Pure. */
import type { Shift } from '@kanvoy/protocol/messages.gen.ts';

const DAY = 24 * 60;

/** `06:30`; the end of a day is `00:00`, as a time field knows no 24. */
export function clock_text(minutes: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(minutes / 60) % 24)}:${two(minutes % 60)}`;
}

/** Minutes after midnight; an end at `00:00` is the end of the day. */
export function clock_minutes(text: string, is_end = false): number {
  const [hours = '', minutes = ''] = text.split(':');
  const total = (Number(hours) || 0) * 60 + (Number(minutes) || 0);
  return is_end && total === 0 ? DAY : total;
}

export function words_of(text: string): readonly string[] {
  const words = text.split(',').map((word) => word.trim());
  return [...new Set(words.filter((word) => word !== ''))];
}

export function are_sound(shifts: readonly Shift[]): boolean {
  return shifts.every(
    (shift) =>
      shift.days.length > 0 &&
      shift.opens < shift.closes &&
      (shift.breaks ?? []).every(
        (pause) =>
          pause.opens < pause.closes && pause.opens >= shift.opens && pause.closes <= shift.closes,
      ),
  );
}

/** Whole and not negative. */
export function count_of(text: string, most = 1_000_000_000): number {
  const value = Math.trunc(Number(text.replace(',', '.')));
  return Number.isFinite(value) ? Math.max(0, Math.min(most, value)) : 0;
}
