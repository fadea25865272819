/** How the node serves the tenant, as its owner sees it: asked for, and rates made of counts. */
import type { Answer, Http } from '@kanvoy/kit/http.ts';
import type { Operations } from '@kanvoy/protocol/messages.gen.ts';

/** How many rates the small line shows: a minute. */
const KEPT = 30;

export interface Rates {
  readonly at: number;
  readonly total: number;
  /** Commands per second between two answers, oldest first. */
  readonly values: readonly number[];
}

export function ask_operations(http: Http): Promise<Answer<Operations>> {
  return http.get('/v1/operations');
}

export function total_of(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** The rates with one more answer; a count that fell is another node's or another start's. */
export function with_answer(before: Rates | null, total: number, at: number): Rates {
  if (before === null || total < before.total || at <= before.at) return { at, total, values: [] };
  const rate = ((total - before.total) * 1_000) / (at - before.at);
  return { at, total, values: [...before.values, rate].slice(-KEPT) };
}

/** The small line in a box of 100 × 24, the highest rate at the top; empty without two rates. */
export function line_of(values: readonly number[]): string {
  if (values.length < 2) return '';
  const most = Math.max(...values, 1);
  return values
    .map((value, index) => {
      const x = (index * 100) / (KEPT - 1);
      return `${x.toFixed(1)},${(23 - (value * 22) / most).toFixed(1)}`;
    })
    .join(' ');
}
