import type { Command, CommandNumber } from '@kanvoy/protocol/messages.gen.ts';
import type { Refused } from './shown.ts';
import type { ShownStop } from './run.ts';

/** What a driver should hear about, as codes and values; the app makes the words. */
export type DriverNotice =
  /** Somebody changed stops, or put new ones into the run. */
  | { readonly kind: 'edited'; readonly stops: readonly ShownStop[] }
  | { readonly kind: 'came'; readonly stops: readonly ShownStop[] }
  /** Somebody took a stop out of the run. */
  | { readonly kind: 'left'; readonly number: number; readonly by_name: string }
  /** What the driver did is kept, but somebody else has to decide whether it counts. */
  | { readonly kind: 'claimed'; readonly number: number; readonly command: Command }
  | { readonly kind: 'refused'; readonly number: number; readonly refused: Refused }
  | { readonly kind: 'warned'; readonly number: number; readonly warnings: readonly string[] }
  /** This device could not keep something; it would not survive closing the app. */
  | { readonly kind: 'storage_failed' }
  | { readonly kind: 'numbering_lost' }
  | { readonly kind: 'new_build'; readonly build: string };

/** An own deed that has no verdict yet. */
export interface Waiting {
  readonly number: CommandNumber;
  readonly command: Command;
  /** Of the order, as people call it; null when the device never knew. */
  readonly order_number: number | null;
  /** By this device's clock. */
  readonly issued_at: number;
  readonly sent: boolean;
}
