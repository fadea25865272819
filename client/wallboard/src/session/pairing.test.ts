import type { Answer } from '@kanvoy/kit/http.ts';
import { ManualTime } from '@kanvoy/sync/testing/manual_time.ts';
import { expect, test } from 'vitest';
import { code_in, Pairing } from './pairing.ts';
import { WALL } from '../testing/a_wall.ts';
import { qr_of } from './qr.ts';
import type { DisplaySession } from './session.ts';

const QR = { qr: 'M4 4h7v1h-7z', qr_size: 33 };

type Reply = { readonly status: number; readonly value?: unknown; readonly retry?: number };

/** A server that answers what it was told to, and remembers the questions. */
class Desk {
  readonly time = new ManualTime();
  readonly asked: (readonly [string, unknown])[] = [];
  readonly replies: Reply[] = [];
  readonly paired: DisplaySession[] = [];
  readonly pairing: Pairing;

  constructor() {
    const post = async <T>(path: string, body: unknown): Promise<Answer<T>> => {
      this.asked.push([path, body]);
      const reply = this.replies.shift() ?? { status: 202, value: { status: 'pending' } };
      if (reply.status >= 200 && reply.status < 300) return { ok: true, value: reply.value as T };
      const { status, retry = null } = reply;
      return {
        ok: false,
        failure: { status, code: '', detail: '', retry_after: retry, body: null },
      };
    };
    this.pairing = new Pairing(
      { http: { post }, clock: this.time, timers: this.time, name: 'Display 1920 × 1080' },
      (session) => this.paired.push(session),
    );
  }

  code(user_code: string, minutes = 10): void {
    const expires_at = this.time.now() + minutes * 60_000;
    const value = {
      device_code: `secret-${user_code}`,
      user_code,
      ...QR,
      interval_seconds: 3,
      expires_at,
    };
    this.replies.push({ status: 201, value });
  }

  async pass(seconds: number): Promise<void> {
    for (let step = 0; step < seconds; step += 1) {
      this.time.pass(1_000);
      await Promise.resolve();
      await Promise.resolve();
      await Promise.resolve();
    }
  }

  get polls(): number {
    return this.asked.filter(([path]) => path === '/v1/displays/token').length;
  }
}

test('[WB68] a display shows its code, asks every interval, and is one when it was approved', async () => {
  const desk = new Desk();
  desk.code('BCDF-GHJK');
  await desk.pairing.start('');
  const shown = desk.pairing.state.get();
  await desk.pass(7);
  const polls = desk.polls;
  desk.replies.push({ status: 201, value: WALL });
  await desk.pass(3);
  await desk.pass(30);

  expect(shown).toMatchObject({
    kind: 'code',
    code: 'BCDF-GHJK',
    qr: { size: 33 },
  });
  expect(polls).toBe(2);
  expect(desk.paired).toEqual([WALL]);
  expect(desk.polls).toBe(3);
  expect(desk.asked.at(-1)).toEqual(['/v1/displays/token', { device_code: 'secret-BCDF-GHJK' }]);
});

test('[WB68] a code that ends is followed by another one', async () => {
  const desk = new Desk();
  desk.code('BCDF-GHJK');
  await desk.pairing.start('');
  desk.replies.push({ status: 410 });
  desk.code('LMNP-QRST');
  await desk.pass(3);

  expect(desk.pairing.state.get()).toMatchObject({ kind: 'code', code: 'LMNP-QRST' });
});

test('[WB68] who is told that it asks too often asks less often', async () => {
  const desk = new Desk();
  desk.code('BCDF-GHJK');
  await desk.pairing.start('');
  desk.replies.push({ status: 429, retry: 4 });
  await desk.pass(3);
  await desk.pass(7);
  const early = desk.polls;
  await desk.pass(1);

  expect([early, desk.polls]).toEqual([1, 2]);
});

test('a server that is gone is waited for, with the code still there', async () => {
  const desk = new Desk();
  desk.replies.push({ status: 0 });
  desk.code('BCDF-GHJK');
  await desk.pairing.start('');
  const first = desk.pairing.state.get().kind;
  await desk.pass(2);
  desk.replies.push({ status: 0 });
  await desk.pass(3);
  const away = desk.pairing.state.get();
  await desk.pass(3);

  expect(first).toBe('offline');
  expect(away).toMatchObject({ kind: 'code', code: 'BCDF-GHJK', unreachable: true });
  expect(desk.pairing.state.get()).toMatchObject({ unreachable: false });
});

test('[WB68] a link pairs at once, and one that is good for nothing shows a code instead', async () => {
  const good = new Desk();
  good.replies.push({ status: 201, value: WALL });
  await good.pairing.start('BCDF-GHJK');
  const bad = new Desk();
  bad.replies.push({ status: 404 });
  bad.code('LMNP-QRST');
  await bad.pairing.start('BCDF-GHJK');

  expect(good.asked).toEqual([
    ['/v1/pairings/claim', { code: 'BCDF-GHJK', name: 'Display 1920 × 1080' }],
  ]);
  expect(good.paired).toEqual([WALL]);
  expect(bad.pairing.state.get()).toMatchObject({ kind: 'code', code: 'LMNP-QRST', refused: true });
});

test('after it was left nothing is asked any more', async () => {
  const desk = new Desk();
  desk.code('BCDF-GHJK');
  await desk.pairing.start('');
  desk.pairing.stop();
  await desk.pass(60);

  expect(desk.polls).toBe(0);
  expect(desk.time.timers).toBe(0);
});

test('the code of a link is what follows the hash', () => {
  expect([code_in('#pair=BCDF-GHJK'), code_in('#other=1'), code_in('')]).toEqual([
    'BCDF-GHJK',
    '',
    '',
  ]);
});

test('a QR code is a path of squares, and what is anything else is left out', () => {
  expect(qr_of(QR.qr, QR.qr_size)).toEqual({ size: 33, path: 'M4 4h7v1h-7z' });
  expect(qr_of('url(javascript:1)', 9)).toBeNull();
  expect(qr_of('"/><script>', 9)).toBeNull();
  expect(qr_of('M0 0h1v1z', 0)).toBeNull();
  expect(qr_of(undefined, undefined)).toBeNull();
});
