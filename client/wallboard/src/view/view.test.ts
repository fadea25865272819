import { held } from '@kanvoy/sync/held.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  a_display,
  a_picture,
  a_tile,
  MINUTE,
  NOON,
  some_settings,
  STAGES,
  wanted,
} from '../testing/tiles.ts';
import { by_due, by_rank, due_of, is_long } from './due.ts';
import { driver_rows } from './drivers.ts';
import { day_began, figures, stage_counts } from './figures.ts';
import {
  beyond,
  fitting,
  FIRST_PAGE,
  page_of,
  pages_of,
  seconds_left,
  spreads,
  turned,
} from './pages.ts';
import { picture_of, shown_stages, tiles_in } from './picture.ts';
import { ago, Words } from './words.ts';

test('[WB66] late is said in a word and a time, and so is soon', () => {
  const words = new Words(a_picture([]));
  const row = (minutes: number): [string, string] => {
    const { due, tone } = words.row(a_tile('new', wanted(minutes)), NOON);
    return [due, tone];
  };

  expect(row(-2)).toEqual(['LATE 2 min', 'late']);
  expect(row(0)).toEqual(['in <1 min', 'soon']);
  expect(row(30)).toEqual(['in 30 min', 'soon']);
  expect(row(31)).toEqual(['12:31 PM', 'plain']);
});

test('what is done, cancelled or failed is not late, nor what nobody waits for', () => {
  const late = wanted(-60);

  for (const category of ['done', 'cancelled', 'failed'] as const) {
    expect(due_of(a_tile('new', { ...late, category }), NOON).kind).toBe('none');
  }
  expect(due_of(a_tile('new'), NOON).kind).toBe('none');
  expect(due_of(a_tile('road', late), NOON)).toEqual({ kind: 'late', by: 60 * MINUTE });
});

test('an order that overstays in its stage is marked when the stage has a limit', () => {
  const [, fresh, ready] = STAGES;
  const tile = a_tile('ready', { stage_since: NOON - 31 * MINUTE });

  expect(is_long(tile, ready, NOON)).toBe(true);
  expect(is_long(tile, ready, NOON - 2 * MINUTE)).toBe(false);
  expect(is_long(tile, fresh, NOON)).toBe(false);
});

test('next due comes first, then the urgent ones without a window, and what is over last', () => {
  const tiles = [
    a_tile('new', { number: 1 }),
    a_tile('new', { number: 2, priority: 3 }),
    a_tile('done', { number: 3, ...wanted(-90) }),
    a_tile('new', { number: 4, ...wanted(20) }),
    a_tile('new', { number: 5, ...wanted(-20) }),
  ];

  expect([...tiles].sort(by_due).map((tile) => tile.number)).toEqual([5, 4, 2, 1, 3]);
});

test('columns keep the order of the board', () => {
  const tiles = [
    a_tile('new', { rank: 'b' }),
    a_tile('new', { rank: 'a5' }),
    a_tile('new', { rank: 'a' }),
  ];

  expect([...tiles].sort(by_rank).map((tile) => tile.rank)).toEqual(['a', 'a5', 'b']);
});

test('hold, priority and parts stand beside the number in words', () => {
  const words = new Words(a_picture([]));
  const tile = a_tile('new', { hold: true, priority: 3, deliveries: 3, delivered: 2 });

  expect(words.row(tile, NOON).badges.map((badge) => badge.text)).toEqual([
    '■ HOLD',
    '‼ Urgent',
    '2/3 delivered',
  ]);
  expect(words.row(a_tile('new'), NOON).badges).toEqual([]);
});

test('drivers are named by call sign, and more than one by how many more', () => {
  const words = new Words(a_picture([]));
  const runs = ['A7', 'B2', 'A7'].map((call_sign) => ({ call_sign, category: 'ready' as const }));

  expect(words.row(a_tile('new', { runs }), NOON).drivers).toBe('A7 +1');
  expect(words.row(a_tile('new'), NOON).drivers).toBe('—');
});

test('an order is called by its number with the prefix of the house', () => {
  const words = new Words(a_picture([], { settings: some_settings() }));

  expect(words.row(a_tile('new', { number: 104019 }), NOON).number).toBe('SO-104019');
  expect(words.formats.time(NOON)).toBe('13:00');
});

test('a display shows the stages it names, or all that somebody still has to act on', () => {
  const all = a_picture([a_tile('new'), a_tile('done'), a_tile('road')]);
  const display = a_display({ stages: ['road', 'gone'] });
  const narrow = { ...all, display };

  expect(shown_stages(all).map((stage) => stage.id)).toEqual(['new', 'ready', 'road']);
  expect(shown_stages(narrow).map((stage) => stage.id)).toEqual(['road']);
  expect(tiles_in(all.tiles, shown_stages(narrow)).map((tile) => tile.stage_id)).toEqual(['road']);
});

