import { afterEach, expect, test, vi } from 'vitest';
import { Http } from './http.ts';

afterEach(() => vi.unstubAllGlobals());

/** What was said with each request, by method. */
function listening(): Map<string, Headers> {
  const heard = new Map<string, Headers>();
  vi.stubGlobal('fetch', async (_path: string, { method, headers }: RequestInit) => {
    heard.set(method ?? '', new Headers(headers));
    return new Response('{}');
  });
  return heard;
}

async function ask_everything(http: Http): Promise<void> {
  http.csrf = 'nonce';
  await http.get('/v1/session');
  await http.post('/v1/pairings/claim', {});
  await http.delete('/v1/session');
}

test('[DV18] who asks as a display says so with every request, and nobody else does', async () => {
  const heard = listening();

  await ask_everything(new Http('display'));
  const display = [...heard.values()].map((headers) => headers.get('X-Kanvoy-As'));
  heard.clear();
  await ask_everything(new Http());
  const person = [...heard.values()].map((headers) => headers.get('X-Kanvoy-As'));

  expect(display).toEqual(['display', 'display', 'display']);
  expect(person).toEqual([null, null, null]);
});

test('[AU7] the nonce goes with what changes something', async () => {
  const heard = listening();

  await ask_everything(new Http());

  const nonces = [...heard].map(([method, headers]) => [method, headers.get('X-Kanvoy-Csrf')]);
  expect(nonces).toEqual([
    ['GET', null],
    ['POST', 'nonce'],
    ['DELETE', 'nonce'],
  ]);
});
