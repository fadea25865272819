/** The numbers in a column's or lane's head, as words. */
import { t } from '@kanvoy/kit/texts.ts';
import type { Counted } from '@kanvoy/sync/tally.ts';
import type { Desk } from '../desk.svelte.ts';
import { is_terminal, type Stage } from '../act/moves.ts';

export interface Figures {
  readonly count: string;
  readonly count_tip: string;
  readonly is_over: boolean;
  readonly sum: string;
  readonly sum_tip: string;
  readonly oldest: string;
  readonly oldest_tip: string;
  readonly is_aged: boolean;
}

export function figures_of(
  desk: Desk,
  stage: Stage,
  counted: Counted,
  oldest: number | null,
): Figures {
  const { whole, lasted, moment } = desk.formats;
  const limit = limit_of(stage, counted.all);
  const age = oldest === null ? 0 : Math.max(0, desk.now - oldest);
  return {
    count: count_words(desk, counted, limit),
    count_tip:
      limit === null
        ? t('orders', { count: counted.all })
        : t(limit === stage.hard ? 'column.hard_limit' : 'column.soft_limit', {
            count: whole(counted.all),
            limit: whole(limit),
          }),
    is_over: is_over(stage, counted.all),
    ...sum_words(desk, counted),
    oldest: oldest === null ? '' : lasted(age),
    oldest_tip: oldest === null ? '' : t('column.oldest', { since: moment(oldest) }),
    is_aged: stage.sla_minutes !== null && age > stage.sla_minutes * 60_000,
  };
}

/** Everything that is not finished yet, of all workflows. */
export function open_of(desk: Desk): Counted {
  const sums = new Map<string, number>();
  let [count, all] = [0, 0];
  for (const stage of desk.workflows.flatMap((workflow) => workflow.stages)) {
    if (is_terminal(stage)) continue;
    const counted = desk.engine.board.stage(stage.id);
    count += counted.count;
    all += counted.all;
    for (const [currency, minor] of counted.sums)
      sums.set(currency, (sums.get(currency) ?? 0) + minor);
  }
  return { count, all, sums };
}

/** One currency is summed; several are only listed in the tip, for they have no sum. */
export function sum_words(desk: Desk, counted: Counted): { sum: string; sum_tip: string } {
  const { money, roughly } = desk.formats;
  const sums = [...counted.sums];
  const tip = sums.map(([currency, minor]) => money(minor, currency)).join('\n');
  const [first] = sums;
  if (first === undefined) return { sum: '', sum_tip: '' };
  const sum = roughly(first[1], first[0]);
  return { sum: sums.length === 1 ? sum : `${sum} +${sums.length - 1}`, sum_tip: tip };
}

function count_words(desk: Desk, counted: Counted, limit: number | null): string {
  const { whole } = desk.formats;
  if (desk.view.is_filtered)
    return t('column.some', { count: whole(counted.count), all: whole(counted.all) });
  return limit === null ? whole(counted.all) : `${whole(counted.all)} / ${whole(limit)}`;
}

/** The soft limit, until the hard one is what holds people up. */
function limit_of(stage: Stage, count: number): number | null {
  return stage.hard !== null && (stage.soft === null || count >= stage.hard)
    ? stage.hard
    : stage.soft;
}

function is_over(stage: Stage, count: number): boolean {
  return (
    (stage.hard !== null && count >= stage.hard) || (stage.soft !== null && count > stage.soft)
  );
}
