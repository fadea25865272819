import type { FieldGroup, OrderId } from '@kanvoy/protocol/messages.gen.ts';
import { commands_on, type Guess, type Underway } from './entry.ts';
import type { Card, Dispatch, Fields, Order } from './full.ts';
import { groups_of } from './groups.ts';
import type { Held } from './held.ts';
import { overlay_card, type Scene } from './overlay_card.ts';
import { overlay_dispatch } from './overlay_dispatch.ts';
import { changes_sums, overlay_order } from './overlay_order.ts';
import type { Merged, Pending, Refused, ShownCard, ShownDispatch, ShownOrder } from './shown.ts';

/** What else is known about an order besides its confirmed state. */
export interface Remarks {
  readonly pending: Pending | null;
  readonly merged: Merged | null;
  readonly rejected: Refused | null;
  readonly provisional: boolean;
}

export type SceneAt = (underway: Underway) => Scene;

/** The card with what is under way on top; nothing when it is not on the board. */
export function draw_card(
  id: OrderId,
  confirmed: Held | undefined,
  underway: readonly Underway[],
  remarks: Remarks,
  scene: SceneAt,
): ShownCard | undefined {
  const view = confirmed?.view;
  let card: Card | null = view?.type === 'card' ? view : null;
  for (const each of underway) card = card_after(id, card, each, scene(each));
  if (card === null) return undefined;
  const { pending, merged, rejected, provisional } = remarks;
  return {
    id,
    card,
    version: confirmed?.version ?? 0,
    stamp: confirmed?.stamp ?? null,
    pending,
    merged,
    rejected,
    provisional,
  };
}

export function card_after(
  id: OrderId,
  card: Card | null,
  underway: Underway,
  scene: Scene,
): Card | null {
  const { entry } = underway;
  const back = entry.undoes?.guesses[id];
  if (back !== undefined) return card === null ? null : gone_back(card, back.card_was);
  let after = card;
  for (const command of commands_on(entry, id)) {
    after = overlay_card(after, command, entry.guesses[id], scene);
  }
  return after;
}

/** The order with what is under way on top; nothing when neither server nor client has it. */
export function draw_order(
  id: OrderId,
  confirmed: Held | undefined,
  underway: readonly Underway[],
  remarks: Remarks,
  scene: SceneAt,
): ShownOrder | undefined {
  const view = confirmed?.view;
  if (view?.type !== 'order') return undefined;
  let order: Order = view;
  const groups = new Set<FieldGroup>();
  let estimated = false;
  for (const each of underway) {
    order = order_after(id, order, each, scene(each));
    for (const command of commands_on(each.entry, id)) {
      for (const group of groups_of(command)) groups.add(group);
      estimated ||= changes_sums(command);
    }
  }
  return {
    id,
    order,
    confirmed: view,
    version: confirmed?.version ?? 0,
    stamp: confirmed?.stamp ?? null,
    pending: remarks.pending,
    rejected: remarks.rejected,
    estimated,
    pending_groups: [...groups],
  };
}

export function order_after(id: OrderId, order: Order, underway: Underway, scene: Scene): Order {
  const { entry } = underway;
  const back = entry.undoes?.guesses[id];
  if (back !== undefined) return gone_back(order, back.order_was);
  const guess: Guess | undefined = entry.guesses[id];
  return commands_on(entry, id).reduce(
    (before, command) => overlay_order(before, command, guess, scene),
    order,
  );
}

/** The order for dispatchers with what is under way on top; nothing without open deliveries. */
export function draw_dispatch(
  id: OrderId,
  confirmed: Held | undefined,
  underway: readonly Underway[],
  remarks: Remarks,
): ShownDispatch | undefined {
  const held = confirmed?.view;
  if (held?.type !== 'dispatch') return undefined;
  let view: Dispatch = held;
  for (const each of underway) view = dispatch_after(id, view, each);
  if (view.deliveries.length === 0) return undefined;
  const { pending, merged, rejected } = remarks;
  const version = confirmed?.version ?? 0;
  return { id, view, version, stamp: confirmed?.stamp ?? null, pending, merged, rejected };
}

function dispatch_after(id: OrderId, view: Dispatch, { entry }: Underway): Dispatch {
  const back = entry.undoes?.guesses[id];
  if (back !== undefined) return gone_back(view, back.stops_was ?? {});
  const guess: Guess | undefined = entry.guesses[id];
  return commands_on(entry, id).reduce(
    (before, command) => overlay_dispatch(before, command, guess),
    view,
  );
}

function gone_back<View>(view: View, was: Fields): View {
  return { ...view, ...was } as View;
}
