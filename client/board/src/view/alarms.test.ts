import { complete } from '@kanvoy/protocol/decode.ts';
import type { CardView } from '@kanvoy/protocol/messages.gen.ts';
import { expect, test } from 'vitest';
import { alarms_of, NO_ALARMS } from './alarms.ts';

const card = (id: string, more: Partial<CardView>) =>
  complete<CardView>({
    type: 'card',
    id,
    number: 1,
    workflow_id: 'w',
    stage_id: 's',
    category: 'ready',
    stage_since: 0,
    rank: 'a',
    customer: 'Adler',
    currency: 'EUR',
    created_at: 0,
    ...more,
  });

test('a calm board has no alarm', () => {
  expect(alarms_of([card('a', { word: 'sent', told_at: 5 })])).toBe(NO_ALARMS);
});

test('the longest wait comes first, each driver counts once, claims are summed', () => {
  const found = alarms_of([
    card('a', { alarm: true, told_at: 50, alarm_drivers: ['jonas'] }),
    card('b', { alarm: true, told_at: 20, alarm_drivers: ['jonas'], claims: 2 }),
    card('c', { claims: 1 }),
  ]);
  expect(found.orders.map((one) => one.id)).toEqual(['b', 'a']);
  expect(found.drivers).toEqual(['jonas']);
  expect([found.since, found.claims, found.claimed.length]).toEqual([20, 3, 2]);
});

test('an order with several drivers names those who have not acknowledged, not its first one', () => {
  const found = alarms_of([
    card('a', {
      alarm: true,
      told_at: 20,
      driver_id: 'jonas',
      drivers: 3,
      alarm_drivers: ['petra', 'walt'],
    }),
  ]);
  expect(found.drivers).toEqual(['petra', 'walt']);
});
