/** What can be done with stops without dragging: the menu of a stop, of a run, and the keys. */
import type { MenuItem } from '@kanvoy/kit/MenuList.svelte';
import { printed } from '@kanvoy/kit/keymap.ts';
import ArrowLeft from '@lucide/svelte/icons/arrow-left';
import ArrowRight from '@lucide/svelte/icons/arrow-right';
import ListChecks from '@lucide/svelte/icons/list-checks';
import MapPin from '@lucide/svelte/icons/map-pin';
import Move from '@lucide/svelte/icons/move';
import Pencil from '@lucide/svelte/icons/pencil';
import Pin from '@lucide/svelte/icons/pin';
import PinOff from '@lucide/svelte/icons/pin-off';
import Truck from '@lucide/svelte/icons/truck';
import UserX from '@lucide/svelte/icons/user-x';
import { give_stops, pin_stops, put_stops, shift_stop } from './conduct.ts';
import type { Planning } from './planning.svelte.ts';
import type { StopItem } from './run_view.ts';
import { w } from './words.ts';

export function stop_menu(planning: Planning, item: StopItem): readonly MenuItem[] {
  const { desk } = planning;
  const { stop } = item;
  const items = planning.with(item.id);
  const chosen = planning.selection.has(item.id);
  const key = (keys: string): { hint?: string } =>
    desk.view.single_keys ? { hint: printed(keys) } : {};
  const in_run: readonly MenuItem[] = [
    {
      label: w('do.earlier'),
      icon: ArrowLeft,
      hint: printed('Shift+ArrowLeft'),
      run: () => void shift_stop(planning, item, -1),
    },
    {
      label: w('do.later'),
      icon: ArrowRight,
      hint: printed('Shift+ArrowRight'),
      run: () => void shift_stop(planning, item, 1),
    },
    {
      label: w('do.unassign'),
      icon: UserX,
      hint: printed('Backspace'),
      run: () => give_stops(planning, items, null),
    },
    {
      label: w(stop.pinned ? 'do.unpin' : 'do.pin'),
      icon: stop.pinned ? PinOff : Pin,
      ...key('p'),
      run: () => pin_stops(planning, items, !stop.pinned),
    },
  ];
  return [
    {
      label: w('do.open'),
      icon: Pencil,
      hint: printed('Enter'),
      run: () => desk.overlay.open_order(item.order_id),
    },
    { label: w('do.give'), icon: Truck, ...key('a'), run: () => open_picker(planning, items) },
    { label: w('do.move'), icon: Move, ...key('m'), run: () => open_move(planning, items) },
    ...(stop.driver_id === null ? [] : in_run),
    {
      label: w(chosen ? 'do.unselect' : 'do.select'),
      icon: ListChecks,
      ...key('x'),
      group: '',
      run: () => planning.selection.toggle(item.id),
    },
  ];
}

export function run_menu(planning: Planning, driver_id: string): readonly MenuItem[] {
  const run = planning.run(driver_id);
  const none = run.length === 0;
  const pinned = run.every(({ stop }) => stop.pinned);
  const show: MenuItem = {
    label: w('run.show'),
    icon: MapPin,
    checked: planning.driver_in_focus === driver_id,
    several: true,
    run: () => {
      planning.driver_in_focus = planning.driver_in_focus === driver_id ? null : driver_id;
      planning.show_map = true;
      planning.pane = 'map';
    },
  };
  if (none) return [show];
  return [
    show,
    {
      label: w('run.select_all'),
      icon: ListChecks,
      run: () => planning.selection.all(run.map((item) => item.id)),
    },
    {
      label: w('run.whole_to'),
      icon: Truck,
      group: '',
      run: () => (planning.dialog = { kind: 'hand', driver_id }),
    },
    { label: w('run.sort'), icon: Move, run: () => sort_by_window(planning, driver_id) },
    {
      label: w(pinned ? 'run.unpin_all' : 'run.pin_all'),
      icon: pinned ? PinOff : Pin,
      run: () => pin_stops(planning, run, !pinned),
    },
    {
      label: w('run.unassign_all'),
      icon: UserX,
      danger: true,
      group: '',
      run: () => give_stops(planning, run, null),
    },
  ];
}

export function open_picker(planning: Planning, items: readonly StopItem[]): void {
  const stops = items.map(({ order_id, id }) => ({ order_id, delivery_id: id }));
  planning.desk.overlay.open({ kind: 'driver', ids: stops.map((one) => one.order_id), stops });
}

export function open_move(planning: Planning, items: readonly StopItem[]): void {
  planning.dialog = { kind: 'move', ids: items.map((item) => item.id) };
}

/** Next due first; what has no window last, each kind in the order it had. */
function sort_by_window(planning: Planning, driver_id: string): void {
  const run = planning.run(driver_id);
  const closes = (item: StopItem): number => item.stop.window?.closes ?? Infinity;
  const sorted = run
    .map((item, at) => ({ item, at }))
    .sort((one, other) => closes(one.item) - closes(other.item) || one.at - other.at)
    .map(({ item }) => item);
  if (sorted.every((item, at) => item === run[at])) return;
  put_stops(planning, sorted, { driver_id, index: run.length });
}
