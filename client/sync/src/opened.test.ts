import type { FromServer, OrderView, Stamp } from '@kanvoy/protocol/messages.gen.ts';
import { expect, test } from 'vitest';
import type { OpenedOrder } from './opened.ts';
import type { ShownOrder } from './shown.ts';
import { World, type Tab } from './testing/world.ts';

const ID = 'order-000001';
const CHANNEL = `order:${ID}`;

const ORDER: OrderView = {
  type: 'order',
  id: ID,
  number: 100_001,
  workflow_id: 'standard',
  stage_id: 'new',
  category: 'new',
  stage_since: 1,
  rank: 'a0',
  customer: { name: 'Hotel Adler' },
  shipping_address: { street: 'Hafenweg 12', city: 'Hamburg' },
  currency: 'EUR',
  price_mode: 'gross',
  tax_rounding: 'line',
  lines: [
    {
      id: 'line-1',
      name: 'Sparkling water',
      quantity: 6,
      unit_price: 100,
      list_price: 100,
      gross: 600,
      net: 500,
      tax: 100,
      total: 600,
    },
  ],
  totals: { lines: 600, discounts: 0, charges: 0, net: 500, tax: 100, total: 600 },
  created_at: 1,
  created_by: 'anna',
  updated_at: 1,
  updated_by: 'anna',
};

const MEI: Stamp = { by_id: 'mei', by_name: 'Mei', at: 50, client_id: 'client-mei', number: 1 };

function say(tab: Tab, ...frames: FromServer[]): void {
  tab.network.last.deliver(...frames);
  tab.engine.flush();
}

async function opened(): Promise<{ world: World; tab: Tab; order: OpenedOrder }> {
  const world = new World();
  const tab = await world.live();
  const order = tab.engine.open_order(ID);
  const item = { op: 'put' as const, kind: 'order', id: ID, version: 4, view: ORDER };
  say(
    tab,
    { type: 'subscribed', channel: CHANNEL, mode: 'snapshot' },
    { type: 'snapshot_begin', channel: CHANNEL, epoch: 1, sequence: 0, nonce: 0, chunks: 1 },
    { type: 'snapshot_chunk', channel: CHANNEL, epoch: 1, index: 0, cut: 0, items: [item] },
    { type: 'snapshot_end', channel: CHANNEL, epoch: 1 },
  );
  tab.network.last.take();
  return { world, tab, order };
}

function quantity_saved_by_mei(quantity: number): FromServer {
  const [line] = ORDER.lines ?? [];
  const lines = [{ ...line, quantity }];
  const mark = { version: 5, by_id: 'mei', by_name: 'Mei', at: 50 };
  const fields = { lines, marks: { 'quantity:line-1': mark } };
  const op = { op: 'patch' as const, kind: 'order', id: ID, version: 5, fields, stamp: MEI };
  return {
    type: 'changes',
    channel: CHANNEL,
    epoch: 1,
    after: 0,
    upto: 1,
    nonce: 9,
    ops: [op],
  };
}

function shown(order: OpenedOrder): ShownOrder {
  const state = order.state.get();
  if (state.phase !== 'ready') throw new Error(state.phase);
  return state.shown;
}

test('opening an order watches its channel and its people', async () => {
  const world = new World();
  const tab = await world.live();
  tab.network.last.take();

  tab.engine.open_order(ID);

  expect(tab.network.last.take()).toEqual([
    { type: 'subscribe', wanted: { channel: CHANNEL } },
    { type: 'subscribe', wanted: { channel: `presence:${CHANNEL}` } },
  ]);
});

test('an order opened twice is left with the second close', async () => {
  const { tab, order } = await opened();
  const again = tab.engine.open_order(ID);

  order.close();
  order.close();
  const after_first = tab.network.last.take();
  again.close();

  expect(after_first).toEqual([]);
  expect(tab.network.last.take()).toHaveLength(2);
});

test('a pending quantity shows estimated sums', async () => {
  const { tab, order } = await opened();

  tab.engine.issue({ kind: 'set_quantity', order_id: ID, line_id: 'line-1', quantity: 12 });
  tab.engine.flush();

  expect(shown(order)).toMatchObject({ estimated: true, pending_groups: ['quantity:line-1'] });
  expect(shown(order).order.totals?.total).toBe(1200);
  expect(shown(order).confirmed?.totals?.total).toBe(600);
});

