import type { Cancel, Clock, Schedule, Timers } from '../environment.ts';

/** Time that passes only when told, for clocks, timers and frames of the screen. */
export class ManualTime implements Clock, Timers {
  #now: number;
  #serial = 0;
  #timers = new Map<number, { readonly at: number; readonly run: () => void }>();
  #frames: (() => void)[] = [];

  constructor(start = 1_700_000_000_000) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, run: () => void): Cancel {
    this.#serial += 1;
    const id = this.#serial;
    this.#timers.set(id, { at: this.#now + milliseconds, run });
    return () => this.#timers.delete(id);
  }

  readonly schedule: Schedule = (flush) => {
    this.#frames.push(flush);
  };

  /** Draws one frame of the screen. */
  frame(): void {
    for (const flush of this.#frames.splice(0)) flush();
  }

  /** Lets time pass; timers run in their order, each at its own moment. */
  pass(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const due = [...this.#timers].filter(([, timer]) => timer.at <= end);
      const next = due.sort(([a, one], [b, other]) => one.at - other.at || a - b)[0];
      if (next === undefined) break;
      this.#timers.delete(next[0]);
      this.#now = Math.max(this.#now, next[1].at);
      next[1].run();
    }
    this.#now = end;
  }

  get timers(): number {
    return this.#timers.size;
  }
}
