import type { FromClient, FromServer } from '@kanvoy/protocol/messages.gen.ts';
import type { OpenTransport, TransportEvents } from '../transport.ts';

/** One socket whose both ends move only when told. */
export class ManualSocket {
  readonly sent: FromClient[] = [];
  readonly #events: TransportEvents;
  closed_by_client = false;
  #closed = false;

  constructor(events: TransportEvents) {
    this.#events = events;
  }

  get open(): boolean {
    return !this.#closed && !this.closed_by_client;
  }

  accept(): void {
    this.#events.opened();
  }

  deliver(...frames: FromServer[]): void {
    for (const frame of frames) if (this.open) this.#events.frame(JSON.stringify(frame));
  }

  /** The server closes, or the network does with 1006. */
  close(code = 1006): void {
    if (!this.open) return;
    this.#closed = true;
    this.#events.closed(code);
  }

  /** What the client sent since the last look. */
  take(): FromClient[] {
    return this.sent.splice(0);
  }

  receive(text: string): void {
    this.sent.push(JSON.parse(text) as FromClient);
  }
}

/** Hands out hand-driven sockets and remembers them. */
export class ManualNetwork {
  readonly sockets: ManualSocket[] = [];

  readonly open: OpenTransport = (events) => {
    const socket = new ManualSocket(events);
    this.sockets.push(socket);
    return {
      send: (text) => {
        if (socket.open) socket.receive(text);
      },
      close: () => {
        socket.closed_by_client = true;
      },
    };
  };

  /** The newest socket. */
  get last(): ManualSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error('nothing was opened yet');
    return socket;
  }
}