test('a picture is made of what the channel holds, with the default workflow first', () => {
  const workflow = (id: string, isDefault: boolean, ...stages: string[]) =>
    held({
      op: 'put',
      kind: 'workflow',
      id,
      version: 1,
      view: {
        type: 'workflow',
        id,
        name: id,
        default: isDefault,
        transitions: [],
        stages: stages.map((stage) => ({ id: stage, name: stage, category: 'new', hue: 'blue' })),
      },
    });

  const picture = picture_of([workflow('aaa', false, 'x', 'y'), workflow('zzz', true, 'y', 'z')]);

  expect(picture.stages.map((stage) => stage.id)).toEqual(['y', 'z', 'x']);
  expect(picture.tiles).toEqual([]);
});

test('the figures count each order where it belongs', () => {
  const tiles = [
    a_tile('draft'),
    a_tile('new', wanted(-1)),
    a_tile('new', { ...wanted(59), hold: true }),
    a_tile('ready', { priority: 3, ...wanted(61) }),
    a_tile('ready', { runs: [{ call_sign: 'A7', category: 'ready' }] }),
    a_tile('road', wanted(10)),
    a_tile('done', { stage_since: NOON - MINUTE }),
    a_tile('done', { stage_since: NOON - 13 * 60 * MINUTE }),
  ];

  expect(figures(tiles, NOON, day_began(NOON, 'UTC'))).toEqual({
    open: 5,
    late: 1,
    next_hour: 2,
    in_transit: 1,
    hold: 1,
    urgent: 1,
    waiting: 1,
    done: 1,
  });
});

test('the day begins at midnight of the house, not of the server', () => {
  expect(day_began(NOON, 'UTC')).toBe(NOON - 12 * 60 * MINUTE);
  expect(day_began(NOON, 'Asia/Kolkata')).toBe(NOON - (17 * 60 + 30) * MINUTE);
});

test('a stage over its limit says so', () => {
  const tiles = [a_tile('ready'), a_tile('ready', wanted(-5)), a_tile('ready')];
  const [, ready] = stage_counts(STAGES.slice(1, 3), tiles, NOON);

  expect(ready).toMatchObject({ count: 3, late: 1, limit: 2, over: true });
});

test('each call sign has its deliveries, how many are on the road, and what is due next', () => {
  const run = (call_sign: string, category: 'ready' | 'in_transit') => ({ call_sign, category });
  const tiles = [
    a_tile('road', { number: 1, ...wanted(40), runs: [run('A7', 'in_transit')] }),
    a_tile('ready', { number: 2, ...wanted(-5), runs: [run('A7', 'ready'), run('B2', 'ready')] }),
    a_tile('done', { ...wanted(-90), runs: [run('C3', 'ready')] }),
  ];

  const rows = driver_rows(tiles, NOON);

  expect(
    rows.map((row) => [row.call_sign, row.deliveries, row.to_collect, row.on_the_road]),
  ).toEqual([
    ['A7', 2, 1, 1],
    ['B2', 1, 1, 0],
  ]);
  expect(rows[0]).toMatchObject({ late: 1, next: { number: 2 } });
});

test('pages turn by themselves and begin again, and a page that is gone is not shown', () => {
  const second = turned(FIRST_PAGE, 12_000, 3, 12);
  const third = turned(second, 24_000, 3, 12);
  const again = turned(third, 36_000, 3, 12);

  expect([second.page, third.page, again.page, again.rounds]).toEqual([1, 2, 0, 1]);
  expect(turned(second, 13_000, 3, 12)).toBe(second);
  expect(turned(third, 25_000, 2, 12).page).toBe(0);
  expect(seconds_left(second, 16_500, 12)).toBe(8);
});

test('as many rows as fit make a page, and nothing measured makes one row', () => {
  expect([
    fitting(100, 10),
    fitting(99, 10),
    fitting(99, 10, 5),
    fitting(0, 0),
    fitting(3, 10),
  ]).toEqual([10, 9, 6, 1, 1]);
  expect([pages_of(0, 5), pages_of(6, 5), pages_of(900, 5), beyond(900, 5)]).toEqual([
    1, 2, 8, 860,
  ]);
});

test('[WB67] the screens together show every order of every column that has a page', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(60), { minLength: 1, maxLength: 9 }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 12 }),
      (counts, side_by_side, per_column) => {
        const seen = counts.map(() => new Set<number>());
        for (const { columns } of spreads(counts, side_by_side, per_column)) {
          expect(columns.length).toBeLessThanOrEqual(side_by_side);
          for (const { index, page } of columns) {
            const all = Array.from({ length: counts[index] ?? 0 }, (_, at) => at);
            for (const at of page_of(all, page, per_column)) seen[index]?.add(at);
          }
        }
        counts.forEach((count, index) => {
          expect(seen[index]?.size).toBe(count - beyond(count, per_column));
        });
      },
    ),
  );
});

test('how long ago is said in one number', () => {
  expect([ago(3_400), ago(61_000), ago(2 * 3_600_000), ago(-500)]).toEqual([
    '3 s ago',
    '1 min ago',
    '2 h ago',
    '0 s ago',
  ]);
});
