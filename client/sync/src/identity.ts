import type { Cancel, Ids, TabLocks } from './environment.ts';
import type { Kept, OutboxStore } from './outbox.ts';

/** Who a tab is towards the server: one numbering that no other tab uses. */
export interface Identity {
  readonly client_id: string;
  readonly kept: Kept;
  readonly release: Cancel;
}

const NOTHING_KEPT: Kept = { last_number: 0, entries: [], refused: [] };

function lock_name(scope: string, client_id: string): string {
  return `kanvoy:${scope}:${client_id}`;
}

/**
 * Takes over the outbox of a tab that died, or starts as a new client.
 *
 * The lock is what makes it safe: it is free exactly when its tab is gone. A dead client that
 * keeps nothing is forgotten on the way.
 */
export async function claim_identity(
  store: OutboxStore,
  locks: TabLocks,
  scope: string,
  ids: Ids,
): Promise<Identity> {
  const adopted = await claim_orphan(store, locks, scope, 'anything');
  if (adopted !== null) return adopted;
  const client_id = ids.uuid();
  const release = await locks.try_hold(lock_name(scope, client_id));
  return { client_id, kept: NOTHING_KEPT, release: release ?? (() => {}) };
}

/** The outbox of a tab that died, if there is one with commands, or with anything at all, in it. */
export async function claim_orphan(
  store: OutboxStore,
  locks: TabLocks,
  scope: string,
  wanted: 'commands' | 'anything',
): Promise<Identity | null> {
  for (const client_id of await store.clients(scope)) {
    const release = await locks.try_hold(lock_name(scope, client_id));
    if (release === null) continue;
    const kept = await store.load(scope, client_id);
    const keeps = wanted === 'anything' && kept.refused.length > 0;
    if (kept.entries.length > 0 || keeps) return { client_id, kept, release };
    if (kept.refused.length === 0) await store.forget(scope, client_id);
    release();
  }
  return null;
}
