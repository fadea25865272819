import type { CommandNumber, OrderId, Receipt, Stamp } from '@kanvoy/protocol/messages.gen.ts';
import type { Happened } from './channel_state.ts';
import type { Underway } from './entry.ts';
import type { Timers } from './environment.ts';
import { difference, type Fields } from './full.ts';
import type { Notice } from './notices.ts';
import type { Replica } from './replica.ts';
import type { Merged } from './shown.ts';

/** How long a card says that it was merged. */
export const MERGED_MS = 4_000;

/** Fields that every change touches; they say nothing about what was changed. */
const HOUSEKEEPING: ReadonlySet<string> = new Set(['updated_at', 'updated_by', 'marks', 'type']);

/** Sees what others do to orders and tells about what concerns this person. */
export class Witness {
  readonly #replica: Replica;
  readonly #timers: Timers;
  readonly #client_id: () => string;
  readonly #notify: (notice: Notice) => void;
  readonly #changed: () => void;
  readonly #notes = new Map<CommandNumber, Map<OrderId, Merged>>();

  constructor(
    replica: Replica,
    timers: Timers,
    client_id: () => string,
    notify: (notice: Notice) => void,
    changed: () => void,
  ) {
    this.#replica = replica;
    this.#timers = timers;
    this.#client_id = client_id;
    this.#notify = notify;
    this.#changed = changed;
  }

  /** Changes of one frame. */
  saw(happened: readonly Happened[]): void {
    for (const each of happened) {
      const stamp = each.op.stamp ?? null;
      if (each.op.kind !== 'order' || stamp === null) continue;
      if (stamp.client_id === this.#client_id()) continue;
      this.#overlap(each, stamp);
      this.#gone(each, stamp);
    }
  }

  /** An own command happened: if others changed the order meanwhile, both were kept. */
  settled(underway: Underway, receipt: Receipt): void {
    const notes = this.#notes.get(underway.number);
    this.#notes.delete(underway.number);
    if (receipt.outcome !== 'applied') return;
    const stayed = refused_items(receipt);
    for (const [id, merged] of notes ?? []) {
      if (!stayed.has(id)) this.#tell(underway.number, id, merged);
    }
  }

  refused(number: CommandNumber): void {
    this.#notes.delete(number);
  }

  #overlap({ op, before, after }: Happened, stamp: Stamp): void {
    if (before === undefined || after === undefined) return;
    const changed = difference(before.view as unknown as Fields, after.view as unknown as Fields);
    for (const underway of this.#replica.pending.of(op.id)) {
      if (underway.fallen || refused_items(underway.receipt).has(op.id)) continue;
      const fields = Object.keys(changed).filter(
        (field) => !HOUSEKEEPING.has(field) && !own_fields(underway, op.id).has(field),
      );
      if (fields.length === 0) continue;
      const merged = { by_name: stamp.by_name, fields, at: stamp.at };
      if (underway.receipt !== null) this.#tell(underway.number, op.id, merged);
      else this.#note(underway.number, op.id, merged);
    }
  }

  #note(number: CommandNumber, id: OrderId, merged: Merged): void {
    const notes = this.#notes.get(number) ?? new Map<OrderId, Merged>();
    const fields = [...new Set([...(notes.get(id)?.fields ?? []), ...merged.fields])];
    this.#notes.set(number, notes.set(id, { ...merged, fields }));
  }

  #tell(number: CommandNumber, order_id: OrderId, merged: Merged): void {
    this.#replica.set_merged(order_id, merged);
    this.#changed();
    this.#notify({ kind: 'merged', order_id, number, merged });
    this.#timers.after(MERGED_MS, () => {
      this.#replica.clear_merged(order_id, merged);
      this.#changed();
    });
  }

  #gone({ op, before, after }: Happened, stamp: Stamp): void {
    if (before?.view.type !== 'card') return;
    const card = before.view;
    const cancelled = after?.view.type === 'card' && after.view.category === 'cancelled';
    const newly = cancelled && card.category !== 'cancelled';
    if (op.op !== 'remove' && !newly) return;
    this.#notify({
      kind: 'gone',
      order_id: op.id,
      what: newly ? 'cancelled' : 'removed',
      by_name: stamp.by_name,
      at: stamp.at,
      card,
    });
  }
}

/** Orders of a bulk that stayed as they were: there was nothing to merge. */
function refused_items(receipt: Receipt | null): ReadonlySet<OrderId> {
  const items = receipt?.items ?? [];
  return new Set(items.filter((item) => item.rejection != null).map((item) => item.aggregate_id));
}

function own_fields(underway: Underway, id: OrderId): ReadonlySet<string> {
  const { guesses, undoes } = underway.entry;
  const guess = guesses[id] ?? undoes?.guesses[id];
  return new Set([...Object.keys(guess?.card_mine ?? {}), ...Object.keys(guess?.order_mine ?? {})]);
}
