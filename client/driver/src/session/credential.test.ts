import type { Answer } from '@kanvoy/kit/http.ts';
import type { DeviceTokens } from '@kanvoy/protocol/messages.gen.ts';
import { driver_whoami } from '@kanvoy/sync/testing/fake_road.ts';
import { expect, test } from 'vitest';
import { Credential } from './credential.ts';
import { memory_device_store, type DeviceStore } from './device.ts';

/** Gives out tokens in generations, as the server does. */
class Mint {
  /** Generation that was given out last, and the newest that anybody has used. */
  last = 1;
  used = 1;
  revoked = false;
  lose_answers = 0;
  asked = 0;

  tokens(generation: number): DeviceTokens {
    return {
      device_id: 'phone',
      driver_id: 'ana',
      access_token: `access-${generation}`,
      access_expires_at: 0,
      refresh_token: `refresh-${generation}`,
      user: driver_whoami('ana'),
    };
  }

  async refresh(token: string): Promise<Answer<DeviceTokens>> {
    this.asked += 1;
    const generation = Number(token.replace('refresh-', ''));
    const successor_unused = generation === this.last - 1 && this.used < this.last;
    if (generation !== this.last && !successor_unused) this.revoked = true;
    if (this.revoked) return failed(401, 'refresh_reused');
    this.used = Math.max(this.used, generation);
    this.last = generation + 1;
    if (this.lose_answers > 0) {
      this.lose_answers -= 1;
      return failed(0, 'offline');
    }
    return { ok: true, value: this.tokens(this.last) };
  }
}

function failed(status: number, code: string): Answer<DeviceTokens> {
  return { ok: false, failure: { status, code, detail: '', retry_after: null, body: null } };
}

class Phone {
  readonly mint = new Mint();
  readonly store: DeviceStore;
  now = 1_000_000;
  revoked = 0;
  #queue: Promise<unknown> = Promise.resolve();

  constructor() {
    this.store = memory_device_store({ ...this.mint.tokens(1), received_at: this.now });
  }

  async tab(): Promise<Credential> {
    return new Credential(
      {
        store: this.store,
        now: () => this.now,
        refresh: (token) => this.mint.refresh(token),
        exclusively: <T>(run: () => Promise<T>): Promise<T> => {
          const turn = this.#queue.then(run);
          this.#queue = turn.catch(() => undefined);
          return turn;
        },
        revoked: () => {
          this.revoked += 1;
        },
      },
      await this.store.load(),
    );
  }
}

test('a good token is used as it is, an old one is renewed first', async () => {
  const phone = new Phone();
  const tab = await phone.tab();
  expect(await tab.token()).toBe('access-1');
  phone.now += 9 * 60_000;
  expect(await tab.token()).toBe('access-2');
  expect((await phone.store.load())?.refresh_token).toBe('refresh-2');
});

test('however many ask, one refresh is under way', async () => {
  const phone = new Phone();
  const tab = await phone.tab();
  phone.now += 9 * 60_000;
  const answers = await Promise.all(Array.from({ length: 20 }, () => tab.token()));
  expect(new Set(answers)).toEqual(new Set(['access-2']));
  expect(phone.mint.asked).toBe(1);
});

test('two tabs of one phone never use one refresh token twice', async () => {
  const phone = new Phone();
  const [one, other] = [await phone.tab(), await phone.tab()];
  phone.now += 9 * 60_000;
  expect(await Promise.all([one.token(), other.token()])).toEqual(['access-2', 'access-2']);
  expect(phone.mint.asked).toBe(1);
  expect(phone.revoked).toBe(0);
});

test('a lost answer costs nothing: the old token is kept until the new one is stored', async () => {
  const phone = new Phone();
  const tab = await phone.tab();
  phone.now += 9 * 60_000;
  phone.mint.lose_answers = 2;
  expect(await tab.token()).toBeNull();
  expect(await tab.token()).toBeNull();
  expect((await phone.store.load())?.refresh_token).toBe('refresh-1');
  expect(await tab.token()).toBe('access-2');
  expect(phone.revoked).toBe(0);
});

test('a token that the server refuses is renewed once, also when it looked good', async () => {
  const phone = new Phone();
  const tab = await phone.tab();
  expect(await tab.renewed('access-1')).toBe('access-2');
  // Whoever still holds the older one is given the newer, not another refresh.
  expect(await tab.renewed('access-1')).toBe('access-2');
  expect(phone.mint.asked).toBe(1);
});

test('a revoked phone says so once and has no token any more', async () => {
  const phone = new Phone();
  const tab = await phone.tab();
  phone.mint.revoked = true;
  phone.now += 9 * 60_000;
  expect(await tab.token()).toBeNull();
  expect(phone.revoked).toBe(1);
  expect(tab.device).toBeNull();
  expect(await tab.token()).toBeNull();
});

test('a clock that was set back does not make an old token good', async () => {
  const phone = new Phone();
  const tab = await phone.tab();
  phone.now -= 3_600_000;
  expect(await tab.token()).toBe('access-2');
});
