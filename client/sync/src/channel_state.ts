import type {
  Changes,
  Op,
  Resync,
  SnapshotBegin,
  SnapshotChunk,
  SnapshotEnd,
  Subscribed,
  Unsubscribed,
} from '@kanvoy/protocol/messages.gen.ts';
import {
  apply_item,
  apply_op,
  arriving,
  speaks_of_unknown,
  type Arriving,
  type Contents,
} from './apply.ts';
import type { Cursor } from './cursor.ts';
import { held, key_of, type Held } from './held.ts';

/** Frames that carry the state of one channel. */
export type ChannelFrame =
  Subscribed | SnapshotBegin | SnapshotChunk | SnapshotEnd | Changes | Resync | Unsubscribed;

/**
 * asked: waiting for the server's answer, everything else is of an earlier subscription.
 * awaiting: a snapshot was announced. closed: the server does not let us watch.
 */
export type Phase = 'asked' | 'awaiting' | 'snapshot' | 'live' | 'closed';

/** What one op did, for those who tell people about it. */
export interface Happened {
  readonly op: Op;
  readonly before: Held | undefined;
  readonly after: Held | undefined;
}

export type Problem = 'gap' | 'unknown_thing';

export interface Outcome {
  readonly happened: readonly Happened[];
  /** The stream broke its promise: subscribe again and report. */
  readonly problem: Problem | null;
}

const NOTHING: Outcome = { happened: [], problem: null };

/** The confirmed state of one channel, exactly a prefix of the journal up to its cursor. */
export class ChannelState {
  readonly name: string;
  phase: Phase = 'asked';
  cursor: Cursor | null = null;
  /** Which share of the snapshot arrived, 1 when the channel is whole. */
  progress = 0;
  readonly #items = new Map<string, Held>();
  readonly #touched = new Set<string>();
  #arriving: Arriving | null = null;
  #chunks = 0;
  #arrived = 0;
  #newest_cut = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** Whether the state is whole as of the cursor; false before the first snapshot ended. */
  get whole(): boolean {
    return this.cursor !== null && this.#arriving === null;
  }

  /** Where to resume; a half-received snapshot cannot be continued. */
  get resume(): Cursor | null {
    return this.whole ? this.cursor : null;
  }

  /** The thing as confirmed, or as it may be drawn while the snapshot is still coming. */
  find(key: string): Held | undefined {
    return this.#items.get(key) ?? this.#provisional(key);
  }

  /** Whether `find` answers with something that is not state yet. */
  provisional(key: string): boolean {
    return !this.#items.has(key) && this.#provisional(key) !== undefined;
  }

  /** Confirmed things only. */
  confirmed(): ReadonlyMap<string, Held> {
    return this.#items;
  }

