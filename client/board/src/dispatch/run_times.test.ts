import { expect, test } from 'vitest';
import { metres_between, timed_run, way_ms, type Halt } from './run_times.ts';

const MINUTE = 60_000;
const hub = { lat: 52.52, lon: 13.4 };
const halt = (id: string, more: Partial<Halt> = {}): Halt => ({
  id,
  point: hub,
  window: null,
  service_seconds: 300,
  arrived_at: null,
  ...more,
});

test('a degree of latitude is about 111 km', () => {
  expect(metres_between({ lat: 50, lon: 8 }, { lat: 51, lon: 8 })).toBeCloseTo(111_195, -2);
});

test('who comes before the window opens waits for it', () => {
  const window = { opens: 60 * MINUTE, closes: 90 * MINUTE };
  const [first, second] = timed_run([halt('a', { window }), halt('b')], { at: 0, point: hub });
  expect(first).toMatchObject({ arrives: 60 * MINUTE, leaves: 65 * MINUTE, late_ms: 0 });
  expect(second?.arrives).toBe(65 * MINUTE);
});

test('who comes after the window closed is late by the difference', () => {
  const window = { opens: 0, closes: 10 * MINUTE };
  const [only] = timed_run([halt('a', { window })], { at: 25 * MINUTE, point: hub });
  expect(only?.late_ms).toBe(15 * MINUTE);
});

test('a stop where the driver is already has its own time', () => {
  const [first, second] = timed_run([halt('a', { arrived_at: 7 * MINUTE }), halt('b')], {
    at: 10 * MINUTE,
    point: null,
  });
  expect(first?.arrives).toBe(7 * MINUTE);
  expect(second?.arrives).toBe(12 * MINUTE);
});

test('without places a quarter of an hour is assumed, with them further takes longer', () => {
  expect(way_ms(null, hub)).toBe(15 * MINUTE);
  expect(way_ms(hub, { lat: 52.6, lon: 13.4 })).toBeLessThan(way_ms(hub, { lat: 53.5, lon: 13.4 }));
});
