/** What a row says, in words that are read from ten metres. */
import { formats, lasted, type Formats } from '@kanvoy/kit/format.ts';
import { t } from '../texts.ts';
import { due_of, is_long, type Due } from './due.ts';
import { number_of, type Picture, type Stage, type Tile } from './picture.ts';

export type Tone = 'late' | 'soon' | 'plain';

export interface Badge {
  readonly key: string;
  readonly text: string;
  readonly tone: 'hold' | 'urgent' | 'high' | 'part';
}

export interface Row {
  readonly id: string;
  readonly number: string;
  readonly stage: Stage | undefined;
  readonly items: number;
  readonly drivers: string;
  readonly window: string;
  readonly in_stage: string;
  /** It has been there for longer than the house allows itself. */
  readonly long: boolean;
  readonly due: string;
  readonly tone: Tone;
  readonly badges: readonly Badge[];
}

/** Words for the tiles of one picture. */
export class Words {
  readonly formats: Formats;
  readonly time_zone: string;
  readonly #picture: Picture;
  readonly #stages: ReadonlyMap<string, Stage>;

  constructor(picture: Picture) {
    this.#picture = picture;
    this.time_zone = picture.settings?.time_zone ?? 'UTC';
    this.formats = formats(picture.settings?.locale ?? 'en', this.time_zone);
    this.#stages = new Map(picture.stages.map((stage) => [stage.id, stage]));
  }

  row(tile: Tile, now: number): Row {
    const stage = this.#stages.get(tile.stage_id);
    const due = due_of(tile, now);
    return {
      id: tile.id,
      number: number_of(tile, this.#picture.settings),
      stage,
      items: tile.items,
      drivers: drivers_of(tile),
      window:
        tile.window === null
          ? t('none')
          : this.formats.span(tile.window.opens, tile.window.closes, now),
      in_stage: lasted(Math.max(0, now - tile.stage_since)),
      long: is_long(tile, stage, now),
      due: this.due(due, now),
      tone: due.kind === 'late' || due.kind === 'soon' ? due.kind : 'plain',
      badges: badges_of(tile),
    };
  }

  due(due: Due, now: number): string {
    switch (due.kind) {
      case 'late':
        return t('late', { time: lasted(due.by) });
      case 'soon':
        return t('soon', { time: lasted(due.left) });
      case 'later':
        return this.formats.brief(due.at, now);
      case 'none':
        return t('none');
    }
  }

  /** `14:02`, with the day when it was another one. */
  moment(at: number, now: number): string {
    return this.formats.brief(at, now);
  }
}

export function ago(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return t('ago.seconds', { count: seconds });
  if (seconds < 3600) return t('ago.minutes', { count: Math.floor(seconds / 60) });
  return t('ago.hours', { count: Math.floor(seconds / 3600) });
}

function drivers_of(tile: Tile): string {
  const signs = [...new Set(tile.runs.map((run) => run.call_sign || t('assigned')))];
  const [first] = signs;
  if (first === undefined) return t('none');
  return signs.length > 1 ? `${first} +${signs.length - 1}` : first;
}

function badges_of(tile: Tile): readonly Badge[] {
  const badges: Badge[] = [];
  if (tile.hold) badges.push({ key: 'hold', text: `■ ${t('hold')}`, tone: 'hold' });
  if (tile.priority === 3) {
    badges.push({ key: 'priority', text: `‼ ${t('priority.3')}`, tone: 'urgent' });
  }
  if (tile.priority === 2) {
    badges.push({ key: 'priority', text: `! ${t('priority.2')}`, tone: 'high' });
  }
  if (tile.deliveries > 1) {
    const values = { done: tile.delivered, all: tile.deliveries };
    badges.push({ key: 'part', text: t('delivered', values), tone: 'part' });
  }
  return badges;
}
