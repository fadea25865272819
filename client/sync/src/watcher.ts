import {
  FINGERPRINT,
  OLDEST_SUPPORTED,
  PROTOCOL_VERSION,
  type App,
  type FromServer,
  type Hello,
  type ServerPing,
  type Welcome,
} from '@kanvoy/protocol/messages.gen.ts';
import { ChannelState, type ChannelFrame } from './channel_state.ts';
import { checksum } from './checksum.ts';
import { ServerClock } from './clock.ts';
import type { ConnectionState } from './connection.ts';
import { cursor_text } from './cursor.ts';
import type { Cancel, Schedule } from './environment.ts';
import { AMBER_MS, FreshnessJudge, type Freshness, type Moment, type Proof } from './freshness.ts';
import { Link, type LinkSurroundings } from './link.ts';
import { signal, source } from './signal.ts';
import { Subscriptions, type Channels } from './subscriptions.ts';

/** How often the age of what is shown is looked at. */
const LOOK_MS = 500;
/** After a repair that did not help, the next one waits twice as long, up to this. */
const LONGEST_REPAIR_MS = 60_000;

export interface WatcherOptions extends LinkSurroundings {
  readonly channel: string;
  readonly app: App;
  readonly client_id: string;
  /** The session's nonce as it is now. */
  csrf(): string;
  /** Milliseconds of a clock that nobody sets. */
  steady(): number;
  readonly schedule: Schedule;
  readonly inflates?: boolean;
  /** When what is on the screen already was last true. */
  readonly earlier?: Proof | null;
}

/** What happened that a program may want to act on. */
export type Sighting =
  | { readonly kind: 'repaired'; readonly problem: 'gap' | 'unknown_thing' | 'sum' | 'behind' }
  | { readonly kind: 'stopped'; readonly code: number }
  | { readonly kind: 'build'; readonly build: string }
  | { readonly kind: 'closed'; readonly cause: string };

/** Follows one channel without ever commanding anything, and knows how old it is at most. */
export class Watcher {
  readonly clock: ServerClock;
  readonly state: ChannelState;
  readonly freshness = signal<Freshness>({ kind: 'starting' });
  /** Goes up whenever what `state` answers may have changed. */
  readonly turn = signal(0);
  readonly sightings = source<Sighting>();
  readonly #options: WatcherOptions;
  readonly #link: Link;
  readonly #subscriptions: Subscriptions;
  readonly #judge: FreshnessJudge;
  #cancel: Cancel = () => {};
  #hello_at: Moment;
  /** When anything came at all, by the steady clock. */
  #heard_at: number;
  #drawing = false;
  #behind = 0;
  #build = '';
  #repair_at = 0;
  #repair_wait = 0;

