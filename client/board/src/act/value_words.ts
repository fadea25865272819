/** The value of a field group as a person reads it. */
import { t } from '@kanvoy/kit/texts.ts';
import type { Desk } from '../desk.svelte.ts';
import { priority_of } from '../view/priority.ts';
import { priority_name } from './names.ts';

export function value_words(
  desk: Desk,
  group: string,
  value: unknown,
  currency = desk.settings.currency,
): string {
  const [kind = ''] = group.split(':');
  if (value === null || value === undefined || value === '') return t('none');
  switch (kind) {
    case 'stage':
      return desk.stage_name(String(value));
    case 'assignment':
      return desk.company.driver_name(String(value)) || String(value);
    case 'csr':
      return desk.company.person_name(String(value)) || String(value);
    case 'priority':
      return priority_name(priority_of(String(value)));
    case 'price':
    case 'charge':
      return typeof value === 'number' ? desk.formats.money(value, currency) : String(value);
    case 'window':
      return window_words(desk, value);
    default:
      return plain_words(value);
  }
}

function window_words(desk: Desk, value: unknown): string {
  if (typeof value !== 'object' || value === null) return t('none');
  const opens: unknown = Reflect.get(value, 'opens');
  const closes: unknown = Reflect.get(value, 'closes');
  if (typeof opens !== 'number' || typeof closes !== 'number') return t('none');
  return desk.formats.span(opens, closes, desk.now);
}

/** Addresses and parties as their words in order; ids of records are nobody's reading. */
export function plain_words(value: unknown): string {
  if (Array.isArray(value)) return value.map(plain_words).join(', ');
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .filter(([key, part]) => !key.endsWith('_id') && typeof part === 'string' && part !== '')
      .map(([, part]) => String(part))
      .join(', ');
  }
  return String(value);
}
