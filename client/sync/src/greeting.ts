import {
  FINGERPRINT,
  OLDEST_SUPPORTED,
  PROTOCOL_VERSION,
  type App,
  type Hello,
  type Wanted,
} from '@kanvoy/protocol/messages.gen.ts';
import type { Outbox } from './outbox.ts';

export interface Greeting {
  readonly app: App;
  readonly client_id: string;
  readonly outbox: Outbox;
  readonly inflates?: boolean | undefined;
  readonly subscriptions?: readonly Wanted[];
  /** The session's nonce as it is now. */
  csrf(): string;
}

/** The first frame of a socket: who speaks, where its numbering stands, what it wants to watch. */
export function hello_of(greeting: Greeting): Hello {
  const { app, client_id, outbox, inflates = false, subscriptions } = greeting;
  return {
    type: 'hello',
    protocol: [OLDEST_SUPPORTED, PROTOCOL_VERSION],
    client_id,
    app,
    capabilities: inflates ? ['deflate'] : [],
    schema: FINGERPRINT,
    csrf: greeting.csrf(),
    last_number: outbox.last_number,
    receipts_seen: outbox.receipts_seen,
    ...(subscriptions === undefined ? {} : { subscriptions }),
  };
}
