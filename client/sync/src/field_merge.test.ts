import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  clean,
  edited,
  followed,
  input_of,
  kept,
  taken,
  type Field,
  type Live,
} from './field_merge.ts';

const live = (value: number, version: number): Live<number> => ({
  value,
  version,
  by_name: 'Mei',
  at: 100 + version,
});

test('a clean field follows what is live', () => {
  const field = followed(clean(live(6, 1)), live(8, 2));

  expect(field).toEqual({ state: 'clean', value: 8, version: 2 });
});

test('a dirty field keeps what was typed and says who saved what', () => {
  const typed = edited(clean(live(6, 1)), 12);

  const field = followed(typed, live(8, 2));

  expect(field).toEqual({
    state: 'contested',
    base: 6,
    mine: 12,
    theirs: 8,
    version: 2,
    by_name: 'Mei',
    at: 102,
  });
});

test('keeping mine is judged from the version that was seen', () => {
  const contested = followed(edited(clean(live(6, 1)), 12), live(8, 2));

  expect(kept(contested)).toEqual({ state: 'dirty', base: 8, mine: 12, version: 2 });
});

test('taking theirs ends the editing', () => {
  const contested = followed(edited(clean(live(6, 1)), 12), live(8, 2));

  expect(taken(contested)).toEqual({ state: 'clean', value: 8, version: 2 });
});

test('a change of other fields moves the base of a dirty one on', () => {
  const field = followed(edited(clean(live(6, 1)), 12), live(6, 5));

  expect(field).toEqual({ state: 'dirty', base: 6, mine: 12, version: 5 });
});

test('somebody saving the same value is no conflict', () => {
  const field = followed(edited(clean(live(6, 1)), 12), live(12, 2));

  expect(field).toEqual({ state: 'clean', value: 12, version: 2 });
});

test('whatever others save, the input never changes under the cursor', () => {
  const step = fc.record({ mine: fc.boolean(), value: fc.nat(3) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      let field: Field<number> = clean(live(0, 1));
      let typed: number | null = null;
      steps.forEach(({ mine, value }, at) => {
        field = mine ? edited(field, value) : followed(field, live(value, at + 2));
        if (mine) typed = value;
        if (field.state === 'clean') typed = null;
        if (typed !== null) expect(input_of(field)).toBe(typed);
      });
    }),
  );
});
