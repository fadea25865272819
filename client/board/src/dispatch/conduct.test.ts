import { complete } from '@kanvoy/protocol/decode.ts';
import type { DispatchView } from '@kanvoy/protocol/messages.gen.ts';
import { expect, test } from 'vitest';
import { is_still, neighbours, placing } from './conduct.ts';
import type { StopItem } from './run_view.ts';

function stop(
  id: string,
  driver_id: string | null,
  more: { epoch?: number; pinned?: boolean } = {},
) {
  const view = complete<DispatchView>({
    type: 'dispatch',
    id: `o-${id}`,
    number: 1,
    stage_id: 'ready',
    category: 'ready',
    customer: 'Adler',
    deliveries: [{ id, position: 1, method: 'own_driver', category: 'ready', driver_id, ...more }],
  });
  const [delivery] = view.deliveries;
  if (delivery === undefined) throw new Error('no delivery');
  const shown = {
    id: view.id,
    view,
    version: 7,
    stamp: null,
    pending: null,
    merged: null,
    rejected: null,
  };
  const item: StopItem = { id, order_id: view.id, shown, order: view, stop: delivery };
  return item;
}

test('the neighbours of a gap are those that stay', () => {
  const run = ['a', 'b', 'c', 'd'];
  expect(neighbours(run, 2, new Set(['b', 'c']))).toEqual({ after: 'a', before: 'd' });
  expect(neighbours(run, 4, new Set())).toEqual({ after: 'd', before: null });
});

test('dropping stops where they are changes nothing', () => {
  const run = ['a', 'b', 'c', 'd'];
  expect(is_still(run, ['b', 'c'], 1)).toBe(true);
  expect(is_still(run, ['b', 'c'], 3)).toBe(true);
  expect(is_still(run, ['b', 'c'], 4)).toBe(false);
  expect(is_still(run, ['c', 'b'], 1)).toBe(false);
  expect(is_still(run, ['x'], 0)).toBe(false);
});

test('several stops keep their order: each goes behind the one before it', () => {
  const items = [stop('x', null), stop('y', 'petra', { epoch: 3 })];
  const commands = placing(items, { driver_id: 'jonas', index: 1 }, ['a', 'b']);
  expect(commands.map(({ command }) => command)).toMatchObject([
    { kind: 'assign_driver', delivery_id: 'x', to_driver: 'jonas', after_id: 'a', before_id: 'b' },
    {
      kind: 'assign_driver',
      delivery_id: 'y',
      from_driver: 'petra',
      epoch: 3,
      after_id: 'x',
      before_id: 'b',
    },
  ]);
  expect(commands.every((item) => item.base_version === 7)).toBe(true);
});

test('within its own run a stop moves, and into the tray it loses its driver', () => {
  const own = stop('x', 'jonas', { epoch: 2, pinned: true });
  const [moved] = placing([own], { driver_id: 'jonas', index: 0 }, ['a', 'x']);
  expect(moved?.command).toMatchObject({ kind: 'move_stop', after_id: null, before_id: 'a' });
  const [left] = placing([own], { driver_id: null, index: 0 }, []);
  expect(left?.command).toMatchObject({ kind: 'assign_driver', to_driver: null, epoch: 2 });
  expect(placing([stop('z', null)], { driver_id: null, index: 0 }, [])).toEqual([]);
});

test('a pin goes along with its stop', () => {
  const pinned = stop('x', 'petra', { pinned: true });
  const [given] = placing([pinned], { driver_id: 'jonas', index: 0 }, []);
  expect(given?.command).toMatchObject({ pinned: true });
});
