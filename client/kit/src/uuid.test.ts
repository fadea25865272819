import { expect, test } from 'vitest';
import { uuid7 } from './uuid.ts';

test('ids are UUIDs of version 7 that sort by age', () => {
  const ids = [1, 2_000, 1_700_000_000_000, 1_800_000_000_000].map((now) => uuid7(now));

  for (const id of ids) {
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  }
  expect([...ids].sort()).toEqual(ids);
});
