import type { ChannelState } from './channel_state.ts';
import type { ConnectionState } from './connection.ts';
import { board_word, changed_status, link_word, type Status } from './status.ts';

/** What a phone's status is made of. Times are the device's. */
export interface RunFacts {
  readonly connection: ConnectionState;
  readonly was_live: boolean;
  readonly no_network: boolean;
  readonly now: number;
  /** Server minus device. */
  readonly offset: number;
  /** Deeds without a verdict. */
  readonly waiting: number;
  readonly stops: ChannelState;
}

/** The status after these facts; the same object when nothing of it changed. */
export function run_status(before: Status, facts: RunFacts, more: Partial<Status>): Status {
  const { connection, was_live, no_network, now, offset, waiting, stops } = facts;
  const link = link_word(connection, was_live, no_network);
  return changed_status(before, {
    link,
    since: link === before.link ? before.since : now,
    retry_at: connection.kind === 'reconnecting' ? connection.at : null,
    close_code: connection.kind === 'stopped' ? connection.code : null,
    waiting,
    clock_offset: offset,
    board: board_word(stops, stops.drawn().length),
    progress: stops.progress,
    ...more,
  });
}
