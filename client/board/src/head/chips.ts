/** The filter as chips: what it says, and how to take each part away. */
import { t } from '@kanvoy/kit/texts.ts';
import { priority_name } from '../act/names.ts';
import type { Desk } from '../desk.svelte.ts';

export interface FilterChip {
  readonly key: string;
  readonly name: string;
  readonly value: string;
  readonly remove: () => void;
}

export function toggled_item<T>(items: readonly T[], item: T): readonly T[] {
  return items.includes(item) ? items.filter((one) => one !== item) : [...items, item];
}

export function chips_of(desk: Desk): readonly FilterChip[] {
  const { view, company } = desk;
  const { filter } = view;
  const driver = (id: string | null): string =>
    id === null ? t('lane.without.driver') : company.driver_name(id);
  const person = (id: string | null): string =>
    id === null ? t('nobody') : company.person_name(id);
  const lists = [
    chip('priorities', t('priority'), filter.priorities?.map(priority_name)),
    chip(
      'labels',
      t('labels'),
      filter.labels?.map((id) => company.labels.get(id)?.name ?? id),
    ),
    chip(
      'stages',
      t('stage'),
      filter.stages?.map((id) => desk.stage_name(id)),
    ),
    chip('drivers', t('driver'), filter.drivers?.map(driver)),
    chip('csrs', t('csr'), filter.csrs?.map(person)),
    chip('cities', t('city'), filter.cities),
    chip('customers', t('customer'), filter.customers),
    chip('late', t('filter.late'), filter.late === true ? [''] : undefined),
    chip('held', t('filter.held'), filter.held === true ? [''] : undefined),
    chip('review', t('filter.review'), filter.review === true ? [''] : undefined),
  ];
  return lists.filter((one) => one !== null);

  function chip(
    key:
      | 'priorities'
      | 'labels'
      | 'stages'
      | 'drivers'
      | 'csrs'
      | 'cities'
      | 'customers'
      | 'late'
      | 'held'
      | 'review',
    name: string,
    values: readonly string[] | undefined,
  ): FilterChip | null {
    if (values === undefined || values.length === 0) return null;
    const [first = ''] = values;
    const value =
      values.length > 2 ? t('filter.more', { first, count: values.length - 1 }) : values.join(', ');
    return { key, name, value, remove: () => view.set(key, undefined) };
  }
}
