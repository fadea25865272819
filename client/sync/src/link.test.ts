import type { FromServer } from '@kanvoy/protocol/messages.gen.ts';
import { expect, test } from 'vitest';
import { World, type Tab } from './testing/world.ts';

function link_of(tab: Tab): string {
  return tab.engine.status.get().link;
}

test('a dropped connection comes back at once and resumes without a snapshot', async () => {
  const world = new World();
  const tab = await world.live();

  tab.network.last.close(1006);
  world.time.pass(0);
  world.accept(tab);
  const [hello] = tab.network.last.sent;
  await world.settle(tab);

  expect(hello).toMatchObject({ subscriptions: [{ channel: 'board', cursor: '1.0.0' }, {}] });
  expect(link_of(tab)).toBe('live');
});

test('attempts spread further and further while the server is gone', async () => {
  const world = new World();
  const tab = await world.live();

  tab.network.last.close(1006);
  const waits: number[] = [];
  for (let attempt = 0; attempt < 8; attempt += 1) {
    const opened = tab.network.sockets.length;
    const from = world.time.now();
    while (tab.network.sockets.length === opened) world.time.pass(10);
    waits.push(world.time.now() - from);
    tab.network.last.close(1006);
  }

  expect(waits).toEqual([10, 500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
});

test.each([4001, 4003, 4004, 4005, 4099])('close code %i is not retried', async (code) => {
  const world = new World();
  const tab = await world.live();

  tab.network.last.close(code);
  world.time.pass(120_000);

  expect(tab.engine.status.get()).toMatchObject({ link: 'stopped', close_code: code });
  expect(tab.network.sockets).toHaveLength(1);
});

test('a silent connection is probed after 40 s and dropped only when the probe is not answered', async () => {
  const world = new World();
  const tab = await world.live();

  world.time.pass(40_000);
  const probe = tab.network.last.take();
  const before = tab.network.sockets.length;
  world.time.pass(3_000);
  world.time.pass(0);

  expect(probe).toContainEqual({ type: 'ping' });
  expect(before).toBe(1);
  expect(tab.network.sockets).toHaveLength(2);
});

test('any frame answers the probe', async () => {
  const world = new World();
  const tab = await world.live();

  world.time.pass(40_000);
  tab.network.last.deliver({ type: 'pong', server_time: world.time.now() });
  world.time.pass(3_000);

  expect(tab.network.sockets).toHaveLength(1);
  expect(link_of(tab)).toBe('live');
});

test('a device that wakes up probes instead of trusting the socket', async () => {
  const world = new World();
  const tab = await world.live();

  tab.surroundings.wake();

  expect(tab.network.last.take()).toContainEqual({ type: 'ping' });
});

test('a ping is answered', async () => {
  const world = new World();
  const tab = await world.live();
  const ping: FromServer = { type: 'ping', server_time: world.time.now() };

  tab.network.last.deliver(ping);

  expect(tab.network.last.take()).toContainEqual({ type: 'pong' });
});

test('a hidden tab with nothing to send waits until somebody looks', async () => {
  const world = new World();
  const tab = await world.live();
  tab.surroundings.shown = false;

  tab.network.last.close(1006);
  world.time.pass(60_000);
  const while_hidden = tab.network.sockets.length;
  tab.surroundings.shown = true;
  tab.surroundings.wake();

  expect(while_hidden).toBe(1);
  expect(tab.network.sockets).toHaveLength(2);
});

test('a hidden tab with work to send does not wait', async () => {
  const world = new World();
  const tab = await world.live();
  tab.surroundings.shown = false;
  tab.network.last.close(1006);
  world.time.pass(60_000);

  tab.engine.issue({ kind: 'release_order', order_id: 'order-000001' });

  expect(tab.network.sockets).toHaveLength(2);
});

test('on a drain the new socket opens first and the old one is left when it is live', async () => {
  const world = new World();
  const tab = await world.live();
  const old = tab.network.last;

  old.deliver({ type: 'drain', after_ms: 500 });
  world.time.pass(500);
  const while_opening = [old.open, link_of(tab)];
  world.accept(tab);
  await world.settle(tab);

  expect(while_opening).toEqual([true, 'live']);
  expect(old.closed_by_client).toBe(true);
  expect(tab.network.sockets).toHaveLength(2);
  expect(link_of(tab)).toBe('live');
});

test('a drained client misses nothing that happens while it changes sockets', async () => {
  const world = new World();
  const tab = await world.live();
  const old = world.session(tab);
  old.socket.deliver({ type: 'drain', after_ms: 0 });
  world.time.pass(0);

  world.server.change({ kind: 'set_priority', order_id: 'order-000001', priority: 3 });
  world.server.push(old);
  world.server.deliver(old);
  world.accept(tab);
  world.server.change({ kind: 'set_priority', order_id: 'order-000002', priority: 3 });
  await world.settle(tab);

  expect(tab.engine.board.card('order-000001')?.card.priority).toBe(3);
  expect(tab.engine.board.card('order-000002')?.card.priority).toBe(3);
});

test('a client is not stopped by its own next socket, even if that one dies at once', async () => {
  const world = new World();
  const tab = await world.live();
  const old = tab.network.last;
  old.deliver({ type: 'drain', after_ms: 0 });
  world.time.pass(0);
  world.accept(tab);

  tab.network.last.close(1006);
  old.close(4005);
  world.time.pass(1_000);

  expect(tab.network.sockets).toHaveLength(3);
});

test('a cursor lost between hello and welcome does not leave the board without state', async () => {
  const world = new World();
  const tab = await world.live();
  const old = tab.network.last;
  old.deliver({ type: 'drain', after_ms: 0 });
  world.time.pass(0);
  const session = world.accept(tab);
  const [hello] = tab.network.last.take();

  old.deliver({ type: 'resync', channel: 'board', cause: 'lagged' });
  const begin = { channel: 'board', epoch: 1, sequence: 0, nonce: 0, chunks: 2 };
  old.deliver({ type: 'snapshot_begin', ...begin });
  if (hello !== undefined) tab.network.last.receive(JSON.stringify(hello));
  world.server.read(session);
  await world.settle(tab);

  expect(tab.engine.status.get()).toMatchObject({ link: 'live', board: 'whole' });
  expect(tab.engine.board.totals().all).toBe(12);
});

test('a server that accepts but never welcomes is given up after ten seconds', async () => {
  const world = new World();
  const tab = await world.open();
  tab.network.last.accept();

  world.time.pass(10_000);
  world.time.pass(500);

  expect(tab.network.sockets.length).toBeGreaterThan(1);
});

test('a gap in the stream is repaired with a snapshot and told', async () => {
  const world = new World();
  const tab = await world.live();
  const heard: string[] = [];
  tab.engine.notices.listen((notice) => heard.push(notice.kind));

  tab.network.last.deliver({
    type: 'changes',
    channel: 'board',
    epoch: 1,
    after: 7,
    upto: 8,
    nonce: 1,
    ops: [],
  });
  const drawn_meanwhile = tab.engine.board.totals().count;
  await world.settle(tab);

  expect(heard).toEqual(['repaired']);
  expect(drawn_meanwhile).toBe(12);
  expect(tab.engine.status.get().board).toBe('whole');
});

test('a channel that is taken away is purged', async () => {
  const world = new World();
  const tab = await world.live();

  tab.network.last.deliver({ type: 'unsubscribed', channel: 'board', cause: 'forbidden' });
  tab.engine.flush();

  expect(tab.engine.board.totals().all).toBe(0);
});

test('the clock follows the server, whatever the device believes', async () => {
  const world = new World();
  const tab = await world.live();

  const ahead = world.time.now() + 90_000;
  tab.network.last.deliver({ type: 'ping', server_time: ahead });

  expect(tab.engine.now()).toBe(ahead);
});

test('a lost network is called offline at once', async () => {
  const world = new World();
  const tab = await world.live();

  tab.network.last.close(1006);
  tab.surroundings.lose_network();

  expect(link_of(tab)).toBe('offline');
});

test('what nobody needs any more leaves no timer behind', async () => {
  const world = new World();
  const tab = await world.live();

  await tab.engine.close();

  expect(world.time.timers).toBe(0);
});
