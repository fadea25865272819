import type { Instant } from '@kanvoy/protocol/messages.gen.ts';
import type { Clock } from './environment.ts';

/** How many words of the server are remembered; older ones follow a drifting device too slowly. */
const SAMPLES = 8;

/**
 * The server's clock as far as this device knows it.
 *
 * A word takes time to arrive, so each sample is at most the true offset: the largest is the best.
 */
export class ServerClock {
  readonly #device: Clock;
  readonly #samples: number[] = [];

  constructor(device: Clock) {
    this.#device = device;
  }

  /** What to add to the device's clock. */
  get offset(): number {
    return this.#samples.length === 0 ? 0 : Math.max(...this.#samples);
  }

  now(): Instant {
    return this.#device.now() + this.offset;
  }

  heard(server_time: Instant): void {
    this.#samples.push(server_time - this.#device.now());
    if (this.#samples.length > SAMPLES) this.#samples.shift();
  }

  /** The device slept or its clock was set: earlier words mean nothing now. */
  forget(): void {
    this.#samples.length = 0;
  }
}
