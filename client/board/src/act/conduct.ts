/** What an operator does to orders: intents, issued once and told once. */
import { t } from '@kanvoy/kit/texts.ts';
import type { BulkItem, OrderCommand, Priority } from '@kanvoy/protocol/messages.gen.ts';
import type { Card } from '@kanvoy/sync/full.ts';
import type { Desk } from '../desk.svelte.ts';
import { drop, is_still, type Place } from '../drag.ts';
import { priority_name } from './names.ts';
import { obstacle_words } from './refusals.ts';
import type { Stage } from './moves.ts';

/** Only what was done last is offered to be undone by a click; the keyboard goes further back. */
export const UNDO = 'undo';

export type Position =
  | { readonly kind: 'top' }
  | { readonly kind: 'time' }
  | { readonly kind: 'bottom' }
  | { readonly kind: 'after'; readonly id: string };

/** Moves cards to a place, asking for a reason first when the way there needs one. */
export function move_to(desk: Desk, ids: readonly string[], place: Place): void {
  const stage = desk.stage(place.stage);
  const [first] = ids
    .map((id) => desk.engine.board.card(id))
    .filter((shown) => shown !== undefined);
  if (stage === undefined || first === undefined || is_still(issuer(desk), ids, place)) return;
  const verdict = desk.verdict(first.card, stage, ids.length);
  if (!verdict.ok) {
    desk.toasts.show(obstacle_words(verdict.obstacle), { tone: 'bad' });
    return;
  }
  const changes_stage = ids.some((id) => desk.engine.board.card(id)?.card.stage_id !== stage.id);
  if (changes_stage && verdict.needs_note) {
    desk.overlay.open({
      kind: 'reason',
      ask: {
        title: t('move.note_title', { stage: stage.name }),
        text: t('move.note_text'),
        action: t('move.do'),
        danger: false,
        needed: true,
        run: (note) => carry_out(desk, ids, place, stage, note),
      },
    });
    return;
  }
  carry_out(desk, ids, place, stage, '');
}

function carry_out(
  desk: Desk,
  ids: readonly string[],
  place: Place,
  stage: Stage,
  note: string,
): void {
  const changes_stage = ids.some((id) => desk.engine.board.card(id)?.card.stage_id !== stage.id);
  const numbers = drop(issuer(desk), ids, place, { note, bulk: desk.may('bulk.run') });
  const what = name_of(desk, ids);
  tell(
    desk,
    changes_stage ? t('told.moved', { what, stage: stage.name }) : t('told.reordered', { what }),
    numbers,
  );
}

/** Where in a stage a position is, for one card. */
export function place_of(desk: Desk, card: Card, stage: string, position: Position): Place {
  const lane =
    desk.engine.board.view.lanes === 'none' ? '' : (desk.engine.board.place(card.id)?.lane ?? '');
  const { ids } = desk.engine.board.column(stage, lane);
  return { stage, ids, index: index_of(desk, card, ids, position) };
}

function index_of(desk: Desk, card: Card, ids: readonly string[], position: Position): number {
  switch (position.kind) {
    case 'top':
      return 0;
    case 'bottom':
      return ids.length;
    case 'after':
      return ids.indexOf(position.id) + 1;
    case 'time': {
      const closes = card.window?.closes;
      if (closes === undefined) return ids.length;
      const later = ids.findIndex(
        (id) =>
          id !== card.id && (desk.engine.board.card(id)?.card.window?.closes ?? Infinity) > closes,
      );
      return later < 0 ? ids.length : later;
    }
  }
}

export function assign_driver(desk: Desk, ids: readonly string[], to_driver: string | null): void {
  const commands = each(desk, ids, (card) => ({
    kind: 'assign_driver',
    order_id: card.id,
    from_driver: card.driver_id,
    to_driver,
  }));
  const name = to_driver === null ? t('nobody') : desk.company.driver_name(to_driver);
  tell(desk, t('told.driver', { what: name_of(desk, ids), name }), issue_all(desk, commands));
}

export function assign_csr(desk: Desk, ids: readonly string[], to_csr: string | null): void {
  const commands = each(desk, ids, (card) => ({
    kind: 'assign_csr',
    order_id: card.id,
    from_csr: card.csr_id,
    to_csr,
  }));
  const name = to_csr === null ? t('nobody') : desk.company.person_name(to_csr);
  tell(desk, t('told.csr', { what: name_of(desk, ids), name }), issue_all(desk, commands));
}

export function set_priority(desk: Desk, ids: readonly string[], priority: Priority): void {
  const commands = each(desk, ids, (card) => ({
    kind: 'set_priority',
    order_id: card.id,
    priority,
  }));
  const name = priority_name(priority);
  tell(desk, t('told.priority', { what: name_of(desk, ids), name }), issue_all(desk, commands));
}

export function change_labels(
  desk: Desk,
  ids: readonly string[],
  add: readonly string[],
  remove: readonly string[],
): void {
  const commands = each(desk, ids, (card) => ({
    kind: 'change_labels',
    order_id: card.id,
    add,
    remove,
  }));
  tell(desk, t('told.labels', { what: name_of(desk, ids) }), issue_all(desk, commands));
}

