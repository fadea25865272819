import { expect, test } from 'vitest';
import { line_of, with_answer } from './operations.ts';

test('a rate is what was added, by the seconds between two answers', () => {
  const first = with_answer(null, 10, 0);
  expect(first.values).toEqual([]);
  expect(with_answer(first, 14, 2_000).values).toEqual([2]);
});

test('a count that fell begins anew instead of showing a rate below zero', () => {
  const before = with_answer(with_answer(null, 10, 0), 14, 2_000);
  expect(with_answer(before, 3, 4_000)).toEqual({ at: 4_000, total: 3, values: [] });
});

test('only the last minute is kept', () => {
  let rates = with_answer(null, 0, 0);
  for (let index = 1; index <= 50; index += 1) rates = with_answer(rates, index, index * 2_000);
  expect(rates.values).toHaveLength(30);
});

test('the line has one point for each rate, and none for a single one', () => {
  expect(line_of([1])).toBe('');
  expect(line_of([0, 2])).toBe('0.0,23.0 3.4,1.0');
});
