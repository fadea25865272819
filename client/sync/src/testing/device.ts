import type { Cancel, Surroundings, TabLocks } from '../environment.ts';

/** A device whose wake, network and visibility are set by hand. */
export class ManualSurroundings implements Surroundings {
  shown = true;
  readonly #wakes = new Set<() => void>();
  readonly #offlines = new Set<() => void>();

  visible(): boolean {
    return this.shown;
  }

  on_wake(run: () => void): Cancel {
    this.#wakes.add(run);
    return () => this.#wakes.delete(run);
  }

  on_offline(run: () => void): Cancel {
    this.#offlines.add(run);
    return () => this.#offlines.delete(run);
  }

  wake(): void {
    for (const run of [...this.#wakes]) run();
  }

  lose_network(): void {
    for (const run of [...this.#offlines]) run();
  }
}

/** Locks of a device; killing a tab frees what it held. */
export class ManualLocks {
  readonly #held = new Map<string, string>();

  tab(name: string): TabLocks {
    return {
      try_hold: async (lock) => {
        if (this.#held.has(lock)) return null;
        this.#held.set(lock, name);
        return () => {
          if (this.#held.get(lock) === name) this.#held.delete(lock);
        };
      },
    };
  }

  kill(name: string): void {
    for (const [lock, tab] of this.#held) if (tab === name) this.#held.delete(lock);
  }
}

/** Numbers from a seed, the same on every run: mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Ids that sort by age, like UUIDv7, and are easy to read. */
export function counted_ids(prefix: string): { uuid(): string } {
  let count = 0;
  return {
    uuid() {
      count += 1;
      return `${prefix}-${String(count).padStart(6, '0')}`;
    },
  };
}
