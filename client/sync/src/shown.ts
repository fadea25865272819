import type {
  Command,
  CommandNumber,
  FieldGroup,
  Instant,
  OrderId,
  Rejection,
  Stamp,
  Version,
} from '@kanvoy/protocol/messages.gen.ts';
import type { Card, Dispatch, Order } from './full.ts';

/** Own commands on this order whose effect is shown but not yet confirmed. */
export interface Pending {
  readonly numbers: readonly CommandNumber[];
  /** When the oldest of them was issued, by this device's clock. Draw it after 400 ms. */
  readonly since: number;
  /** Whether all of them are on their way; false while offline. */
  readonly sent: boolean;
  /** Whether all of them survive a killed app; false until they are written down. */
  readonly kept: boolean;
}

/** Somebody else changed other fields while an own command was under way; both were kept. */
export interface Merged {
  readonly by_name: string;
  /** Top-level fields of the view that the other person changed. */
  readonly fields: readonly string[];
  readonly at: Instant;
}

/** An own command that was refused, kept until the person dismisses it. */
export interface Refused {
  readonly number: CommandNumber;
  readonly command: Command;
  readonly rejection: Rejection;
  /** What the person saw when issuing it: the fields the command would have changed. */
  readonly was: Readonly<Record<string, unknown>>;
  /** What the person asked for, in the same fields. */
  readonly mine: Readonly<Record<string, unknown>>;
  /** When the refusal arrived, by this device's clock. */
  readonly at: number;
}

/** One card as the screen draws it. A new object whenever anything about it changed. */
export interface ShownCard {
  readonly id: OrderId;
  readonly card: Card;
  /** Confirmed version; 0 while only this client knows the order. */
  readonly version: Version;
  /** Who last changed the confirmed card. */
  readonly stamp: Stamp | null;
  readonly pending: Pending | null;
  readonly merged: Merged | null;
  readonly rejected: Refused | null;
  /** Drawn before its channel is whole; may be a little old. */
  readonly provisional: boolean;
}

/** One order as dispatchers plan it. A new object whenever anything about it changed. */
export interface ShownDispatch {
  readonly id: OrderId;
  readonly view: Dispatch;
  readonly version: Version;
  readonly stamp: Stamp | null;
  readonly pending: Pending | null;
  readonly merged: Merged | null;
  readonly rejected: Refused | null;
}

/** One order as the detail draws it. */
export interface ShownOrder {
  readonly id: OrderId;
  /** With pending commands on top. */
  readonly order: Order;
  /** As the server confirmed it; null while only this client knows the order. */
  readonly confirmed: Order | null;
  readonly version: Version;
  readonly stamp: Stamp | null;
  readonly pending: Pending | null;
  readonly rejected: Refused | null;
  /** The sums are this client's guess until the server confirms them. */
  readonly estimated: boolean;
  /** Field groups that pending commands have changed. */
  readonly pending_groups: readonly FieldGroup[];
}
