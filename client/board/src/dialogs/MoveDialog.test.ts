import { fireEvent, render, screen } from '@testing-library/svelte';
import { beforeAll, expect, test } from 'vitest';
import { a_desk } from '../testing/desk.ts';
import MoveOnDesk from '../testing/MoveOnDesk.svelte';

beforeAll(() => {
  // jsdom has no modal dialogs yet.
  HTMLDialogElement.prototype.showModal ??= function open(this: HTMLDialogElement) {
    this.open = true;
  };
  HTMLDialogElement.prototype.close ??= function close(this: HTMLDialogElement) {
    this.open = false;
  };
});

async function a_dialog() {
  const { desk } = await a_desk(40);
  const [id = ''] = desk.engine.board.column('new').ids;
  desk.overlay.open({ kind: 'move', ids: [id] });
  render(MoveOnDesk, { desk, ids: [id] });
  return { desk, id };
}

test('a card is moved without dragging: stage, position, done', async () => {
  const { desk, id } = await a_dialog();

  await fireEvent.change(screen.getByLabelText('Stage'), { target: { value: 'ready' } });
  await fireEvent.click(screen.getByLabelText('Bottom'));
  await fireEvent.click(screen.getByRole('button', { name: 'Move', hidden: true }));

  const { ids } = desk.engine.board.column('ready');
  expect(ids[ids.length - 1]).toBe(id);
  expect(desk.overlay.dialog).toBeNull();
});

test('a position by delivery time stands before the next later one', async () => {
  const { desk, id } = await a_dialog();
  const closes = (one: string): number =>
    desk.engine.board.card(one)?.card.window?.closes ?? Infinity;

  await fireEvent.change(screen.getByLabelText('Stage'), { target: { value: 'ready' } });
  await fireEvent.click(screen.getByLabelText('By delivery time'));
  await fireEvent.click(screen.getByRole('button', { name: 'Move', hidden: true }));

  const { ids } = desk.engine.board.column('ready');
  const next = ids[ids.indexOf(id) + 1];
  expect(next === undefined || closes(next) > closes(id) || closes(id) === Infinity).toBe(true);
});

test('“After…” waits for the order it means', async () => {
  await a_dialog();

  await fireEvent.click(screen.getByLabelText('After…'));

  expect(
    screen.getByRole<HTMLButtonElement>('button', { name: 'Move', hidden: true }).disabled,
  ).toBe(true);
});
