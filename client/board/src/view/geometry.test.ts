import { describe, expect, test } from 'vitest';
import { height_of, index_at, row_height, scroll_to, top_of, visible } from './geometry.ts';

const ROW = row_height('normal');

describe('the window of a column', () => {
  test('draws what is seen and a few rows beyond, never more than there are', () => {
    expect(visible(0, 800, 2_000, ROW)).toEqual({ from: 0, to: 11 });
    expect(visible(0, 800, 4, ROW)).toEqual({ from: 0, to: 4 });
    expect(visible(100 * ROW, 800, 2_000, ROW)).toEqual({ from: 96, to: 111 });
  });

  test('is empty when the pile is elsewhere', () => {
    const span = visible(-5_000, 800, 20, ROW);

    expect(span.to - span.from).toBeLessThanOrEqual(0);
  });
});

describe('a drop', () => {
  test('goes before the card whose upper half is under the pointer', () => {
    expect(index_at(top_of(3, ROW) + 10, 10, ROW)).toBe(3);
    expect(index_at(top_of(3, ROW) + ROW - 10, 10, ROW)).toBe(4);
  });

  test('stays inside the pile', () => {
    expect(index_at(-400, 10, ROW)).toBe(0);
    expect(index_at(height_of(10, ROW) + 400, 10, ROW)).toBe(10);
  });
});

describe('showing a card', () => {
  test('does not scroll when it is whole already', () => {
    expect(scroll_to(3, ROW, 100, 800)).toBe(100);
  });

  test('moves as little as possible, up or down', () => {
    expect(scroll_to(0, ROW, 500, 800)).toBe(0);
    expect(scroll_to(20, ROW, 0, 800)).toBe(top_of(20, ROW) + ROW - 800);
  });
});
