/** What the palette offers for the words typed so far. */
import { t } from '@kanvoy/kit/texts.ts';
import { is_texts, remember, remembered } from '@kanvoy/kit/preferences.ts';
import { fold, haystack } from '@kanvoy/sync/filter.ts';
import type { Card } from '@kanvoy/sync/full.ts';
import { board_actions, ORDER_ACTIONS, subjects } from '../act/actions.ts';
import { name_of } from '../act/conduct.ts';
import { is_allowed, label_of } from '../act/shortcuts.ts';
import type { Desk } from '../desk.svelte.ts';

export interface Entry {
  readonly id: string;
  readonly name: string;
  readonly hint: string;
  readonly aside: string;
  readonly keys: string;
  readonly run: () => void;
}

export interface Group {
  readonly name: string;
  readonly entries: readonly Entry[];
}

const MOST_ORDERS = 12;
const RECENT = 6;

/** Who searches mostly means what is still to be done. */
const ENDED: ReadonlySet<string> = new Set(['done', 'cancelled']);

export function entries_for(desk: Desk, words: string): readonly Group[] {
  const wanted = fold(words.trim())
    .split(/\s+/)
    .filter((word) => word !== '');
  const fits = (text: string): boolean => wanted.every((word) => text.includes(word));
  const commands = [...order_entries(desk), ...board_entries(desk)];
  const chosen =
    wanted.length === 0 ? commands : commands.filter((entry) => fits(fold(entry.name)));
  const orders =
    wanted.length === 0 ? recent_orders(desk) : found_orders(desk, wanted.join(' '), fits);
  return [
    { name: wanted.length === 0 ? t('palette.recent') : t('palette.orders'), entries: orders },
    { name: t('palette.commands'), entries: chosen },
  ].filter((group) => group.entries.length > 0);
}

export function note_recent(entry: Entry): void {
  if (!entry.id.startsWith('order:')) return;
  const id = entry.id.slice('order:'.length);
  remember('recent', [id, ...recent_ids().filter((one) => one !== id)].slice(0, RECENT));
}

const recent_ids = (): readonly string[] => remembered('recent', [], is_texts);

function recent_orders(desk: Desk): readonly Entry[] {
  return recent_ids()
    .map((id) => desk.engine.board.card(id)?.card)
    .filter((card) => card !== undefined)
    .map((card) => order_entry(desk, card));
}

/** Over all loaded orders, whatever the filter; 10,000 take about 10 ms. */
function found_orders(
  desk: Desk,
  words: string,
  fits: (text: string) => boolean,
): readonly Entry[] {
  const found: Card[] = [];
  for (const id of desk.engine.board.ids()) {
    const card = desk.engine.board.card(id)?.card;
    if (card !== undefined && fits(haystack(card, desk.settings.number_prefix))) found.push(card);
  }
  const place = (card: Card): number =>
    is_number(desk, card, words) ? 0 : ENDED.has(card.category) ? 2 : 1;
  return found
    .sort((one, other) => place(one) - place(other) || other.number - one.number)
    .slice(0, MOST_ORDERS)
    .map((card) => order_entry(desk, card));
}

/** Its whole number was typed, with the prefix or without. */
function is_number(desk: Desk, card: Card, words: string): boolean {
  return words === String(card.number) || words === fold(desk.number_of(card));
}

function order_entry(desk: Desk, card: Card): Entry {
  return {
    id: `order:${card.id}`,
    name: desk.number_of(card),
    hint: `${card.customer}${card.city === '' ? '' : ` · ${card.city}`}`,
    aside: desk.stage_name(card.stage_id),
    keys: '',
    run: () => {
      desk.focus.show(card.id);
      desk.overlay.open_order(card.id);
    },
  };
}

function order_entries(desk: Desk): readonly Entry[] {
  const ids = subjects(desk);
  if (ids.length === 0) return [];
  const what = name_of(desk, ids);
  return ORDER_ACTIONS.filter((action) => is_allowed(desk, action)).map((action) => ({
    id: `do:${action.id}`,
    name: label_of(desk, action, ids),
    hint: what,
    aside: '',
    keys: action.keys[0] ?? '',
    run: () => action.run(desk, ids),
  }));
}

function board_entries(desk: Desk): readonly Entry[] {
  return board_actions(desk)
    .filter((action) => action.id !== 'palette')
    .filter((action) => action.needs === undefined || desk.may(action.needs))
    .map((action) => ({
      id: `do:${action.id}`,
      name: action.label,
      hint: '',
      aside: '',
      keys: action.keys[0] ?? '',
      run: () => action.run(desk),
    }));
}
