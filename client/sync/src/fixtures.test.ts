import { readdirSync, readFileSync } from 'node:fs';
import { complete, decode } from '@kanvoy/protocol/decode.ts';
import type { FromServer, View } from '@kanvoy/protocol/messages.gen.ts';
import { describe, expect, test } from 'vitest';
import { ChannelState, type ChannelFrame } from './channel_state.ts';
import { cursor_text } from './cursor.ts';
import { key_of } from './held.ts';

interface Item {
  readonly kind: string;
  readonly id: string;
  readonly version: number;
  readonly view: View;
}

interface Conversation {
  readonly title: string;
  readonly channel: string;
  readonly snapshot_before: null | {
    readonly epoch: number;
    readonly sequence: number;
    readonly nonce: number;
    readonly items: readonly Item[];
  };
  readonly frames: readonly unknown[];
  readonly expected_after: {
    readonly cursor: string | null;
    readonly whole: boolean;
    readonly asks_again: boolean;
    readonly items: readonly Item[];
  };
}

const folder = new URL('../../../protocols/fixtures/', import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith('.json'));

describe('golden conversations', () => {
  test.each(names)('%s ends as expected', (name) => {
    const conversation = read(name);
    const channel = begun(conversation);

    const problems = conversation.frames.map((frame) => feed(channel, frame));

    const { expected_after: expected } = conversation;
    expect(channel.resume === null ? null : cursor_text(channel.resume)).toBe(expected.cursor);
    expect(channel.whole).toBe(expected.whole);
    expect(problems.some((problem) => problem !== null)).toBe(expected.asks_again);
    // A newer server may send fields that we keep without knowing them.
    expect(drawn(channel)).toMatchObject(expected.items.map(shaped).sort(by_key));
  });
});

test('there are golden conversations', () => {
  expect(names.length).toBeGreaterThan(5);
});

interface Shaped {
  readonly key: string;
  readonly version: number;
  readonly view: unknown;
}

function read(name: string): Conversation {
  return JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Conversation;
}

function begun({ channel: name, snapshot_before }: Conversation): ChannelState {
  const channel = new ChannelState(name);
  channel.receive({ type: 'subscribed', channel: name, mode: 'snapshot' });
  if (snapshot_before === null) return channel;
  const { epoch, sequence, nonce, items } = snapshot_before;
  const puts = items.map((item) => ({ op: 'put' as const, ...item }));
  const frames: ChannelFrame[] = [
    { type: 'snapshot_begin', channel: name, epoch, sequence, nonce, chunks: 1 },
    { type: 'snapshot_chunk', channel: name, epoch, index: 0, cut: sequence, items: puts },
    { type: 'snapshot_end', channel: name, epoch },
  ];
  for (const frame of frames) channel.receive(frame);
  return channel;
}

/** Through text and back, as a socket would bring it. */
function feed(channel: ChannelState, frame: unknown): string | null {
  const message: FromServer | undefined = decode(JSON.stringify(frame));
  return message === undefined ? null : channel.receive(message as ChannelFrame).problem;
}

function drawn(channel: ChannelState): readonly unknown[] {
  return channel.drawn().map(shaped).sort(by_key);
}

function shaped({ kind, id, version, view }: Item): Shaped {
  return { key: key_of(kind, id), version, view: complete(view) };
}

function by_key(one: { readonly key: string }, other: { readonly key: string }): number {
  return one.key < other.key ? -1 : 1;
}
