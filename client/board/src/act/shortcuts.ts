/** The actions as keys on the window. */
import { printed, type Shortcut } from '@kanvoy/kit/keymap.ts';
import type { MenuItem } from '@kanvoy/kit/MenuList.svelte';
import { t } from '@kanvoy/kit/texts.ts';
import type { Desk } from '../desk.svelte.ts';
import { board_actions, ORDER_ACTIONS, subjects, type OrderAction } from './actions.ts';

export function shortcuts(desk: Desk): readonly Shortcut[] {
  // A dialog has the keyboard for itself.
  if (desk.overlay.dialog !== null || desk.overlay.menu !== null) return [];
  const board = board_actions(desk)
    .filter((action) => action.needs === undefined || desk.may(action.needs))
    .flatMap((action) =>
      action.keys.map((keys) => ({
        keys,
        run: () => action.run(desk),
        ...(action.everywhere === true ? { everywhere: true } : {}),
      })),
    );
  const orders = ORDER_ACTIONS.filter((action) => is_allowed(desk, action)).flatMap((action) =>
    action.keys.map((keys) => ({ keys, run: () => on_subjects(desk, action) })),
  );
  return [...board, ...orders, { keys: '$mod+a', run: () => select_column(desk) }];
}

/** What the `⋯` of a card offers. */
export function card_menu(desk: Desk, id: string): readonly MenuItem[] {
  const ids = desk.selection.with(id);
  return ORDER_ACTIONS.filter((action) => is_allowed(desk, action)).map((action) => {
    const [key] = action.keys;
    return {
      label: label_of(desk, action, ids),
      icon: action.icon,
      run: () => action.run(desk, ids),
      ...(key === undefined || !desk.view.single_keys ? {} : { hint: printed(key) }),
      ...(action.danger === true ? { danger: true } : {}),
      ...(action.parts === true ? { group: '' } : {}),
    };
  });
}

export function label_of(desk: Desk, action: OrderAction, ids: readonly string[]): string {
  const card = desk.engine.board.card(ids[0] ?? '')?.card;
  if (action.id === 'hold' && card?.hold != null) return t('action.release');
  if (action.id === 'review' && card?.review != null) return t('action.review_clear');
  return t(action.label);
}

export function is_allowed(desk: Desk, action: OrderAction): boolean {
  return action.needs === undefined || desk.may(action.needs);
}

function on_subjects(desk: Desk, action: OrderAction): void {
  const ids = subjects(desk);
  if (ids.length === 0) desk.announcer.say(t('said.choose_first'));
  else action.run(desk, ids);
}

function select_column(desk: Desk): void {
  const place = desk.focus.id === null ? null : desk.engine.board.place(desk.focus.id);
  if (place === null) return;
  desk.selection.all(desk.engine.board.column(place.stage, place.lane).ids);
  desk.announcer.say(t('said.selected', { count: desk.selection.size }));
}
