import { read, type Answer } from '@kanvoy/kit/http.ts';
import type { DeviceTokens, TicketView } from '@kanvoy/protocol/messages.gen.ts';
import type { Credential } from './credential.ts';

const NO_ANSWER = {
  ok: false,
  failure: { status: 0, code: 'offline', detail: '', retry_after: null, body: null },
} as const;

interface Asked {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body?: BodyInit;
  readonly media_type?: string;
}

/** Requests that need no token: coming in, and asking for the next tokens. */
export function claim_pairing(code: string, name: string): Promise<Answer<DeviceTokens>> {
  return ask(as_json('/v1/pairings/claim', { code, name }), null);
}

export function refresh_tokens(refresh_token: string): Promise<Answer<DeviceTokens>> {
  return ask(as_json('/v1/tokens/refresh', { refresh_token }), null);
}

/** What a paired phone asks over plain HTTP; a refused token is renewed once. */
export class Api {
  readonly #credential: Credential;

  constructor(credential: Credential) {
    this.#credential = credential;
  }

  ticket(): Promise<Answer<TicketView>> {
    return this.#ask({ method: 'POST', path: '/v1/ws-tickets' });
  }

  get<T>(path: string): Promise<Answer<T>> {
    return this.#ask({ method: 'GET', path });
  }

  post<T>(path: string, body: unknown): Promise<Answer<T>> {
    return this.#ask(as_json(path, body));
  }

  put<T>(path: string, body: Blob): Promise<Answer<T>> {
    return this.#ask({ method: 'PUT', path, body, media_type: 'application/octet-stream' });
  }

  put_json<T>(path: string, body: unknown): Promise<Answer<T>> {
    return this.#ask({ ...as_json(path, body), method: 'PUT' });
  }

  remove(path: string): Promise<Answer<unknown>> {
    return this.#ask({ method: 'DELETE', path });
  }

  async #ask<T>(asked: Asked): Promise<Answer<T>> {
    const token = await this.#credential.token();
    if (token === null) return NO_ANSWER;
    const answer = await ask<T>(asked, token);
    if (answer.ok || answer.failure.status !== 401) return answer;
    const renewed = await this.#credential.renewed(token);
    return renewed === null ? NO_ANSWER : ask<T>(asked, renewed);
  }
}

function as_json(path: string, body: unknown): Asked {
  return { method: 'POST', path, body: JSON.stringify(body), media_type: 'application/json' };
}

async function ask<T>(asked: Asked, token: string | null): Promise<Answer<T>> {
  const { method, path, body, media_type } = asked;
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (media_type !== undefined) headers['Content-Type'] = media_type;
  if (token !== null) headers['Authorization'] = `Bearer ${token}`;
  try {
    // An operator may be signed in here by a cookie; the phone is somebody else.
    const options: RequestInit = { method, headers, credentials: 'omit' };
    const response = await fetch(path, body === undefined ? options : { ...options, body });
    return await read<T>(response);
  } catch {
    return NO_ANSWER;
  }
}
