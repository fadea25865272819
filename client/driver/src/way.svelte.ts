/** Where the driver is in the app. It stands in the address, so that the phone's own “back” works. */
import type { DeliveryId } from '@kanvoy/protocol/messages.gen.ts';

export const SHEETS = [
  'deliver',
  'problem',
  'expense',
  'note',
  'navigate',
  'first',
  'menu',
  'leave',
] as const;
export type Sheet = (typeof SHEETS)[number];

export interface Place {
  readonly screen: 'today' | 'stop' | 'waiting';
  readonly stop: DeliveryId;
  readonly sheet: Sheet | null;
}

const TODAY: Place = { screen: 'today', stop: '', sheet: null };

export class Way {
  place: Place = $state.raw(place_of(location.hash));

  /** Follows the address until the answer is called. */
  start(): () => void {
    const follow = (): void => {
      this.place = place_of(location.hash);
    };
    window.addEventListener('popstate', follow);
    window.addEventListener('hashchange', follow);
    return () => {
      window.removeEventListener('popstate', follow);
      window.removeEventListener('hashchange', follow);
    };
  }

  open_stop(stop: DeliveryId): void {
    this.#go({ screen: 'stop', stop, sheet: null });
  }

  open_waiting(): void {
    if (this.place.screen !== 'waiting') this.#go({ screen: 'waiting', stop: '', sheet: null });
  }

  open(sheet: Sheet): void {
    this.#go({ ...this.place, sheet });
  }

  /** One step back, as the phone's own button does. */
  back(): void {
    if (history.state === DEEPER) history.back();
    else this.home();
  }

  home(): void {
    this.#go(TODAY, 'replace');
  }

  /** Another stop or sheet in the place of this one: “back” leads to where it led before. */
  swap(place: Partial<Place>): void {
    this.#go({ ...this.place, ...place }, 'replace');
  }

  #go(place: Place, how: 'push' | 'replace' = 'push'): void {
    const address = `${location.pathname}${hash_of(place)}`;
    if (how === 'push') history.pushState(DEEPER, '', address);
    else history.replaceState(history.state, '', address);
    this.place = place;
    if (place.sheet === null) window.scrollTo(0, 0);
  }
}

/** Marks entries of the history that we made: going back from them stays in the app. */
const DEEPER = 'deeper';

export function hash_of({ screen, stop, sheet }: Place): string {
  const parts = new URLSearchParams();
  if (screen === 'stop') parts.set('stop', stop);
  if (screen === 'waiting') parts.set('waiting', '1');
  if (sheet !== null) parts.set('do', sheet);
  const text = parts.toString();
  return text === '' ? '' : `#${text}`;
}

export function place_of(hash: string): Place {
  const parts = new URLSearchParams(hash.replace(/^#/, ''));
  const stop = parts.get('stop') ?? '';
  const screen = stop !== '' ? 'stop' : parts.has('waiting') ? 'waiting' : 'today';
  const sheet = SHEETS.find((each) => each === parts.get('do')) ?? null;
  return { screen, stop, sheet };
}
