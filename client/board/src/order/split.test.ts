import { expect, test } from 'vitest';
import { followed, split_problem, takes_of, with_goes } from './split.ts';

const lines = followed(
  [],
  [
    { line_id: 'a', name: 'Water', quantity: 6 },
    { line_id: 'b', name: 'Milk', quantity: 2 },
  ],
);

test('something has to go and something has to stay', () => {
  expect(split_problem(lines)).toBe('nothing');
  const some = with_goes(lines, 'a', 6);
  expect(split_problem(some)).toBeNull();
  expect(split_problem(with_goes(some, 'b', 2))).toBe('everything');
});

test('what goes is whole and between none and all', () => {
  const goes = (value: number): number => with_goes(lines, 'a', value)[0]?.goes ?? -1;
  expect([goes(-1), goes(2.9), goes(99), goes(Number.NaN)]).toEqual([0, 2, 6, 0]);
});

test('only lines with pieces travel', () => {
  expect(takes_of(with_goes(lines, 'b', 1))).toEqual([{ line_id: 'b', quantity: 1 }]);
});

test('when somebody lowers a quantity meanwhile, no more goes than there is', () => {
  const typed = with_goes(lines, 'a', 5);
  const [first] = followed(typed, [{ line_id: 'a', name: 'Water', quantity: 3 }]);
  expect(first).toMatchObject({ brings: 3, goes: 3 });
});
