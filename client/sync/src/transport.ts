/** The only door to a socket. One frame is one whole message as JSON text. */

export interface Transport {
  /** Hands one frame to the socket; silently nothing when it is not open. */
  send(text: string): void;
  /** Leaves; `closed` is not called any more. */
  close(): void;
}

/** How a transport speaks; after `closed` it is silent for ever. */
export interface TransportEvents {
  opened(): void;
  /** Frames arrive in the order they were sent, also when some had to be inflated. */
  frame(text: string): void;
  /** The close code, 1006 when there was none. */
  closed(code: number): void;
}

/** Starts connecting and answers at once. */
export type OpenTransport = (events: TransportEvents) => Transport;
