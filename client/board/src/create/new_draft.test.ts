import { formats } from '@kanvoy/kit/format.ts';
import { expect, test } from 'vitest';
import { NewDraft } from './new_draft.svelte.ts';

function a_draft(taker: string | null = null): NewDraft {
  const draft = new NewDraft(formats('en-US', 'UTC'), 'USD', taker);
  draft.start_inline('Corner Shop');
  return draft;
}

test('a line of free text must be given a price, and nothing is one too', () => {
  const draft = a_draft();
  draft.add_text('line-1', 'Ribbon, blue');

  const before = draft.problems;
  draft.set_price('line-1', '0');

  expect(before.lines).toBeDefined();
  expect(draft.problems).toEqual({});
  expect(draft.command('order-1', 'delivery-1').lines).toEqual([
    { line_id: 'line-1', quantity: 1, name: 'Ribbon, blue', unit_price: 0 },
  ]);
});

test('an amount that is none leaves the line without a price', () => {
  const draft = a_draft();
  draft.add_text('line-1', 'Ribbon, blue');

  draft.set_price('line-1', '2.50');
  const total = draft.total;
  draft.set_price('line-1', 'much');

  expect(total).toBe(250);
  expect(draft.problems.lines).toBeDefined();
});

test('who takes the order owns it', () => {
  const draft = a_draft('nancy');

  const command = draft.command('order-1', 'delivery-1');

  expect(command.csr_id).toBe('nancy');
});