export function hold_or_release(desk: Desk, ids: readonly string[]): void {
  const held = desk.engine.board.card(ids[0] ?? '')?.card.hold ?? null;
  if (held !== null) {
    const commands = each(desk, ids, (card) => ({ kind: 'release_order', order_id: card.id }));
    tell(desk, t('told.released', { what: name_of(desk, ids) }), issue_all(desk, commands));
    return;
  }
  ask_reason(desk, ids, 'hold', true, (reason) => (card) => ({
    kind: 'hold_order',
    order_id: card.id,
    reason,
  }));
}

export function flag_or_clear_review(desk: Desk, ids: readonly string[]): void {
  const flagged = desk.engine.board.card(ids[0] ?? '')?.card.review ?? null;
  if (flagged !== null) {
    const commands = each(desk, ids, (card) => ({
      kind: 'flag_review',
      order_id: card.id,
      reason: '',
    }));
    tell(desk, t('told.review_cleared', { what: name_of(desk, ids) }), issue_all(desk, commands));
    return;
  }
  ask_reason(desk, ids, 'review', true, (reason) => (card) => ({
    kind: 'flag_review',
    order_id: card.id,
    reason,
  }));
}

export function ask_to_cancel(desk: Desk, ids: readonly string[]): void {
  ask_reason(desk, ids, 'cancel', true, (reason) => (card) => ({
    kind: 'cancel_order',
    order_id: card.id,
    reason,
  }));
}

export function ask_to_delete(desk: Desk, ids: readonly string[]): void {
  ask_reason(desk, ids, 'delete', false, (reason) => (card) => ({
    kind: 'delete_order',
    order_id: card.id,
    reason,
  }));
}

export function copy_order(desk: Desk, id: string): void {
  const { ids } = desk.engine;
  const order_id = ids.uuid();
  const number = desk.engine.issue({
    kind: 'copy_order',
    order_id,
    copied_id: id,
    delivery_id: ids.uuid(),
    prices: 'current',
  });
  desk.engine.flush();
  tell(desk, t('told.copied', { what: name_of(desk, [id]) }), [number]);
}

export function undo(desk: Desk): void {
  const number = desk.engine.undo();
  desk.engine.flush();
  desk.announcer.say(number === null ? t('told.nothing_to_undo') : t('told.undone'));
  if (number === null) desk.toasts.show(t('told.nothing_to_undo'), { ms: 3_000, slot: UNDO });
  else {
    const actions = [{ label: t('redo'), run: () => redo(desk) }];
    desk.toasts.show(t('told.undone'), { ms: 4_000, slot: UNDO, actions });
  }
}

export function redo(desk: Desk): void {
  const number = desk.engine.redo();
  desk.engine.flush();
  if (number === null) desk.toasts.show(t('told.nothing_to_redo'), { ms: 3_000 });
  else tell(desk, t('told.redone'), [number]);
}

/** Says it, and offers to take it back for eight seconds. */
export function tell(desk: Desk, text: string, numbers: readonly number[]): void {
  desk.announcer.say(text);
  desk.selection.clear();
  if (numbers.length === 0) return;
  const run = (): void => {
    for (const number of [...numbers].reverse()) desk.engine.undo(number);
    desk.engine.flush();
    desk.announcer.say(t('told.undone'));
  };
  desk.toasts.show(text, { slot: UNDO, actions: [{ label: t('undo'), run }] });
}

/** `SO-1042`, or `18 orders`. */
export function name_of(desk: Desk, ids: readonly string[]): string {
  const [only] = ids;
  const card =
    ids.length === 1 && only !== undefined ? desk.engine.board.card(only)?.card : undefined;
  return card === undefined ? t('orders', { count: ids.length }) : desk.number_of(card);
}

function ask_reason(
  desk: Desk,
  ids: readonly string[],
  what: 'hold' | 'review' | 'cancel' | 'delete',
  needed: boolean,
  make: (reason: string) => (card: Card) => OrderCommand,
): void {
  const name = name_of(desk, ids);
  desk.overlay.open({
    kind: 'reason',
    ask: {
      title: t(`${what}.title`, { what: name }),
      text: t(`${what}.text`),
      action: t(`${what}.do`),
      danger: what === 'cancel' || what === 'delete',
      needed,
      run: (reason) => {
        const numbers = issue_all(desk, each(desk, ids, make(reason)));
        tell(desk, t(`${what}.told`, { what: name }), numbers);
      },
    },
  });
}

function each(
  desk: Desk,
  ids: readonly string[],
  make: (card: Card) => OrderCommand,
): readonly BulkItem[] {
  return ids.flatMap((id) => {
    const shown = desk.engine.board.card(id);
    return shown === undefined ? [] : [{ command: make(shown.card), base_version: shown.version }];
  });
}

/** One alone, or many as one bulk where the person may; drawn at once either way. */
function issue_all(desk: Desk, items: readonly BulkItem[]): readonly number[] {
  const bulk = items.length > 1 && desk.may('bulk.run');
  const numbers = bulk
    ? [desk.engine.issue({ kind: 'run_bulk', mode: 'best_effort', items })]
    : items.map((item) => desk.engine.issue(item.command));
  desk.engine.flush();
  return numbers;
}

export function issuer(desk: Desk) {
  return {
    card: (id: string) => desk.engine.board.card(id),
    issue: desk.engine.issue.bind(desk.engine),
    flush: () => desk.engine.flush(),
  };
}
