import type { DeliveryId } from '@kanvoy/protocol/messages.gen.ts';
import type { ChannelState } from './channel_state.ts';
import type { Clock } from './environment.ts';
import type { Run } from './run.ts';
import type { Done, KeptRun, RunStore } from './run_store.ts';
import { signal } from './signal.ts';

/** Finished stops are counted for so long; they hold nothing personal. */
const DONE_MS = 36 * 3_600_000;

export interface KeeperOptions {
  readonly runs: RunStore;
  readonly scope: string;
  readonly clock: Clock;
}

export interface KeeperEvents {
  /** The stops as drawn now are on disk. */
  kept(): void;
  failed(): void;
}

/** Writes the run down whenever it changed, one write after the other. */
export class RunKeeper {
  readonly done = signal<readonly Done[]>([]);
  readonly #options: KeeperOptions;
  readonly #run: Run;
  readonly #events: KeeperEvents;
  /** What of each channel is on disk, as its cursor's text; null: nothing is. */
  readonly #kept = new Map<ChannelState, string | null>();
  #writing: Promise<void> = Promise.resolve();
  #heard_at: number;

  constructor(options: KeeperOptions, run: Run, kept: KeptRun, events: KeeperEvents) {
    this.#options = options;
    this.#run = run;
    this.#events = events;
    const oldest = options.clock.now() - DONE_MS;
    this.#heard_at = Math.max(0, ...kept.channels.map((each) => each.heard_at));
    this.done.set(kept.done.filter(({ at }) => at > oldest));
  }

  /** When the server last spoke, by this device's clock; 0 when it never did. */
  get heard_at(): number {
    return this.#heard_at;
  }

  settled(): Promise<void> {
    return this.#writing;
  }

  /** The server spoke: what is kept from now on is at least of this moment. */
  heard(): void {
    this.#heard_at = this.#options.clock.now();
  }

  keep(): void {
    for (const channel of this.#run.channels) this.#keep(channel);
  }

  finished(done: Done): void {
    const others = this.done.get().filter((each) => each.delivery_id !== done.delivery_id);
    this.#set_done([...others, done]);
  }

  /** It did not count after all. */
  undone(id: DeliveryId): void {
    this.#set_done(this.done.get().filter((each) => each.delivery_id !== id));
  }

  #keep(channel: ChannelState): void {
    const { runs, scope } = this.#options;
    if (channel.phase === 'closed') {
      if (this.#kept.get(channel) === null) return;
      this.#kept.set(channel, null);
      this.#write(
        () => runs.drop_channel(scope, channel.name),
        () => {},
      );
      return;
    }
    const kept = this.#run.keep(channel, this.#heard_at);
    if (kept === null) return;
    const { epoch, sequence, nonce } = kept.cursor;
    const place = `${epoch}.${sequence}.${nonce}`;
    if (this.#kept.get(channel) === place) return;
    this.#kept.set(channel, place);
    this.#write(
      () => runs.save_channel(scope, kept),
      () => {
        if (channel === this.#run.stops) this.#events.kept();
      },
    );
  }

  #set_done(done: readonly Done[]): void {
    this.done.set(done);
    const { runs, scope } = this.#options;
    this.#write(
      () => runs.save_done(scope, done),
      () => {},
    );
  }

  #write(write: () => Promise<void>, then: () => void): void {
    this.#writing = this.#writing.then(write).then(then, () => this.#events.failed());
  }
}
