import type {
  Command,
  CommandNumber,
  DeliveryId,
  OrderCommand,
  OrderId,
  Rank,
  Receipt,
  Submit,
} from '@kanvoy/protocol/messages.gen.ts';
import type { Fields } from './full.ts';

/** What this client showed when a command was issued; kept to explain a refusal and to undo. */
export interface Guess {
  /** Where the card was drawn until the server placed it. */
  readonly rank: Rank | null;
  /** Fields the command would change, as they were and as asked, in the card's shape. */
  readonly card_was: Fields;
  readonly card_mine: Fields;
  /** The same in the order's shape, when the order was open. */
  readonly order_was: Fields;
  readonly order_mine: Fields;
  /** The dispatcher's deliveries as they were, when the dispatch view was open. */
  readonly stops_was?: Fields;
  /** Where in their new run moved stops are drawn until the server places them. */
  readonly stop_ranks?: Readonly<Record<DeliveryId, Rank>>;
}

export interface Undoing {
  readonly command: Command;
  readonly guesses: Readonly<Record<OrderId, Guess>>;
}

/** One issued command as it is stored and sent. The body of a number never changes. */
export interface Entry {
  readonly submit: Submit;
  /** By this device's clock. */
  readonly issued_at: number;
  readonly guesses: Readonly<Record<OrderId, Guess>>;
  /** For undo: the command it takes back and what that changed, so the screen can go back at once. */
  readonly undoes: Undoing | null;
}

/** An entry under way. */
export interface Underway {
  readonly number: CommandNumber;
  readonly entry: Entry;
  readonly orders: readonly OrderId[];
  /** Handed to the socket that is open now. */
  sent: boolean;
  /** Written down: it survives a killed tab. */
  kept: boolean;
  receipt: Receipt | null;
  /** A command it depends on was refused: no longer shown, its own verdict is still to come. */
  fallen: boolean;
}

/** The single commands of an entry that are about one order, in their order. */
export function commands_on(entry: Entry, id: OrderId): readonly OrderCommand[] {
  return singles(entry.submit.command).filter((each) => each.order_id === id);
}

/** The single commands whose field groups an entry writes: an undo writes what it takes back. */
export function effects(entry: Entry): readonly OrderCommand[] {
  return singles(entry.undoes?.command ?? entry.submit.command);
}

export function singles(command: Command): readonly OrderCommand[] {
  if (command.kind === 'run_bulk') return command.items.map((item) => item.command);
  return 'order_id' in command ? [command] : [];
}

/** Every order whose drawing the entry may change. */
export function orders_touched(entry: Entry): readonly OrderId[] {
  const ids = new Set([...Object.keys(entry.guesses), ...Object.keys(entry.undoes?.guesses ?? {})]);
  return [...ids];
}