  constructor(options: WatcherOptions) {
    this.#options = options;
    this.#hello_at = this.moment();
    this.#heard_at = options.steady();
    this.clock = new ServerClock(options.clock);
    this.state = new ChannelState(options.channel);
    this.#judge = new FreshnessJudge(this.moment(), options.earlier ?? null);
    this.#link = new Link(options, {
      hello: () => this.#hello(),
      welcomed: (welcome) => this.#welcomed(welcome),
      frame: (frame) => this.#receive(frame),
      changed: (state) => this.#link_changed(state),
      asked: () => this.#judge.asked(this.moment()),
      // Nobody will bring a screen on a wall to the front: it always goes on.
      urgent: () => true,
    });
    this.#subscriptions = new Subscriptions(only(this.state), (message) =>
      this.#link.send(message),
    );
    this.#subscriptions.enter(options.channel);
  }

  get proof(): Proof | null {
    return this.#judge.proof;
  }

  moment(): Moment {
    return { steady: this.#options.steady(), wall: this.#options.clock.now() };
  }

  connect(): void {
    this.#link.connect();
    this.look();
  }

  close(): void {
    this.#cancel();
    this.#link.disconnect();
  }

  /** Says how old everything is, at once and from now on; also when the device just woke up. */
  look(): void {
    this.#cancel();
    this.#judge_now();
    // A socket that says nothing is doubted long before the operating system gives it up.
    if (this.#options.steady() - this.#heard_at > AMBER_MS) this.#link.doubt();
    this.#cancel = this.#options.timers.after(LOOK_MS, () => this.look());
  }

  #judge_now(): void {
    const before = this.freshness.get();
    const now = this.#judge.at(this.moment());
    if (!alike(before, now)) this.freshness.set(now);
  }

  #hello(): Hello {
    this.#hello_at = this.moment();
    return {
      type: 'hello',
      protocol: [OLDEST_SUPPORTED, PROTOCOL_VERSION],
      client_id: this.#options.client_id,
      app: this.#options.app,
      capabilities: this.#options.inflates === true ? ['deflate'] : [],
      schema: FINGERPRINT,
      csrf: this.#options.csrf(),
      last_number: 0,
      receipts_seen: 0,
      subscriptions: this.#subscriptions.greeting(),
    };
  }

  #welcomed(welcome: Welcome): void {
    this.clock.forget();
    this.clock.heard(welcome.server_time);
    this.#judge.connected(this.#hello_at, welcome.server_time);
    this.#behind = 0;
    this.#subscriptions.live();
    const build = welcome.build ?? '';
    if (this.#build !== '' && build !== this.#build) this.sightings.emit({ kind: 'build', build });
    this.#build = build;
  }

  #receive(frame: FromServer): void {
    this.#heard_at = this.#options.steady();
    switch (frame.type) {
      case 'ping':
        this.clock.heard(frame.server_time);
        this.#pinged(frame);
        break;
      case 'pong':
        this.clock.heard(frame.server_time);
        this.#judge.answered(frame.server_time);
        this.#judge_now();
        break;
      case 'subscribed':
      case 'snapshot_begin':
      case 'snapshot_chunk':
      case 'snapshot_end':
      case 'changes':
      case 'resync':
      case 'unsubscribed':
        this.#follow(frame);
        break;
      default:
        break;
    }
  }

  #follow(frame: ChannelFrame): void {
    if (frame.channel !== this.state.name) return;
    const { problem } = this.state.receive(frame);
    if (problem !== null) this.#repair(problem);
    // What is drawn is no state until the snapshot is whole and counted.
    if (!this.state.whole) this.#judge.summed(false);
    if (frame.type === 'unsubscribed') {
      this.sightings.emit({ kind: 'closed', cause: frame.cause });
    }
    this.#draw_soon();
  }

  /** The server told where we stand and what we must add up to. Then it is asked whether it lives. */
  #pinged(ping: ServerPing): void {
    const { name, cursor, whole } = this.state;
    const head = ping.heads?.[name];
    const sum = ping.checksums?.[name];
    const place = whole && cursor !== null && cursor.sequence === head;
    const shown = place ? checksum(this.state.confirmed().values()) : null;
    const agrees = shown !== null && sum === shown;
    this.#judge.summed(agrees);
    if (agrees) this.#repair_wait = 0;
    else if (shown !== null && sum !== undefined) this.#different(shown, sum);
    this.#behind =
      whole && cursor !== null && head !== undefined && cursor.sequence < head
        ? this.#behind + 1
        : 0;
    if (this.#behind > 1) this.#catch_up();
    this.#link.ask();
    this.#judge_now();
  }

  /** Not at once again and again: a server that is newer than us may show what we cannot know. */
  #different(shown: number, told: number): void {
    const now = this.#options.steady();
    if (now < this.#repair_at) return;
    // No wait yet: the sums agreed until now, so this is a new incident.
    if (this.#repair_wait === 0) this.#report(shown, told);
    this.#repair_at = now + this.#repair_wait;
    this.#repair_wait = Math.min(LONGEST_REPAIR_MS, Math.max(4_000, this.#repair_wait * 2));
    this.state.distrust();
    this.#repair('sum');
  }

  /** Nobody stands before a screen on a wall: who runs the server must learn of it. */
  #report(shown: number, told: number): void {
    const { name, cursor } = this.state;
    if (cursor === null) return;
    const text = cursor_text(cursor);
    this.#link.send({ type: 'mismatch', channel: name, cursor: text, shown, told });
  }

  #catch_up(): void {
    this.#behind = 0;
    this.#repair('behind');
  }

  #repair(problem: 'gap' | 'unknown_thing' | 'sum' | 'behind'): void {
    this.#subscriptions.repair(this.state.name);
    this.sightings.emit({ kind: 'repaired', problem });
  }

  #link_changed(state: ConnectionState): void {
    if (state.kind !== 'live') {
      this.#subscriptions.offline();
      this.#judge.lost();
    }
    if (state.kind === 'stopped') this.sightings.emit({ kind: 'stopped', code: state.code });
    this.#judge_now();
  }

  #draw_soon(): void {
    if (this.#drawing) return;
    this.#drawing = true;
    this.#options.schedule(() => {
      this.#drawing = false;
      this.turn.set(this.turn.get() + 1);
    });
  }
}

function only(state: ChannelState): Channels {
  return { channel: () => state, leave: () => undefined };
}

function alike(one: Freshness, other: Freshness): boolean {
  const since = (of: Freshness): number | null => ('since' in of ? of.since : null);
  return one.kind === other.kind && since(one) === since(other);
}
