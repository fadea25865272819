import { expect, test } from 'vitest';
import { are_sound, clock_minutes, clock_text, count_of, words_of } from './fleet_values.ts';

test('minutes are clock times and back, and an end at midnight is the end of the day', () => {
  expect(clock_text(390)).toBe('06:30');
  expect(clock_minutes('06:30')).toBe(390);
  expect(clock_minutes('00:00')).toBe(0);
  expect(clock_minutes('00:00', true)).toBe(1_440);
  expect(clock_text(1_440)).toBe('00:00');
});

test('a shift needs a day and an end after its beginning, and holds its breaks', () => {
  const shift = { days: [0], opens: 480, closes: 960 };
  expect(are_sound([shift])).toBe(true);
  expect(are_sound([{ ...shift, days: [] }])).toBe(false);
  expect(are_sound([{ ...shift, closes: 480 }])).toBe(false);
  expect(are_sound([{ ...shift, breaks: [{ opens: 900, closes: 1_000 }] }])).toBe(false);
});

test('words stand between commas, each once', () => {
  expect(words_of(' 20, 21,,20 ')).toEqual(['20', '21']);
  expect([count_of('-3'), count_of('12,7'), count_of('x'), count_of('900', 500)]).toEqual([
    0, 12, 0, 500,
  ]);
});
