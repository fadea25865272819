/** What on the board waits for somebody: unacknowledged changes, and claims to be decided. */
import type { Card } from '@kanvoy/sync/full.ts';

export interface Alarms {
  /** Cards with a change that a driver has not acknowledged in time, the longest wait first. */
  readonly orders: readonly Card[];
  /** Who has not acknowledged, each once; a card may have several and others who have. */
  readonly drivers: readonly string[];
  readonly since: number | null;
  /** How many claims are open, over all orders. */
  readonly claims: number;
  readonly claimed: readonly Card[];
}

export const NO_ALARMS: Alarms = {
  orders: [],
  drivers: [],
  since: null,
  claims: 0,
  claimed: [],
};

/** Over all cards, whatever the filter. */
export function alarms_of(cards: Iterable<Card>): Alarms {
  const orders: Card[] = [];
  const claimed: Card[] = [];
  let claims = 0;
  for (const card of cards) {
    if (card.alarm) orders.push(card);
    if (card.claims > 0) {
      claimed.push(card);
      claims += card.claims;
    }
  }
  if (orders.length === 0 && claims === 0) return NO_ALARMS;
  orders.sort((one, other) => (one.told_at ?? 0) - (other.told_at ?? 0));
  const drivers = new Set(orders.flatMap((card) => card.alarm_drivers));
  return { orders, drivers: [...drivers], since: orders[0]?.told_at ?? null, claims, claimed };
}
