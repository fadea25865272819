/** What can be done with a whole delivery. */
import type { MenuItem } from '@kanvoy/kit/MenuList.svelte';
import type { OrderCommand } from '@kanvoy/protocol/messages.gen.ts';
import type { Delivery, Order } from '@kanvoy/sync/full.ts';
import Ban from '@lucide/svelte/icons/ban';
import Merge from '@lucide/svelte/icons/merge';
import Pin from '@lucide/svelte/icons/pin';
import PinOff from '@lucide/svelte/icons/pin-off';
import RotateCcw from '@lucide/svelte/icons/rotate-ccw';
import Split from '@lucide/svelte/icons/split';
import { tell } from '../act/conduct.ts';
import type { Editing } from './editing.svelte.ts';
import { d } from './words.ts';

const OVER: ReadonlySet<string> = new Set(['done', 'failed', 'cancelled']);

export function is_open(delivery: Delivery): boolean {
  return !OVER.has(delivery.category);
}

/** Its goods are still in the house, so it can be split, merged and cancelled. */
export function is_here(delivery: Delivery): boolean {
  return is_open(delivery) && delivery.collected_at === null;
}

export function delivery_menu(
  editing: Editing,
  order: Order,
  delivery: Delivery,
  split: () => void,
): readonly MenuItem[] {
  const { desk } = editing;
  const { position } = delivery;
  if (!desk.may('driver.assign')) return [];
  const do_it = (command: OrderCommand, text: string): void => {
    const number = desk.engine.issue(command);
    desk.engine.flush();
    tell(desk, text, [number]);
  };
  const on = { order_id: order.id, delivery_id: delivery.id };
  if (delivery.category === 'failed') {
    const run = (): void =>
      do_it({ kind: 'reopen_delivery', ...on }, d('told.reopened', { position }));
    return [{ label: d('reopen'), icon: RotateCcw, run }];
  }
  if (!is_open(delivery)) return [];
  const pin: MenuItem = {
    label: d(delivery.pinned ? 'unpin' : 'pin'),
    icon: delivery.pinned ? PinOff : Pin,
    run: () =>
      editing.issue({
        kind: 'assign_driver',
        ...on,
        from_driver: delivery.driver_id,
        to_driver: delivery.driver_id,
        epoch: delivery.epoch,
        pinned: !delivery.pinned,
      }),
  };
  const pins = delivery.driver_id === null ? [] : [pin];
  if (!is_here(delivery)) return pins;
  const others = order.deliveries.filter((each) => each.id !== delivery.id && is_here(each));
  const merges = others.map((other, at) => ({
    label: d('merge.do', { position: other.position }),
    icon: Merge,
    run: () =>
      do_it(
        {
          kind: 'merge_deliveries',
          order_id: order.id,
          into_id: other.id,
          from_ids: [delivery.id],
        },
        d('told.merged'),
      ),
    ...(at === 0 ? { group: '' } : {}),
  }));
  const cancel: MenuItem = {
    label: d('cancel'),
    icon: Ban,
    danger: true,
    group: '',
    run: () =>
      desk.overlay.open({
        kind: 'reason',
        ask: {
          title: d('cancel.title', { position }),
          text: d('cancel.text'),
          action: d('cancel.do'),
          danger: true,
          needed: true,
          run: (reason) =>
            do_it({ kind: 'cancel_delivery', ...on, reason }, d('told.cancelled', { position })),
        },
      }),
  };
  return [
    { label: d('split.start'), icon: Split, run: split },
    ...pins,
    ...merges,
    ...(others.length > 0 ? [cancel] : []),
  ];
}
