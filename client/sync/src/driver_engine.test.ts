import { describe, expect, test } from 'vitest';
import type { StopDeliveryView } from '@kanvoy/protocol/messages.gen.ts';
import type { ShownStop } from './run.ts';
import { make_stop } from './testing/road_seed.ts';
import { RoadWorld, type Phone } from './testing/road_world.ts';

function first(phone: Phone): ShownStop {
  const [stop] = phone.engine.stops.get();
  if (stop === undefined) throw new Error('the run is empty');
  return stop;
}

function more_water(world: RoadWorld, quantity: number): void {
  const edit = {
    type: 'quantity',
    line_id: 'line-1',
    name: 'Sparkling water',
    was: 6,
    now: quantity,
  } as const;
  const change = (each: StopDeliveryView): StopDeliveryView => ({
    ...each,
    lines: (each.lines ?? []).map((line) => ({ ...line, quantity })),
  });
  world.server.edit('order-1', edit, change, 'Mei', 'guest count went up');
}

const kinds = (phone: Phone): readonly string[] => phone.notices.map(({ kind }) => kind);

describe('the run', () => {
  test('comes in the order of its ranks, then of its windows, then of its numbers', async () => {
    const world = new RoadWorld([
      make_stop(4, { stop_rank: null }),
      make_stop(3, { stop_rank: null, window: { opens: 1, closes: 2 } }),
      make_stop(2, { stop_rank: 'b' }),
      make_stop(1, { stop_rank: 'a' }),
    ]);
    const phone = await world.live();
    expect(phone.engine.stops.get().map(({ number }) => number)).toEqual([
      104_001, 104_002, 104_003, 104_004,
    ]);
  });

  test('is there when the app starts without network, days later', async () => {
    const world = new RoadWorld();
    world.kill(await world.live());
    world.time.pass(3 * 86_400_000);
    const phone = await world.start();
    expect(phone.engine.stops.get()).toHaveLength(3);
    expect(phone.engine.status.get().link).not.toBe('live');
    expect(phone.engine.records.settings.get()?.number_prefix).toBe('SO-');
  });

  test('resumes from what the device kept, without a snapshot', async () => {
    const world = new RoadWorld();
    world.kill(await world.live());
    more_water(world, 8);
    const phone = await world.start();
    const session = world.accept(phone);
    world.server.read(session);
    const modes = session.down.flatMap((frame) => (frame.type === 'subscribed' ? frame.mode : []));
    expect(modes).toEqual(['resume', 'resume']);
    await world.settle(phone);
    expect(first(phone).delivery.lines[0]?.quantity).toBe(8);
  });

  test('forgets a stop that was given to somebody else, on the screen and on the disk', async () => {
    const world = new RoadWorld();
    const phone = await world.live();
    world.server.assign('order-1', 'tom');
    await world.settle(phone);
    expect(phone.engine.stop('delivery-1')).toBeUndefined();
    expect(phone.notices).toContainEqual({ kind: 'left', number: 104_001, by_name: 'Mei' });
    const kept = await world.runs.load('tenant/ana');
    expect(JSON.stringify(kept)).not.toContain('Customer 1');
  });
});

describe('news', () => {
  test('is delivered only when it is on the disk', async () => {
    const world = new RoadWorld();
    const phone = await world.start();
    const session = world.accept(phone);
    world.server.settle(session);
    world.time.frame();
    expect(world.server.facts).toEqual([]);
    await world.settle(phone);
    expect(world.server.facts.map((each) => each.kind)).toEqual(Array(3).fill('acknowledge_stop'));
    expect(first(phone).delivery.receipt.word).toBe('delivered');
  });

  test('that somebody edited is told once, also when it came while the app was dead', async () => {
    const world = new RoadWorld();
    world.kill(await world.live());
    more_water(world, 8);
    const phone = await world.start();
    await world.reconnect(phone);
    expect(kinds(phone)).toEqual(['edited']);
    world.lose(phone);
    await world.reconnect(phone);
    expect(kinds(phone)).toEqual(['edited']);
  });

  test('is acknowledged up to the version on the screen, and a later edit is news again', async () => {
    const world = new RoadWorld();
    const phone = await world.live();
    more_water(world, 8);
    await world.settle(phone);
    phone.engine.received(['delivery-1'], 'acknowledged');
    expect(kinds(phone)).toEqual(['edited']);
    await world.settle(phone);
    expect(first(phone).delivery.receipt.word).toBe('acknowledged');
    more_water(world, 9);
    await world.settle(phone);
    expect(first(phone).delivery.receipt.word).toBe('delivered');
  });
});

