import type { App, Whoami } from '@kanvoy/protocol/messages.gen.ts';
import { create_engine, type Engine } from '@kanvoy/sync/engine.ts';
import { kept_outbox } from './outbox_indexeddb.ts';
import { browser_surroundings, draw_soon, timers } from './surroundings.ts';
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
    timers,
    random: () => Math.random(),
    schedule: draw_soon,
    surroundings: browser_surroundings(),
    storage: await kept_outbox(),
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
