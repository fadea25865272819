/** Every command of the board once: for the keyboard, the palette, the card's menu and the sheet. */
import type { Component } from 'svelte';
import { t, type Key } from '@kanvoy/kit/texts.ts';
import { look, THEMES, type Theme } from '@kanvoy/kit/theme.svelte.ts';
import type { Permission } from '@kanvoy/protocol/messages.gen.ts';
import Ban from '@lucide/svelte/icons/ban';
import Copy from '@lucide/svelte/icons/copy';
import Flag from '@lucide/svelte/icons/flag';
import ListChecks from '@lucide/svelte/icons/list-checks';
import Move from '@lucide/svelte/icons/move';
import Pause from '@lucide/svelte/icons/pause';
import Pencil from '@lucide/svelte/icons/pencil';
import SignalHigh from '@lucide/svelte/icons/signal-high';
import Tag from '@lucide/svelte/icons/tag';
import Trash from '@lucide/svelte/icons/trash';
import Truck from '@lucide/svelte/icons/truck';
import User from '@lucide/svelte/icons/user-round';
import type { Desk } from '../desk.svelte.ts';
import { DENSITIES } from '../view/geometry.ts';
import { LANES } from '../view/settings.svelte.ts';
import {
  ask_to_cancel,
  ask_to_delete,
  copy_order,
  flag_or_clear_review,
  hold_or_release,
  redo,
  undo,
} from './conduct.ts';

export interface Action {
  readonly id: string;
  readonly label: string;
  readonly keys: readonly string[];
  readonly run: (desk: Desk) => void;
  readonly everywhere?: boolean;
  readonly needs?: Permission;
}

/** An action on the chosen cards, or on the one with the keyboard. */
export interface OrderAction {
  readonly id: string;
  readonly label: Key;
  readonly keys: readonly string[];
  readonly icon: Component<{ size?: number }>;
  readonly run: (desk: Desk, ids: readonly string[]) => void;
  readonly needs?: Permission;
  readonly danger?: boolean;
  /** Starts a new part of the menu. */
  readonly parts?: boolean;
}

export const ORDER_ACTIONS: readonly OrderAction[] = [
  order('open', 'action.open', ['e'], Pencil, (desk, [id = '']) => desk.overlay.open_order(id)),
  order(
    'move',
    'action.move',
    ['m', 's'],
    Move,
    (desk, ids) => desk.overlay.open({ kind: 'move', ids }),
    'stage.move',
  ),
  order(
    'driver',
    'action.driver',
    ['a'],
    Truck,
    (desk, ids) => desk.overlay.open({ kind: 'driver', ids }),
    'driver.assign',
  ),
  order(
    'priority',
    'action.priority',
    ['p'],
    SignalHigh,
    (desk, ids) => desk.overlay.open({ kind: 'priority', ids }),
    'order.edit',
  ),
  order(
    'labels',
    'action.labels',
    ['l'],
    Tag,
    (desk, ids) => desk.overlay.open({ kind: 'labels', ids }),
    'order.edit',
  ),
  order(
    'csr',
    'action.csr',
    [],
    User,
    (desk, ids) => desk.overlay.open({ kind: 'csr', ids }),
    'csr.assign',
  ),
  { ...order('hold', 'action.hold', ['h'], Pause, hold_or_release, 'order.edit'), parts: true },
  order('review', 'action.review', ['r'], Flag, flag_or_clear_review, 'order.edit'),
  order('copy', 'action.copy', [], Copy, (desk, [id = '']) => copy_order(desk, id), 'order.create'),
  order('select', 'action.select', ['x'], ListChecks, (desk, ids) =>
    ids.forEach((id) => desk.selection.toggle(id)),
  ),
  {
    ...order('cancel', 'action.cancel', [], Ban, ask_to_cancel, 'order.cancel'),
    danger: true,
    parts: true,
  },
  {
    ...order('delete', 'action.delete', ['Delete'], Trash, ask_to_delete, 'order.delete'),
    danger: true,
  },
];

function order(
  id: string,
  label: Key,
  keys: readonly string[],
  icon: OrderAction['icon'],
  run: OrderAction['run'],
  needs?: Permission,
): OrderAction {
  return { id, label, keys, icon, run, ...(needs === undefined ? {} : { needs }) };
}

export function board_actions(desk: Desk): readonly Action[] {
  return [
    {
      id: 'palette',
      label: t('action.palette'),
      keys: ['$mod+k'],
      everywhere: true,
      run: (d) => d.overlay.open({ kind: 'palette' }),
    },
    {
      id: 'create',
      label: t('action.create'),
      keys: ['n'],
      needs: 'order.create',
      run: (d) => d.overlay.open({ kind: 'create' }),
    },
    { id: 'search', label: t('action.search'), keys: ['/'], run: focus_search },
    { id: 'undo', label: t('action.undo'), keys: ['$mod+z', 'u'], run: undo },
    { id: 'redo', label: t('action.redo'), keys: ['$mod+Shift+z'], run: redo },
    {
      id: 'keys',
      label: t('action.keys'),
      keys: ['?', 'Shift+?'],
      run: (d) => d.overlay.open({ kind: 'keys' }),
    },
    {
      id: 'clear',
      label: t('action.clear_filters'),
      keys: ['Shift+F'],
      run: (d) => d.view.clear(),
    },
    ...(desk.screens.slice(1).length === 0
      ? []
      : desk.screens.map((name) => ({
          id: `screen-${name}`,
          label: t('action.screen', { name: t(`screen.${name}`) }),
          keys: [`g ${name[0] ?? ''}`],
          run: (d: Desk) => d.screen.open(name),
        }))),
    ...(desk.may('driver.assign')
      ? [
          {
            id: 'claims',
            label: t('action.claims'),
            keys: ['g c'],
            run: (d: Desk) => d.overlay.open({ kind: 'claims' }),
          },
        ]
      : []),
    { id: 'tray', label: t('action.tray'), keys: [], run: (d) => d.overlay.open({ kind: 'tray' }) },
    ...LANES.map((lanes) => ({
      id: `lanes-${lanes}`,
      label: t('action.lanes', { by: t(`lanes.${lanes}`) }),
      keys: [],
      run: (d: Desk) => d.view.choose_lanes(lanes),
    })),
    ...DENSITIES.map((density) => ({
      id: `density-${density}`,
      label: t('action.density', { density: t(`density.${density}`) }),
      keys: [],
      run: (d: Desk) => d.view.choose_density(density),
    })),
    ...THEMES.map((theme: Theme) => ({
      id: `theme-${theme}`,
      label: t('action.theme', { theme: t(`theme.${theme}`) }),
      keys: [],
      run: () => look.choose(theme),
    })),
    {
      id: 'sign_out',
      label: t('action.sign_out', { name: desk.user.name }),
      keys: [],
      run: (d) => d.sign_out(),
    },
  ];
}

/** The chosen cards, else the one with the keyboard, else the open order. */
export function subjects(desk: Desk): readonly string[] {
  if (desk.selection.size > 0) return [...desk.selection.ids];
  const focused = document.activeElement;
  const id =
    focused?.getAttribute('data-card') ??
    focused?.getAttribute('data-order') ??
    desk.overlay.order_id;
  return id == null ? [] : [id];
}

function focus_search(): void {
  const field = document.querySelector<HTMLInputElement>('[data-search]');
  field?.focus();
  field?.select();
}
