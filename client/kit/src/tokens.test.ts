import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** Vitest runs in `client/`. */
const css = readFileSync('kit/src/tokens.css', 'utf8');

/** Both values of each `light-dark()` pair, by name; the first block is the plain theme. */
const pairs = new Map(
  [
    ...css
      .slice(0, css.indexOf('data-theme'))
      .matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g),
  ].map(([, name = '', light = '', dark = '']) => [name, [light, dark]] as const),
);

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

function worst(ink: string, ground: string): number {
  const [inks, grounds] = [pairs.get(ink) ?? [], pairs.get(ground) ?? []];
  expect(inks.length + grounds.length, `${ink} on ${ground}`).toBe(4);
  return Math.min(...inks.map((one, at) => contrast(one, grounds[at] ?? one)));
}

const hues = [...pairs.keys()].filter((name) => name.startsWith('hue-'));

test('there are twelve hues to pick a stage from', () => {
  expect(hues).toHaveLength(12);
});

test.each(hues)('%s is readable on card, column and page', (hue) => {
  for (const ground of ['surface', 'column', 'bg'])
    expect(worst(hue, ground)).toBeGreaterThanOrEqual(4.9);
});

test.each(['surface', 'column', 'bg', 'hover', 'press', 'raised', 'accent-soft'])(
  'both text inks are readable on %s',
  (ground) => {
    expect(worst('text', ground)).toBeGreaterThanOrEqual(7);
    expect(worst('text-2', ground)).toBeGreaterThanOrEqual(4.5);
  },
);

test('a control is told from what it lies on by its border', () => {
  for (const ground of ['surface', 'bg'])
    expect(worst('control', ground)).toBeGreaterThanOrEqual(3);
});

test.each([
  ['accent-ink', 'accent'],
  ['danger-ink', 'danger'],
  ['good-ink', 'good'],
  ['danger', 'danger-soft'],
  ['warn', 'warn-soft'],
  ['danger', 'column'],
  ['danger', 'hover'],
])('%s is readable on %s', (ink, ground) => {
  expect(worst(ink, ground)).toBeGreaterThanOrEqual(4.5);
});

test.each([0, 1, 2, 3, 4, 5])('a label is readable on tint %s', (tint) => {
  expect(worst('tint-ink', `tint-${tint}`)).toBeGreaterThanOrEqual(7);
});
