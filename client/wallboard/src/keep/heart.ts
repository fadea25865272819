/** Notices that the screen does not draw any more although somebody could see it. */
import type { Cancel, Timers } from '@kanvoy/sync/environment.ts';

export interface HeartWorld {
  readonly timers: Timers;
  steady(): number;
  visible(): boolean;
  /** Calls with the next frame that is really drawn. */
  next_frame(run: () => void): void;
}

export const STUCK_MS = 60_000;
const BEAT_MS = 1_000;

export class Heart {
  readonly #world: HeartWorld;
  readonly #stuck: () => void;
  #drawn: number;
  #looked: number;
  #waiting = false;
  #cancel: Cancel = () => {};

  constructor(world: HeartWorld, stuck: () => void) {
    this.#world = world;
    this.#stuck = stuck;
    this.#drawn = this.#looked = world.steady();
  }

  start(): void {
    this.#beat();
  }

  stop(): void {
    this.#cancel();
  }

  #beat(): void {
    const now = this.#world.steady();
    // Nothing is drawn for nobody, nor while the device slept or held our timers back.
    if (!this.#world.visible() || now - this.#looked > 5 * BEAT_MS) this.#drawn = now;
    this.#looked = now;
    if (now - this.#drawn > STUCK_MS) {
      this.#drawn = now;
      this.#stuck();
    }
    if (!this.#waiting) {
      this.#waiting = true;
      this.#world.next_frame(() => {
        this.#waiting = false;
        this.#drawn = this.#world.steady();
      });
    }
    this.#cancel = this.#world.timers.after(BEAT_MS, () => this.#beat());
  }
}
