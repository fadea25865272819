import type { Limits, Whoami } from '@kanvoy/protocol/messages.gen.ts';
import type { ChannelState } from './channel_state.ts';
import type { ConnectionState } from './connection.ts';

export type LinkWord = 'connecting' | 'live' | 'reconnecting' | 'offline' | 'stopped';

/** What the pill in the header says. */
export interface Status {
  readonly link: LinkWord;
  /** Since when, by this device's clock. */
  readonly since: number;
  /** When the next attempt is due, by this device's clock. */
  readonly retry_at: number | null;
  /** Why the server told us to stay away. */
  readonly close_code: number | null;
  /** Commands without a verdict. */
  readonly waiting: number;
  readonly user: Whoami | null;
  readonly limits: Limits | null;
  /** Server minus device, in milliseconds. */
  readonly clock_offset: number;
  /** `empty`: nothing to draw yet; `loading`: drawable but not whole. */
  readonly board: 'empty' | 'loading' | 'whole';
  readonly progress: number;
  readonly build: string;
}

export const FIRST_STATUS: Status = {
  link: 'offline',
  since: 0,
  retry_at: null,
  close_code: null,
  waiting: 0,
  user: null,
  limits: null,
  clock_offset: 0,
  board: 'empty',
  progress: 0,
  build: '',
};

/** So many attempts failed: this is no hiccup, and people should be told so. */
const HICCUPS = 4;

export function link_word(
  state: ConnectionState,
  was_live: boolean,
  no_network: boolean,
): LinkWord {
  switch (state.kind) {
    case 'live':
      return 'live';
    case 'stopped':
      return 'stopped';
    case 'offline':
      return 'offline';
    default:
      if (no_network || state.attempt >= HICCUPS) return 'offline';
      return was_live ? 'reconnecting' : 'connecting';
  }
}

export function board_word(board: ChannelState, drawn: number): Status['board'] {
  if (board.whole) return 'whole';
  return drawn > 0 || board.phase === 'snapshot' ? 'loading' : 'empty';
}

/** The next status, or the same object when nothing changed. */
export function changed_status(before: Status, change: Partial<Status>): Status {
  const next = { ...before, ...change };
  const differs = (Object.keys(change) as (keyof Status)[]).some(
    (field) => !Object.is(before[field], next[field]),
  );
  return differs ? next : before;
}
