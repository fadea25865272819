/** The lanes of the board in the order people expect, with their names. */
import { t } from '@kanvoy/kit/texts.ts';
import type { Desk } from '../desk.svelte.ts';
import { priority_name } from '../act/names.ts';
import { priority_of } from './priority.ts';
import type { Lanes } from './settings.svelte.ts';

export interface Lane {
  readonly key: string;
  readonly name: string;
}

/** People and places by name, urgent first, windows by time; what has none stands first. */
export function lanes_of(desk: Desk, by: Lanes): readonly Lane[] {
  const lanes = desk.engine.board.lanes().map((key) => ({ key, name: lane_name(desk, by, key) }));
  return lanes.sort((one, other) => {
    if (one.key === '' || other.key === '') return one.key === '' ? -1 : 1;
    if (by === 'priority') return Number(other.key) - Number(one.key);
    if (by === 'window') return Number(one.key) - Number(other.key);
    return one.name.localeCompare(other.name, desk.settings.locale);
  });
}

function lane_name(desk: Desk, by: Lanes, key: string): string {
  if (by === 'priority') return priority_name(priority_of(key));
  if (key === '') return by === 'none' ? '' : t(`lane.without.${by}`);
  if (by === 'driver') return desk.company.driver_name(key) || key;
  if (by === 'window') return `${desk.formats.brief(Number(key), desk.now)} –`;
  return key;
}