test('a field that Mei saves while I type is contested, and keeping mine is sent over hers', async () => {
  const { tab, order } = await opened();
  const field = order.draft.field('quantity:line-1');
  order.draft.edit('quantity:line-1', 12);

  say(tab, quantity_saved_by_mei(8));
  const contested = field.get();
  const saved_too_early = order.draft.save();
  order.draft.keep('quantity:line-1');
  order.draft.save();
  await tab.engine.stored();

  expect(contested).toMatchObject({
    state: 'contested',
    base: 6,
    mine: 12,
    theirs: 8,
    by_name: 'Mei',
  });
  expect(saved_too_early).toEqual([]);
  expect(tab.network.last.take()).toMatchObject([
    {
      type: 'command',
      command: { kind: 'set_quantity', quantity: 12 },
      base_groups: { 'quantity:line-1': 5 },
    },
  ]);
});

test('clean fields follow while another one is being typed', async () => {
  const { tab, order } = await opened();
  order.draft.edit('priority', 3);
  const quantity = order.draft.field('quantity:line-1');

  say(tab, quantity_saved_by_mei(8));

  expect(quantity.get()).toMatchObject({ state: 'clean', value: 8 });
  expect(order.draft.dirty.get()).toEqual(['priority']);
});

test('a saved field is clean at once and shows the pending value', async () => {
  const { tab, order } = await opened();
  order.draft.edit('priority', 3);

  order.draft.save();
  tab.engine.flush();

  expect(order.draft.dirty.get()).toEqual([]);
  expect(order.draft.field('priority').get()).toMatchObject({ state: 'clean', value: 3 });
});

test('a refused save falls back to what is there', async () => {
  const { tab, order } = await opened();
  order.draft.edit('priority', 3);
  const [number = 0] = order.draft.save();
  tab.engine.flush();

  say(tab, {
    type: 'rejected',
    number,
    rejection: { code: 'forbidden', permission: 'order.edit' },
  });

  expect(order.draft.field('priority').get()).toMatchObject({ state: 'clean', value: 1 });
  expect(shown(order).rejected?.mine).toEqual({ priority: 3 });
});

test('an order that somebody deletes is gone, with its last state', async () => {
  const { tab, order } = await opened();
  const op = { op: 'remove' as const, kind: 'order', id: ID, version: 5, stamp: MEI };

  say(tab, { type: 'changes', channel: CHANNEL, epoch: 1, after: 0, upto: 1, nonce: 9, ops: [op] });

  expect(order.state.get()).toMatchObject({ phase: 'gone', by_name: 'Mei', last: { version: 4 } });
});

test('an order that is not there is gone', async () => {
  const world = new World();
  const tab = await world.live();
  const order = tab.engine.open_order('unknown');

  await world.settle(tab);

  expect(order.state.get()).toMatchObject({ phase: 'gone', last: null });
});

test('people inside an order are shown without myself', async () => {
  const { tab, order } = await opened();
  const person = { id: 'mei', name: 'Mei', doing: 'editing' as const, group: 'priority' };

  say(tab, {
    type: 'presence',
    channel: `presence:${CHANNEL}`,
    full: true,
    people: [
      { ...person, session_id: 'other' },
      { ...person, session_id: 'session-1' },
    ],
  });

  expect(order.people.get().map((each) => each.session_id)).toEqual(['other']);
});

test('what I do is told at most ten times a second and again before it is forgotten', async () => {
  const { world, tab } = await opened();

  for (const order_id of ['a', 'b', 'c']) tab.engine.presence.show('moving', order_id);
  const at_once = tab.network.last.take();
  world.time.pass(100);
  const merged = tab.network.last.take();
  world.time.pass(5_000);

  expect(at_once).toMatchObject([{ type: 'presence', order_id: 'a' }]);
  expect(merged).toMatchObject([{ type: 'presence', order_id: 'c' }]);
  expect(tab.network.last.take()).toMatchObject([{ type: 'presence', order_id: 'c' }]);
});

test('everybody else fades 15 s after the connection was lost', async () => {
  const { world, tab, order } = await opened();
  const person = { session_id: 's', id: 'mei', name: 'Mei', doing: 'viewing' as const };
  say(tab, { type: 'presence', channel: `presence:${CHANNEL}`, full: true, people: [person] });
  tab.network.last.close(4004);

  world.time.pass(14_000);
  const before = order.people.get().length;
  world.time.pass(1_000);

  expect([before, order.people.get().length]).toEqual([1, 0]);
});
