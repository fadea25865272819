import type {
  CommandNumber,
  OrderId,
  Receipt,
  Sequence,
  Stamp,
} from '@kanvoy/protocol/messages.gen.ts';
import type { Cursor } from './cursor.ts';
import { orders_touched, type Entry, type Underway } from './entry.ts';
import type { Pending } from './shown.ts';

/** Own commands whose effect is not in the confirmed state yet, in the order they were issued. */
export class PendingCommands {
  readonly #by_number = new Map<CommandNumber, Underway>();
  readonly #by_order = new Map<OrderId, Underway[]>();

  /** Commands without a verdict. */
  get waiting(): number {
    let count = 0;
    for (const each of this.#by_number.values()) if (each.receipt === null) count += 1;
    return count;
  }

  get empty(): boolean {
    return this.#by_number.size === 0;
  }

  add(entry: Entry): Underway {
    const { number } = entry.submit;
    const orders = orders_touched(entry);
    const underway: Underway = {
      number,
      entry,
      orders,
      sent: false,
      kept: false,
      receipt: null,
      fallen: false,
    };
    this.#by_number.set(number, underway);
    for (const id of orders) {
      const others = this.#by_order.get(id);
      if (others === undefined) this.#by_order.set(id, [underway]);
      else others.push(underway);
    }
    return underway;
  }

  find(number: CommandNumber): Underway | undefined {
    return this.#by_number.get(number);
  }

  all(): readonly Underway[] {
    return [...this.#by_number.values()];
  }

  of(id: OrderId): readonly Underway[] {
    return this.#by_order.get(id) ?? [];
  }

  orders(): readonly OrderId[] {
    return [...this.#by_order.keys()];
  }

  settle(receipt: Receipt): Underway | undefined {
    const underway = this.#by_number.get(receipt.number);
    if (underway === undefined) return undefined;
    underway.receipt = receipt;
    return underway;
  }

  drop(number: CommandNumber): Underway | undefined {
    const underway = this.#by_number.get(number);
    if (underway === undefined) return undefined;
    this.#by_number.delete(number);
    for (const id of underway.orders) {
      const others = (this.#by_order.get(id) ?? []).filter((each) => each !== underway);
      if (others.length === 0) this.#by_order.delete(id);
      else this.#by_order.set(id, others);
    }
    return underway;
  }

  /** Marks everything that builds on a refused command; their own verdicts are still to come. */
  fell(number: CommandNumber): readonly Underway[] {
    const fallen: Underway[] = [];
    const gone = new Set([number]);
    // Dependencies always point back, so one pass in the order of issue finds them all.
    for (const each of this.#by_number.values()) {
      const needs = each.entry.submit.depends_on ?? [];
      if (each.receipt !== null || !needs.some((earlier) => gone.has(earlier))) continue;
      gone.add(each.number);
      if (each.fallen) continue;
      each.fallen = true;
      fallen.push(each);
    }
    return fallen;
  }
}

/** What the screen tells of commands without a verdict, in the order of issue; null: of none. */
export function told_of(waiting: readonly Underway[]): Pending | null {
  const first = waiting[0];
  if (first === undefined) return null;
  return {
    numbers: waiting.map((each) => each.number),
    since: first.entry.issued_at,
    sent: waiting.every((each) => each.sent),
    kept: waiting.every((each) => each.kept),
  };
}

/** What a channel has confirmed about one order. */
export interface Seen {
  readonly cursor: Cursor | null;
  readonly stamp: Stamp | null;
}

/**
 * Whether a channel still needs the overlay of a command to show its effect.
 *
 * Not after its cursor passed the command; nor when its last change is of this client with that
 * number or a later one, because a client's commands are decided in order.
 */
export function overlaid(underway: Underway, seen: Seen, client_id: string): boolean {
  if (underway.fallen) return false;
  const { stamp } = seen;
  if (stamp !== null && stamp.client_id === client_id && (stamp.number ?? 0) >= underway.number) {
    return false;
  }
  return underway.receipt === null || !passed(seen.cursor, underway.receipt.sequence);
}

export function passed(cursor: Cursor | null, sequence: Sequence): boolean {
  return cursor !== null && cursor.sequence >= sequence;
}
