/** A card in words: what its lines show, and what somebody hears who listens to it. */
import { t } from '@kanvoy/kit/texts.ts';
import type { Person } from '@kanvoy/protocol/messages.gen.ts';
import { is_late } from '@kanvoy/sync/filter.ts';
import type { Card } from '@kanvoy/sync/full.ts';
import type { ShownCard } from '@kanvoy/sync/shown.ts';
import { receipt_name } from '../act/receipt_words.ts';
import { refusal_in_short } from '../act/refusals.ts';
import type { Desk } from '../desk.svelte.ts';

const said = (part: string): boolean => part !== '';

export function due_words(desk: Desk, card: Card): string {
  if (card.window === null) return '';
  const time = desk.formats.brief(card.window.closes, desk.now);
  return is_late(card, desk.now) ? t('card.late', { time }) : time;
}

export function price_words(desk: Desk, card: Card): string {
  return card.total === null ? '' : desk.formats.money(card.total, card.currency);
}

/** `9 items · Harbour · Ring twice`. */
export function detail_words(card: Card): string {
  return [t('items', { count: card.items }), card.city, card.note].filter(said).join(' · ');
}

function told_since(desk: Desk, card: Card): string {
  return card.told_at === null ? '' : desk.formats.lasted(Math.max(0, desk.now - card.told_at));
}

export function spoken_words(
  desk: Desk,
  { card, rejected }: ShownCard,
  holder: Person | undefined,
  selected: boolean,
): string {
  const due = due_words(desk, card);
  const parts = [
    desk.number_of(card),
    card.customer,
    card.priority === 3 ? t('priority.3') : '',
    price_words(desk, card),
    due === '' || is_late(card, desk.now) ? due : t('card.due', { time: due }),
    card.alarm ? t('card.alarm', { since: told_since(desk, card) }) : '',
    card.word === null || card.alarm ? '' : receipt_name(card.word),
    card.deliveries > 1
      ? t('card.deliveries', { done: card.delivered, count: card.deliveries })
      : '',
    card.claims === 0 ? '' : t('card.claims', { count: card.claims }),
    card.proposals === 0 ? '' : t('card.proposals', { count: card.proposals }),
    card.hold === null ? '' : t('card.on_hold', { reason: card.hold }),
    rejected === null ? '' : refusal_in_short(desk, rejected),
    holder === undefined ? '' : t(`presence.${holder.doing}`, { name: holder.name }),
    selected ? t('card.selected') : '',
  ];
  return parts.filter(said).join(', ');
}
