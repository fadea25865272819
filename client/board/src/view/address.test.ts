import { expect, test } from 'vitest';
import { read_filter, write_filter } from './filter_address.ts';

test('a filter comes back from the address as it was', () => {
  const filter = {
    text: 'adler',
    stages: ['ready'],
    priorities: [3, 2],
    drivers: [null, 'driver-1'],
    late: true,
  } as const;

  expect(read_filter(write_filter(filter, new URLSearchParams()))).toEqual(filter);
});

test('what is not about the filter stays in the address', () => {
  const search = write_filter({}, new URLSearchParams('demo=100&late=1'));

  expect(search.toString()).toBe('demo=100');
});
