import { render, screen } from '@testing-library/svelte';
import { tick } from 'svelte';
import { expect, test } from 'vitest';
import { Cell } from '../view/rows.svelte.ts';
import CardOnDesk from '../testing/CardOnDesk.svelte';
import { a_desk } from '../testing/desk.ts';

async function a_card() {
  const test_desk = await a_desk();
  const { desk } = test_desk;
  const [id = ''] = desk.engine.board.ids();
  const shown = desk.engine.board.card(id);
  if (shown === undefined) throw new Error('no card');
  const cell = new Cell(shown, 4, desk.engine.board, { me: 'anna', now: () => desk.now });
  render(CardOnDesk, { desk, cell, total: 12 });
  return { ...test_desk, id, shown, cell };
}

test('a card says number, customer, sum and place in words', async () => {
  const { desk, shown } = await a_card();

  const item = screen.getByRole('listitem');

  expect(item.getAttribute('aria-label')).toContain(desk.number_of(shown.card));
  expect(item.getAttribute('aria-label')).toContain(shown.card.customer);
  expect([item.getAttribute('aria-posinset'), item.getAttribute('aria-setsize')]).toEqual([
    '5',
    '12',
  ]);
});

test('an urgent card has a word for it, not only a colour', async () => {
  const { change, id } = await a_card();

  await change({ kind: 'set_priority', order_id: id, priority: 3 });
  await tick();

  expect(screen.getByText(/Urgent/)).toBeTruthy();
});

test('a change of somebody else flashes once', async () => {
  const { change, id, cell } = await a_card();

  await change({ kind: 'set_priority', order_id: id, priority: 2 });

  expect(cell.flash).toBe(1);
});

test('an own change that waits is marked as such', async () => {
  const { desk, id } = await a_card();

  desk.engine.issue({ kind: 'set_priority', order_id: id, priority: 0 });
  desk.engine.flush();
  await tick();

  expect(screen.getByRole('listitem').className).toContain('pending');
});

test('a refused change says who was first and where the card is', async () => {
  const { desk, world, tab, id, shown } = await a_card();
  const from_stage = shown.card.stage_id;
  const others = desk.stages.filter((stage) => stage.id !== from_stage);

  world.server.change({
    kind: 'move_order',
    order_id: id,
    from_stage,
    to_stage: others[0]?.id ?? '',
  });
  desk.engine.issue({
    kind: 'move_order',
    order_id: id,
    from_stage,
    to_stage: others[1]?.id ?? '',
  });
  await world.settle(tab);
  await tick();

  expect(screen.getByText(new RegExp(`Mei moved it to ${others[0]?.name}`))).toBeTruthy();
});
