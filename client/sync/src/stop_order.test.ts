import { complete } from '@kanvoy/protocol/decode.ts';
import type { DispatchStop, DispatchView } from '@kanvoy/protocol/messages.gen.ts';
import { expect, test } from 'vitest';
import { overlay_dispatch } from './overlay_dispatch.ts';
import { runs_of } from './stop_order.ts';

const stop = (id: string, more: Partial<DispatchStop> = {}): DispatchStop => ({
  id,
  position: 1,
  method: 'own_driver',
  category: 'ready',
  ...more,
});
const order = (id: string, ...deliveries: DispatchStop[]) =>
  complete<DispatchView>({
    type: 'dispatch',
    id,
    number: Number(id),
    stage_id: 'ready',
    category: 'ready',
    customer: 'Adler',
    deliveries,
  });
const GUESS = { rank: null, card_was: {}, card_mine: {}, order_was: {}, order_mine: {} };

test('a run goes by rank, then by what is due first, then by number', () => {
  const jonas = { driver_id: 'jonas' };
  const runs = runs_of([
    order('3', stop('c', { ...jonas, stop_rank: 'a1' })),
    order('2', stop('b', { ...jonas, stop_rank: 'a0', window: { opens: 0, closes: 9 } })),
    order('1', stop('a', { ...jonas, stop_rank: 'a0', window: { opens: 0, closes: 5 } })),
    order('4', stop('d')),
  ]);
  expect(runs.get('jonas')?.map((each) => each.stop.id)).toEqual(['a', 'b', 'c']);
  expect(runs.get(null)?.map((each) => each.stop.id)).toEqual(['d']);
});

test('a stop that is given away is drawn with its new driver at the guessed place', () => {
  const before = order(
    '1',
    stop('a', { driver_id: 'petra', word: 'seen', alarm: true }),
    stop('b'),
  );
  const command = {
    kind: 'assign_driver',
    order_id: '1',
    from_driver: 'petra',
    to_driver: 'jonas',
    delivery_id: 'a',
  } as const;
  const after = overlay_dispatch(before, command, { ...GUESS, stop_ranks: { a: 'a5' } });
  expect(after.deliveries[0]).toMatchObject({
    driver_id: 'jonas',
    stop_rank: 'a5',
    word: 'sent',
    alarm: false,
  });
  expect(after.deliveries[1]).toBe(before.deliveries[1]);
});

test('taking the driver away takes place and news away too', () => {
  const before = order('1', stop('a', { driver_id: 'petra', stop_rank: 'a0', word: 'seen' }));
  const command = {
    kind: 'assign_driver',
    order_id: '1',
    from_driver: 'petra',
    to_driver: null,
  } as const;
  const [after] = overlay_dispatch(before, command, undefined).deliveries;
  expect(after).toMatchObject({ driver_id: null, stop_rank: null, word: null });
});

test('a stop moves within its run, and commands about other things change nothing', () => {
  const before = order('1', stop('a', { driver_id: 'jonas', stop_rank: 'a0' }));
  const move = { kind: 'move_stop', order_id: '1', delivery_id: 'a' } as const;
  const moved = overlay_dispatch(before, move, { ...GUESS, stop_ranks: { a: 'a9' } });
  expect(moved.deliveries[0]?.stop_rank).toBe('a9');
  const note = { kind: 'add_note', order_id: '1', note_id: 'n', text: 'x' } as const;
  expect(overlay_dispatch(before, note, undefined)).toBe(before);
});

test('a cancelled order leaves the dispatch screen', () => {
  const before = order('1', stop('a'));
  const cancel = { kind: 'cancel_order', order_id: '1', reason: 'x' } as const;
  expect(overlay_dispatch(before, cancel, undefined).deliveries).toEqual([]);
});
