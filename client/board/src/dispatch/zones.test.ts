import { complete } from '@kanvoy/protocol/decode.ts';
import type { ZoneView } from '@kanvoy/protocol/messages.gen.ts';
import { expect, test } from 'vitest';
import { lies_in, zone_of } from './zones.ts';

const square = [
  { lat: 0, lon: 0 },
  { lat: 0, lon: 10 },
  { lat: 10, lon: 10 },
  { lat: 10, lon: 0 },
];
const mapped = complete<ZoneView>({ type: 'zone', id: 'm', name: 'Map', polygon: square });
const written = complete<ZoneView>({
  type: 'zone',
  id: 'w',
  name: 'North',
  countries: ['Germany'],
  postcodes: ['20', '21'],
});
const at = (lat: number, lon: number) => ({
  country: 'Germany',
  postcode: '20457',
  point: { lat, lon },
});

test('a place within the polygon is in the zone, whatever its postcode', () => {
  expect(lies_in(at(5, 5), mapped)).toBe(true);
  expect(lies_in(at(15, 5), mapped)).toBe(false);
});

test('a postcode counts by what it begins with, within the countries', () => {
  const place = { country: 'Germany', postcode: '21 073', point: null };
  expect(lies_in(place, written)).toBe(true);
  expect(lies_in({ ...place, country: 'France' }, written)).toBe(false);
  expect(lies_in({ ...place, postcode: '80331' }, written)).toBe(false);
});

test('an area is more exact than postcodes', () => {
  expect(zone_of(at(5, 5), [written, mapped])?.id).toBe('m');
  expect(zone_of(at(50, 5), [written, mapped])?.id).toBe('w');
});
