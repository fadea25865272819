import { complete } from '@kanvoy/protocol/decode.ts';
import type { StopDeliveryView } from '@kanvoy/protocol/messages.gen.ts';
import type { Workflow } from '@kanvoy/sync/records.ts';
import type { StopDelivery } from '@kanvoy/sync/overlay_stop.ts';
import { make_house, make_stop } from '@kanvoy/sync/testing/road_seed.ts';
import { expect, test } from 'vitest';
import { callable, navigators, searched } from './addresses.ts';
import {
  due_of,
  handed_of,
  lacking,
  must_read,
  needs_of,
  next_step,
  workflow_of,
} from './steps.ts';

function delivery(more: Partial<StopDeliveryView> = {}): StopDelivery {
  const [only] = complete(make_stop(1, more)).deliveries;
  if (only === undefined) throw new Error('a stop has a delivery');
  return only;
}

test('one step follows the other: collect, arrive, deliver, done', () => {
  expect(next_step(delivery())).toBe('collect');
  expect(next_step(delivery({ collected_at: 1 }))).toBe('arrive');
  expect(next_step(delivery({ collected_at: 1, arrived_at: 2 }))).toBe('deliver');
  expect(next_step(delivery({ category: 'done' }))).toBe('done');
  expect(next_step(delivery({ category: 'failed' }))).toBe('failed');
});

test('an edit must be read before the next step; a stop that is only new need not', () => {
  const edit = { type: 'hold', held: true } as const;
  const edits = [{ edit, version: 3, at: 0, by_name: 'Mei', reason: '' }];
  const told = { told: 3, told_at: 0, word: 'sent' } as const;
  expect(must_read(delivery({ receipt: { ...told, edits } }))).toBe(true);
  expect(must_read(delivery({ receipt: { ...told, acknowledged: 3, edits } }))).toBe(false);
  expect(must_read(delivery())).toBe(false);
});

test('proofs are wanted as much as the stage says that “delivered” leads to', () => {
  const [house] = make_house();
  if (house?.view.type !== 'workflow') throw new Error('the first is the workflow');
  const workflow: Workflow = complete(house.view);
  const needs = needs_of(workflow);
  expect(needs.slice(0, 2)).toEqual([
    { kind: 'signature', level: 'required' },
    { kind: 'photo', level: 'warned' },
  ]);
  expect(lacking(needs, 'required', new Set())).toEqual(['signature']);
  expect(lacking(needs, 'required', new Set(['signature']))).toEqual([]);
  expect(lacking(needs, 'warned', new Set(['signature']))).toEqual(['photo']);
});

test('the proofs are those of the workflow that the order follows, not of the usual one', () => {
  const [house] = make_house();
  if (house?.view.type !== 'workflow') throw new Error('the first is the workflow');
  const usual: Workflow = complete(house.view);
  const simple: Workflow = {
    ...usual,
    id: 'simple-3',
    default: false,
    stages: usual.stages.map((stage) => ({
      ...stage,
      proofs: [{ kind: 'name', level: 'required' }],
    })),
  };
  const wanted = (workflow_id: string): readonly string[] =>
    lacking(needs_of(workflow_of({ workflow_id }, [usual, simple])), 'required', new Set());
  expect(wanted('full-7')).toEqual(['signature']);
  expect(wanted('simple-3')).toEqual(['name']);
  // Kept by a phone before the workflow came: the usual one is asked for rather than none.
  expect(wanted('not-here-yet')).toEqual(['signature']);
});

test('nobody hands over more than the stop brings, or less than nothing', () => {
  const handed = (quantity: number): number | undefined =>
    handed_of(delivery(), { 'line-1': quantity })[0]?.quantity;
  expect([handed(99), handed(4), handed(-1)]).toEqual([6, 4, 0]);
});

test('a window is early, soon or late by the server’s clock', () => {
  const stop = delivery({ window: { opens: 10_000_000, closes: 20_000_000 } });
  expect(due_of(stop, 1_000_000)?.word).toBe('early');
  expect(due_of(stop, 11_000_000)?.word).toBe('fine');
  expect(due_of(stop, 19_000_000)).toEqual({ word: 'soon', ms: 1_000_000 });
  expect(due_of(stop, 20_060_000)).toEqual({ word: 'late', ms: 60_000 });
  expect(due_of(delivery(), 0)).toBeNull();
});

test('a map is asked for the point when somebody knows it, and for the words otherwise', () => {
  const { address } = delivery();
  expect(searched(address)).toBe('Marktstr. 1, 20095 Hamburg');
  const words = navigators(address, 'Android').map(({ href }) => href);
  expect(words[0]).toBe('geo:0,0?q=Marktstr.%201%2C%2020095%20Hamburg');
  const there = { ...address, point: { lat: 53.5, lon: 10 } };
  const [own, google, waze] = navigators(there, 'iPhone').map(({ href }) => href);
  expect(own).toBe('https://maps.apple.com/?daddr=53.5,10');
  expect(google).toContain('destination=53.5,10');
  expect(waze).toContain('ll=53.5,10');
});

test('a number with words around it can be called, no number cannot', () => {
  expect(callable('+49 (40) 123-45')).toBe('tel:+494012345');
  expect(callable('ask inside')).toBeNull();
});
