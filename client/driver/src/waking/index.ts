/** Loaded later, as one piece: see `lazy.ts`. */
import type { Api } from '../session/api.ts';
import { browser_pusher } from './browser_pusher.ts';
import { waking_desk } from './desk.ts';
import { keep_on, turn_off } from './waking.ts';

/** At every start, and when the worker says that the browser changed the address. */
export function keep_waking(api: Api): () => void {
  const agree = (): void => void keep_on(browser_pusher(), waking_desk(api));
  const heard = ({ data }: MessageEvent): void => {
    if (data === 'subscription changed') agree();
  };
  const worker: ServiceWorkerContainer | undefined = navigator.serviceWorker;
  worker?.addEventListener('message', heard);
  agree();
  return () => worker?.removeEventListener('message', heard);
}

/** The phone belongs to nobody any more. */
export async function stop_waking(api: Api): Promise<void> {
  await turn_off(browser_pusher(), waking_desk(api));
}
