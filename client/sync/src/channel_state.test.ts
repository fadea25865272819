import type { CardView, Changes, Op, Put } from '@kanvoy/protocol/messages.gen.ts';
import { expect, test } from 'vitest';
import { ChannelState } from './channel_state.ts';

function card(id: string, fields: Partial<CardView> = {}): CardView {
  return {
    type: 'card',
    id,
    number: 1,
    workflow_id: 'standard',
    stage_id: 'new',
    category: 'new',
    stage_since: 1,
    rank: 'a0',
    customer: 'Adler',
    currency: 'EUR',
    created_at: 1,
    ...fields,
  };
}

function put(id: string, version: number, fields: Partial<CardView> = {}): Put {
  return { op: 'put', kind: 'order', id, version, view: card(id, fields) };
}

function changes(after: number, upto: number, ...ops: Op[]): Changes {
  return { type: 'changes', channel: 'board', epoch: 1, after, upto, nonce: upto * 7, ops };
}

function whole(...items: Put[]): ChannelState {
  const channel = new ChannelState('board');
  const common = { channel: 'board', epoch: 1 };
  channel.receive({ type: 'subscribed', channel: 'board', mode: 'snapshot' });
  channel.receive({ type: 'snapshot_begin', ...common, sequence: 10, nonce: 70, chunks: 1 });
  channel.receive({ type: 'snapshot_chunk', ...common, index: 0, cut: 10, items });
  channel.receive({ type: 'snapshot_end', ...common });
  return channel;
}

test('a frame that comes again changes nothing and does not move the cursor back', () => {
  const channel = whole(put('one', 1));
  const first = changes(10, 11, { ...put('one', 2, { priority: 3 }) });
  channel.receive(first);
  channel.receive(changes(11, 12, { ...put('one', 3, { priority: 2 }) }));

  channel.receive(first);

  expect(channel.cursor).toEqual({ epoch: 1, sequence: 12, nonce: 84 });
  expect(channel.find('one')).toMatchObject({ version: 3, view: { priority: 2 } });
});

test('a frame that begins before the cursor and ends after it is applied', () => {
  const channel = whole(put('one', 4));

  channel.receive(changes(8, 12, put('two', 1), put('one', 3, { priority: 3 })));

  expect(channel.cursor?.sequence).toBe(12);
  expect(channel.find('two')?.version).toBe(1);
  expect(channel.find('one')).toMatchObject({ version: 4, view: { priority: 1 } });
});

test('null in a patch sets the default back', () => {
  const channel = whole(put('one', 1, { priority: 3, hold: 'no stock', labels: ['a'] }));
  const fields = { priority: null, hold: null, labels: null };

  channel.receive(changes(10, 11, { op: 'patch', kind: 'order', id: 'one', version: 2, fields }));

  expect(channel.find('one')?.view).toMatchObject({ priority: 1, hold: null, labels: [] });
});

test('while a snapshot comes in again, what was there stays drawable but cannot be resumed', () => {
  const channel = whole(put('one', 1), put('two', 1));

  channel.receive({ type: 'resync', channel: 'board', cause: 'trimmed' });
  const begin = { channel: 'board', epoch: 1, sequence: 20, nonce: 140, chunks: 1 };
  channel.receive({ type: 'snapshot_begin', ...begin });

  expect(channel.find('one')?.version).toBe(1);
  expect(channel.provisional('one')).toBe(true);
  expect(channel.resume).toBeNull();
});

test('what the new snapshot does not bring is gone at its end', () => {
  const channel = whole(put('one', 1), put('two', 1));
  const common = { channel: 'board', epoch: 1 };
  channel.receive({ type: 'resync', channel: 'board', cause: 'trimmed' });
  channel.receive({ type: 'snapshot_begin', ...common, sequence: 20, nonce: 140, chunks: 1 });
  channel.receive({ type: 'snapshot_chunk', ...common, index: 0, cut: 20, items: [put('one', 5)] });
  channel.take_touched();

  channel.receive({ type: 'snapshot_end', ...common });

  expect(channel.take_touched()).toEqual(['two']);
  expect(channel.find('two')).toBeUndefined();
});

test('a preview is drawn until its chunk comes, and is not state', () => {
  const channel = new ChannelState('board');
  const common = { channel: 'board', epoch: 1 };
  channel.receive({ type: 'subscribed', channel: 'board', mode: 'snapshot' });
  channel.receive({ type: 'snapshot_begin', ...common, sequence: 10, nonce: 70, chunks: 1 });
  const preview = { ...common, index: 0, cut: 10, preview: true, items: [put('one', 1)] };

  channel.receive({ type: 'snapshot_chunk', ...preview });

  expect(channel.find('one')?.version).toBe(1);
  expect(channel.confirmed().size).toBe(0);
});

test('another history is not mixed with what was drawn', () => {
  const channel = whole(put('one', 9));

  channel.receive({ type: 'resync', channel: 'board', cause: 'fork' });
  const begin = { channel: 'board', epoch: 2, sequence: 8, nonce: 1, chunks: 1 };
  channel.receive({ type: 'snapshot_begin', ...begin });

  expect(channel.find('one')).toBeUndefined();
});

test('frames of an earlier subscription are ignored until the new one is answered', () => {
  const channel = whole(put('one', 1));

  channel.ask();
  channel.receive(changes(10, 11, put('two', 1)));
  channel.receive({ type: 'subscribed', channel: 'board', mode: 'resume' });
  channel.receive(changes(10, 12, put('three', 1)));

  expect(channel.find('two')).toBeUndefined();
  expect(channel.find('three')?.version).toBe(1);
});

test('a snapshot that ends before the newest cut is not state', () => {
  const channel = new ChannelState('board');
  const common = { channel: 'board', epoch: 1 };
  channel.receive({ type: 'subscribed', channel: 'board', mode: 'snapshot' });
  channel.receive({ type: 'snapshot_begin', ...common, sequence: 10, nonce: 70, chunks: 1 });
  channel.receive({ type: 'snapshot_chunk', ...common, index: 0, cut: 12, items: [put('one', 5)] });

  const { problem } = channel.receive({ type: 'snapshot_end', ...common });

  expect(problem).toBe('gap');
  expect(channel.whole).toBe(false);
});

test('an answer to an earlier wish does not end the watch that began since', () => {
  const channel = whole(put('one', 1));

  channel.receive({ type: 'unsubscribed', channel: 'board', cause: 'unknown' });

  expect(channel.find('one')?.version).toBe(1);
  expect(channel.phase).toBe('live');
});
