import type { App, FromServer, Hello, Rejected } from '@kanvoy/protocol/messages.gen.ts';
import type { TabLocks } from './environment.ts';
import { hello_of } from './greeting.ts';
import { claim_orphan, type Identity } from './identity.ts';
import { Link, type LinkSurroundings } from './link.ts';
import type { Notice } from './notices.ts';
import { Outbox, WINDOW, type OutboxStore } from './outbox.ts';
import { PendingCommands } from './pending.ts';
import { can_override, refusal } from './tray.ts';

export interface CourierOptions extends LinkSurroundings {
  readonly storage: OutboxStore;
  readonly locks: TabLocks;
  /** Whose commands these are, `tenant/person`: nobody else on the device ever sends them. */
  readonly scope: string;
  readonly app: App;
  /** The session's nonce as it is now. */
  csrf(): string;
}

/**
 * Delivers what dead tabs left, one after the other, each under its own numbering.
 *
 * A tab can only be one client, so when several died the others' commands would wait for as many
 * new tabs. Ends when nothing is left; the answer stops it early.
 */
export function deliver_orphans(
  options: CourierOptions,
  notify: (notice: Notice) => void,
): () => Promise<void> {
  let courier: Courier | null = null;
  let stopped = false;
  const run = async (): Promise<void> => {
    while (!stopped) {
      const { storage, locks, scope } = options;
      const orphan = await claim_orphan(storage, locks, scope, 'commands');
      if (orphan === null) return;
      courier = new Courier(options, orphan, notify);
      await courier.done;
    }
  };
  const running = run();
  return async () => {
    stopped = true;
    courier?.stop();
    await running;
  };
}

/** Sends the commands of one dead tab and takes their verdicts; it watches no channel. */
class Courier {
  readonly done: Promise<void>;
  readonly #options: CourierOptions;
  readonly #identity: Identity;
  readonly #notify: (notice: Notice) => void;
  readonly #pending = new PendingCommands();
  readonly #outbox: Outbox;
  readonly #link: Link;
  #finish: () => void = () => {};

  constructor(options: CourierOptions, identity: Identity, notify: (notice: Notice) => void) {
    this.#options = options;
    this.#identity = identity;
    this.#notify = notify;
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.#link = new Link(options, {
      hello: () => this.#hello(),
      welcomed: ({ limits }) => this.#outbox.live(limits.unacknowledged || WINDOW),
      frame: (frame) => this.#receive(frame),
      changed: ({ kind }) => {
        if (kind === 'stopped') this.stop();
        else if (kind !== 'live') this.#outbox.offline();
      },
      urgent: () => true,
    });
    this.#outbox = new Outbox(
      {
        store: options.storage,
        scope: options.scope,
        client_id: identity.client_id,
        timers: options.timers,
        send: (submit) => this.#link.send(submit),
        acknowledge: (number) => this.#link.send({ type: 'acknowledge', number }),
        not_stored: (number) => notify({ kind: 'storage_failed', number }),
        changed: () => {},
      },
      identity.kept.last_number,
    );
    for (const entry of identity.kept.entries) this.#outbox.restore(this.#pending.add(entry));
    this.#link.connect();
  }

  stop(): void {
    this.#link.disconnect();
    this.#outbox.close();
    void this.#outbox.settled().then(() => {
      this.#identity.release();
      this.#finish();
    });
  }

  #hello(): Hello {
    const { app } = this.#options;
    return hello_of({
      app,
      client_id: this.#identity.client_id,
      outbox: this.#outbox,
      csrf: () => this.#options.csrf(),
    });
  }

  #receive(frame: FromServer): void {
    if (frame.type === 'busy') this.#outbox.busy(frame.number, frame.retry_ms);
    if (frame.type === 'rejected') this.#rejected(frame);
    if (frame.type === 'receipt') {
      this.#pending.drop(frame.number);
      this.#outbox.answered(frame.number, null);
    }
    if (this.#outbox.waiting === 0) this.stop();
  }

  /** The refusal is kept with its client, for the tab that will take it over; told once now. */
  #rejected({ number, rejection }: Rejected): void {
    if (rejection.code === 'gap') {
      if (!this.#outbox.gap(rejection.expected)) this.stop();
      return;
    }
    const underway = this.#pending.drop(number);
    if (underway === undefined) return;
    const refused = refusal(underway.entry, rejection, this.#options.clock.now());
    this.#outbox.answered(number, refused.command.kind === 'undo' ? null : refused);
    this.#notify({
      kind: 'rejected',
      order_id: underway.orders[0] ?? null,
      refused,
      fallen: [],
      can_override: can_override(rejection),
    });
  }
}
