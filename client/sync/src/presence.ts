import type { Person, Presence, ShowPresence } from '@kanvoy/protocol/messages.gen.ts';
import type { Cancel, Clock, Timers } from './environment.ts';
import { signal, type Readable, type Signal } from './signal.ts';

export type Doing = ShowPresence['doing'];

/** Without a word from the server a person is forgotten after this. */
export const EXPIRES_MS = 15_000;
const THROTTLE_MS = 100;
/** A third of the server's patience: two lost words are no absence. */
const REFRESH_MS = 5_000;

/**
 * Who is on one channel, without this session.
 *
 * While the connection is live the server says who left. When it is lost nobody does, so all
 * others fade after their time.
 */
export class PresenceRoom {
  readonly #timers: Timers;
  readonly #session_id: () => string;
  readonly #people: Signal<readonly Person[]> = signal<readonly Person[]>([]);
  readonly #known = new Map<string, Person>();
  #fading: Cancel = () => {};

  constructor(timers: Timers, session_id: () => string) {
    this.#timers = timers;
    this.#session_id = session_id;
  }

  get people(): Readable<readonly Person[]> {
    return this.#people;
  }

  /**
   * The connection was lost or is new: what we know may be old.
   *
   * Not cleared at once: the full set arrives in a moment, and faces that blink help nobody.
   */
  fade(): void {
    this.#fading();
    this.#fading = this.#timers.after(EXPIRES_MS, () => {
      this.#known.clear();
      this.#people.set([]);
    });
  }

  receive(frame: Presence): void {
    this.#fading();
    if (frame.full === true) this.#known.clear();
    for (const session of frame.gone ?? []) this.#known.delete(session);
    for (const person of frame.people ?? []) {
      if (person.session_id !== this.#session_id()) this.#known.set(person.session_id, person);
    }
    this.#people.set([...this.#known.values()]);
  }

  close(): void {
    this.#fading();
  }
}

/** Tells others what this person does: at most ten times a second, and again before it expires. */
export class OwnPresence {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #send: (message: ShowPresence) => void;
  #shown: ShowPresence | null = null;
  #sent_at = Number.NEGATIVE_INFINITY;
  #cancel: Cancel = () => {};

  constructor(clock: Clock, timers: Timers, send: (message: ShowPresence) => void) {
    this.#clock = clock;
    this.#timers = timers;
    this.#send = send;
  }

  show(message: ShowPresence): void {
    this.#shown = message;
    const wait = this.#sent_at + THROTTLE_MS - this.#clock.now();
    if (wait <= 0) this.#say();
    else this.#later(wait);
  }

  /** A new session knows nothing of us yet. */
  again(): void {
    if (this.#shown !== null) this.#say();
  }

  close(): void {
    this.#shown = null;
    this.#cancel();
  }

  #say(): void {
    if (this.#shown === null) return;
    this.#sent_at = this.#clock.now();
    this.#send(this.#shown);
    // Away needs no refreshing: being forgotten is what it means.
    if (this.#shown.doing === 'away') this.#cancel();
    else this.#later(REFRESH_MS);
  }

  #later(wait: number): void {
    this.#cancel();
    this.#cancel = this.#timers.after(wait, () => this.#say());
  }
}