  /** Everything `find` can answer with. */
  drawn(): readonly Held[] {
    const keys = new Set([...this.#items.keys(), ...(this.#arriving?.preview.keys() ?? [])]);
    return [...keys].map((key) => this.find(key)).filter((found) => found !== undefined);
  }

  /** Keys whose `find` may have changed since the last call. */
  take_touched(): readonly string[] {
    const touched = [...this.#touched];
    this.#touched.clear();
    return touched;
  }

  /**
   * What an earlier life of this client knew. Without a cursor it may be drawn until a snapshot
   * comes, but is no state.
   */
  restore(items: readonly Held[], cursor: Cursor | null): void {
    const known = new Map(items.map((item) => [key_of(item.kind, item.id), item]));
    for (const key of known.keys()) this.#touched.add(key);
    this.cursor = cursor;
    this.progress = cursor === null ? 0 : 1;
    if (cursor === null) this.#arriving = arriving(known);
    else for (const [key, item] of known) this.#items.set(key, item);
  }

  /** A new subscription was sent; frames of the earlier one are ignored from here on. */
  ask(): void {
    this.phase = 'asked';
    if (this.#arriving !== null) this.#forget('keep');
  }

  /** The state is not what the server believes it is, however that came: only a snapshot helps. */
  distrust(): void {
    this.phase = 'asked';
    this.#forget('keep');
  }

  receive(frame: ChannelFrame): Outcome {
    if (this.phase === 'asked' && frame.type !== 'subscribed' && frame.type !== 'unsubscribed') {
      return NOTHING;
    }
    switch (frame.type) {
      case 'subscribed':
        if (this.phase === 'asked') this.phase = frame.mode === 'resume' ? 'live' : 'awaiting';
        return NOTHING;
      case 'snapshot_begin':
        this.#begin(frame);
        return NOTHING;
      case 'snapshot_chunk':
        this.#chunk(frame);
        return NOTHING;
      case 'snapshot_end':
        return this.#end(frame);
      case 'changes':
        return this.#changes(frame);
      case 'resync':
        this.phase = 'awaiting';
        return NOTHING;
      case 'unsubscribed':
        // `asked` and `unknown` answer our own unsubscribe and may cross a newer subscribe of ours.
        if (frame.cause !== 'asked' && frame.cause !== 'unknown') this.#close();
        return NOTHING;
    }
  }

  #begin(frame: SnapshotBegin): void {
    // Another epoch is another history: what we have may never have happened.
    const same = this.cursor === null || this.cursor.epoch === frame.epoch;
    this.#forget(same ? 'keep' : 'purge');
    this.#arriving ??= arriving(new Map());
    this.cursor = { epoch: frame.epoch, sequence: frame.sequence, nonce: frame.nonce };
    this.phase = 'snapshot';
    this.#chunks = frame.chunks;
    this.#arrived = 0;
    this.#newest_cut = frame.sequence;
    this.progress = 0;
  }

  #chunk(frame: SnapshotChunk): void {
    const coming = this.#arriving;
    if (coming === null || this.phase !== 'snapshot' || frame.epoch !== this.cursor?.epoch) return;
    this.#arrived += 1;
    this.progress = this.#chunks === 0 ? 1 : Math.min(1, this.#arrived / this.#chunks);
    // A preview is no part of the state, so its cut is none either.
    if (frame.preview !== true) this.#newest_cut = Math.max(this.#newest_cut, frame.cut);
    for (const item of frame.items) {
      const key = key_of(item.kind, item.id);
      if (frame.preview === true) {
        if (item.version > (coming.tombs.get(key) ?? 0)) coming.preview.set(key, held(item));
      } else {
        apply_item({ items: this.#items, arriving: coming }, item);
      }
      this.#touched.add(key);
    }
  }

  #end(frame: SnapshotEnd): Outcome {
    const coming = this.#arriving;
    if (coming === null || this.phase !== 'snapshot' || frame.epoch !== this.cursor?.epoch) {
      return NOTHING;
    }
    if (coming.stash.size > 0) return { happened: [], problem: this.#broken('unknown_thing') };
    // SN65: what a later part already shows, the frames have not told yet.
    if (this.cursor.sequence < this.#newest_cut) {
      return { happened: [], problem: this.#broken('gap') };
    }
    this.#arriving = null;
    this.progress = 1;
    this.phase = 'live';
    for (const key of coming.preview.keys()) if (!this.#items.has(key)) this.#touched.add(key);
    return NOTHING;
  }

  #changes(frame: Changes): Outcome {
    const { cursor } = this;
    if (cursor === null || (this.phase !== 'live' && this.phase !== 'snapshot')) return NOTHING;
    if (frame.epoch !== cursor.epoch || frame.upto <= cursor.sequence) return NOTHING;
    if (frame.after > cursor.sequence) return { happened: [], problem: this.#broken('gap') };
    const contents = { items: this.#items, arriving: this.#arriving };
    if (frame.ops.some((op) => speaks_of_unknown(contents, op))) {
      return { happened: [], problem: this.#broken('unknown_thing') };
    }
    const happened = frame.ops.flatMap((op) => this.#apply(contents, op));
    this.cursor = { epoch: frame.epoch, sequence: frame.upto, nonce: frame.nonce };
    return { happened, problem: null };
  }

  #apply(contents: Contents, op: Op): readonly Happened[] {
    const key = key_of(op.kind, op.id);
    const before = this.find(key);
    if (!apply_op(contents, op)) return [];
    this.#touched.add(key);
    return [{ op, before, after: this.find(key) }];
  }

  /** What we have is not what the server believes we have: only a snapshot makes it whole. */
  #broken(problem: Problem): Problem {
    this.distrust();
    return problem;
  }

  #close(): void {
    this.#forget('purge');
    this.phase = 'closed';
  }

  /** Drops the state; kept things stay drawable until the snapshot tells what became of them. */
  #forget(drawn: 'keep' | 'purge'): void {
    const preview = new Map(drawn === 'keep' ? this.#arriving?.preview : undefined);
    for (const [key, item] of this.#items) {
      this.#touched.add(key);
      if (drawn === 'keep') preview.set(key, item);
    }
    for (const key of this.#arriving?.preview.keys() ?? []) this.#touched.add(key);
    this.#items.clear();
    this.#arriving = drawn === 'keep' ? arriving(preview) : null;
    this.cursor = null;
    this.progress = 0;
  }

  #provisional(key: string): Held | undefined {
    const coming = this.#arriving;
    if (coming === null || coming.tombs.has(key)) return undefined;
    return coming.preview.get(key);
  }
}
