import { decode, encode } from '@kanvoy/protocol/decode.ts';
import {
  CLOSE,
  type FromClient,
  type FromServer,
  type Hello,
  type Welcome,
} from '@kanvoy/protocol/messages.gen.ts';
import { delay_after } from './backoff.ts';
import { failed_attempts, OFFLINE, transition, type ConnectionState } from './connection.ts';
import type { Cancel, Clock, Random, Surroundings, Timers } from './environment.ts';
import type { OpenTransport, Transport } from './transport.ts';
import { Watchdog } from './watchdog.ts';

/** A server that accepts the socket but never welcomes is as good as none. */
export const HANDSHAKE_MS = 10_000;

/** What we ourselves call a connection that we gave up on. */
const LOST = 1006;

export interface LinkSurroundings {
  readonly open: OpenTransport;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly surroundings: Surroundings;
}

export interface LinkEvents {
  /** The first frame of a new socket, as of now. */
  hello(): Hello;
  /** A new socket took over; everything sent before may be lost. */
  welcomed(welcome: Welcome): void;
  /** Every later frame but pings and pongs' mere echo; in order, of one socket at a time. */
  frame(frame: FromServer): void;
  changed(state: ConnectionState): void;
  /** A `ping` goes out now; each is answered by one `pong`, in order. */
  asked?(): void;
  /** Whether something waits to be sent, so that even a hidden app should reconnect. */
  urgent(): boolean;
}

/** One socket and how far it is. */
interface Lane {
  transport: Transport | null;
  opened: boolean;
  welcomed: boolean;
  /** Our own next socket has said hello: the server may call this one replaced. */
  succeeded: boolean;
  timeout: Cancel;
}

/** Keeps a connection to the server: opens, greets, watches, reconnects and moves on a drain. */
export class Link {
  readonly #around: LinkSurroundings;
  readonly #events: LinkEvents;
  readonly #watchdog: Watchdog;
  #state: ConnectionState = OFFLINE;
  #current: Lane | null = null;
  /** The socket that is to take over from a draining one. */
  #next: Lane | null = null;
  #cancel_retry: Cancel = () => {};
  #cancel_drain: Cancel = () => {};
  #stop_listening: Cancel = () => {};

