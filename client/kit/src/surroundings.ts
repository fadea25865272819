import type { Surroundings } from '@kanvoy/sync/environment.ts';

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
