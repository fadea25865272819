/** What a dispatcher does with stops: intents, issued once, told once, undone once. */
import { t } from '@kanvoy/kit/texts.ts';
import type { BulkItem, OrderCommand } from '@kanvoy/protocol/messages.gen.ts';
import { tell } from '../act/conduct.ts';
import type { Desk } from '../desk.svelte.ts';
import type { Planning, StopPlace } from './planning.svelte.ts';
import type { StopItem } from './run_view.ts';
import { w } from './words.ts';

/** The stops around a gap of a run, without those that travel. */
export function neighbours(
  run: readonly string[],
  index: number,
  travelling: ReadonlySet<string>,
): { readonly after: string | null; readonly before: string | null } {
  const stays = (id: string): boolean => !travelling.has(id);
  return {
    after: run.slice(0, index).findLast(stays) ?? null,
    before: run.slice(index).find(stays) ?? null,
  };
}

/** Whether putting the stops there leaves everything as it is. */
export function is_still(run: readonly string[], ids: readonly string[], index: number): boolean {
  const places = ids.map((id) => run.indexOf(id));
  if (places.some((place) => place < 0)) return false;
  const [first = 0] = places;
  const together = places.every((place, at) => place === first + at);
  return together && index >= first && index <= first + ids.length;
}

/**
 * The commands that put stops into a place, in the order given.
 *
 * Each further stop goes behind the one before it, so that a selection keeps its order. Epoch and
 * driver are those shown now: what somebody else changed during the drag was seen by the person.
 */
export function placing(
  items: readonly StopItem[],
  place: StopPlace,
  run: readonly string[],
): readonly BulkItem[] {
  const { after, before } = neighbours(run, place.index, new Set(items.map((item) => item.id)));
  const commands: BulkItem[] = [];
  let above = after;
  for (const item of items) {
    const command = placed(item, place.driver_id, above, before);
    if (command === null) continue;
    commands.push({ command, base_version: item.shown.version });
    above = item.id;
  }
  return commands;
}

function placed(
  { order_id, stop }: StopItem,
  to_driver: string | null,
  after_id: string | null,
  before_id: string | null,
): OrderCommand | null {
  if (stop.driver_id === to_driver) {
    if (to_driver === null) return null;
    return { kind: 'move_stop', order_id, delivery_id: stop.id, after_id, before_id };
  }
  const from_driver = stop.driver_id;
  const given = { order_id, delivery_id: stop.id, from_driver, to_driver, epoch: stop.epoch };
  return to_driver === null
    ? { kind: 'assign_driver', ...given }
    : {
        kind: 'assign_driver',
        ...given,
        after_id,
        before_id,
        // A pin is about the stop: it stays with it when a person moves it on.
        ...(stop.pinned ? { pinned: true } : {}),
      };
}

/** Moves stops to a place in a run, or into the tray. */
export function put_stops(planning: Planning, items: readonly StopItem[], place: StopPlace): void {
  const { desk } = planning;
  const run = planning.run(place.driver_id).map((item) => item.id);
  const ids = items.map((item) => item.id);
  if (place.driver_id !== null && is_still(run, ids, place.index)) return;
  const commands = placing(items, place, run);
  if (commands.length === 0) return;
  const moves = commands.every(({ command }) => command.kind === 'move_stop');
  const what = stops_name(desk, items);
  const name = driver_or_nobody(desk, place.driver_id);
  const text =
    place.driver_id === null
      ? w('told.unassigned', { what })
      : w(moves ? 'told.resorted' : 'told.assigned', { what, name });
  issue(planning, commands, text);
}

/** To the end of a driver's run, or away from everybody. */
export function give_stops(
  planning: Planning,
  items: readonly StopItem[],
  driver_id: string | null,
): void {
  put_stops(planning, items, { driver_id, index: planning.run(driver_id).length });
}

/** One place up or down in its own run. */
export function shift_stop(planning: Planning, item: StopItem, step: -1 | 1): boolean {
  const { driver_id } = item.stop;
  if (driver_id === null) return false;
  const run = planning.run(driver_id);
  const here = run.findIndex((each) => each.id === item.id);
  const index = step < 0 ? here - 1 : here + 2;
  if (index < 0 || index > run.length) return false;
  put_stops(planning, [item], { driver_id, index });
  return true;
}

/** A whole run changes hands, in its order; what is pinned or on the way stays. */
export function hand_over(planning: Planning, from: string, to: string): void {
  const items = planning.run(from).filter(({ stop }) => !stop.pinned && stop.collected_at === null);
  give_stops(planning, items, to);
}

/** A pinned stop is never moved by a plan. */
export function pin_stops(planning: Planning, items: readonly StopItem[], pinned: boolean): void {
  const assigned = items.filter(({ stop }) => stop.driver_id !== null && stop.pinned !== pinned);
  const commands = assigned.map(({ order_id, stop, shown }) => {
    const driver = { from_driver: stop.driver_id, to_driver: stop.driver_id };
    const delivery = { delivery_id: stop.id, epoch: stop.epoch, pinned };
    const command: OrderCommand = { kind: 'assign_driver', order_id, ...driver, ...delivery };
    return { command, base_version: shown.version };
  });
  if (commands.length === 0) return;
  const what = stops_name(planning.desk, assigned);
  issue(planning, commands, w(pinned ? 'told.pinned' : 'told.unpinned', { what }));
}

/** `SO-1042`, or `3 stops`. */
export function stops_name(desk: Desk, items: readonly StopItem[]): string {
  const [only] = items;
  return items.length === 1 && only !== undefined
    ? desk.number_of(only.order)
    : w('stops', { count: items.length });
}

export function driver_or_nobody(desk: Desk, id: string | null): string {
  return id === null ? t('nobody') : desk.company.driver_name(id) || id;
}

function issue(planning: Planning, items: readonly BulkItem[], text: string): void {
  const { desk, selection } = planning;
  const bulk = items.length > 1 && desk.may('bulk.run');
  const numbers = bulk
    ? [desk.engine.issue({ kind: 'run_bulk', mode: 'best_effort', items })]
    : items.map((item) => desk.engine.issue(item.command));
  desk.engine.flush();
  selection.clear();
  tell(desk, text, numbers);
}
