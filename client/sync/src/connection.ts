import { advice } from './backoff.ts';

/** Where the connection stands. Times are the device's. */
export type ConnectionState =
  | { readonly kind: 'offline' }
  | { readonly kind: 'connecting'; readonly attempt: number }
  | { readonly kind: 'handshaking'; readonly attempt: number }
  | {
      readonly kind: 'live';
      readonly attempt: number;
      readonly since: number;
      readonly last_frame: number;
    }
  | { readonly kind: 'reconnecting'; readonly attempt: number; readonly at: number }
  | { readonly kind: 'stopped'; readonly code: number };

export type ConnectionEvent =
  | { readonly kind: 'connect' }
  | { readonly kind: 'disconnect' }
  | { readonly kind: 'due' }
  | { readonly kind: 'opened' }
  | { readonly kind: 'welcomed'; readonly at: number }
  | { readonly kind: 'frame'; readonly at: number }
  /** The socket is gone, but the one that was to follow it is on its way already. */
  | { readonly kind: 'handed_over'; readonly opened: boolean }
  /** `next` is when to try again, were it allowed. */
  | { readonly kind: 'closed'; readonly code: number; readonly next: number };

export const OFFLINE: ConnectionState = { kind: 'offline' };

/** A connection that held this long proves that reconnecting works: start counting anew. */
export const PROVEN_MS = 10_000;

/** The state after an event; an event that makes no sense in a state leaves it alone. */
export function transition(state: ConnectionState, event: ConnectionEvent): ConnectionState {
  switch (event.kind) {
    case 'connect':
      return wants_connection(state) ? state : { kind: 'connecting', attempt: 0 };
    case 'disconnect':
      return OFFLINE;
    case 'due':
      return state.kind === 'reconnecting' ? { kind: 'connecting', attempt: state.attempt } : state;
    case 'opened':
      return state.kind === 'connecting' ? { kind: 'handshaking', attempt: state.attempt } : state;
    case 'welcomed':
      return state.kind === 'handshaking'
        ? { kind: 'live', attempt: state.attempt, since: event.at, last_frame: event.at }
        : state;
    case 'frame':
      return frame(state, event.at);
    case 'handed_over':
      return {
        kind: event.opened ? 'handshaking' : 'connecting',
        attempt: failed_attempts(state),
      };
    case 'closed':
      return closed(state, event.code, event.next);
  }
}

/** How many attempts failed in a row, as of now; what the next delay is computed from. */
export function failed_attempts(state: ConnectionState): number {
  return 'attempt' in state ? state.attempt : 0;
}

function wants_connection(state: ConnectionState): boolean {
  return state.kind !== 'offline' && state.kind !== 'stopped';
}

function frame(state: ConnectionState, at: number): ConnectionState {
  if (state.kind !== 'live') return state;
  const attempt = at - state.since >= PROVEN_MS ? 0 : state.attempt;
  return { ...state, attempt, last_frame: at };
}

function closed(state: ConnectionState, code: number, next: number): ConnectionState {
  if (!wants_connection(state)) return state;
  if (advice(code) === 'stop') return { kind: 'stopped', code };
  return { kind: 'reconnecting', attempt: failed_attempts(state) + 1, at: next };
}
