/** A filter as the query of an address, and back. */
import type { Filter } from '@kanvoy/sync/filter.ts';
import type { Priority } from '@kanvoy/protocol/messages.gen.ts';
import { priority_of } from './priority.ts';

const LISTS = ['stages', 'labels', 'cities', 'customers'] as const;
const PEOPLE = ['drivers', 'csrs'] as const;
const FLAGS = ['late', 'held', 'review', 'no_window'] as const;
const NOBODY = '-';

export function read_filter(search: URLSearchParams): Filter {
  const filter: { -readonly [Key in keyof Filter]: Filter[Key] } = {};
  const text = search.get('q');
  if (text !== null) filter.text = text;
  for (const key of LISTS) if (search.has(key)) filter[key] = search.getAll(key);
  for (const key of PEOPLE) {
    if (search.has(key)) filter[key] = search.getAll(key).map((id) => (id === NOBODY ? null : id));
  }
  for (const key of FLAGS) if (search.get(key) === '1') filter[key] = true;
  if (search.has('priorities')) {
    filter.priorities = search.getAll('priorities').map((value): Priority => priority_of(value));
  }
  return filter;
}

/** What is not about the filter stays as it is. */
export function write_filter(filter: Filter, search: URLSearchParams): URLSearchParams {
  for (const key of ['q', 'priorities', ...LISTS, ...PEOPLE, ...FLAGS]) search.delete(key);
  if (filter.text !== undefined) search.set('q', filter.text);
  for (const key of LISTS) for (const value of filter[key] ?? []) search.append(key, value);
  for (const key of PEOPLE)
    for (const value of filter[key] ?? []) search.append(key, value ?? NOBODY);
  for (const key of FLAGS) if (filter[key] === true) search.set(key, '1');
  for (const value of filter.priorities ?? []) search.append('priorities', String(value));
  return search;
}
