import { expect, test } from 'vitest';
import found_cases from '../../../../tests/parity/tile_sources.json';
import { tile_source } from './tile_source.ts';

interface Case {
  readonly address: string;
  readonly rule: string | null;
  readonly origin: string | null;
}

/** The server judges the same ones: `tests/domain/test_tile_source.py`. */
const cases: readonly Case[] = found_cases;

test.each(cases)('$address is judged as the server judges it', ({ address, rule, origin }) => {
  const found = tile_source(address);
  expect(typeof found === 'string' ? found : null).toBe(rule);
  expect(typeof found === 'object' ? (found?.origin ?? null) : null).toBe(origin);
});

test('an address that ends in .json is a style, whatever comes after it', () => {
  const kind = (address: string): unknown => {
    const found = tile_source(address);
    return typeof found === 'object' ? found?.kind : found;
  };
  expect(kind('https://tiles.example/style.json?key=1')).toBe('style');
  expect(kind('https://tiles.example/{z}/{x}/{y}.png')).toBe('tiles');
});
