import type { App, Whoami } from '@kanvoy/protocol/messages.gen.ts';
import { create_engine, type Engine } from '@kanvoy/sync/engine.ts';
import { memory_outbox } from '@kanvoy/sync/outbox_memory.ts';
import type { OutboxStore } from '@kanvoy/sync/outbox.ts';
import { indexeddb_outbox } from './outbox_indexeddb.ts';
import { browser_surroundings } from './surroundings.ts';
import { browser_locks } from './tab_locks.ts';
import { uuid7 } from './uuid.ts';
import { inflates, websocket_transport } from './websocket.ts';

export interface BrowserEngineOptions {
  /** `wss://…/v1/realtime`. */
  readonly url: string;
  readonly user: Whoami;
  /** The session's nonce as it is now. */
  csrf(): string;
  readonly app?: App;
}

/** The engine with everything a browser gives it. Not connected yet. */
export async function browserEngine(options: BrowserEngineOptions): Promise<Engine> {
  const { url, user, app = { kind: 'board' } } = options;
  return create_engine({
    open: websocket_transport(url),
    clock: { now: () => Date.now() },
    timers: {
      after(milliseconds, run) {
        const timer = setTimeout(run, milliseconds);
        return () => clearTimeout(timer);
      },
    },
    random: () => Math.random(),
    schedule: draw_soon,
    surroundings: browser_surroundings(),
    storage: await outbox(),
    locks: browser_locks(),
    ids: { uuid: () => uuid7() },
    app,
    scope: `${user.tenant_id}/${user.id}`,
    me: { id: user.id, name: user.name },
    csrf: () => options.csrf(),
    board: user.permissions.includes('price.read') ? 'board' : 'board~masked',
    inflates,
  });
}

/** Private windows of some browsers have no IndexedDB: better live without it than not at all. */
async function outbox(): Promise<OutboxStore> {
  try {
    return await indexeddb_outbox();
  } catch {
    return memory_outbox();
  }
}

/** With the next frame; hidden tabs get none, but their state must not grow stale. */
function draw_soon(flush: () => void): void {
  if (document.visibilityState === 'visible') requestAnimationFrame(() => flush());
  else setTimeout(flush, 250);
}
