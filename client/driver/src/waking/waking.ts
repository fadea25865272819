/** Waking this phone for changes: a hint by Web Push. What changed comes over the socket. */
import type { Answer } from '@kanvoy/kit/http.ts';
import type { PushSubscriptionView, PutPushSubscription } from '@kanvoy/protocol/messages.gen.ts';

/** `blocked`: the person once said no, and only the browser's settings can change that. */
export type Waking = 'on' | 'off' | 'blocked' | 'unsupported';

/** What the browser gave for one key of the server. */
export interface Subscribed extends PutPushSubscription {
  /** The key it was made for. */
  readonly key: string;
}

/** The browser's side. Everything here may ask the person or the network. */
export interface Pusher {
  /** Whether the person allows notifications; null where there are none. */
  permission(): NotificationPermission | null;
  /** Must be called in the very gesture. */
  ask(): Promise<NotificationPermission>;
  current(): Promise<Subscribed | null>;
  /** Whether the person turned it on here, whatever became of the subscription since. */
  wanted(): boolean;
  want(wanted: boolean): void;
  subscribe(key: string): Promise<Subscribed>;
  /** Gives up whatever there is. */
  unsubscribe(): Promise<void>;
}

/** The server's side: `/v1/push-subscription`. */
export interface WakingDesk {
  show(): Promise<Answer<PushSubscriptionView>>;
  put(subscription: PutPushSubscription): Promise<Answer<PushSubscriptionView>>;
  remove(): Promise<Answer<unknown>>;
}

export type Outcome = { readonly state: Waking; readonly failed: boolean };

/** How this phone stands, without asking anybody. */
export async function standing(pusher: Pusher): Promise<Waking> {
  const permission = pusher.permission();
  if (permission === null) return 'unsupported';
  if (permission === 'denied') return 'blocked';
  return permission === 'granted' && (await pusher.current()) !== null ? 'on' : 'off';
}

/** Asks the person, subscribes and registers. Called in a gesture. */
export async function turn_on(pusher: Pusher, desk: WakingDesk): Promise<Outcome> {
  if (pusher.permission() === null) return { state: 'unsupported', failed: false };
  const permission = await pusher.ask();
  if (permission !== 'granted') {
    return { state: permission === 'denied' ? 'blocked' : 'off', failed: false };
  }
  const outcome = await register(pusher, desk);
  if (outcome.state === 'on') pusher.want(true);
  return outcome;
}

/** Nothing is sent any more, whatever the network says about it now. */
export async function turn_off(pusher: Pusher, desk: WakingDesk): Promise<Outcome> {
  pusher.want(false);
  const [, ended] = await Promise.allSettled([desk.remove(), pusher.unsubscribe()]);
  return { state: 'off', failed: ended.status === 'rejected' };
}

/**
 * Makes browser and server agree again: the browser may have changed its address, and the server
 * its key or its mind. Does nothing for a phone that does not want to be woken.
 */
export async function keep_on(pusher: Pusher, desk: WakingDesk): Promise<Outcome> {
  const state = await standing(pusher);
  const wants = pusher.permission() === 'granted' && (state === 'on' || pusher.wanted());
  return wants ? register(pusher, desk) : { state, failed: false };
}

async function register(pusher: Pusher, desk: WakingDesk): Promise<Outcome> {
  const shown = await desk.show();
  if (!shown.ok) return { state: await standing(pusher), failed: true };
  const { key, endpoint } = shown.value;
  try {
    let subscribed = await pusher.current();
    if (subscribed !== null && subscribed.key !== key) {
      await pusher.unsubscribe();
      subscribed = null;
    }
    subscribed ??= await pusher.subscribe(key);
    if (subscribed.endpoint === endpoint) return { state: 'on', failed: false };
    const { p256dh, auth } = subscribed;
    const put = await desk.put({ endpoint: subscribed.endpoint, p256dh, auth });
    if (put.ok) return { state: 'on', failed: false };
    // A switch that says “on” while nobody would wake the phone is a lie.
    await pusher.unsubscribe();
  } catch {
    // No push service to be had: some networks and some private windows have none.
  }
  return { state: 'off', failed: true };
}
