/** News of the engine as words, a vibration, and something to listen to. */
import type { Command, Rejection } from '@kanvoy/protocol/messages.gen.ts';
import type { DriverNotice } from '@kanvoy/sync/driver_notices.ts';
import { unread } from '@kanvoy/sync/overlay_stop.ts';
import type { ShownStop } from '@kanvoy/sync/run.ts';
import { start_anew } from '../offline/worker.ts';
import type { Road } from '../road.svelte.ts';
import { t, type Key } from '../texts.ts';

/** Two short pushes: felt in a glove and in a pocket. */
const BUZZ = [180, 90, 180];

export function tell(road: Road, notice: DriverNotice): void {
  switch (notice.kind) {
    case 'edited':
      buzz();
      for (const stop of notice.stops) road.voice.say(spoken(road, stop));
      return;
    case 'came':
      buzz();
      road.voice.murmur(t('told.came', { count: notice.stops.length }));
      return;
    case 'left': {
      const number = road.number(notice.number);
      const name = notice.by_name;
      const text = name === '' ? t('told.left', { number }) : t('told.left_by', { name, number });
      return say(road, text, 'warn');
    }
    case 'claimed':
      return say(road, t('told.claimed', { number: road.number(notice.number) }), 'warn');
    case 'refused': {
      const { command, rejection } = notice.refused;
      const what = did(road, command, notice.number);
      return say(road, t('told.refused', { what, why: why(rejection) }), 'bad');
    }
    case 'warned': {
      const what = notice.warnings.map((warning) => proof_word(warning.replace(/^no_/, '')));
      road.says.say(t('told.warned', { what: what.join(', ') }), { tone: 'warn' });
      return;
    }
    case 'storage_failed':
      return say(road, t('told.no_storage'), 'bad');
    case 'numbering_lost':
      return say(road, t('told.numbering_lost'), 'bad');
    case 'new_build': {
      const act = { label: t('told.new_build.act'), run: () => void start_anew() };
      road.says.say(t('told.new_build'), { act, ms: 0 });
    }
  }
}

function say(road: Road, text: string, tone: 'warn' | 'bad'): void {
  buzz();
  road.says.say(text, { tone, ms: 0 });
}

function buzz(): void {
  // Some browsers have none, and none lets a page buzz that nobody has touched yet.
  navigator.vibrate?.(BUZZ);
}

function spoken(road: Road, { stop, delivery }: ShownStop): string {
  const { customer } = stop;
  const news = unread(delivery);
  if (news.length === 0) return t('proposal.spoken', { customer });
  const [first] = news;
  if (news.length > 1 || first?.edit.type !== 'quantity') {
    return t('news.spoken', { customer, what: t('news.spoken.more', { count: news.length }) });
  }
  const { name, was, now } = first.edit;
  const what = t('news.spoken.quantity', {
    name,
    was: road.format.whole(was),
    now: road.format.whole(now),
  });
  return t('news.spoken', { customer, what });
}

/** “Delivered SO-104019”: what a command was, for whoever gave it. */
export function did(road: Road, command: Command, order_number: number | null): string {
  const number = road.number(order_number) || t('did.no_number');
  const key: Key = KNOWN.find((each) => each === `did.${command.kind}`) ?? 'did.other';
  return t(key, { number });
}

const KNOWN = [
  'did.collect_delivery',
  'did.arrive_delivery',
  'did.complete_delivery',
  'did.fail_delivery',
  'did.acknowledge_stop',
  'did.add_proof',
  'did.report_expense',
  'did.answer_proposal',
  'did.add_note',
] as const;

/** Why the server said no, in words that tell what comes next. */
export function why(rejection: Rejection): string {
  switch (rejection.code) {
    case 'superseded':
      return t('why.superseded');
    case 'gate_failed':
      return t('why.gate_failed', {
        what: rejection.gates.map(({ gate }) => gate_word(gate)).join(', '),
      });
    case 'not_found':
      return t('why.not_found');
    case 'forbidden':
      return t('why.forbidden');
    case 'invalid':
    case 'invalid_after_merge': {
      if (rejection.problems.some(({ rule }) => rule === 'closed_stage')) return t('why.closed');
      const what = rejection.problems.map(({ field }) => field.replace(/[:_]/g, ' '));
      return t('why.invalid', { what: what.join(', ') });
    }
    default:
      return t('why.other', { code: rejection.code.replace(/_/g, ' ') });
  }
}

function gate_word(gate: string): string {
  const [kind, proof = ''] = gate.split(':');
  if (kind === 'proof_given') return t('why.gate.proof', { proof: proof_word(proof) });
  if (gate === 'driver_acked') return t('why.gate.driver_acked');
  if (gate === 'no_hold') return t('why.gate.no_hold');
  return t('why.gate.other', { gate: gate.replace(/_/g, ' ') });
}

export function proof_word(kind: string): string {
  const key = PROOFS.find((each) => each === `proof.${kind}`);
  return key === undefined ? kind.replace(/_/g, ' ') : t(key);
}

const PROOFS = [
  'proof.signature',
  'proof.photo',
  'proof.name',
  'proof.barcode',
  'proof.note',
] as const;
