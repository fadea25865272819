import { expect, test } from 'vitest';
import { as_code, code_of } from './session/phone_name.ts';
import { hash_of, place_of } from './way.svelte.ts';

test('where the driver is stands in the address and is read back from it', () => {
  const places = [
    { screen: 'today', stop: '', sheet: null },
    { screen: 'stop', stop: 'delivery-1', sheet: null },
    { screen: 'stop', stop: 'delivery-1', sheet: 'deliver' },
    { screen: 'waiting', stop: '', sheet: null },
    { screen: 'today', stop: '', sheet: 'menu' },
  ] as const;
  for (const place of places) expect(place_of(hash_of(place))).toEqual(place);
  expect(place_of('#do=nonsense&else')).toEqual(places[0]);
});

test('a code is read however it is typed', () => {
  expect(as_code('bcdf ghjk')).toBe('BCDF-GHJK');
  expect(as_code('bcdf-ghjk-zz')).toBe('BCDF-GHJK');
  expect(code_of('#pair=BCDF-GHJK')).toBe('BCDF-GHJK');
  expect(code_of('#pair=BCD')).toBeNull();
  expect(code_of('')).toBeNull();
});
