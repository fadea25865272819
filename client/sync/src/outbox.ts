import type { CommandNumber, Submit } from '@kanvoy/protocol/messages.gen.ts';
import type { Entry, Underway } from './entry.ts';
import type { Cancel, Timers } from './environment.ts';
import type { Refused } from './shown.ts';

/** What is kept of one client for the next start. */
export interface Kept {
  /** Highest number ever issued; never goes back. */
  readonly last_number: CommandNumber;
  /** Commands without a verdict, by number. */
  readonly entries: readonly Entry[];
  /** Refused commands that nobody has dismissed. */
  readonly refused: readonly Refused[];
}

/**
 * Where commands survive a killed tab. A promise resolves when the write is durable.
 *
 * `scope` is a person of a tenant: another person on the same device never sees the commands.
 */
export interface OutboxStore {
  /** Clients of the scope that keep anything, oldest first. */
  clients(scope: string): Promise<readonly string[]>;
  load(scope: string, client_id: string): Promise<Kept>;
  /** The entry and its number as the client's last, both or neither. */
  put(scope: string, client_id: string, entry: Entry): Promise<void>;
  /** The number has its verdict: forget the command, keep the refusal. Both or neither. */
  answer(
    scope: string,
    client_id: string,
    number: CommandNumber,
    refused: Refused | null,
  ): Promise<void>;
  dismiss(scope: string, client_id: string, number: CommandNumber): Promise<void>;
  /** Everything of the client, its numbering too: only for a client that never comes back. */
  forget(scope: string, client_id: string): Promise<void>;
}

/** How many commands may be without a verdict on the wire, whatever the server allows. */
export const WINDOW = 32;

/** Verdicts are acknowledged together. */
const ACKNOWLEDGE_MS = 2_000;

export interface OutboxPorts {
  readonly store: OutboxStore;
  readonly scope: string;
  readonly client_id: string;
  readonly timers: Timers;
  send(submit: Submit): void;
  acknowledge(upto: CommandNumber): void;
  /** The command is sent all the same, but would not survive this tab. */
  not_stored(number: CommandNumber): void;
  /** Something was written down, or became sent or unsent. */
  changed(underway: Underway): void;
}

interface Queued {
  readonly underway: Underway;
  stored: boolean;
}

/** Issued commands until their verdict: stored first, then sent in order, resent unchanged. */
export class Outbox {
  readonly #ports: OutboxPorts;
  #queue: Queued[] = [];
  #last: CommandNumber;
  #live = false;
  #window = WINDOW;
  /** Writes go one after the other, so that a later number is never durable without the earlier. */
  #writing: Promise<void> = Promise.resolve();
  #paused: Cancel | null = null;
  #acknowledging: Cancel | null = null;

  constructor(ports: OutboxPorts, last_number: CommandNumber) {
    this.#ports = ports;
    this.#last = last_number;
  }

  get last_number(): CommandNumber {
    return this.#last;
  }

  /** All verdicts up to here are safe with this client. */
  get receipts_seen(): CommandNumber {
    const first = this.#queue[0];
    return first === undefined ? this.#last : first.underway.number - 1;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /** Commands that would not survive this tab yet. */
  get unstored(): number {
    return this.#queue.filter(({ stored }) => !stored).length;
  }

  /** The number for a new command; it must be added before another one is drawn. */
  next_number(): CommandNumber {
    this.#last += 1;
    return this.#last;
  }

  /** Resolves when every write asked for so far is durable or has failed. */
  settled(): Promise<void> {
    return this.#writing;
  }

  /** A command from an earlier life of this client, already stored. */
  restore(underway: Underway): void {
    underway.kept = true;
    this.#queue.push({ underway, stored: true });
  }

  add(underway: Underway): void {
    const queued = { underway, stored: false };
    this.#queue.push(queued);
    const { store, scope, client_id } = this.#ports;
    this.#write(
      store_then(() => store.put(scope, client_id, underway.entry)),
      (failed) => {
        queued.stored = true;
        underway.kept = !failed;
        this.#ports.changed(underway);
        if (failed) this.#ports.not_stored(underway.number);
        this.#pump();
      },
    );
  }

  /** A new socket: whatever has no verdict is sent again, from the first on. */
  live(window: number): void {
    this.#live = true;
    this.#window = Math.min(WINDOW, window);
    this.#resume();
    this.#unsend(0);
    this.#pump();
  }

  offline(): void {
    this.#live = false;
    this.#unsend(0);
  }

  /** The verdict of a number is known; `refused` is kept for the person to decide about. */
  answered(number: CommandNumber, refused: Refused | null): void {
    const before = this.#queue.length;
    this.#queue = this.#queue.filter((queued) => queued.underway.number !== number);
    if (this.#queue.length === before) return;
    const { store, scope, client_id } = this.#ports;
    this.#write(
      store_then(() => store.answer(scope, client_id, number, refused)),
      () => this.#acknowledge_soon(),
    );
    this.#pump();
  }

  /** The person has decided about a refused command. */
  dismiss(number: CommandNumber): void {
    const { store, scope, client_id } = this.#ports;
    this.#write(
      store_then(() => store.dismiss(scope, client_id, number)),
      () => {},
    );
  }

  /** No verdict: the same numbers again, from `number` on, after a while. */
  busy(number: CommandNumber, retry_ms: number): void {
    this.#unsend(number);
    this.#paused?.();
    this.#paused = this.#ports.timers.after(retry_ms, () => {
      this.#resume();
      this.#pump();
    });
  }

  /** The server misses an earlier number. False when we do not have it any more either. */
  gap(expected: CommandNumber): boolean {
    if (!this.#queue.some((queued) => queued.underway.number === expected)) return false;
    this.#unsend(expected);
    this.#pump();
    return true;
  }

  close(): void {
    this.#live = false;
    this.#paused?.();
    this.#acknowledging?.();
  }

  #resume(): void {
    this.#paused?.();
    this.#paused = null;
  }

  #unsend(from: CommandNumber): void {
    for (const { underway } of this.#queue) {
      if (underway.number < from || !underway.sent) continue;
      underway.sent = false;
      this.#ports.changed(underway);
    }
  }

  #pump(): void {
    if (!this.#live || this.#paused !== null) return;
    let flying = 0;
    for (const { underway, stored } of this.#queue) {
      if (flying >= this.#window || !stored) return;
      flying += 1;
      if (underway.sent) continue;
      underway.sent = true;
      this.#ports.send(underway.entry.submit);
      this.#ports.changed(underway);
    }
  }

  #write(write: () => Promise<boolean>, then: (failed: boolean) => void): void {
    this.#writing = this.#writing.then(write).then(then);
  }

  #acknowledge_soon(): void {
    this.#acknowledging ??= this.#ports.timers.after(ACKNOWLEDGE_MS, () => {
      this.#acknowledging = null;
      const seen = this.receipts_seen;
      // What the server forgets must not be asked for by a tab that died before it wrote it down.
      void this.settled().then(() => {
        if (this.#live) this.#ports.acknowledge(seen);
      });
    });
  }
}

/** Runs a write and says whether it failed; a full disk must not stop the queue. */
function store_then(write: () => Promise<void>): () => Promise<boolean> {
  return () =>
    write().then(
      () => false,
      () => true,
    );
}
