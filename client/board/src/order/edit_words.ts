/** A change that a driver was told of, in words. */
import { t } from '@kanvoy/kit/texts.ts';
import type { Address, StopEdit, Window } from '@kanvoy/protocol/messages.gen.ts';
import type { Desk } from '../desk.svelte.ts';
import { address_lines } from './address.ts';
import { d } from './words.ts';

export function edit_words(desk: Desk, edit: StopEdit, currency: string): string {
  const cash = (minor: number | null): string =>
    minor === null ? t('none') : desk.formats.money(minor, currency);
  switch (edit.type) {
    case 'quantity':
      return d('edit.quantity', { name: edit.name, was: edit.was, now: edit.now });
    case 'address':
      return d('edit.address', { was: address_words(edit.was), now: address_words(edit.now) });
    case 'window':
      return d('edit.window', { was: span_words(desk, edit.was), now: span_words(desk, edit.now) });
    case 'note':
      return d(edit.gone === true ? 'edit.note_gone' : 'edit.note', { text: edit.text });
    case 'cash':
      return d('edit.cash', { was: cash(edit.was), now: cash(edit.now) });
    case 'hold':
      return d(edit.held ? 'edit.held' : 'edit.released');
  }
}

export function address_words(address: Address): string {
  return address_lines(address).join(', ') || t('none');
}

export function span_words(desk: Desk, window: Window | null): string {
  return window === null ? t('none') : desk.formats.span(window.opens, window.closes, desk.now);
}
