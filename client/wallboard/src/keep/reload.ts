/** Loading the page anew without ever ending on the browser's own error page. */
import type { Cancel, Clock, Timers } from '@kanvoy/sync/environment.ts';

export type Reason = 'build' | 'night' | 'error' | 'stuck' | 'version';

export interface ReloadWorld {
  readonly clock: Clock;
  readonly timers: Timers;
  /** Whether the page could be fetched just now. */
  there(): Promise<boolean>;
  reload(): void;
  /** What survives a reload: when the last ones for a fault were, in milliseconds since 1970. */
  read(): readonly number[];
  write(faults: readonly number[]): void;
}

/** Waits before a reload that a fault caused, by how many there were in the last hour. */
const WAITS_MS = [1_000, 5_000, 30_000, 120_000, 600_000];
const REMEMBERED_MS = 60 * 60_000;
const LOOK_AGAIN_MS = 10_000;
const FAULTS: ReadonlySet<Reason> = new Set<Reason>(['error', 'stuck', 'version']);

/** Asks for one reload at a time; the first reason wins. */
export class Reloader {
  readonly #world: ReloadWorld;
  readonly #before: (reason: Reason) => void;
  #cancel: Cancel | null = null;

  /** `before` runs right before the page goes: what is shown should be kept then. */
  constructor(world: ReloadWorld, before: (reason: Reason) => void) {
    this.#world = world;
    this.#before = before;
  }

  get asked(): boolean {
    return this.#cancel !== null;
  }

  ask(reason: Reason): void {
    if (this.#cancel !== null) return;
    this.#wait(FAULTS.has(reason) ? this.#next_wait() : 0, reason);
  }

  #next_wait(): number {
    const now = this.#world.clock.now();
    const recent = this.#world.read().filter((at) => at <= now && now - at < REMEMBERED_MS);
    const wait = WAITS_MS[Math.min(recent.length, WAITS_MS.length - 1)] ?? 0;
    this.#world.write([...recent, now].slice(-WAITS_MS.length));
    return wait;
  }

  #wait(ms: number, reason: Reason): void {
    this.#cancel = this.#world.timers.after(ms, () => void this.#try(reason));
  }

  async #try(reason: Reason): Promise<void> {
    if (!(await this.#world.there())) {
      this.#wait(LOOK_AGAIN_MS, reason);
      return;
    }
    this.#before(reason);
    this.#world.reload();
    // Some browsers ignore a reload now and then; ask again rather than stay for ever.
    this.#wait(LOOK_AGAIN_MS, reason);
  }
}
