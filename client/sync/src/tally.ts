import type { Currency, Instant, Minor } from '@kanvoy/protocol/messages.gen.ts';
import type { Card } from './full.ts';

/** Counts and sums of a set of cards, kept while cards come and go. */
export interface Counted {
  /** Cards that pass the filter. */
  readonly count: number;
  /** All cards, whatever the filter: what a limit is about. */
  readonly all: number;
  /** Sum of the totals that pass the filter, by currency; without entries on a masked board. */
  readonly sums: ReadonlyMap<Currency, Minor>;
}

export class Tally {
  count = 0;
  all = 0;
  readonly #sums = new Map<Currency, { minor: number; cards: number }>();

  add(card: Card, visible: boolean): void {
    this.all += 1;
    if (visible) this.show(card);
  }

  remove(card: Card, visible: boolean): void {
    this.all -= 1;
    if (visible) this.hide(card);
  }

  show(card: Card): void {
    this.count += 1;
    if (card.total === null) return;
    const sum = this.#sums.get(card.currency);
    if (sum === undefined) this.#sums.set(card.currency, { minor: card.total, cards: 1 });
    else {
      sum.minor += card.total;
      sum.cards += 1;
    }
  }

  hide(card: Card): void {
    this.count -= 1;
    const sum = card.total === null ? undefined : this.#sums.get(card.currency);
    if (sum === undefined || card.total === null) return;
    sum.minor -= card.total;
    sum.cards -= 1;
    if (sum.cards === 0) this.#sums.delete(card.currency);
  }

  /** Nothing passes the filter any more, until it is shown again. */
  hide_all(): void {
    this.count = 0;
    this.#sums.clear();
  }

  snapshot(): Counted {
    const sums = new Map([...this.#sums].map(([currency, { minor }]) => [currency, minor]));
    return { count: this.count, all: this.all, sums };
  }
}

/** The longest-waiting of some cards: when it came into its stage. */
export function oldest(cards: Iterable<Card>): Instant | null {
  let least: Instant | null = null;
  for (const card of cards)
    if (least === null || card.stage_since < least) least = card.stage_since;
  return least;
}
