import type { Answer } from '@kanvoy/kit/http.ts';
import type { UploadState } from '@kanvoy/protocol/messages.gen.ts';
import { counted_ids } from '@kanvoy/sync/testing/device.ts';
import { ManualTime } from '@kanvoy/sync/testing/manual_time.ts';
import { expect, test } from 'vitest';
import { memory_upload_store, type UploadStore } from './upload.ts';
import { CHUNK, Uploader, type UploadServer } from './uploader.ts';

/** Takes parts as the real one does; the road to it can be cut after so many requests. */
class Depot implements UploadServer {
  readonly received = new Map<string, number>();
  readonly stored: string[] = [];
  readonly announced: string[] = [];
  requests_left = Number.POSITIVE_INFINITY;
  /** Answers are lost, though what was asked was done. */
  deaf = false;
  refuse = '';
  #bytes = new Map<string, number>();

  async post<T>(_path: string, body: unknown): Promise<Answer<T>> {
    const { id, bytes } = body as { id: string; bytes: number };
    return this.#answer(() => {
      this.announced.push(id);
      this.#bytes.set(id, bytes);
      return this.#state(id);
    }) as Answer<T>;
  }

  async put<T>(path: string, part: Blob): Promise<Answer<T>> {
    const [, id = '', offset = ''] = /uploads\/(.+)\?offset=(\d+)/.exec(path) ?? [];
    const here = this.received.get(id) ?? 0;
    if (Number(offset) !== here) {
      return this.#answer(() => failure(409, 'wrong_offset', `${here}`)) as Answer<T>;
    }
    return this.#answer(() => {
      this.received.set(id, here + part.size);
      if (here + part.size === this.#bytes.get(id)) this.stored.push(id);
      return this.#state(id);
    }) as Answer<T>;
  }

  #state(id: string): Answer<UploadState> {
    const state = this.stored.includes(id) ? (this.refuse === '' ? 'stored' : 'refused') : 'open';
    const bytes = this.#bytes.get(id) ?? 0;
    const offset = this.received.get(id) ?? 0;
    return { ok: true, value: { id, offset, bytes, state, reason: this.refuse } };
  }

  #answer(run: () => Answer<UploadState>): Answer<UploadState> {
    if (this.requests_left <= 0) return failure(0, 'offline');
    this.requests_left -= 1;
    const answer = run();
    return this.deaf ? failure(0, 'offline') : answer;
  }
}

function failure(status: number, code: string, detail = ''): Answer<UploadState> {
  return { ok: false, failure: { status, code, detail, retry_after: null, body: null } };
}

class Phone {
  readonly time = new ManualTime();
  readonly store: UploadStore = memory_upload_store();
  readonly depot = new Depot();
  readonly #ids = counted_ids('upload');

  start(): Uploader {
    return new Uploader({
      store: this.store,
      server: this.depot,
      timers: this.time,
      random: () => 0.5,
      ids: this.#ids,
      now: () => this.time.now(),
      digest: async (content) => `${content.size}`,
      alone: (run) => run(),
    });
  }
}

function photo(bytes: number): Parameters<Uploader['add']>[0] {
  const content = new Blob([new Uint8Array(bytes)]);
  return { kind: 'photo', order_id: 'order-1', delivery_id: 'delivery-1', content };
}

test('a picture is on the disk before anything else is done with it', async () => {
  const phone = new Phone();
  phone.depot.requests_left = 0;
  const id = await phone.start().add(photo(10));
  expect((await phone.store.all()).map((each) => each.id)).toEqual([id]);
  expect((await phone.store.content(id))?.size).toBe(10);
});

test('it travels in parts and is forgotten here when it is there', async () => {
  const phone = new Phone();
  const uploader = phone.start();
  const id = await uploader.add(photo(CHUNK * 2 + 100));
  await uploader.settled();
  expect(phone.depot.received.get(id)).toBe(CHUNK * 2 + 100);
  expect(phone.depot.stored).toEqual([id]);
  expect(uploader.uploads.get()).toEqual([]);
  expect(await phone.store.all()).toEqual([]);
});

test('a killed app goes on where the last part ended', async () => {
  const phone = new Phone();
  phone.depot.requests_left = 2;
  const before = phone.start();
  const id = await before.add(photo(CHUNK * 3));
  await before.settled();
  before.close();
  expect(phone.depot.received.get(id)).toBe(CHUNK);

  phone.depot.requests_left = Number.POSITIVE_INFINITY;
  const after = phone.start();
  await after.start();
  await after.settled();
  expect(phone.depot.stored).toEqual([id]);
  expect(phone.depot.received.get(id)).toBe(CHUNK * 3);
});

test('a part whose answer was lost is not sent twice', async () => {
  const phone = new Phone();
  const uploader = phone.start();
  phone.depot.requests_left = 1;
  const id = await uploader.add(photo(CHUNK * 2));
  await uploader.settled();
  phone.depot.deaf = true;
  phone.depot.requests_left = 2;
  uploader.hurry();
  await uploader.settled();
  phone.depot.deaf = false;
  phone.depot.requests_left = Number.POSITIVE_INFINITY;
  uploader.hurry();
  await uploader.settled();
  expect(phone.depot.received.get(id)).toBe(CHUNK * 2);
  expect(phone.depot.stored).toEqual([id]);
});

test('without a network it tries again by itself, later and later', async () => {
  const phone = new Phone();
  phone.depot.requests_left = 0;
  const uploader = phone.start();
  const id = await uploader.add(photo(10));
  await uploader.settled();
  expect(phone.time.timers).toBe(1);
  phone.depot.requests_left = Number.POSITIVE_INFINITY;
  phone.time.pass(60_000);
  await uploader.settled();
  expect(phone.depot.stored).toEqual([id]);
});

test('what the server cannot use stays visible with its reason, and stops nobody', async () => {
  const phone = new Phone();
  phone.depot.refuse = 'not_a_picture';
  const uploader = phone.start();
  const bad = await uploader.add(photo(10));
  await uploader.settled();
  phone.depot.refuse = '';
  const good = await uploader.add(photo(20));
  await uploader.settled();
  expect(uploader.uploads.get()).toMatchObject([
    { id: bad, progress: 'refused', reason: 'not_a_picture' },
  ]);
  expect(phone.depot.stored).toContain(good);
  await uploader.forget(bad);
  expect(await phone.store.all()).toEqual([]);
});
