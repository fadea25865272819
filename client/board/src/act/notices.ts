/** What the engine reports, told to the person: toasts with ways on, and words for the ear. */
import { short_name } from '@kanvoy/kit/format.ts';
import { t } from '@kanvoy/kit/texts.ts';
import type { ToastAction } from '@kanvoy/kit/toasts.svelte.ts';
import type { BulkNotice, GoneNotice, Notice, RejectedNotice } from '@kanvoy/sync/notices.ts';
import { tick } from 'svelte';
import type { Desk } from '../desk.svelte.ts';
import { command_words } from './command_words.ts';
import { UNDO } from './conduct.ts';
import { farewell } from './farewell.ts';
import { glide_back } from './glide.ts';
import { refusal_words, stage_conflict, stage_now } from './refusals.ts';

export function tell_notice(desk: Desk, notice: Notice): void {
  switch (notice.kind) {
    case 'rejected':
      return rejected(desk, notice);
    case 'merged': {
      const name = notice.merged.by_name;
      desk.announcer.murmur(t('told.merged', { what: number_of(desk, notice.order_id), name }));
      return;
    }
    case 'gone':
      return gone(desk, notice);
    case 'bulk':
      return bulk(desk, notice);
    case 'warned':
      desk.toasts.show(notice.warnings.map(warning_words).join(' · '), { ms: 6_000 });
      return;
    case 'reconnected':
      return reconnected(desk, notice.conflicts, notice.sent);
    case 'storage_failed':
      desk.toasts.show(t('told.storage_failed'), { tone: 'bad', ms: 0 });
      return;
    case 'new_build': {
      const actions = [{ label: t('reload'), run: () => location.reload() }];
      desk.toasts.show(t('told.new_build'), { ms: 0, actions });
      return;
    }
    case 'numbering_lost': {
      const actions = [{ label: t('reload'), run: () => location.reload() }];
      desk.toasts.show(t('told.numbering_lost'), { tone: 'bad', ms: 0, actions });
      return;
    }
    case 'repaired':
      return;
  }
}

function rejected(desk: Desk, notice: RejectedNotice): void {
  const { refused, order_id } = notice;
  const { rejection, command, number } = refused;
  const conflict = stage_conflict(rejection);
  const what = order_id === null ? command_words(desk, command) : number_of(desk, order_id);
  const text =
    command.kind === 'undo'
      ? t('told.undo_refused', { why: refusal_words(desk, rejection) })
      : conflict === null
        ? t('told.refused', { what, why: refusal_words(desk, rejection, order_id ?? '') })
        : t('told.already_moved', {
            what,
            stage: stage_now(desk, rejection),
            name: conflict.by_name,
          });
  const actions: ToastAction[] = [];
  if (notice.can_override) {
    const label =
      command.kind === 'move_order'
        ? t('anyway.move', { stage: desk.stage_name(command.to_stage) })
        : t('anyway');
    actions.push({ label, run: () => void desk.engine.again(number) });
  }
  const back = way_back(desk, notice);
  if (back !== null) actions.push(back);
  if (order_id !== null) {
    actions.push({ label: t('show'), run: () => show(desk, order_id, number) });
    const stop = 'delivery_id' in command ? command.delivery_id : null;
    void tick().then(() => glide_back(stop ?? order_id));
  }
  // It did not happen, so there is nothing to undo or to do again.
  desk.toasts.close_slot(UNDO);
  desk.toasts.show(text, { tone: 'bad', actions, ms: 12_000 });
  desk.announcer.say(text);
}

/** Undoing is over, but the stage it wanted back can still be asked for openly. */
function way_back(desk: Desk, { refused, order_id }: RejectedNotice): ToastAction | null {
  const { command, rejection } = refused;
  if (command.kind !== 'undo' || order_id === null || rejection.code !== 'stale') return null;
  const card = desk.engine.card(order_id)?.card;
  if (stage_conflict(rejection) === null) return null;
  const stage = desk.stage(String(refused.mine['stage_id'] ?? ''));
  if (card === undefined || stage === undefined || stage.id === card.stage_id) return null;
  if (!desk.verdict(card, stage).ok) return null;
  const run = (): void => {
    const from_stage = desk.engine.card(order_id)?.card.stage_id ?? card.stage_id;
    const over = rejection.current_version;
    desk.engine.issue({ kind: 'move_order', order_id, from_stage, to_stage: stage.id }, { over });
    desk.engine.flush();
    desk.announcer.say(t('told.set_back_done', { stage: stage.name }));
  };
  return { label: t('told.set_back', { stage: stage.name }), run };
}

function show(desk: Desk, id: string, number: number): void {
  desk.focus.show(id);
  desk.engine.dismiss(number);
}

function gone(desk: Desk, notice: GoneNotice): void {
  const text = t(`gone.${notice.what}`, {
    what: desk.number_of(notice.card),
    name: notice.by_name,
  });
  desk.announcer.murmur(text);
  farewell(notice.order_id, t(`gone.here.${notice.what}`, { name: short_name(notice.by_name) }));
  const watched =
    desk.overlay.order_id === notice.order_id || desk.drag.ids.includes(notice.order_id);
  if (!watched && desk.focus.id !== notice.order_id) return;
  const actions = [{ label: t('show'), run: () => desk.overlay.open_order(notice.order_id) }];
  desk.toasts.show(text, { ms: 6_000, actions });
}

function bulk(desk: Desk, notice: BulkNotice): void {
  if (notice.refused.length === 0) return;
  const done = notice.applied.length;
  const left = notice.refused.length;
  const text = t('told.bulk', { done, left });
  const { refused } = notice;
  const actions: ToastAction[] = [
    {
      label: t('told.bulk_review', { left }),
      run: () => desk.overlay.open({ kind: 'review', refused }),
    },
  ];
  if (done > 0) {
    const run = (): void => {
      desk.engine.undo(notice.number);
      desk.engine.flush();
    };
    actions.push({ label: t('told.bulk_undo', { done }), run });
  }
  // In place of the toast that promised all of them.
  desk.toasts.show(text, { tone: 'bad', actions, ms: 15_000, slot: UNDO });
  desk.announcer.say(text);
}

function reconnected(desk: Desk, conflicts: number, sent: number): void {
  // Never a dialog by itself: somebody may be typing.
  if (conflicts > 0) {
    const actions = [{ label: t('told.look'), run: () => desk.overlay.open({ kind: 'tray' }) }];
    desk.toasts.show(t('told.conflicts', { count: conflicts }), {
      tone: 'bad',
      actions,
      ms: 0,
      slot: 'tray',
    });
  } else if (sent > 0) desk.toasts.show(t('told.reconnected', { count: sent }), { ms: 5_000 });
  desk.announcer.say(t('said.live'));
}

function number_of(desk: Desk, id: string): string {
  const card = desk.engine.board.card(id)?.card;
  return card === undefined ? t('the_order') : desk.number_of(card);
}

function warning_words(warning: string): string {
  return warning.startsWith('wip') ? t('warning.wip') : warning.replaceAll('_', ' ');
}
