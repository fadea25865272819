import type { DeliveryId, Instant } from '@kanvoy/protocol/messages.gen.ts';
import type { Cursor } from './cursor.ts';
import type { Held } from './held.ts';

/** One channel as it was whole the last time, for a start without network. */
export interface KeptChannel {
  readonly name: string;
  readonly cursor: Cursor;
  readonly items: readonly Held[];
  /** Which messages the client was built with; another build asks for a snapshot. */
  readonly fingerprint: string;
  /** When the server last spoke, by this device's clock. */
  readonly heard_at: number;
}

/** A stop that is over. No name, no address: it must not outlive the driver's need for them. */
export interface Done {
  readonly delivery_id: DeliveryId;
  readonly how: 'done' | 'failed';
  readonly at: Instant;
}

export interface KeptRun {
  readonly channels: readonly KeptChannel[];
  readonly done: readonly Done[];
}

/** Where a run survives a killed app. A promise resolves when the write is durable. */
export interface RunStore {
  load(scope: string): Promise<KeptRun>;
  save_channel(scope: string, kept: KeptChannel): Promise<void>;
  /** The channel shows nothing to this device any more. */
  drop_channel(scope: string, name: string): Promise<void>;
  save_done(scope: string, done: readonly Done[]): Promise<void>;
}

/** Keeps a run as long as the page lives: for tests, and where a browser has no storage. */
export function memory_run_store(): RunStore {
  const channels = new Map<string, KeptChannel>();
  const ledgers = new Map<string, readonly Done[]>();
  const key = (scope: string, name: string): string => `${scope}\n${name}`;
  return {
    async load(scope) {
      const kept = [...channels].filter(([name]) => name.startsWith(`${scope}\n`));
      return { channels: kept.map(([, channel]) => channel), done: ledgers.get(scope) ?? [] };
    },
    async save_channel(scope, kept) {
      channels.set(key(scope, kept.name), kept);
    },
    async drop_channel(scope, name) {
      channels.delete(key(scope, name));
    },
    async save_done(scope, done) {
      ledgers.set(scope, done);
    },
  };
}
