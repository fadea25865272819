import { expect, test } from 'vitest';
import { fitted } from './photo.ts';
import { MOST_POINTS, signature_of } from './strokes.ts';

const at = (x: number, y: number, time: number): { x: number; y: number; time: number } => {
  return { x, y, time };
};

test('a signature is whole pixels and the milliseconds since it began', () => {
  const points = [at(1.4, 2.6, 1_000), at(500, -3, 1_020)];
  expect(signature_of([{ points }], 300, 150)).toEqual({
    width: 300,
    height: 150,
    strokes: [
      [
        [1, 3, 0],
        [300, 0, 20],
      ],
    ],
  });
});

test('too many points are thinned, and every stroke keeps where it ended', () => {
  const stroke = (count: number): { points: ReturnType<typeof at>[] } => ({
    points: Array.from({ length: count }, (_, index) => at(index % 300, 5, index)),
  });
  const { strokes } = signature_of([stroke(9_000), stroke(3), stroke(4_001)], 300, 150);
  const count = strokes.reduce((sum, each) => sum + each.length, 0);
  expect(count).toBeLessThanOrEqual(MOST_POINTS);
  expect(strokes).toHaveLength(3);
  expect(strokes.map((each) => each.at(-1)?.[2])).toEqual([8_999, 2, 4_000]);
});

test('a photo keeps its shape and is never made larger', () => {
  expect(fitted({ width: 4_000, height: 3_000 })).toEqual({ width: 1_600, height: 1_200 });
  expect(fitted({ width: 800, height: 600 })).toEqual({ width: 800, height: 600 });
});
