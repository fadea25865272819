import { canInflate, inflate } from '@kanvoy/protocol/inflate.ts';
import { SUBPROTOCOLS } from '@kanvoy/protocol/messages.gen.ts';
import type { OpenTransport, TransportEvents } from '@kanvoy/sync/transport.ts';

/** Whether this browser may announce that it inflates binary frames. */
export const inflates: boolean = canInflate();

/** Frames over a WebSocket: text as it is, binary inflated, all in the order they were sent. */
export function websocket_transport(
  url: string,
  protocols: readonly string[] = [SUBPROTOCOLS.json],
): OpenTransport {
  return (events) => {
    const socket = new WebSocket(url, [...protocols]);
    const inbox = new Inbox(events);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => events.opened();
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => inbox.take(data);
    socket.onclose = ({ code }) => inbox.end(code);
    return {
      send(text) {
        if (socket.readyState === WebSocket.OPEN) socket.send(text);
      },
      close() {
        inbox.mute();
        socket.close(1000);
      },
    };
  };
}

/**
 * Hands frames on in their order.
 *
 * Inflating takes turns of the event loop; what arrives meanwhile waits behind it, the close too.
 */
class Inbox {
  readonly #events: TransportEvents;
  #inflating: Promise<void> | null = null;
  #muted = false;

  constructor(events: TransportEvents) {
    this.#events = events;
  }

  take(data: string | ArrayBuffer): void {
    if (typeof data === 'string') this.#in_turn(() => this.#frame(data));
    else this.#after(() => inflate(data).then((text) => this.#frame(text)));
  }

  end(code: number): void {
    this.#in_turn(() => {
      if (!this.#muted) this.#events.closed(code);
      this.#muted = true;
    });
  }

  mute(): void {
    this.#muted = true;
  }

  #frame(text: string): void {
    if (!this.#muted) this.#events.frame(text);
  }

  #in_turn(run: () => void): void {
    if (this.#inflating === null) run();
    else this.#after(async () => run());
  }

  #after(run: () => Promise<void>): void {
    const turn = (this.#inflating ?? Promise.resolve())
      .then(run)
      // A frame that cannot be read is lost, and the next one shows the gap.
      .catch(() => undefined)
      .then(() => {
        if (this.#inflating === turn) this.#inflating = null;
      });
    this.#inflating = turn;
  }
}
