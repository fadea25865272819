/** The menus of the top lines: account, view, grouping, and what can be filtered. */
import type { MenuItem } from '@kanvoy/kit/MenuList.svelte';
import { printed } from '@kanvoy/kit/keymap.ts';
import { t } from '@kanvoy/kit/texts.ts';
import { look, THEMES } from '@kanvoy/kit/theme.svelte.ts';
import Command from '@lucide/svelte/icons/command';
import Keyboard from '@lucide/svelte/icons/keyboard';
import LogOut from '@lucide/svelte/icons/log-out';
import Inbox from '@lucide/svelte/icons/inbox';
import { PRIORITIES, priority_name } from '../act/names.ts';
import type { Desk } from '../desk.svelte.ts';
import { DENSITIES } from '../view/geometry.ts';
import { LANES } from '../view/settings.svelte.ts';
import { toggled_item } from './chips.ts';

export function account_menu(desk: Desk, narrow: boolean): readonly MenuItem[] {
  const palette: MenuItem = {
    label: t('action.palette'),
    icon: Command,
    run: () => desk.overlay.open({ kind: 'palette' }),
  };
  return [
    ...(narrow ? [palette] : []),
    {
      label: t('action.keys'),
      icon: Keyboard,
      hint: printed('?'),
      run: () => desk.overlay.open({ kind: 'keys' }),
    },
    { label: t('action.tray'), icon: Inbox, run: () => desk.overlay.open({ kind: 'tray' }) },
    ...THEMES.map((theme, at) => ({
      label: t(`theme.${theme}`),
      checked: look.theme === theme,
      run: () => look.choose(theme),
      ...(at === 0 ? { group: t('theme') } : {}),
    })),
    {
      label: t('action.sign_out', { name: desk.user.name }),
      icon: LogOut,
      group: '',
      run: () => desk.sign_out(),
    },
  ];
}

export function view_menu(desk: Desk): readonly MenuItem[] {
  const hidden = (desk.workflow?.stages ?? []).filter((stage) => desk.view.is_hidden(stage.id));
  return [
    ...DENSITIES.map((density, at) => ({
      label: t(`density.${density}`),
      checked: desk.view.density === density,
      run: () => desk.view.choose_density(density),
      ...(at === 0 ? { group: t('density') } : {}),
    })),
    ...hidden.map((stage, at) => ({
      label: t('column.show', { name: stage.name }),
      run: () => desk.view.hide(stage.id),
      ...(at === 0 ? { group: t('column.hidden') } : {}),
    })),
    ...(desk.workflows.length < 2 ? [] : desk.workflows).map((workflow, at) => ({
      label: workflow.name,
      checked: desk.workflow?.id === workflow.id,
      run: () => desk.choose_workflow(workflow.id),
      ...(at === 0 ? { group: t('workflow') } : {}),
    })),
  ];
}

export function lanes_menu(desk: Desk): readonly MenuItem[] {
  return LANES.map((lanes) => ({
    label: t(`lanes.${lanes}`),
    checked: desk.view.lanes === lanes,
    run: () => desk.view.choose_lanes(lanes),
  }));
}

/** Every value that a filter can have, in groups; ticked when it filters already. */
export function filter_menu(desk: Desk): readonly MenuItem[] {
  const { view } = desk;
  const { filter } = view;
  const part = <T>(
    heading: string,
    values: readonly T[],
    name: (value: T) => string,
    chosen: readonly T[] | undefined,
    set: (next: readonly T[]) => void,
  ): readonly MenuItem[] =>
    values.map((value, at) => ({
      label: name(value),
      checked: chosen?.includes(value) === true,
      several: true,
      run: () => set(toggled_item(chosen ?? [], value)),
      ...(at === 0 ? { group: heading } : {}),
    }));
  const flag = (key: 'late' | 'held' | 'review', heading?: string): MenuItem => ({
    label: t(`filter.${key}`),
    checked: filter[key] === true,
    several: true,
    run: () => view.set(key, filter[key] === true ? undefined : true),
    ...(heading === undefined ? {} : { group: heading }),
  });
  const drivers = [null, ...desk.company.drivers.map((driver) => driver.id)];
  const people = [null, ...desk.company.people.map((person) => person.id)];
  const labels = [...desk.company.labels.values()];
  return [
    flag('late', t('filter.state')),
    flag('held'),
    flag('review'),
    ...part(t('priority'), PRIORITIES, priority_name, filter.priorities, (next) =>
      view.set('priorities', next),
    ),
    ...part(
      t('labels'),
      labels.map((label) => label.id),
      (id) => desk.company.labels.get(id)?.name ?? id,
      filter.labels,
      (next) => view.set('labels', next),
    ),
    ...part(
      t('stage'),
      desk.stages.map((stage) => stage.id),
      (id) => desk.stage_name(id),
      filter.stages,
      (next) => view.set('stages', next),
    ),
    ...part(
      t('driver'),
      drivers,
      (id) => (id === null ? t('lane.without.driver') : desk.company.driver_name(id)),
      filter.drivers,
      (next) => view.set('drivers', next),
    ),
    ...part(
      t('csr'),
      people,
      (id) => (id === null ? t('nobody') : desk.company.person_name(id)),
      filter.csrs,
      (next) => view.set('csrs', next),
    ),
  ];
}
