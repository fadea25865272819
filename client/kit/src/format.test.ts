import { describe, expect, test } from 'vitest';
import { formats, initials, lasted, short_name } from './format.ts';

const berlin = formats('de-DE', 'Europe/Berlin');
const NOON = Date.UTC(2026, 10, 21, 11, 0);
const HOUR = 3_600_000;

describe('money', () => {
  test('is written from minor units, in the way of the language', () => {
    expect(berlin.money(142_942, 'EUR').replace(/\s/g, ' ')).toBe('1.429,42 €');
    expect(formats('en', 'UTC').money(500, 'JPY')).toBe('¥500');
  });

  test.each([
    ['12', 1_200],
    ['12,5', 1_250],
    ['1.234,56', 123_456],
    ['1,234.56', 123_456],
    ['1.234', 123_400],
    ['€ 7', 700],
  ])('is read as typed: %s', (typed, minor) => {
    expect(berlin.parse(typed, 'EUR')).toBe(minor);
  });

  test('is nothing where there is no number', () => {
    expect(berlin.parse('free', 'EUR')).toBeNull();
  });
});

describe('a moment on a card', () => {
  test('is the time today, with the weekday this week, and the date beyond', () => {
    expect(berlin.brief(NOON + HOUR, NOON)).toBe('13:00');
    expect(berlin.brief(NOON + 26 * HOUR, NOON)).toMatch(/^So\.? 14:00$/);
    expect(berlin.brief(NOON + 9 * 24 * HOUR, NOON)).toMatch(/^30\. Nov/);
  });

  test('is in the tenant’s zone, not in the reader’s', () => {
    expect(formats('en-GB', 'America/New_York').time(NOON)).toBe('06:00');
  });
});

describe('a date field', () => {
  test('gives back the moment it was made from, also around a change of the clock', () => {
    for (const at of [NOON, Date.UTC(2026, 2, 29, 0, 30), Date.UTC(2026, 9, 25, 3, 15)]) {
      expect(berlin.from_field(berlin.to_field(at))).toBe(at);
    }
  });

  test('is empty when it is not a date', () => {
    expect(berlin.from_field('T')).toBeNull();
  });
});

test('how long something lasts is said in one unit', () => {
  expect([20_000, 5 * 60_000, 35 * HOUR, 50 * HOUR].map(lasted)).toEqual([
    '<1 min',
    '5 min',
    '35 h',
    '2 d',
  ]);
});

test('a name becomes two letters, or leaves room for others', () => {
  expect([initials('Mei Lin'), initials('Cher'), short_name('Nancy Davolio')]).toEqual([
    'ML',
    'C',
    'Nancy D.',
  ]);
});
