import type { Answer } from '@kanvoy/kit/http.ts';
import type { PushSubscriptionView, PutPushSubscription } from '@kanvoy/protocol/messages.gen.ts';
import { render, screen } from '@testing-library/svelte';
import { expect, test } from 'vitest';
import WakeMe from './WakeMe.svelte';
import { keep_on, standing, turn_off, turn_on, type Pusher, type Subscribed } from './waking.ts';

/** A browser with a push service of its own. */
class Browser implements Pusher {
  held: Subscribed | null = null;
  made = 0;
  broken = false;

  allowed: NotificationPermission | null;
  readonly answers: NotificationPermission;

  constructor(
    allowed: NotificationPermission | null = 'default',
    answers: NotificationPermission = 'granted',
  ) {
    this.allowed = allowed;
    this.answers = answers;
  }

  permission(): NotificationPermission | null {
    return this.allowed;
  }

  async ask(): Promise<NotificationPermission> {
    this.allowed = this.answers;
    return this.answers;
  }

  async current(): Promise<Subscribed | null> {
    return this.held;
  }

  #wanted = false;

  wanted(): boolean {
    return this.#wanted;
  }

  want(wanted: boolean): void {
    this.#wanted = wanted;
  }

  async subscribe(key: string): Promise<Subscribed> {
    if (this.broken) throw new Error('no push service');
    this.made += 1;
    this.held = { endpoint: `https://push/${this.made}`, p256dh: 'p', auth: 'a', key };
    return this.held;
  }

  async unsubscribe(): Promise<void> {
    this.held = null;
  }
}

const offline = {
  ok: false,
  failure: { status: 0, code: 'offline', detail: '', retry_after: null, body: null },
} as const;

class Desk {
  key = 'key-1';
  kept: PutPushSubscription | null = null;
  down = false;
  puts = 0;

  async show(): Promise<Answer<PushSubscriptionView>> {
    if (this.down) return offline;
    return { ok: true, value: { key: this.key, endpoint: this.kept?.endpoint ?? '' } };
  }

  async put(subscription: PutPushSubscription): Promise<Answer<PushSubscriptionView>> {
    if (this.down) return offline;
    this.puts += 1;
    this.kept = subscription;
    return this.show();
  }

  async remove(): Promise<Answer<unknown>> {
    if (this.down) return offline;
    this.kept = null;
    return { ok: true, value: null };
  }
}

async function woken(): Promise<[Browser, Desk]> {
  const pair: [Browser, Desk] = [new Browser(), new Desk()];
  expect(await turn_on(...pair)).toEqual({ state: 'on', failed: false });
  return pair;
}

test('turning it on asks the person, subscribes with the key of the server and registers', async () => {
  const [browser, desk] = await woken();
  expect(browser.held?.key).toBe('key-1');
  expect(desk.kept).toEqual({ endpoint: 'https://push/1', p256dh: 'p', auth: 'a' });
  expect(await standing(browser)).toBe('on');
});

test('who says no is not asked further, and is told how to allow it', async () => {
  const [browser, desk] = [new Browser('default', 'denied'), new Desk()];
  expect(await turn_on(browser, desk)).toEqual({ state: 'blocked', failed: false });
  expect([browser.made, desk.puts]).toEqual([0, 0]);
});

test('when the server cannot be told, the switch does not say on', async () => {
  const [browser, desk] = [new Browser(), new Desk()];
  desk.down = true;
  expect(await turn_on(browser, desk)).toEqual({ state: 'off', failed: true });
  desk.down = false;
  browser.broken = true;
  expect(await turn_on(browser, desk)).toEqual({ state: 'off', failed: true });
});

test('a start registers anew only what changed: the address, the key, or a forgetful server', async () => {
  const [browser, desk] = await woken();
  await keep_on(browser, desk);
  expect(desk.puts).toBe(1);

  browser.held = { endpoint: 'https://push/moved', p256dh: 'p', auth: 'a', key: 'key-1' };
  await keep_on(browser, desk);
  expect(desk.kept?.endpoint).toBe('https://push/moved');

  desk.key = 'key-2';
  await keep_on(browser, desk);
  expect([browser.held?.key, desk.kept?.endpoint]).toEqual(['key-2', 'https://push/2']);

  desk.kept = null;
  await keep_on(browser, desk);
  expect(desk.kept).not.toBeNull();
});

test('a start without network leaves what was on as it is', async () => {
  const [browser, desk] = await woken();
  desk.down = true;
  expect(await keep_on(browser, desk)).toEqual({ state: 'on', failed: true });
});

test('a subscription that the browser dropped is made again for who wanted it', async () => {
  const [browser, desk] = await woken();
  browser.held = null;
  expect(await keep_on(browser, desk)).toEqual({ state: 'on', failed: false });
  expect(desk.kept?.endpoint).toBe('https://push/2');
});

test('a phone that sleeps is not subscribed by a start', async () => {
  const [browser, desk] = [new Browser('granted'), new Desk()];
  expect(await keep_on(browser, desk)).toEqual({ state: 'off', failed: false });
  expect(browser.made).toBe(0);
});

test('turning it off ends the subscription also without network', async () => {
  const [browser, desk] = await woken();
  desk.down = true;
  expect(await turn_off(browser, desk)).toEqual({ state: 'off', failed: false });
  expect(browser.held).toBeNull();
});

test('the switch says how it stands and follows the finger', async () => {
  const props = { pusher: new Browser(), desk: new Desk() };
  render(WakeMe, { props });
  const toggle = screen.getByRole('switch', { name: /Wake me for changes/ });
  await expect.poll(() => toggle.hasAttribute('disabled')).toBe(false);
  toggle.click();
  await expect.poll(() => toggle.getAttribute('aria-checked')).toBe('true');
  toggle.click();
  await expect.poll(() => toggle.getAttribute('aria-checked')).toBe('false');
});

test.each([
  ['denied', /settings/],
  [null, /cannot be woken/],
] as const)('a phone with permission %s says what stands in the way', async (permission, words) => {
  render(WakeMe, { props: { pusher: new Browser(permission), desk: new Desk() } });
  expect(await screen.findByText(words)).toBeTruthy();
  expect(screen.getByRole('switch').hasAttribute('disabled')).toBe(true);
});
