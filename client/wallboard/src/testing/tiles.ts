/** Tiles, stages and pictures for tests, each with only what the test is about. */
import { complete } from '@kanvoy/protocol/decode.ts';
import type { Category } from '@kanvoy/protocol/messages.gen.ts';
import type { Display, Picture, Settings, Stage, Tile } from '../view/picture.ts';

export const NOON = Date.UTC(2026, 10, 27, 12);
export const MINUTE = 60_000;

export function a_stage(id: string, category: Category, more: Partial<Stage> = {}): Stage {
  return { ...(STAGE as Stage), id, name: id, category, ...more };
}

const [STAGE] = complete({
  type: 'workflow',
  id: 'wf',
  name: 'Usual',
  stages: [{ id: 'new', name: 'New', category: 'new', hue: 'slate' }],
  transitions: [],
}).stages;

export const STAGES: readonly Stage[] = [
  a_stage('draft', 'draft'),
  a_stage('new', 'new'),
  a_stage('ready', 'ready', { soft: 2, sla_minutes: 30 }),
  a_stage('road', 'in_transit'),
  a_stage('done', 'done'),
];

let made = 0;

export function a_tile(stage_id: string, more: Partial<Tile> = {}): Tile {
  made += 1;
  const category = STAGES.find((stage) => stage.id === stage_id)?.category ?? 'new';
  const whole = complete({
    type: 'tile',
    id: `order-${made}`,
    number: made,
    stage_id,
    category,
    stage_since: NOON - 10 * MINUTE,
    rank: `a${made}`,
  }) as Tile;
  return { ...whole, ...more };
}

/** Wanted until so many minutes after noon. */
export function wanted(minutes: number): Pick<Tile, 'window'> {
  const closes = NOON + minutes * MINUTE;
  return { window: { opens: closes - 30 * MINUTE, closes } };
}

export function a_picture(tiles: readonly Tile[], more: Partial<Picture> = {}): Picture {
  return { display: null, settings: null, stages: STAGES, tiles, ...more };
}

export function a_display(more: Partial<Display> = {}): Display {
  return { ...(complete({ type: 'display', id: 'hall', name: 'Hall' }) as Display), ...more };
}

export function some_settings(more: Partial<Settings> = {}): Settings {
  const whole = complete({
    type: 'settings',
    name: 'Nord',
    currency: 'EUR',
    locale: 'de',
    time_zone: 'Europe/Berlin',
    number_prefix: 'SO-',
    price_mode: 'net',
  }) as Settings;
  return { ...whole, ...more };
}
