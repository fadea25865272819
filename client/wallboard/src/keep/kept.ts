/** What one page leaves to the next in the same tab: the last picture, and how old it is. */
import type { Proof } from '@kanvoy/sync/freshness.ts';
import type { Picture } from '../view/picture.ts';

export interface Kept {
  readonly view_id: string;
  readonly picture: Picture;
  /** When it was last true: by this device's clock, and by the server's. */
  readonly wall: number;
  readonly since: number;
  /** Server minus device, in milliseconds. */
  readonly offset: number;
}

const KEY = 'kanvoy.wallboard.picture';
const FAULTS = 'kanvoy.wallboard.faults';
/** A browser gives a tab about 5 MB; a picture larger than this is fetched again instead. */
const MOST = 2_000_000;

export function keep(kept: Kept): void {
  const text = JSON.stringify(kept);
  attempt(() => {
    if (text.length <= MOST) sessionStorage.setItem(KEY, text);
    else sessionStorage.removeItem(KEY);
  });
}

export function forget(): void {
  attempt(() => sessionStorage.removeItem(KEY));
}

/** The picture of an earlier page of the same view. Whatever is odd about it, there is none. */
export function kept_for(view_id: string): Kept | null {
  const found = attempt(() => JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as Kept | null);
  return found?.view_id === view_id && Array.isArray(found.picture?.tiles) ? found : null;
}

/** The proof as it looks on clocks that began again. */
export function proof_of(kept: Kept, steady: number, wall: number): Proof {
  return { at: { steady: steady - (wall - kept.wall), wall: kept.wall }, since: kept.since };
}

export function read_faults(): readonly number[] {
  const found = attempt(() => JSON.parse(sessionStorage.getItem(FAULTS) ?? '[]') as unknown);
  return Array.isArray(found) ? found.filter((each) => typeof each === 'number') : [];
}

export function write_faults(faults: readonly number[]): void {
  attempt(() => sessionStorage.setItem(FAULTS, JSON.stringify(faults)));
}

/** Storage may be full, forbidden, or written by another build. */
function attempt<T>(run: () => T): T | null {
  try {
    return run();
  } catch {
    return null;
  }
}
