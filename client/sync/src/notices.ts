import type {
  Command,
  CommandNumber,
  Instant,
  OrderId,
  Rejection,
} from '@kanvoy/protocol/messages.gen.ts';
import type { Card } from './full.ts';
import type { Merged, Refused } from './shown.ts';

/** What a person should hear about, as codes and values; each app makes the words. */
export type Notice =
  | RejectedNotice
  | MergedNotice
  | GoneNotice
  | BulkNotice
  | WarnedNotice
  | ReconnectedNotice
  | StorageNotice
  | RepairedNotice
  | NumberingNotice
  | BuildNotice;

/** An own command was refused. `engine.again(number)` sends it over what is there now. */
export interface RejectedNotice {
  readonly kind: 'rejected';
  readonly order_id: OrderId | null;
  readonly refused: Refused;
  /** Own later commands that fell with it. */
  readonly fallen: readonly CommandNumber[];
  /** Whether sending it again with `over` can help. */
  readonly can_override: boolean;
}

/** An own command and somebody else's change of other fields were both kept. */
export interface MergedNotice {
  readonly kind: 'merged';
  readonly order_id: OrderId;
  readonly number: CommandNumber;
  readonly merged: Merged;
}

/** Somebody else took an order off this channel or cancelled it. */
export interface GoneNotice {
  readonly kind: 'gone';
  readonly order_id: OrderId;
  readonly what: 'cancelled' | 'removed';
  readonly by_name: string;
  readonly at: Instant;
  /** The card as it was last drawn. */
  readonly card: Card;
}

/** A bulk was answered: some may have been refused, each for its own reason. */
export interface BulkNotice {
  readonly kind: 'bulk';
  readonly number: CommandNumber;
  readonly dry_run: boolean;
  readonly applied: readonly OrderId[];
  readonly refused: readonly BulkRefusal[];
}

export interface BulkRefusal {
  readonly order_id: OrderId;
  readonly command: Command;
  readonly rejection: Rejection;
}

/** It happened, and passed a soft limit. */
export interface WarnedNotice {
  readonly kind: 'warned';
  readonly number: CommandNumber;
  readonly order_id: OrderId | null;
  readonly warnings: readonly string[];
}

/** Live again after a while; `conflicts` of the commands that waited were refused. */
export interface ReconnectedNotice {
  readonly kind: 'reconnected';
  readonly away_ms: number;
  readonly sent: number;
  readonly conflicts: number;
}

/** This device could not keep a command; it is sent, but would not survive closing the tab. */
export interface StorageNotice {
  readonly kind: 'storage_failed';
  readonly number: CommandNumber | null;
}

/** The stream of a channel was not what the protocol promises; it was asked for again. */
export interface RepairedNotice {
  readonly kind: 'repaired';
  readonly channel: string;
  readonly problem: 'gap' | 'unknown_thing';
}

/** The server has lost commands that it had confirmed: reload, and look at what is missing. */
export interface NumberingNotice {
  readonly kind: 'numbering_lost';
}

/** The server serves another build of the apps: reload when convenient. */
export interface BuildNotice {
  readonly kind: 'new_build';
  readonly build: string;
}
