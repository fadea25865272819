/** Web Push as the browser has it. */
import { one_of, remember, remembered } from '@kanvoy/kit/preferences.ts';
import type { Pusher, Subscribed } from './waking.ts';

export function browser_pusher(): Pusher {
  const supported =
    'serviceWorker' in navigator && 'PushManager' in globalThis && 'Notification' in globalThis;
  const found = async (): Promise<PushSubscription | null> => {
    // `ready` would wait for ever where no worker could be registered.
    const registration = await navigator.serviceWorker.getRegistration('/driver');
    return (await registration?.pushManager.getSubscription()) ?? null;
  };
  return {
    permission: () => (supported ? Notification.permission : null),
    ask: () => Notification.requestPermission(),
    async current() {
      const subscription = await found();
      return subscription === null ? null : told(subscription);
    },
    wanted: () => remembered('driver.wake', 'off', one_of('on', 'off')) === 'on',
    want: (wanted) => remember('driver.wake', wanted ? 'on' : 'off'),
    async subscribe(key) {
      const registration = await navigator.serviceWorker.getRegistration('/driver');
      if (registration === undefined) throw new Error('no worker');
      return told(
        await registration.pushManager.subscribe({
          userVisibleOnly: true,
          applicationServerKey: key,
        }),
      );
    },
    async unsubscribe() {
      await (await found())?.unsubscribe();
    },
  };
}

function told(subscription: PushSubscription): Subscribed {
  const { applicationServerKey } = subscription.options;
  return {
    endpoint: subscription.endpoint,
    p256dh: as_text(subscription.getKey('p256dh')),
    auth: as_text(subscription.getKey('auth')),
    key: as_text(applicationServerKey),
  };
}

/** URL-safe base64 without padding. */
function as_text(bytes: ArrayBuffer | null): string {
  const letters = String.fromCharCode(...new Uint8Array(bytes ?? new ArrayBuffer(0)));
  return btoa(letters).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
