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

test('a killed tab leaves its commands to the next one, under the same numbers', async () => {
  const world = new World();
  const tab = await world.live('first');
  tab.network.last.close();
  move(tab, 'ready');
  await tab.engine.stored();
  world.kill(tab);

  const next = await world.live('second');
  await world.settle(next);

  expect(next.engine.client_id).toBe(tab.engine.client_id);
  expect(stage_of(next)).toBe('ready');
  expect(next.engine.status.get().waiting).toBe(0);
});

test('two tabs never share a numbering', async () => {
  const world = new World();
  const one = await world.live('one');
  move(one, 'ready');
  const other = await world.live('other');

  expect(other.engine.client_id).not.toBe(one.engine.client_id);
});

test('at most 32 commands are on the wire without a verdict', async () => {
  const world = new World();
  const tab = await world.live();

  for (let at = 0; at < 40; at += 1) {
    tab.engine.issue({ kind: 'add_note', order_id: CARD, note_id: `note-${at}`, text: `${at}` });
  }
  await tab.engine.stored();

  const commands = tab.network.last.take().filter((message) => message.type === 'command');
  expect(commands).toHaveLength(32);
});

test('busy pauses the commands and then sends the same numbers again', async () => {
  const world = new World();
  const tab = await world.live();
  move(tab, 'ready');
  await tab.engine.stored();
  const [first] = tab.network.last.take();

  tab.network.last.deliver({ type: 'busy', number: 1, retry_ms: 700, cause: 'storage' });
  const meanwhile = tab.network.last.take();
  world.time.pass(700);

  expect(meanwhile).toEqual([]);
  expect(tab.network.last.take()).toEqual([first]);
});

test('a server that misses an earlier number gets everything from there on', async () => {
  const world = new World();
  const tab = await world.live();
  move(tab, 'ready');
  move(tab, 'done', 'order-000002');
  await tab.engine.stored();
  const sent = tab.network.last.take();

  tab.network.last.deliver({
    type: 'rejected',
    number: 2,
    rejection: { code: 'gap', expected: 1 },
  });

  expect(tab.network.last.take()).toEqual(sent);
});

test('verdicts are acknowledged together', async () => {
  const world = new World();
  const tab = await world.live();
  move(tab, 'ready');
  move(tab, 'done', 'order-000002');
  await world.settle(tab);

  world.time.pass(2_000);
  await Promise.resolve();

  expect(tab.network.last.take()).toContainEqual({ type: 'acknowledge', number: 2 });
});

test('a disk that fails is told, and the command is sent all the same', async () => {
  const world = new World();
  const broken = { ...world.storage, put: () => Promise.reject(new Error('full')) };
  const failing = new World(undefined, broken);
  const tab = await failing.live();
  const heard = notices(tab);

  move(tab, 'ready');
  await failing.settle(tab);

  expect(heard).toMatchObject([{ kind: 'storage_failed', number: 1 }]);
  expect(stage_of(tab)).toBe('ready');
});

test('the commands of a second dead tab are delivered too, under their own numbers', async () => {
  const world = new World();
  const [one, two] = [await world.live('one'), await world.live('two')];
  for (const tab of [one, two]) tab.network.last.close();
  move(one, 'ready');
  move(two, 'done', 'order-000002');
  for (const tab of [one, two]) {
    await tab.engine.stored();
    world.kill(tab);
  }

  const next = await world.live('next');
  await world.flows();
  const courier = world.server.join(next.network.last);
  world.server.settle(courier);
  await world.flows();
  await world.settle(next);

  const identities = [one.engine.client_id, two.engine.client_id];
  expect(next.engine.client_id).toBe(identities[0]);
  expect(courier.client_id).toBe(identities[1]);
  expect([stage_of(next), stage_of(next, 'order-000002')]).toEqual(['ready', 'done']);
  expect(await world.storage.load('tenant/anna', courier.client_id)).toMatchObject({ entries: [] });
});
