import { fireEvent, render, screen } from '@testing-library/svelte';
import { expect, test, vi } from 'vitest';
import MergeBox from './MergeBox.svelte';

const field = {
  state: 'contested',
  base: 6,
  mine: 12,
  theirs: 8,
  version: 3,
  by_name: 'Mei',
  at: 0,
} as const;

function a_box() {
  const ways = { onkeep: vi.fn(), ontake: vi.fn() };
  render(MergeBox, { field, words: String, time: () => '13:58', ...ways });
  return ways;
}

test('both values, who saved and what it was are said in one line', () => {
  a_box();

  const words = screen.getByRole('alert').textContent?.replace(/\s+/g, ' ');

  expect(words).toContain('Yours 12');
  expect(words).toContain('Mei saved 8 at 13:58 (was 6)');
});

test('each way on names the value it leads to', async () => {
  const { onkeep, ontake } = a_box();

  await fireEvent.click(screen.getByRole('button', { name: 'Keep 12' }));
  await fireEvent.click(screen.getByRole('button', { name: 'Take 8' }));

  expect([onkeep.mock.calls.length, ontake.mock.calls.length]).toEqual([1, 1]);
});
