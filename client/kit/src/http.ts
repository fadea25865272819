/** The few questions the browser asks over plain HTTP: sign-in, history, search. */

export type Answer<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

export interface Failure {
  /** 0 when no answer came at all. */
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  /** Seconds after which another try makes sense. */
  readonly retry_after: number | null;
  /** The whole problem document, for what only one screen reads. */
  readonly body: unknown;
}

const CSRF = 'X-Kanvoy-Csrf';
const AS = 'X-Kanvoy-As';

export class Http {
  csrf = '';
  readonly #as: 'display' | null;

  /** As a display the page means the display's cookie, else that of the person who signed in. */
  constructor(as: 'display' | null = null) {
    this.#as = as;
  }

  get<T>(path: string, signal?: AbortSignal): Promise<Answer<T>> {
    return this.#ask<T>('GET', path, undefined, signal);
  }

  post<T>(path: string, body: unknown): Promise<Answer<T>> {
    return this.#ask<T>('POST', path, body);
  }

  delete(path: string): Promise<Answer<null>> {
    return this.#ask<null>('DELETE', path);
  }

  async #ask<T>(
    method: string,
    path: string,
    body?: unknown,
    signal?: AbortSignal,
  ): Promise<Answer<T>> {
    const headers: Record<string, string> = { Accept: 'application/json' };
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    if (method !== 'GET' && this.csrf !== '') headers[CSRF] = this.csrf;
    if (this.#as !== null) headers[AS] = this.#as;
    try {
      const response = await fetch(path, {
        method,
        headers,
        credentials: 'same-origin',
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      });
      return await read<T>(response);
    } catch {
      return {
        ok: false,
        failure: { status: 0, code: 'offline', detail: '', retry_after: null, body: null },
      };
    }
  }
}

/** What a response says, read as the server's schema has it. */
export async function read<T>(response: Response): Promise<Answer<T>> {
  const text = await response.text();
  const parsed: unknown = text === '' ? null : parse(text);
  // The server's own schema stands for the shape: both sides are built from one source.
  if (response.ok) return { ok: true, value: parsed as T };
  const retry = Number(response.headers.get('Retry-After'));
  return {
    ok: false,
    failure: {
      status: response.status,
      code: word(parsed, 'code'),
      detail: word(parsed, 'detail'),
      retry_after: Number.isFinite(retry) && retry > 0 ? retry : null,
      body: parsed,
    },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function word(value: unknown, key: string): string {
  if (typeof value !== 'object' || value === null) return '';
  const found: unknown = Reflect.get(value, key);
  return typeof found === 'string' ? found : '';
}
