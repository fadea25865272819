import { is_new, is_unacknowledged, unread } from '@kanvoy/sync/overlay_stop.ts';
import type { ShownStop } from '@kanvoy/sync/run.ts';
import type { Road } from '../road.svelte.ts';
import { due_of } from '../stop/steps.ts';
import { t, type Key } from '../texts.ts';

/** `14:30–15:00`, or that any time will do. */
export function window_words(road: Road, { delivery }: ShownStop): string {
  const { window } = delivery;
  return window === null
    ? t('stop.any_time')
    : road.format.span(window.opens, window.closes, road.now);
}

export interface DueWords {
  readonly text: string;
  readonly tone: 'bad-text' | 'warned' | 'small';
}

/** What a glance should say about the time, when it says anything. */
export function due_words(road: Road, { delivery }: ShownStop): DueWords | null {
  const due = due_of(delivery, road.now);
  if (due === null || due.word === 'fine') return null;
  const time = road.format.lasted(due.ms);
  if (due.word === 'late') return { text: t('stop.late', { time }), tone: 'bad-text' };
  if (due.word === 'soon') return { text: t('stop.soon', { time }), tone: 'warned' };
  return due.ms < 2 * 3_600_000 ? { text: t('stop.early', { time }), tone: 'small' } : null;
}

/** The mark of a stop in the list; nothing when there is no news of it. */
export function mark_of({ delivery }: ShownStop): Key | null {
  if (delivery.proposal !== null) return 'today.proposal';
  if (unread(delivery).length > 0) return 'today.changed';
  return is_new(delivery) && is_unacknowledged(delivery) ? 'today.new' : null;
}
