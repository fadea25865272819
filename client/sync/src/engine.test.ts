import { expect, test } from 'vitest';
import type { Notice } from './notices.ts';
import { World, type Tab } from './testing/world.ts';

const CARD = 'order-000001';

function notices(tab: Tab): Notice[] {
  const heard: Notice[] = [];
  tab.engine.notices.listen((notice) => heard.push(notice));
  return heard;
}

function stage_of(tab: Tab, id = CARD): string | undefined {
  return tab.engine.board.card(id)?.card.stage_id;
}

function move(tab: Tab, to_stage: string, id = CARD): number {
  const from_stage = tab.engine.card(id)?.card.stage_id ?? 'new';
  return tab.engine.issue({ kind: 'move_order', order_id: id, from_stage, to_stage });
}

test('a new tab shows the whole board', async () => {
  const world = new World();

  const tab = await world.live();

  expect(tab.engine.status.get()).toMatchObject({ link: 'live', board: 'whole', waiting: 0 });
  expect(tab.engine.board.totals().count).toBe(12);
  expect(tab.engine.records.stages.get().length).toBe(7);
});

test('a move is shown at once, and counted as waiting only when it is kept', async () => {
  const world = new World();
  const tab = await world.live();

  const number = move(tab, 'ready');
  tab.engine.flush();

  expect(stage_of(tab)).toBe('ready');
  expect(tab.engine.board.card(CARD)?.pending?.numbers).toEqual([number]);
  expect(tab.engine.status.get().waiting).toBe(0);

  await tab.engine.stored();
  tab.engine.flush();

  expect(tab.engine.status.get().waiting).toBe(1);
});

test('a confirmed move leaves no overlay', async () => {
  const world = new World();
  const tab = await world.live();

  move(tab, 'ready');
  await world.settle(tab);

  expect(stage_of(tab)).toBe('ready');
  expect(tab.engine.board.card(CARD)).toMatchObject({ pending: null, version: 2 });
  expect(tab.engine.status.get().waiting).toBe(0);
});

test('a command is stored before it is sent', async () => {
  const world = new World();
  const tab = await world.live();

  move(tab, 'ready');
  const sent_at_once = tab.network.last.take();
  await tab.engine.stored();

  expect(sent_at_once).toEqual([]);
  expect(tab.network.last.take()).toMatchObject([{ type: 'command', number: 1 }]);
});

test('a refused move goes back, is explained, and waits in the tray', async () => {
  const world = new World();
  const tab = await world.live();
  const heard = notices(tab);
  world.server.change({ kind: 'move_order', order_id: CARD, from_stage: 'new', to_stage: 'done' });

  const number = move(tab, 'ready');
  await world.settle(tab);

  expect(stage_of(tab)).toBe('done');
  expect(tab.engine.refused.get().map((refused) => refused.number)).toEqual([number]);
  expect(tab.engine.board.card(CARD)?.rejected?.mine).toMatchObject({ stage_id: 'ready' });
  const rejected = heard.find((notice) => notice.kind === 'rejected');
  expect(rejected).toMatchObject({ order_id: CARD, can_override: true });
});

test('a refused move sent again goes over what was there', async () => {
  const world = new World();
  const tab = await world.live();
  world.server.change({ kind: 'move_order', order_id: CARD, from_stage: 'new', to_stage: 'done' });
  const number = move(tab, 'ready');
  await world.settle(tab);

  tab.engine.again(number);
  await world.settle(tab);

  expect(stage_of(tab)).toBe('ready');
  expect(tab.engine.refused.get()).toEqual([]);
});

test('what builds on a refused command falls with it', async () => {
  const world = new World();
  const tab = await world.live();
  const heard = notices(tab);
  world.server.change({ kind: 'move_order', order_id: CARD, from_stage: 'new', to_stage: 'done' });

  move(tab, 'ready');
  const second = move(tab, 'in-transit');
  await world.settle(tab);

  expect(stage_of(tab)).toBe('done');
  const told = heard.filter((notice) => notice.kind === 'rejected');
  expect(told).toHaveLength(1);
  expect(told[0]).toMatchObject({ fallen: [second] });
});

