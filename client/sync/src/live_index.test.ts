import { complete } from '@kanvoy/protocol/decode.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fold, type Filter } from './filter.ts';
import type { Card } from './full.ts';
import { LiveIndex, type View } from './live_index.ts';
import type { ShownCard } from './shown.ts';
import { make_board } from './testing/board_seed.ts';

const NOW = 1_700_000_000_000;

function shown(card: Card): ShownCard {
  return {
    id: card.id,
    card,
    version: 1,
    stamp: null,
    pending: null,
    merged: null,
    rejected: null,
    provisional: false,
  };
}

function cards(count: number, seed = 1): ShownCard[] {
  return make_board({ cards: count, seed, now: NOW }).flatMap(({ view }) =>
    view.type === 'card' ? [shown(complete(view))] : [],
  );
}

function filled(count: number, view: Partial<View> = {}): LiveIndex {
  const around = { now: () => NOW, number_prefix: () => 'SO-', stage_position: () => 0 };
  const index = new LiveIndex(around, view);
  index.apply(new Map(cards(count).map((card) => [card.id, card])));
  return index;
}

function change(index: LiveIndex, id: string, fields: Partial<Card>): void {
  const before = index.card(id) as ShownCard;
  index.apply(new Map([[id, { ...before, card: { ...before.card, ...fields } }]]));
}

const ids = (index: LiveIndex): string[] =>
  index
    .columns()
    .flatMap((key) => [...index.column(key.split('\n')[0] as string, key.split('\n')[1] ?? '').ids])
    .sort();

test('each card is in exactly one column, in the order of ranks', () => {
  const index = filled(500);

  expect(ids(index)).toEqual([...index.ids()].sort());
  for (const stage of index.columns()) {
    const ranks = index.column(stage).ids.map((id) => index.card(id)?.card.rank ?? '');
    expect(ranks).toEqual([...ranks].sort());
  }
});

test('a card that moves changes both columns, their counts and sums, and nothing else', () => {
  const index = filled(300);
  const id = index.column('new').ids[0] as string;
  const total = index.card(id)?.card.total ?? 0;
  const before = [index.column('new'), index.column('ready'), index.column('confirmed')] as const;

  change(index, id, { stage_id: 'ready' });

  expect(index.column('new').count).toBe(before[0].count - 1);
  expect(index.column('ready').count).toBe(before[1].count + 1);
  const [was = 0, is = 0] = [before[1], index.column('ready')].map((each) => each.sums.get('EUR'));
  expect(is - was).toBe(total);
  expect(index.column('confirmed')).toBe(before[2]);
});

test('a column that was handed out never changes', () => {
  const index = filled(50);
  const column = index.column('new');
  const copy = [...column.ids];

  for (const id of copy) change(index, id, { stage_id: 'ready' });

  expect(column.ids).toEqual(copy);
  expect(index.column('new').ids).toEqual([]);
});

test('the search ignores case, accents and the order of words', () => {
  const index = filled(200);

  const counts = ['LINDNER backerei', 'bäckerei', 'Smorrebrod', 'strassenkuche', 'so-100001'].map(
    (text) => {
      index.set_view({ filter: { text } });
      return index.totals().count;
    },
  );

  expect(counts.every((count) => count > 0)).toBe(true);
  expect(counts.at(-1)).toBe(1);
});

test('folding keeps what has no accent', () => {
  expect(fold('Łódź Straße ÆØ')).toBe('lodz strasse aeo');
});

test('limits count all cards, whatever the filter shows', () => {
  const index = filled(100);
  const { all } = index.stage('new');

  index.set_view({ filter: { text: 'nothing like this' } });

  expect(index.stage('new')).toMatchObject({ all, count: 0 });
  expect(index.column('new').ids).toEqual([]);
});

test('lanes split every column and lose nobody', () => {
  const index = filled(300, { lanes: 'driver' });

  expect(index.lanes()).toEqual(['', 'driver-1', 'driver-2', 'driver-3']);
  expect(ids(index)).toEqual([...index.ids()].sort());
  const lanes = index.lanes().map((lane) => index.column('new', lane).count);
  expect(lanes.reduce((sum, count) => sum + count, 0)).toBe(index.stage('new').count);
});

