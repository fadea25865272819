import { expect, test } from 'vitest';
import { path_of, screen_at } from './screen.svelte.ts';

test('each screen has an address, and an unknown one is the board', () => {
  expect(screen_at('/')).toEqual({ name: 'board', section: null });
  expect(screen_at('/dispatch')).toEqual({ name: 'dispatch', section: null });
  expect(screen_at('/settings/zones')).toEqual({ name: 'settings', section: 'zones' });
  expect(screen_at('/nonsense/zones').name).toBe('board');
  expect(screen_at(path_of('settings', 'devices'))).toEqual({
    name: 'settings',
    section: 'devices',
  });
});
