/** One line of an order's history in words: what, from, to. */
import { has_text, t } from '@kanvoy/kit/texts.ts';
import type { TimelineChange } from '@kanvoy/protocol/messages.gen.ts';
import type { Order } from '@kanvoy/sync/full.ts';
import { group_name } from '../act/refusals.ts';
import { value_words } from '../act/value_words.ts';
import type { Desk } from '../desk.svelte.ts';

export interface ChangeWords {
  readonly what: string;
  readonly before: string;
  readonly after: string;
  readonly note: string;
}

export function change_words(desk: Desk, order: Order, change: TimelineChange): ChangeWords {
  const group = change.what ?? '';
  const [, part = ''] = group.split(':');
  const line = order.lines.find((one) => one.id === part)?.name;
  const words = (value: unknown): string =>
    value === null || value === undefined || value === '' ? '' : said(desk, order, group, value);
  return {
    what: `${title(change.kind, group)}${line === undefined ? '' : ` · ${line}:`}`,
    before: words(change.before),
    after: words(change.after),
    note: change.note ?? '',
  };
}

function title(kind: string, group: string): string {
  const key = `event.${kind.replace(/^order\./, '')}`;
  return has_text(key) ? t(key) : group_name(group);
}

function said(desk: Desk, order: Order, group: string, value: unknown): string {
  if (group === 'labels' && Array.isArray(value)) {
    return value.map((id) => desk.company.labels.get(String(id))?.name ?? String(id)).join(', ');
  }
  if (Array.isArray(value)) return value.map((one) => said(desk, order, group, one)).join(', ');
  if (typeof value === 'object' && value !== null) {
    const reduction: unknown = Reflect.get(value, 'reduction');
    if (reduction !== undefined) return reduction_words(desk, order, reduction);
    const name: unknown = Reflect.get(value, 'name');
    const quantity: unknown = Reflect.get(value, 'quantity');
    const text: unknown = Reflect.get(value, 'text') ?? Reflect.get(value, 'reason');
    if (typeof quantity === 'number') return `${quantity} × ${String(name)}`;
    if (typeof text === 'string' && text !== '') return text;
  }
  return value_words(desk, group, value, order.currency);
}

/** `10%`, or an amount of money. */
function reduction_words(desk: Desk, order: Order, reduction: unknown): string {
  if (typeof reduction !== 'object' || reduction === null) return '';
  const share: unknown = Reflect.get(reduction, 'basis_points');
  const amount: unknown = Reflect.get(reduction, 'amount');
  if (typeof share === 'number') return desk.formats.percent(share);
  return typeof amount === 'number' ? desk.formats.money(amount, order.currency) : '';
}