test('late cards are found by the clock that is asked', () => {
  const index = filled(300, { filter: { late: true } });

  const late = ids(index).map((id) => index.card(id)?.card.window?.closes ?? 0);

  expect(late.length).toBeGreaterThan(0);
  expect(late.every((closes) => closes < NOW)).toBe(true);
});

test('listeners hear about their card and their column, once, when all is consistent', () => {
  const index = filled(50);
  const id = index.column('new').ids[0] as string;
  const heard: string[] = [];
  index.on_card(id, () => heard.push('card'));
  index.on_column('ready', () => heard.push(`ready ${index.column('ready').ids.includes(id)}`));
  index.on_column('confirmed', () => heard.push('confirmed'));
  const stop = index.on_change(() => heard.push('any'));

  change(index, id, { stage_id: 'ready' });
  stop();
  change(index, id, { priority: 3 });

  expect(heard).toEqual(['ready true', 'card', 'any', 'ready true', 'card']);
});

test('a list sorts by several fields with absent values last', () => {
  const index = filled(200, {
    columns: 'one',
    sort: [{ by: 'priority', descending: true }, { by: 'window' }],
  });

  const rows = index.column('').ids.map((id) => (index.card(id) as ShownCard).card);

  const priorities = rows.map((card) => card.priority);
  expect(priorities).toEqual([...priorities].sort((one, other) => other - one));
  const urgent = rows.filter((card) => card.priority === 3).map((card) => card.window?.closes);
  const first_absent = urgent.indexOf(undefined);
  if (first_absent >= 0)
    expect(urgent.slice(first_absent).every((each) => each == null)).toBe(true);
});

test('any sequence of changes ends like a fresh index', () => {
  const filters: Filter[] = [{}, { text: 'water' }, { drivers: [null] }, { priorities: [3, 0] }];
  const edit = fc.record({
    at: fc.nat(29),
    what: fc.constantFrom('stage', 'priority', 'note', 'remove', 'add', 'filter', 'lanes', 'rank'),
    value: fc.nat(3),
  });
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 40 }), (edits) => {
      const all = cards(30);
      const index = filled(30);
      for (const { at, what, value } of edits) {
        const one = all[at] as ShownCard;
        const now = index.card(one.id) ?? one;
        const fields: Partial<Card> =
          what === 'stage'
            ? { stage_id: ['new', 'ready', 'done', 'confirmed'][value] as string }
            : what === 'priority'
              ? { priority: value as 0 | 1 | 2 | 3, total: value * 100 }
              : what === 'rank'
                ? { rank: `a${value}` }
                : { note: ['', 'water', 'bread', 'x'][value] as string };
        if (what === 'filter') index.set_view({ filter: filters[value] as Filter });
        else if (what === 'lanes') index.set_view({ lanes: value > 1 ? 'driver' : 'none' });
        else if (what === 'remove') index.apply(new Map([[one.id, undefined]]));
        else index.apply(new Map([[one.id, { ...now, card: { ...now.card, ...fields } }]]));
      }

      const fresh = filled(0, index.view);
      fresh.apply(new Map([...index.ids()].map((id) => [id, index.card(id)])));
      expect(ids(index)).toEqual(ids(fresh));
      expect(index.totals()).toEqual(fresh.totals());
      for (const key of fresh.columns()) {
        const [stage = '', lane = ''] = key.split('\n');
        expect(index.column(stage, lane)).toEqual(fresh.column(stage, lane));
        expect(index.stage(stage)).toEqual(fresh.stage(stage));
      }
    }),
    { numRuns: 150 },
  );
});

test('10,000 cards are filtered within 50 ms', () => {
  const index = filled(10_000);
  index.set_view({ filter: { text: 'backerei' } });

  const times = ['h', 'ha', 'harbour', 'water rye', 'smorre'].map((text) => {
    const started = performance.now();
    index.set_view({ filter: { text } });
    return performance.now() - started;
  });

  // The best of five: the machine is shared, and a noisy neighbour is not our code.
  expect(Math.min(...times)).toBeLessThan(50);
});
