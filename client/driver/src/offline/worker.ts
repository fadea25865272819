/** Starts the service worker, and takes over a new build when nobody is in the middle of a thing. */

interface PolicyFactory {
  createPolicy(
    name: string,
    rules: { createScriptURL: (url: string) => string },
  ): { createScriptURL(url: string): unknown };
}

const WORKER = '/driver/sw.js';

/** The one address that may become a worker; the policy's name is in the page's own headers. */
function worker_address(): string {
  const factory: PolicyFactory | undefined = Reflect.get(globalThis, 'trustedTypes');
  if (factory === undefined) return WORKER;
  const rules = {
    createScriptURL: (url: string) => {
      if (url !== WORKER) throw new TypeError('this is not our worker');
      return url;
    },
  };
  return factory.createPolicy('kanvoy-worker', rules).createScriptURL(WORKER) as string;
}

/** Without a secure context there is no worker; then the app needs the network to start. */
export async function work_offline(): Promise<void> {
  if (!('serviceWorker' in navigator) || import.meta.env.DEV) return;
  try {
    const registration = await navigator.serviceWorker.register(worker_address(), {
      scope: '/driver',
      updateViaCache: 'none',
    });
    // What waited since the last time takes over now: nothing has been begun yet.
    registration.waiting?.postMessage('take over');
  } catch {
    // The app works without; the next start tries again.
  }
}

/** Asks for the new build and starts anew with it. */
export async function start_anew(): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration('/driver');
  await registration?.update().catch(() => undefined);
  const worker = registration?.waiting ?? registration?.installing ?? null;
  if (worker === null) {
    location.reload();
    return;
  }
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), {
    once: true,
  });
  worker.postMessage('take over');
}