describe('what a driver does', () => {
  test('is said to be kept when it is on disk, and not before', async () => {
    const world = new RoadWorld();
    const phone = await world.live();
    world.lose(phone);

    phone.engine.issue(world.say('complete_delivery', first(phone)));
    expect(first(phone).pending?.kept).toBe(false);
    await phone.engine.stored();
    world.time.frame();

    expect(first(phone).pending?.kept).toBe(true);
    world.kill(phone);
    const next = await world.start();
    expect(first(next).delivery.category).toBe('done');
    expect(first(next).pending?.kept).toBe(true);
  });

  test('is never said to be kept where the disk takes nothing', async () => {
    const world = new RoadWorld();
    const phone = await world.live();
    world.lose(phone);
    world.storage.put = () => Promise.reject(new Error('full'));

    phone.engine.issue(world.say('complete_delivery', first(phone)));
    await phone.engine.stored();
    world.time.frame();

    expect(first(phone).pending?.kept).toBe(false);
    expect(kinds(phone)).toContain('storage_failed');
  });

  test('shows at once, goes out when there is network, and is counted', async () => {
    const world = new RoadWorld();
    const phone = await world.live();
    world.lose(phone);
    phone.engine.issue(world.say('collect_delivery', first(phone)));
    phone.engine.issue(world.say('complete_delivery', first(phone)));
    expect(first(phone).delivery.category).toBe('done');
    expect(phone.engine.waiting.get().map((each) => each.command.kind)).toEqual([
      'collect_delivery',
      'complete_delivery',
    ]);
    expect(phone.engine.done.get()).toHaveLength(1);
    await world.reconnect(phone);
    expect(phone.engine.stops.get()).toHaveLength(2);
    expect(phone.engine.waiting.get()).toEqual([]);
    expect(phone.engine.done.get()).toHaveLength(1);
    expect(kinds(phone)).toEqual([]);
  });

  test('survives a kill, and says so as a fact that happened offline', async () => {
    const world = new RoadWorld();
    const phone = await world.live();
    world.lose(phone);
    phone.engine.issue(world.say('complete_delivery', first(phone)));
    await phone.engine.stored();
    world.kill(phone);
    const next = await world.start();
    expect(first(next).delivery.category).toBe('done');
    expect(next.engine.waiting.get()[0]?.order_number).toBe(104_001);
    const session = world.accept(next);
    world.server.settle(session);
    expect(session.client_id).not.toBe('');
    const bodies = [...(world.server.clients.get(session.client_id)?.bodies.values() ?? [])];
    expect(bodies.some((body) => body.includes('"fact":true'))).toBe(true);
    await world.settle(next);
    expect(next.engine.stops.get()).toHaveLength(2);
  });

  test('after a reassignment that the phone had not heard of becomes a claim', async () => {
    const world = new RoadWorld();
    const phone = await world.live();
    world.lose(phone);
    phone.engine.issue(world.say('complete_delivery', first(phone)));
    world.server.assign('order-1', 'tom');
    await world.reconnect(phone);
    expect(world.server.claims.map(({ cause }) => cause)).toEqual(['superseded']);
    expect(kinds(phone)).toContain('claimed');
    expect(phone.engine.refused.get()).toEqual([]);
  });

  test('on a socket that was dead already counts as offline, too', async () => {
    const world = new RoadWorld();
    const phone = await world.live();
    phone.session = null;
    phone.engine.issue(world.say('complete_delivery', first(phone)));
    await phone.engine.stored();
    phone.network.last.take();
    world.server.assign('order-1', 'tom');
    world.lose(phone);
    await world.reconnect(phone);
    expect(world.server.claims.map(({ cause }) => cause)).toEqual(['superseded']);
    expect(phone.engine.refused.get()).toEqual([]);
  });

  test('that is refused while live is explained, and can be insisted on', async () => {
    const world = new RoadWorld();
    const phone = await world.live();
    world.server.assign('order-1', 'tom');
    phone.engine.issue(world.say('complete_delivery', first(phone)));
    await world.settle(phone);
    const [refused] = phone.engine.refused.get();
    expect(refused?.rejection.code).toBe('superseded');
    expect(phone.engine.done.get()).toEqual([]);
    phone.engine.insist(refused?.number ?? 0);
    await world.settle(phone);
    expect(world.server.claims).toHaveLength(1);
    expect(phone.engine.refused.get()).toEqual([]);
  });

  test('tells the server a fresh token on a live socket', async () => {
    const world = new RoadWorld();
    const phone = await world.live();
    phone.session?.socket.deliver({ type: 'authenticate', within_seconds: 30 });
    await Promise.resolve();
    await Promise.resolve();
    expect(phone.network.last.take()).toContainEqual({ type: 'authenticate', token: 'token' });
  });
});
