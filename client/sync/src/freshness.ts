/** One moment on both clocks of a device: the one may stand still in sleep, the other may be set. */
export interface Moment {
  /** Milliseconds of a clock that nobody sets. */
  readonly steady: number;
  /** Milliseconds since 1970, as the device believes. */
  readonly wall: number;
}

/** How far a reader may trust what it sees. `since`: when it last was true, by the server's clock. */
export type Freshness =
  | { readonly kind: 'starting' }
  | { readonly kind: 'live' }
  | { readonly kind: 'amber'; readonly since: number | null }
  | { readonly kind: 'red'; readonly since: number | null };

/** What an earlier page left: when what it showed was last true. */
export interface Proof {
  readonly at: Moment;
  readonly since: number;
}

/** Age after which nobody may believe that all is well. */
export const AMBER_MS = 5_000;
/** Age after which what is shown counts as old. */
export const RED_MS = 20_000;

/** More questions than this are never open; a server that answers none is gone long before. */
const QUESTIONS = 16;

/** The longer of what the two clocks say; a clock that was set back says nothing. */
export function passed(from: Moment, to: Moment): number {
  return Math.max(0, to.steady - from.steady, to.wall - from.wall);
}

/**
 * How old at most what a screen shows is. Time comes in; nothing here waits or asks.
 *
 * Only an answer proves anything: what the server says by itself may have lain in a buffer, for
 * minutes on a device that slept. So the age is counted from the moment of the last question whose
 * answer came while our things add up to the server's.
 */
export class FreshnessJudge {
  #connected = false;
  /** The server's sum was ours when it last told one. */
  #adds_up = false;
  #questions: Moment[] = [];
  /** When the newest answered question of this socket was asked, and the answer's own time. */
  #answered: Proof | null = null;
  #proof: Proof | null;
  readonly #began: Moment;

  constructor(now: Moment, earlier: Proof | null = null) {
    this.#began = now;
    this.#proof = earlier;
  }

  /** The last proof, for the page that comes after this one. */
  get proof(): Proof | null {
    return this.#proof;
  }

  /** A new socket was welcomed: the answer to a `hello` of that moment. */
  connected(hello: Moment, server_time: number): void {
    this.#connected = true;
    this.#adds_up = false;
    this.#questions = [];
    this.#answered = { at: hello, since: server_time };
  }

  lost(): void {
    this.#connected = false;
    this.#adds_up = false;
    this.#questions = [];
    this.#answered = null;
  }

  asked(now: Moment): void {
    if (this.#questions.length < QUESTIONS) this.#questions.push(now);
  }

  answered(server_time: number): void {
    const at = this.#questions.shift();
    if (at === undefined) return;
    this.#answered = { at, since: server_time };
    this.#conclude();
  }

  /** A ping told the server's sum: whether it is ours; without one nothing is known. */
  summed(agrees: boolean): void {
    this.#adds_up = agrees && this.#connected;
    this.#conclude();
  }

  at(now: Moment): Freshness {
    const since = this.#proof?.since ?? null;
    const age = passed(this.#proof?.at ?? this.#began, now);
    if (age > RED_MS) return { kind: 'red', since };
    if (this.#proof === null) return { kind: 'starting' };
    return age > AMBER_MS ? { kind: 'amber', since } : { kind: 'live' };
  }

  #conclude(): void {
    if (this.#adds_up && this.#answered !== null) this.#proof = this.#answered;
  }
}
