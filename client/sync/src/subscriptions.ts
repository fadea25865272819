import type { FromClient, Wanted } from '@kanvoy/protocol/messages.gen.ts';
import { cursor_text } from './cursor.ts';
import type { ChannelState } from './channel_state.ts';

export function is_presence(channel: string): boolean {
  return channel.startsWith('presence:');
}

/** Where the state of the channels is kept. */
export interface Channels {
  /** The state of a channel, kept from the first asking on. */
  channel(name: string): ChannelState;
  leave(name: string): void;
}

/** Which channels this client wants, and what the server has been told about it. */
export class Subscriptions {
  readonly #channels: Channels;
  readonly #send: (message: FromClient) => void;
  readonly #wanted = new Map<string, number>();
  /** What the last hello asked for, with its cursors. */
  #greeted = new Map<string, string | null>();
  #live = false;

  constructor(channels: Channels, send: (message: FromClient) => void) {
    this.#channels = channels;
    this.#send = send;
  }

  wants(channel: string): boolean {
    return this.#wanted.has(channel);
  }

  channels(): readonly string[] {
    return [...this.#wanted.keys()];
  }

  /** Counted: the channel is left when everybody who entered has left. */
  enter(channel: string): void {
    const count = this.#wanted.get(channel) ?? 0;
    this.#wanted.set(channel, count + 1);
    if (count > 0) return;
    if (!is_presence(channel)) this.#channels.channel(channel);
    if (this.#live) this.#subscribe(channel);
  }

  leave(channel: string): void {
    const count = this.#wanted.get(channel) ?? 0;
    if (count > 1) {
      this.#wanted.set(channel, count - 1);
      return;
    }
    if (!this.#wanted.delete(channel)) return;
    this.#channels.leave(channel);
    if (this.#live) this.#send({ type: 'unsubscribe', channel });
  }

  /** For a hello: subscribe and resume in one round trip. */
  greeting(): readonly Wanted[] {
    this.#greeted = new Map(this.channels().map((name) => [name, this.#cursor(name)]));
    return [...this.#greeted].map(([channel, cursor]) => wanted(channel, cursor));
  }

  /** The new socket took over. What changed since its hello is told now. */
  live(): void {
    this.#live = true;
    for (const channel of this.channels()) {
      if (is_presence(channel)) {
        if (!this.#greeted.has(channel)) this.#subscribe(channel);
        continue;
      }
      const cursor = this.#greeted.get(channel);
      const state = this.#channels.channel(channel);
      state.ask();
      // A resume from a cursor that we have lost meanwhile would leave the channel without state.
      const lost = cursor !== undefined && cursor !== null && state.resume === null;
      if (cursor === undefined || lost) this.#subscribe(channel);
    }
    for (const channel of this.#greeted.keys()) {
      if (!this.#wanted.has(channel)) this.#send({ type: 'unsubscribe', channel });
    }
  }

  offline(): void {
    this.#live = false;
  }

  /** Asks again for a channel whose stream broke. */
  repair(channel: string): void {
    if (this.#live && this.#wanted.has(channel)) this.#subscribe(channel);
  }

  #subscribe(channel: string): void {
    if (!is_presence(channel)) this.#channels.channel(channel).ask();
    this.#send({ type: 'subscribe', wanted: wanted(channel, this.#cursor(channel)) });
  }

  #cursor(channel: string): string | null {
    if (is_presence(channel)) return null;
    const { resume } = this.#channels.channel(channel);
    return resume === null ? null : cursor_text(resume);
  }
}

function wanted(channel: string, cursor: string | null): Wanted {
  return cursor === null ? { channel } : { channel, cursor };
}
