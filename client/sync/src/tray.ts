import type { Command, CommandNumber, OrderId, Rejection } from '@kanvoy/protocol/messages.gen.ts';
import type { Entry } from './entry.ts';
import type { Fields } from './full.ts';
import { orders_of } from './groups.ts';
import type { Replica } from './replica.ts';
import type { Refused } from './shown.ts';
import { signal, type Readable, type Signal } from './signal.ts';

/** Enough for a bad day; the oldest make room. */
const MOST_KEPT = 200;

/** Refused commands that wait for a person's decision. Nothing is dropped silently. */
export class Tray {
  readonly #replica: Replica;
  readonly #refused: Signal<readonly Refused[]> = signal<readonly Refused[]>([]);

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  get refused(): Readable<readonly Refused[]> {
    return this.#refused;
  }

  find(number: CommandNumber): Refused | undefined {
    return this.#refused.get().find((refused) => refused.number === number);
  }

  /** Answers the numbers that had to make room. */
  add(refused: Refused): readonly CommandNumber[] {
    const all = [...this.#refused.get(), refused];
    this.#refused.set(all.slice(-MOST_KEPT));
    for (const id of orders_of(refused.command)) this.#replica.set_refused(id, refused);
    return all.slice(0, -MOST_KEPT).map((each) => each.number);
  }

  remove(number: CommandNumber): Refused | undefined {
    const refused = this.find(number);
    if (refused === undefined) return undefined;
    const left = this.#refused.get().filter((each) => each !== refused);
    this.#refused.set(left);
    for (const id of orders_of(refused.command)) this.#replica.set_refused(id, latest(left, id));
    return refused;
  }
}

/** What there is to tell about a refused command. */
export function refusal(entry: Entry, rejection: Rejection, at: number): Refused {
  const { number, command } = entry.submit;
  const guesses = Object.values(entry.undoes?.guesses ?? entry.guesses);
  const was: Fields = merged(guesses.map((guess) => ({ ...guess.order_was, ...guess.card_was })));
  const mine: Fields = merged(
    guesses.map((guess) => ({ ...guess.order_mine, ...guess.card_mine })),
  );
  // An undo asks for what was before.
  const swapped = entry.undoes !== null;
  return { number, command, rejection, was: swapped ? mine : was, mine: swapped ? was : mine, at };
}

/** Whether sending it again over what is there now can help. */
export function can_override(rejection: Rejection): boolean {
  switch (rejection.code) {
    case 'stale':
    case 'superseded':
    case 'invalid_after_merge':
      return true;
    case 'gate_failed':
      return rejection.gates.every((gate) => gate.overridable);
    default:
      return false;
  }
}

/** The refused command as it makes sense now: guards name what is there, not what was. */
export function renewed(command: Command, replica: Replica): Command {
  if (!('order_id' in command)) return command;
  const card = replica.current_card(command.order_id)?.card;
  const order = replica.order(command.order_id)?.order;
  switch (command.kind) {
    case 'move_order':
      return { ...command, from_stage: card?.stage_id ?? order?.stage_id ?? command.from_stage };
    case 'assign_csr':
      return { ...command, from_csr: card?.csr_id ?? order?.csr_id ?? null };
    case 'assign_driver': {
      const planned = replica.dispatch(command.order_id)?.view;
      const deliveries = [...(order?.deliveries ?? []), ...(planned?.deliveries ?? [])];
      const delivery = deliveries.find((each) => each.id === command.delivery_id);
      const from_driver = delivery === undefined ? card?.driver_id : delivery.driver_id;
      return { ...command, from_driver: from_driver ?? null, epoch: delivery?.epoch ?? null };
    }
    default:
      return command;
  }
}

function latest(refused: readonly Refused[], id: OrderId): Refused | null {
  return refused.filter((each) => orders_of(each.command).includes(id)).at(-1) ?? null;
}

function merged(all: readonly Fields[]): Fields {
  return Object.assign({}, ...all) as Fields;
}
