/** A stop in words: what its chip shows, and what somebody hears who listens to it. */
import { short_name } from '@kanvoy/kit/format.ts';
import { t } from '@kanvoy/kit/texts.ts';
import { receipt_name } from '../act/receipt_words.ts';
import { refusal_in_short } from '../act/refusals.ts';
import type { Desk } from '../desk.svelte.ts';
import type { Lateness, RunStop, StopItem } from './run_view.ts';
import { w } from './words.ts';

const said = (part: string): boolean => part !== '';

/** `≈ 14:20`, `Late 18 min`, `≈ 12 min late`. */
export function time_words(desk: Desk, item: RunStop): string {
  const { stop, lateness, timed } = item;
  if (stop.arrived_at !== null) {
    return w('stop.arrived', { time: desk.formats.time(stop.arrived_at) });
  }
  const late = late_words(desk, lateness);
  return late === '' ? w('stop.estimated', { time: desk.formats.time(timed.arrives) }) : late;
}

export function late_words(desk: Desk, lateness: Lateness): string {
  switch (lateness.kind) {
    case 'late':
      return w('stop.late', { time: desk.formats.lasted(lateness.ms) });
    case 'expected':
      return w('stop.expected_late', { time: desk.formats.lasted(lateness.ms) });
    case 'none':
      return '';
  }
}

export function window_words(desk: Desk, { stop }: StopItem): string {
  if (stop.window === null) return w('stop.no_window');
  return desk.formats.span(stop.window.opens, stop.window.closes, desk.now);
}

/** Everything about a stop that its chip has no room for. */
export function tip_words(desk: Desk, item: StopItem): string {
  const { order, stop, shown } = item;
  const lines = [
    `${desk.number_of(order)} · ${order.customer}`,
    [stop.postcode, stop.city].filter(said).join(' '),
    w('stop.window', { span: window_words(desk, item) }),
    stop.word === null ? '' : t('receipt.tip', { word: receipt_name(stop.word) }),
    stop.attempts > 0 ? w('stop.attempts', { count: stop.attempts }) : '',
    shown.stamp === null
      ? ''
      : t('changed_by', {
          name: shown.stamp.by_name,
          when: desk.formats.moment(shown.stamp.at),
        }),
  ];
  return lines.filter(said).join('\n');
}

export function spoken_stop(
  desk: Desk,
  item: StopItem,
  place: { readonly at: number; readonly of: number } | null,
  selected: boolean,
): string {
  const { order, stop, shown } = item;
  const holder = desk.company.holding.get(item.order_id);
  const parts = [
    desk.number_of(order),
    place === null ? w('stop.unassigned') : w('stop.place', { place: place.at, count: place.of }),
    order.customer,
    stop.city,
    order.priority === 3 ? w('stop.priority') : '',
    w('stop.window', { span: window_words(desk, item) }),
    'timed' in item ? time_words(desk, item as RunStop) : '',
    stop.word === null ? '' : receipt_name(stop.word),
    stop.alarm ? w('stop.alarm') : '',
    stop.pinned ? w('stop.pinned') : '',
    order.hold ? w('stop.hold') : '',
    shown.rejected === null ? '' : refusal_in_short(desk, shown.rejected),
    holder === undefined ? '' : t(`presence.${holder.doing}`, { name: short_name(holder.name) }),
    selected ? w('stop.selected') : '',
  ];
  return parts.filter(said).join(', ');
}

/** `12 kg`, `340 g`. */
export function weight_words(grams: number): string {
  return grams >= 1_000 ? `${Math.round(grams / 1_000)} kg` : `${grams} g`;
}

export function distance_words(metres: number): string {
  if (metres < 1_000) return `${Math.round(metres)} m`;
  return metres < 20_000 ? `${(metres / 1_000).toFixed(1)} km` : `${Math.round(metres / 1_000)} km`;
}
