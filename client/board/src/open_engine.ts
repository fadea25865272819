/** The engine of a signed-in person, connected to this page's own server. */
import { browserEngine } from '@kanvoy/kit/browser_engine.ts';
import type { Http } from '@kanvoy/kit/http.ts';
import type { Whoami } from '@kanvoy/protocol/messages.gen.ts';
import type { Engine } from '@kanvoy/sync/engine.ts';
import type { Session } from './session.ts';

export interface Opened {
  readonly engine: Engine;
  readonly user: Whoami;
  readonly http: Http;
}

export async function open_engine({ user, csrf }: Session, http: Http): Promise<Opened> {
  const url = new URL('/v1/realtime', location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const engine = await browserEngine({ url: url.href, user, csrf: () => csrf });
  return { engine, user, http };
}