test('two quick moves of one card are not a conflict with oneself', async () => {
  const world = new World();
  const tab = await world.live();

  move(tab, 'ready');
  move(tab, 'in-transit');
  await world.settle(tab);

  expect(stage_of(tab)).toBe('in-transit');
  expect(tab.engine.refused.get()).toEqual([]);
});

test('a second move after the receipt but before the change is not a conflict with oneself', async () => {
  const world = new World();
  const tab = await world.live();
  move(tab, 'ready');
  await tab.engine.stored();
  const session = world.session(tab);
  world.server.read(session);
  world.server.deliver(session);

  const base_seen = tab.engine.board.card(CARD)?.version;
  move(tab, 'in-transit');
  await world.settle(tab);

  expect(base_seen).toBe(1);
  expect(stage_of(tab)).toBe('in-transit');
  expect(tab.engine.refused.get()).toEqual([]);
});

test('a move after an own undo that is still under way is not a conflict with oneself', async () => {
  const world = new World();
  const tab = await world.live();
  move(tab, 'ready');
  tab.engine.undo();

  move(tab, 'done');
  await world.settle(tab);

  expect(stage_of(tab)).toBe('done');
  expect(tab.engine.refused.get()).toEqual([]);
});

test("somebody else's change of other fields is kept together with mine and told", async () => {
  const world = new World();
  const tab = await world.live();
  const heard = notices(tab);
  move(tab, 'ready');
  await tab.engine.stored();

  world.server.change({ kind: 'set_priority', order_id: CARD, priority: 3 }, 'Mei');
  world.server.push(world.session(tab));
  world.server.deliver(world.session(tab));
  await world.settle(tab);

  expect(tab.engine.board.card(CARD)?.card).toMatchObject({ stage_id: 'ready', priority: 3 });
  expect(tab.engine.board.card(CARD)?.merged).toMatchObject({
    by_name: 'Mei',
    fields: ['priority'],
  });
  expect(heard).toContainEqual(expect.objectContaining({ kind: 'merged', order_id: CARD }));
});

test('a merged card says so for four seconds', async () => {
  const world = new World();
  const tab = await world.live();
  move(tab, 'ready');
  await tab.engine.stored();
  world.server.change({ kind: 'set_priority', order_id: CARD, priority: 3 });
  world.server.push(world.session(tab));
  await world.settle(tab);

  world.time.pass(4_000);
  world.time.frame();

  expect(tab.engine.board.card(CARD)?.merged).toBeNull();
});

test('an order that somebody removes is told with its last card', async () => {
  const world = new World();
  const tab = await world.live();
  const heard = notices(tab);

  world.server.change({ kind: 'delete_order', order_id: CARD }, 'Jonas');
  await world.settle(tab);

  expect(tab.engine.board.card(CARD)).toBeUndefined();
  expect(heard).toMatchObject([{ kind: 'gone', what: 'removed', by_name: 'Jonas' }]);
});

test('undo takes the newest own command back and redo does it again', async () => {
  const world = new World();
  const tab = await world.live();
  const before = stage_of(tab);
  move(tab, 'ready');
  await world.settle(tab);

  tab.engine.undo();
  tab.engine.flush();
  const shown_at_once = stage_of(tab);
  await world.settle(tab);
  const undone = stage_of(tab);
  tab.engine.redo();
  await world.settle(tab);

  expect([shown_at_once, undone, stage_of(tab)]).toEqual([before, before, 'ready']);
});

test('undo is refused, not blind, when somebody else changed it since', async () => {
  const world = new World();
  const tab = await world.live();
  const heard = notices(tab);
  move(tab, 'ready');
  await world.settle(tab);
  world.server.change({
    kind: 'move_order',
    order_id: CARD,
    from_stage: 'ready',
    to_stage: 'done',
  });

  tab.engine.undo();
  await world.settle(tab);

  expect(stage_of(tab)).toBe('done');
  expect(heard.filter((notice) => notice.kind === 'rejected')).toHaveLength(1);
  expect(tab.engine.history.get()).toEqual({ undo: null, redo: null });
});

