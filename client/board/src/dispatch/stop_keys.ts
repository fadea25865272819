/** Keys on a focused stop: walking, choosing, and moving it without a mouse. */
import { t } from '@kanvoy/kit/texts.ts';
import { tick } from 'svelte';
import { give_stops, pin_stops, shift_stop } from './conduct.ts';
import type { Planning } from './planning.svelte.ts';
import type { StopItem } from './run_view.ts';
import { open_move, open_picker } from './stop_menu.ts';
import { w } from './words.ts';

export function stop_keydown(planning: Planning, event: KeyboardEvent): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const id = event.target instanceof HTMLElement ? event.target.dataset['stop'] : undefined;
  const item = id === undefined ? undefined : planning.item(id);
  if (item === undefined) return;
  const done = event.shiftKey
    ? with_shift(planning, event.key, item)
    : plain(planning, event.key, item, event.target as HTMLElement);
  if (!done) return;
  event.preventDefault();
  event.stopPropagation();
}

function plain(planning: Planning, key: string, item: StopItem, chip: HTMLElement): boolean {
  const { desk, selection } = planning;
  const letter = key.length === 1 && key !== ' ';
  if (letter && !desk.view.single_keys) return false;
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowRight':
    case 'ArrowUp':
    case 'ArrowDown':
    case 'Home':
    case 'End':
      walk(planning, item, key);
      return true;
    case 'Enter':
      desk.overlay.open_order(item.order_id);
      return true;
    case ' ':
    case 'x':
      selection.toggle(item.id);
      desk.announcer.say(w('selection.count', { count: selection.size }));
      return true;
    case 'a':
      open_picker(planning, planning.with(item.id));
      return true;
    case 'm':
      open_move(planning, planning.with(item.id));
      return true;
    case 'p':
      pin_stops(planning, planning.with(item.id), !item.stop.pinned);
      return true;
    case 'Backspace':
      if (item.stop.driver_id !== null) give_stops(planning, planning.with(item.id), null);
      return true;
    case 'ContextMenu':
      planning.menu = { id: item.id, anchor: chip };
      return true;
    case 'Escape':
      if (selection.size === 0) return false;
      selection.clear();
      desk.announcer.say(t('said.selected', { count: 0 }));
      return true;
    default:
      return false;
  }
}

function with_shift(planning: Planning, key: string, item: StopItem): boolean {
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowRight': {
      const moved = shift_stop(planning, item, key === 'ArrowLeft' ? -1 : 1);
      if (!moved) planning.desk.announcer.say(w('said.run_end'));
      void focus_stop(planning, item.id);
      return true;
    }
    case 'ArrowUp':
    case 'ArrowDown':
      to_neighbour(planning, item, key === 'ArrowUp' ? -1 : 1);
      return true;
    case 'F10':
      planning.menu = { id: item.id, anchor: chip_of(item.id) ?? document.body };
      return true;
    case 'X':
    case ' ': {
      planning.selection.extend(item.id, pile_of(planning, item));
      planning.desk.announcer.say(w('selection.count', { count: planning.selection.size }));
      return true;
    }
    default:
      return false;
  }
}

/** To the end of the run of the driver drawn above or below. */
function to_neighbour(planning: Planning, item: StopItem, step: -1 | 1): void {
  const order = planning.drivers.map((driver) => driver.id);
  const here = item.stop.driver_id === null ? -1 : order.indexOf(item.stop.driver_id);
  const next = order[here + step];
  if (next !== undefined) give_stops(planning, planning.with(item.id), next);
  else if (here + step === -1) give_stops(planning, planning.with(item.id), null);
  void focus_stop(planning, item.id);
}

/** Lists as they are drawn: the tray, then the runs of the day. */
function piles(planning: Planning): readonly (readonly string[])[] {
  const tray = planning.unassigned.map((item) => item.id);
  const runs = planning.run_days.map((run) => run.stops.map((item) => item.id));
  return [tray, ...runs].filter((pile) => pile.length > 0);
}

function pile_of(planning: Planning, item: StopItem): readonly string[] {
  return piles(planning).find((pile) => pile.includes(item.id)) ?? [];
}

function walk(planning: Planning, item: StopItem, key: string): void {
  const all = piles(planning);
  const row = all.findIndex((pile) => pile.includes(item.id));
  const pile = all[row] ?? [];
  const at = pile.indexOf(item.id);
  // In the tray stops stand below each other, in a run beside each other.
  const down = item.stop.driver_id === null;
  const along = (down ? DOWN : BESIDE)[key] ?? 0;
  const across = (down ? OUT : DOWN)[key] ?? 0;
  let next: string | undefined;
  if (key === 'Home') next = pile[0];
  else if (key === 'End') next = pile.at(-1);
  else if (along !== 0) next = pile[at + along] ?? (down || along > 0 ? undefined : all[0]?.[0]);
  else if (across !== 0) next = nearest(all[row + across], at);
  if (next !== undefined) void focus_stop(planning, next);
}

const DOWN: Readonly<Record<string, number>> = { ArrowUp: -1, ArrowDown: 1 };
const BESIDE: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1 };
const OUT: Readonly<Record<string, number>> = { ArrowRight: 1 };

function nearest(pile: readonly string[] | undefined, at: number): string | undefined {
  return pile?.[Math.min(at, pile.length - 1)];
}

const chip_of = (id: string): HTMLElement | null =>
  document.querySelector<HTMLElement>(`[data-stop="${id}"]`);

/** Once drawn, it takes the keyboard and comes into sight. */
export async function focus_stop(planning: Planning, id: string): Promise<void> {
  planning.focused = id;
  await tick();
  const chip = chip_of(id);
  chip?.focus({ preventScroll: true });
  chip?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
}
