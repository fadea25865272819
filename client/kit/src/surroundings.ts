import type { Surroundings, Timers } from '@kanvoy/sync/environment.ts';

export const timers: Timers = {
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** With the next frame; hidden pages get none, but their state must not grow stale. */
export function draw_soon(flush: () => void): void {
  if (document.visibilityState === 'visible') requestAnimationFrame(() => flush());
  else setTimeout(flush, 250);
}

/** What the browser says about visibility, sleep and network. */
export function browser_surroundings(): Surroundings {
  return {
    visible: () => document.visibilityState === 'visible',
    on_wake(run) {
      const shown = (): void => {
        if (document.visibilityState === 'visible') run();
      };
      document.addEventListener('visibilitychange', shown);
      window.addEventListener('online', run);
      window.addEventListener('pageshow', run);
      return () => {
        document.removeEventListener('visibilitychange', shown);
        window.removeEventListener('online', run);
        window.removeEventListener('pageshow', run);
      };
    },
    on_offline(run) {
      window.addEventListener('offline', run);
      return () => window.removeEventListener('offline', run);
    },
  };
}