test('work done offline is sent on return, and the return is summed up', async () => {
  const world = new World();
  const tab = await world.live();
  const heard = notices(tab);
  tab.network.last.close();
  move(tab, 'ready');
  await tab.engine.stored();
  world.server.change({ kind: 'set_priority', order_id: 'order-000002', priority: 3 });

  world.time.pass(60_000);
  world.reconnect(tab);
  await world.settle(tab);

  expect(stage_of(tab)).toBe('ready');
  expect(tab.engine.board.card('order-000002')?.card.priority).toBe(3);
  expect(heard).toContainEqual(
    expect.objectContaining({ kind: 'reconnected', sent: 1, conflicts: 0 }),
  );
});

test('a new order is drawn at once and becomes the real one', async () => {
  const world = new World();
  const tab = await world.live();
  const order_id = tab.engine.ids.uuid();

  tab.engine.issue({
    kind: 'create_order',
    order_id,
    delivery_id: tab.engine.ids.uuid(),
    customer: { name: 'Café Neu' },
  });
  tab.engine.flush();
  const drawn = tab.engine.board.card(order_id);
  const drawn_at = tab.engine.board.place(order_id);
  await world.settle(tab);

  expect(drawn).toMatchObject({ version: 0, card: { customer: 'Café Neu', number: 0 } });
  expect(drawn_at).toEqual({ stage: 'new', lane: '', index: 0 });
  expect(tab.engine.board.card(order_id)).toMatchObject({ version: 1, pending: null });
});

test('a second list has its own filter and order over the same cards', async () => {
  const world = new World();
  const tab = await world.live();

  const list = tab.engine.list({ columns: 'one', sort: [{ by: 'number', descending: true }] });
  move(tab, 'ready');
  tab.engine.flush();

  expect(list.column('').ids[0]).toBe('order-000012');
  expect(list.card(CARD)?.card.stage_id).toBe('ready');
});

test('a bulk is answered item by item', async () => {
  const world = new World();
  const tab = await world.live();
  const heard = notices(tab);
  const command = (id: string) => ({ kind: 'set_priority', order_id: id, priority: 3 }) as const;
  tab.engine.issue({
    kind: 'run_bulk',
    items: [{ command: command(CARD) }, { command: command('order-000002') }],
  });
  await tab.engine.stored();
  tab.engine.flush();
  const drawn = tab.engine.board.card('order-000002')?.card.priority;

  tab.network.last.deliver({
    type: 'receipt',
    number: 1,
    outcome: 'applied',
    sequence: 1,
    items: [
      { index: 0, aggregate_id: CARD, version: 2 },
      {
        index: 1,
        aggregate_id: 'order-000002',
        rejection: { code: 'not_found', aggregate_id: 'order-000002' },
      },
    ],
  });

  expect(drawn).toBe(3);
  expect(heard).toMatchObject([
    { kind: 'bulk', applied: [CARD], refused: [{ order_id: 'order-000002' }] },
  ]);
});

test('an order that a bulk left as it was does not say that it was merged', async () => {
  const world = new World();
  const tab = await world.live();
  const heard = notices(tab);
  const left = 'order-000002';
  const command = (id: string) => ({ kind: 'set_priority', order_id: id, priority: 3 }) as const;
  tab.engine.issue({
    kind: 'run_bulk',
    items: [{ command: command(CARD) }, { command: command(left) }],
  });
  await tab.engine.stored();
  for (const order_id of [CARD, left])
    world.server.change({ kind: 'hold_order', order_id, reason: 'Unpaid' }, 'Mei');
  world.server.push(world.session(tab));
  world.server.deliver(world.session(tab));

  tab.network.last.deliver({
    type: 'receipt',
    number: 1,
    outcome: 'applied',
    sequence: 3,
    items: [
      { index: 0, aggregate_id: CARD, version: 3 },
      { index: 1, aggregate_id: left, rejection: { code: 'gate_failed', gates: [] } },
    ],
  });
  tab.engine.flush();

  expect(tab.engine.board.card(left)?.card.hold).toBe('Unpaid');
  expect(
    heard.filter((notice) => notice.kind === 'merged').map((notice) => notice.order_id),
  ).toEqual([CARD]);
});
