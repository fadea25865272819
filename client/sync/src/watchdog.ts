import type { Cancel, Timers } from './environment.ts';

export const SILENCE_MS = 40_000;
export const PROBE_MS = 3_000;

export interface WatchdogEvents {
  /** Ask the server for a word. */
  probe(): void;
  /** It did not answer: the connection is dead, whatever the socket says. */
  dead(): void;
}

/** Finds half-open sockets. Any frame is a sign of life; only an unanswered probe is death. */
export class Watchdog {
  readonly #timers: Timers;
  readonly #events: WatchdogEvents;
  #cancel: Cancel = () => {};
  #running = false;
  #probing = false;

  constructor(timers: Timers, events: WatchdogEvents) {
    this.#timers = timers;
    this.#events = events;
  }

  start(): void {
    this.#running = true;
    this.#wait();
  }

  stop(): void {
    this.#running = false;
    this.#probing = false;
    this.#cancel();
  }

  /** A frame arrived. */
  fed(): void {
    if (this.#running) this.#wait();
  }

  /** The device woke up or the network came back: do not trust the socket, but do not drop it. */
  probe(): void {
    if (!this.#running || this.#probing) return;
    this.#cancel();
    this.#probing = true;
    this.#cancel = this.#timers.after(PROBE_MS, () => {
      this.stop();
      this.#events.dead();
    });
    this.#events.probe();
  }

  #wait(): void {
    this.#cancel();
    this.#probing = false;
    this.#cancel = this.#timers.after(SILENCE_MS, () => this.probe());
  }
}
