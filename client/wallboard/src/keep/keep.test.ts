import { ManualTime } from '@kanvoy/sync/testing/manual_time.ts';
import { beforeEach, expect, test } from 'vitest';
import { a_picture, a_tile } from '../testing/tiles.ts';
import { drift, FIRST_SIDES, is_night, may_reload, sides_after } from './calm.ts';
import { NewlyLate } from './chime.ts';
import { Heart } from './heart.ts';
import { forget, keep, kept_for, proof_of } from './kept.ts';
import { Reloader, type Reason } from './reload.ts';

beforeEach(() => sessionStorage.clear());

/** A page that can be loaded anew while `there`. */
class Page {
  readonly time = new ManualTime();
  there = true;
  faults: readonly number[] = [];
  readonly loads: number[] = [];
  readonly reasons: Reason[] = [];
  readonly reloader = this.next();

  /** The page that comes after a reload; the one before is gone then. */
  next(): Reloader {
    let gone = false;
    return new Reloader(
      {
        clock: this.time,
        timers: this.time,
        there: async () => this.there && !gone,
        reload: () => {
          gone = true;
          this.loads.push(this.time.now());
        },
        read: () => this.faults,
        write: (faults) => (this.faults = faults),
      },
      (reason) => this.reasons.push(reason),
    );
  }

  async pass(ms: number): Promise<void> {
    this.time.pass(ms);
    await Promise.resolve();
    await Promise.resolve();
  }
}

test('[WB69] a page is never loaded anew while the server cannot give it', async () => {
  const page = new Page();
  page.there = false;
  page.reloader.ask('build');
  await page.pass(0);
  await page.pass(10_000);
  const before = page.loads.length;
  page.there = true;
  await page.pass(10_000);

  expect([before, page.loads.length]).toEqual([0, 1]);
  expect(page.reasons).toEqual(['build']);
});

test('[WB69] faults that come again and again load the page less and less often', async () => {
  const page = new Page();
  const waits: number[] = [];
  for (let fault = 0; fault < 6; fault += 1) {
    const from = page.time.now();
    const loads = page.loads.length;
    page.next().ask('error');
    while (page.loads.length === loads) await page.pass(1_000);
    waits.push((page.loads.at(-1) ?? 0) - from);
  }

  expect(waits.slice(0, 5)).toEqual([1_000, 5_000, 30_000, 120_000, 600_000]);
  expect(page.faults.length).toBeLessThanOrEqual(5);
});

test('one reload is asked for at a time', async () => {
  const page = new Page();
  page.reloader.ask('build');
  page.reloader.ask('night');
  await page.pass(0);

  expect(page.reasons).toEqual(['build']);
});

test('[WB69] a screen that draws nothing for a minute is stuck, but not one that nobody sees or that slept', () => {
  const time = new ManualTime();
  let visible = true;
  let drawing = true;
  let frame: () => void = () => {};
  let stuck = 0;
  const heart = new Heart(
    {
      timers: time,
      steady: () => time.now(),
      visible: () => visible,
      next_frame: (run) => {
        frame = run;
        if (drawing) run();
      },
    },
    () => (stuck += 1),
  );
  heart.start();

  time.pass(120_000);
  const fine = stuck;
  visible = drawing = false;
  time.pass(300_000);
  const hidden = stuck;
  visible = true;
  time.pass(59_000);
  const nearly = stuck;
  time.pass(5_000);
  const over = stuck;
  frame();
  time.pass(50_000);
  heart.stop();

  expect([fine, hidden, nearly, over, stuck]).toEqual([0, 0, 0, 1, 1]);
  expect(time.timers).toBe(0);
});

test('[WB70] the picture never stands still for more than a minute nor moves by more than 3 px', () => {
  const places = Array.from({ length: 60 }, (_, minute) => drift(minute * 60_000));

  for (const [at, { x, y }] of places.entries()) {
    expect(Math.max(Math.abs(x), Math.abs(y))).toBeLessThanOrEqual(3);
    expect({ x, y }).not.toEqual(places[at + 1]);
  }
});

test('[WB70] the sides of the header change when all pages were shown, at most every five minutes', () => {
  const early = sides_after(FIRST_SIDES, 1, 60_000);
  const swapped = sides_after(FIRST_SIDES, 9, 5 * 60_000);

  expect(early).toBe(FIRST_SIDES);
  expect(swapped.swapped).toBe(true);
  expect(sides_after(swapped, 9, 20 * 60_000)).toBe(swapped);
  expect(sides_after(swapped, 10, 10 * 60_000).swapped).toBe(false);
});

test('the night dims, and its quiet hours load the page anew once', () => {
  const hours = 12 * 3_600_000 + 1;

  expect([21, 22, 5, 6].map(is_night)).toEqual([false, true, true, false]);
  expect(may_reload(3, hours, 61_000, 0)).toBe(true);
  expect(may_reload(3, 3_600_000, 61_000, 0)).toBe(false);
  expect(may_reload(3, hours, 5_000, 0)).toBe(false);
  expect(may_reload(12, hours, 61_000, 0)).toBe(false);
  expect(may_reload(3, hours, 61_000, 0.5)).toBe(false);
});

test('[WB71] a sound tells what became late since, once a minute at most, and nothing at the start', () => {
  const late = new NewlyLate();

  expect(late.look(['a'], 0)).toBe(false);
  expect(late.look(['a'], 1_000)).toBe(false);
  expect(late.look(['a', 'b'], 2_000)).toBe(true);
  expect(late.look(['a', 'b', 'c'], 3_000)).toBe(false);
  expect(late.look(['c', 'd'], 70_000)).toBe(true);
});

test('[WB65] a picture outlives the page with its age, for its own view only, and not a revocation', () => {
  const picture = a_picture([a_tile('new')]);
  keep({ view_id: 'hall', picture, wall: 1_000_000, since: 1_000_500, offset: 500 });

  const found = kept_for('hall');
  const proof = found === null ? null : proof_of(found, 40, 1_030_000);

  expect(found?.picture.tiles).toHaveLength(1);
  expect(proof).toEqual({ at: { steady: 40 - 30_000, wall: 1_000_000 }, since: 1_000_500 });
  expect(kept_for('other')).toBeNull();
  forget();
  expect(kept_for('hall')).toBeNull();
});

test('what is odd in the storage is no picture', () => {
  sessionStorage.setItem('kanvoy.wallboard.picture', '{"view_id":"hall"');
  expect(kept_for('hall')).toBeNull();
  sessionStorage.setItem('kanvoy.wallboard.picture', '{"view_id":"hall"}');
  expect(kept_for('hall')).toBeNull();
});
