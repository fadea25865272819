import 'fake-indexeddb/auto';
import type { Entry } from '@kanvoy/sync/entry.ts';
import { memory_outbox } from '@kanvoy/sync/outbox_memory.ts';
import type { OutboxStore } from '@kanvoy/sync/outbox.ts';
import type { Refused } from '@kanvoy/sync/shown.ts';
import { describe, expect, test } from 'vitest';
import { indexeddb_outbox } from './outbox_indexeddb.ts';

const SCOPE = 'tenant/anna';
let databases = 0;

const stores: readonly (readonly [string, () => Promise<OutboxStore>])[] = [
  ['memory', async () => memory_outbox()],
  ['IndexedDB', () => indexeddb_outbox(`test-${(databases += 1)}`)],
];

/** One contract for every store, the one in memory too. */
describe.each(stores)('an outbox in %s', (_name, open) => {
  test('gives back what was put, in the order of numbers', async () => {
    const store = await open();
    await store.put(SCOPE, 'one', entry(2));
    await store.put(SCOPE, 'one', entry(10));
    await store.put(SCOPE, 'one', entry(1));

    const kept = await store.load(SCOPE, 'one');

    expect(kept.entries.map((each) => each.submit.number)).toEqual([1, 2, 10]);
    expect(kept.last_number).toBe(10);
  });

  test('forgets an answered command but not its number', async () => {
    const store = await open();
    await store.put(SCOPE, 'one', entry(1));

    await store.answer(SCOPE, 'one', 1, null);

    expect(await store.load(SCOPE, 'one')).toEqual({ last_number: 1, entries: [], refused: [] });
  });

  test('keeps a refusal until it is dismissed', async () => {
    const store = await open();
    await store.put(SCOPE, 'one', entry(1));
    await store.answer(SCOPE, 'one', 1, refused(1));
    const before = await store.load(SCOPE, 'one');

    await store.dismiss(SCOPE, 'one', 1);

    expect(before.refused).toEqual([refused(1)]);
    expect((await store.load(SCOPE, 'one')).refused).toEqual([]);
  });

  test('shows no client of another person', async () => {
    const store = await open();
    await store.put(SCOPE, 'one', entry(1));
    await store.put('tenant/ben', 'two', entry(1));

    expect(await store.clients(SCOPE)).toEqual(['one']);
    expect((await store.load(SCOPE, 'two')).entries).toEqual([]);
  });

  test('forgets a client with all it kept and no other', async () => {
    const store = await open();
    await store.put(SCOPE, 'one', entry(1));
    await store.put(SCOPE, 'two', entry(1));

    await store.forget(SCOPE, 'one');

    expect(await store.clients(SCOPE)).toEqual(['two']);
    expect((await store.load(SCOPE, 'one')).last_number).toBe(0);
  });
});

test('what one page wrote, the next one reads', async () => {
  const first = await indexeddb_outbox('shared');
  await first.put(SCOPE, 'one', entry(1));

  const second = await indexeddb_outbox('shared');

  expect((await second.load(SCOPE, 'one')).entries).toEqual([entry(1)]);
});

function entry(number: number): Entry {
  const command = { kind: 'release_order', order_id: 'order-1' } as const;
  return {
    submit: { type: 'command', number, command },
    issued_at: 5,
    guesses: {},
    undoes: null,
  };
}

function refused(number: number): Refused {
  return {
    number,
    command: { kind: 'release_order', order_id: 'order-1' },
    rejection: { code: 'forbidden', permission: 'order.edit' },
    was: {},
    mine: {},
    at: 7,
  };
}