  constructor(around: LinkSurroundings, events: LinkEvents) {
    this.#around = around;
    this.#events = events;
    this.#watchdog = new Watchdog(around.timers, {
      probe: () => this.ask(),
      dead: () => this.#lost(this.#current, LOST),
    });
  }

  get state(): ConnectionState {
    return this.#state;
  }

  connect(): void {
    this.#stop_listening();
    this.#stop_listening = this.#around.surroundings.on_wake(() => this.#woke());
    this.#go({ kind: 'connect' });
    if (this.#state.kind === 'connecting' && this.#current === null) this.#current = this.#open();
  }

  disconnect(): void {
    this.send({ type: 'bye' });
    this.#stop_listening();
    this.#cancel_retry();
    this.#cancel_drain();
    this.#watchdog.stop();
    this.#discard(this.#current);
    this.#discard(this.#next);
    this.#current = null;
    this.#next = null;
    this.#go({ kind: 'disconnect' });
  }

  /** Sends on the live socket; dropped when there is none. */
  send(message: FromClient): void {
    if (this.#current?.welcomed === true) this.#current.transport?.send(encode(message));
  }

  /** Has the server say something, if it lives. */
  ask(): void {
    if (this.#current?.welcomed !== true) return;
    this.#events.asked?.();
    this.send({ type: 'ping' });
  }

  /** Something urgent came up: a hidden app that waits may go at once. */
  hurry(): void {
    if (this.#state.kind === 'reconnecting' && this.#state.at <= this.#around.clock.now()) {
      this.#retry();
    }
  }

  /** Something speaks against the connection: it has to prove itself. */
  doubt(): void {
    if (this.#state.kind === 'live') this.#watchdog.probe();
  }

  #open(): Lane {
    const lane: Lane = {
      transport: null,
      opened: false,
      welcomed: false,
      succeeded: false,
      timeout: () => {},
    };
    lane.timeout = this.#around.timers.after(HANDSHAKE_MS, () => this.#lost(lane, LOST));
    lane.transport = this.#around.open({
      opened: () => {
        if (!this.#known(lane)) return;
        lane.opened = true;
        if (lane === this.#next && this.#current !== null) this.#current.succeeded = true;
        if (lane === this.#current) this.#go({ kind: 'opened' });
        lane.transport?.send(encode(this.#events.hello()));
      },
      frame: (text) => {
        if (this.#known(lane)) this.#frame(lane, text);
      },
      closed: (code) => this.#lost(lane, code),
    });
    return lane;
  }

  #known(lane: Lane): boolean {
    return lane === this.#current || lane === this.#next;
  }

  #frame(lane: Lane, text: string): void {
    if (lane === this.#current) this.#watchdog.fed();
    const frame = decode(text);
    this.#go({ kind: 'frame', at: this.#around.clock.now() });
    if (frame === undefined) return;
    if (frame.type === 'welcome') this.#welcomed(lane, frame);
    else if (lane.welcomed) this.#word(frame);
  }

  #welcomed(lane: Lane, welcome: Welcome): void {
    if (lane === this.#next) {
      this.#discard(this.#current);
      this.#current = lane;
      this.#next = null;
    }
    lane.welcomed = true;
    lane.timeout();
    this.#watchdog.start();
    this.#go({ kind: 'welcomed', at: this.#around.clock.now() });
    this.#events.welcomed(welcome);
  }

  #word(frame: FromServer): void {
    if (frame.type === 'ping') this.send({ type: 'pong' });
    if (frame.type === 'drain') this.#drain(frame.after_ms);
    else this.#events.frame(frame);
  }

  /** New socket first, then leave the old one: nobody sees a gap. */
  #drain(after_ms: number): void {
    this.#cancel_drain();
    this.#cancel_drain = this.#around.timers.after(after_ms, () => {
      if (this.#current !== null && this.#next === null) this.#next = this.#open();
    });
  }

  #lost(lane: Lane | null, code: number): void {
    if (lane === null || !this.#known(lane)) return;
    this.#discard(lane);
    if (lane === this.#next) {
      // The old socket still works; it will be closed in time, and then we reconnect as usual.
      this.#next = null;
      return;
    }
    this.#cancel_drain();
    this.#watchdog.stop();
    this.#current = this.#next;
    this.#next = null;
    if (this.#current !== null) {
      // Whatever the code: the server may fence the old socket before we hear it welcome the new.
      this.#go({ kind: 'handed_over', opened: this.#current.opened });
      return;
    }
    const now = this.#around.clock.now();
    const cause = lane.succeeded && code === CLOSE.REPLACED ? LOST : code;
    const delay = delay_after(cause, failed_attempts(this.#state), this.#around.random);
    this.#go({ kind: 'closed', code: cause, next: now + delay });
    if (this.#state.kind === 'reconnecting') this.#await_retry(delay);
  }

  #await_retry(delay: number): void {
    this.#cancel_retry();
    this.#cancel_retry = this.#around.timers.after(delay, () => {
      const seen = this.#around.surroundings.visible();
      // Nobody looks and nothing waits: leave the servers to those who do. `woke` continues.
      if (seen || this.#events.urgent()) this.#retry();
    });
  }

  #retry(): void {
    this.#cancel_retry();
    if (this.#state.kind !== 'reconnecting') return;
    this.#go({ kind: 'due' });
    this.#current = this.#open();
  }

  #woke(): void {
    if (this.#state.kind === 'live') this.doubt();
    else this.#retry();
  }

  #discard(lane: Lane | null): void {
    lane?.timeout();
    lane?.transport?.close();
  }

  #go(event: Parameters<typeof transition>[1]): void {
    const next = transition(this.#state, event);
    const quiet = event.kind === 'frame';
    if (next === this.#state) return;
    this.#state = next;
    if (!quiet) this.#events.changed(next);
  }
}
