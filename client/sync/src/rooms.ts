import type { Presence, ShowPresence } from '@kanvoy/protocol/messages.gen.ts';
import type { Clock, Timers } from './environment.ts';
import { OwnPresence, PresenceRoom } from './presence.ts';

/** The presence channels of this client, and what it says about itself. */
export class Rooms {
  readonly #clock: Clock;
  readonly #send: (message: ShowPresence) => void;
  readonly #own = new Map<string, OwnPresence>();
  readonly #timers: Timers;
  readonly #rooms = new Map<string, PresenceRoom>();
  #session_id = '';

  constructor(clock: Clock, timers: Timers, send: (message: ShowPresence) => void) {
    this.#timers = timers;
    this.#clock = clock;
    this.#send = send;
  }

  room(channel: string): PresenceRoom {
    const found = this.#rooms.get(channel);
    if (found !== undefined) return found;
    const fresh = new PresenceRoom(this.#timers, () => this.#session_id);
    this.#rooms.set(channel, fresh);
    return fresh;
  }

  /** Tells the others on a channel what this person does there. */
  show(message: ShowPresence): void {
    const own =
      this.#own.get(message.channel) ?? new OwnPresence(this.#clock, this.#timers, this.#send);
    this.#own.set(message.channel, own);
    own.show(message);
  }

  leave(channel: string): void {
    this.#rooms.get(channel)?.close();
    this.#rooms.delete(channel);
    this.#own.get(channel)?.close();
    this.#own.delete(channel);
  }

  receive(frame: Presence): void {
    this.#rooms.get(frame.channel)?.receive(frame);
  }

  live(session_id: string): void {
    this.#session_id = session_id;
    for (const room of this.#rooms.values()) room.fade();
    for (const own of this.#own.values()) own.again();
  }

  lost(): void {
    for (const room of this.#rooms.values()) room.fade();
  }

  close(): void {
    for (const own of this.#own.values()) own.close();
    for (const room of this.#rooms.values()) room.close();
  }
}
