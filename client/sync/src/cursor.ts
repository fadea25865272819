import type { Epoch, Nonce, Sequence } from '@kanvoy/protocol/messages.gen.ts';

/** How far a channel was followed. The nonce tells a rolled-back journal from the one we saw. */
export interface Cursor {
  readonly epoch: Epoch;
  readonly sequence: Sequence;
  readonly nonce: Nonce;
}

/** The form that travels; opaque to everybody but the server. */
export function cursor_text(cursor: Cursor): string {
  return `${cursor.epoch}.${cursor.sequence}.${cursor.nonce}`;
}
