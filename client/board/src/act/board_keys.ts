/** Keys on a focused card: walking, choosing, and moving it without a mouse. */
import { t } from '@kanvoy/kit/texts.ts';
import type { Desk } from '../desk.svelte.ts';
import { STEPS, step_from } from '../view/navigate.ts';
import { move_to, place_of } from './conduct.ts';
import { grid_of } from './grid.ts';
import { next_stage } from './moves.ts';

const PAGE = 6;

/** `only` is the one stage a narrow screen shows. */
export function board_keydown(desk: Desk, event: KeyboardEvent, only?: string): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const card = event.target instanceof HTMLElement ? event.target.dataset['card'] : undefined;
  if (card === undefined) return;
  const done = event.shiftKey
    ? with_shift(desk, event.key, card)
    : plain(desk, event.key, card, only);
  if (!done) return;
  event.preventDefault();
  event.stopPropagation();
}

function plain(desk: Desk, key: string, id: string, only: string | undefined): boolean {
  const step = STEPS[key];
  const letter = key.length === 1 && key !== ' ';
  if (letter && !desk.view.single_keys) return false;
  if (step !== undefined) {
    const next = step_from(grid_of(desk, only), id, step, PAGE);
    if (next !== null) desk.focus.show(next);
    return true;
  }
  switch (key) {
    case 'Enter':
      desk.overlay.open_order(id);
      return true;
    case ' ':
    case 'x':
      desk.selection.toggle(id);
      desk.announcer.say(t('said.selected', { count: desk.selection.size }));
      return true;
    case 'Escape':
      if (desk.selection.size === 0) return false;
      desk.selection.clear();
      desk.announcer.say(t('said.selected', { count: 0 }));
      return true;
    default:
      return false;
  }
}

function with_shift(desk: Desk, key: string, id: string): boolean {
  switch (key) {
    case 'ArrowLeft':
      return move_beside(desk, id, -1);
    case 'ArrowRight':
      return move_beside(desk, id, 1);
    case 'ArrowUp':
      return reorder(desk, id, -1);
    case 'ArrowDown':
      return reorder(desk, id, 2);
    case 'X':
    case ' ':
      extend(desk, id);
      return true;
    default:
      return false;
  }
}

function move_beside(desk: Desk, id: string, step: 1 | -1): boolean {
  const card = desk.engine.board.card(id)?.card;
  if (card === undefined || desk.workflow === null) return true;
  const stage = next_stage(card, step, desk.workflow, (one) => desk.verdict(card, one));
  if (stage === undefined) {
    desk.announcer.say(t('said.no_stage'));
    return true;
  }
  desk.focus.show(id);
  move_to(desk, desk.selection.with(id), place_of(desk, card, stage.id, { kind: 'top' }));
  desk.focus.show(id);
  return true;
}

function reorder(desk: Desk, id: string, by: number): boolean {
  const place = desk.engine.board.place(id);
  if (place === null || place.index < 0) return true;
  const { ids } = desk.engine.board.column(place.stage, place.lane);
  const index = place.index + by;
  if (index < 0 || index > ids.length) return true;
  move_to(desk, [id], { stage: place.stage, ids, index });
  desk.focus.show(id);
  return true;
}

function extend(desk: Desk, id: string): void {
  const place = desk.engine.board.place(id);
  if (place === null) return;
  desk.selection.extend(id, desk.engine.board.column(place.stage, place.lane).ids);
  desk.announcer.say(t('said.selected', { count: desk.selection.size }));
}
