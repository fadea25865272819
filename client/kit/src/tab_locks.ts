import type { Cancel, TabLocks } from '@kanvoy/sync/environment.ts';

/** Names held through Web Locks, which the browser frees when the tab dies, however it dies. */
export function browser_locks(): TabLocks {
  // Without a secure context there are no locks; then a new identity per page is the safe way.
  if (!('locks' in navigator)) return { try_hold: async () => null };
  return {
    try_hold: (name) =>
      new Promise<Cancel | null>((answer, fail) => {
        navigator.locks
          .request(name, { ifAvailable: true }, (lock) => {
            if (lock === null) {
              answer(null);
              return undefined;
            }
            // The lock lasts as long as this promise is open.
            return new Promise<void>((release) => answer(() => release()));
          })
          .catch(fail);
      }),
  };
}
