import { fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { beforeEach, expect, test, vi } from 'vitest';
import Combobox, { type Choice } from './Combobox.svelte';

const GUMMI: Choice = { value: 'p26', label: 'Gumbär Gummibärchen' };

beforeEach(() => {
  // jsdom has no popovers.
  HTMLElement.prototype.showPopover ??= () => undefined;
});

function a_field() {
  const asked: ((found: readonly Choice[]) => void)[] = [];
  const find = (): Promise<readonly Choice[]> => new Promise((answer) => asked.push(answer));
  const chosen = { onchoose: vi.fn(), create: vi.fn() };
  render(Combobox, { label: 'Product', find, keep: false, ...chosen });
  return { field: screen.getByRole<HTMLInputElement>('combobox'), asked, ...chosen };
}

test('Enter before the answer takes the first thing found, never the bare words', async () => {
  const { field, asked, onchoose, create } = a_field();
  await fireEvent.input(field, { target: { value: 'Gumb' } });

  await fireEvent.keyDown(field, { key: 'Enter' });
  const offered = screen.queryByText('Use “Gumb”');
  for (const answer of asked) answer([GUMMI]);
  await waitFor(() => expect(onchoose).toHaveBeenCalledWith(GUMMI));

  expect(offered).toBeNull();
  expect(create).not.toHaveBeenCalled();
  expect(field.value).toBe('');
});

test('going on with the typed words empties the field for the next ones', async () => {
  const { field, asked, create } = a_field();
  await fireEvent.input(field, { target: { value: 'Ribbon' } });
  await waitFor(() => expect(asked.length).toBeGreaterThan(0));
  for (const answer of asked) answer([]);

  await fireEvent.click(await screen.findByText('Use “Ribbon”'));

  expect(create).toHaveBeenCalledWith('Ribbon');
  expect(field.value).toBe('');
});
