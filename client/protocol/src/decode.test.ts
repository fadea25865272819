import { deflateRawSync } from 'node:zlib';

import { expect, test } from 'vitest';

import { complete, decode, encode, patched } from './decode.ts';
import { canInflate, inflate } from './inflate.ts';
import type { CardView, OrderView, Rejected } from './messages.gen.ts';

const card: CardView = {
  type: 'card',
  id: 'o-1',
  number: 1042,
  workflow_id: 'w-1',
  stage_id: 's-new',
  category: 'new',
  stage_since: 1,
  rank: 'a0',
  customer: 'Bakery Holm',
  currency: 'EUR',
  created_at: 1,
};

function changes(...ops: readonly object[]): string {
  const place = { channel: 'board', epoch: 1, after: 1, upto: 2, nonce: 7 };
  return JSON.stringify({ type: 'changes', ...place, ops });
}

test('a message of a type newer than the client is left out', () => {
  const message = decode('{"type":"hologram","channel":"board"}');

  expect(message).toBeUndefined();
});

test('fields newer than the client do no harm', () => {
  const message = decode('{"type":"pong","server_time":5,"mood":"fine"}');

  expect(message).toMatchObject({ type: 'pong', server_time: 5 });
});

test('an op or a view newer than the client is left out and the others stay', () => {
  const removed = { op: 'remove', kind: 'order', id: 'o-2', version: 3 };
  const frame = changes(
    { op: 'put', kind: 'order', id: 'o-1', version: 1, view: { type: 'poster', id: 'o-1' } },
    { op: 'twist', kind: 'order', id: 'o-1', version: 2 },
    removed,
  );

  const message = decode(frame);

  expect(message).toMatchObject({ type: 'changes', ops: [removed] });
});

test('a rejection newer than the client is still a rejection', () => {
  const frame = '{"type":"rejected","number":4,"rejection":{"code":"full_moon","until":9}}';

  const message = decode(frame) as Rejected;

  expect(message.rejection).toEqual({
    code: 'invalid',
    problems: [{ field: 'code', rule: 'full_moon', limit: null }],
  });
});

test('a view is completed with the defaults that were left out', () => {
  const whole = complete(card);

  expect(whole.priority).toBe(1);
  expect(whole.labels).toEqual([]);
  expect(whole.customer).toBe('Bakery Holm');
});

test('the parts of a view are completed too', () => {
  const order: OrderView = {
    type: 'order',
    id: 'o-1',
    number: 1042,
    workflow_id: 'w-1',
    stage_id: 's-new',
    category: 'new',
    stage_since: 1,
    rank: 'a0',
    customer: { name: 'Bakery Holm' },
    shipping_address: { city: 'Aarhus' },
    currency: 'EUR',
    price_mode: 'net',
    tax_rounding: 'line',
    created_at: 1,
    created_by: 'Anna',
    updated_at: 1,
    updated_by: 'Anna',
    deliveries: [{ id: 'd-1', position: 1, method: 'own_driver', category: 'new' }],
  };

  const whole = complete(order);

  expect(whole.customer.phone).toBe('');
  expect(whole.shipping_address).toMatchObject({ city: 'Aarhus', street: '' });
  expect(whole.deliveries[0]?.epoch).toBe(0);
});

test('null in a patch sets the default back', () => {
  const whole = { ...complete(card), priority: 3 as const, hold: 'waiting' };

  const after = patched<'card'>(whole, { priority: null, hold: null, customer: 'Café Lund' });

  expect(after).toMatchObject({ priority: 1, hold: null, customer: 'Café Lund' });
});

test('what is encoded is one JSON object', () => {
  expect(encode({ type: 'acknowledge', number: 3 })).toBe('{"type":"acknowledge","number":3}');
});

test('a deflated frame holds the same text', async () => {
  const text = changes().repeat(300) + 'Grüße';
  const packed = new Uint8Array(deflateRawSync(text));

  expect(canInflate()).toBe(true);
  await expect(inflate(packed.buffer)).resolves.toBe(text);
});

test('a broken deflated frame is refused', async () => {
  const packed = new Uint8Array([255, 255, 255]);

  await expect(inflate(packed.buffer)).rejects.toThrow();
});
