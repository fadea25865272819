import type { Card } from './full.ts';

/** What the swimlanes are made of. */
export type LaneBy =
  'none' | 'driver' | 'city' | 'priority' | 'window' | 'customer' | 'csr' | 'stage';

const HOUR_MS = 3_600_000;

/** The lane of a card; empty for those without. Windows share a lane by the hour they open in. */
export function lane_of(card: Card, by: LaneBy): string {
  switch (by) {
    case 'none':
      return '';
    case 'driver':
      return card.driver_id ?? '';
    case 'csr':
      return card.csr_id ?? '';
    case 'city':
      return card.city;
    case 'customer':
      return card.customer;
    case 'stage':
      return card.stage_id;
    case 'priority':
      return String(card.priority);
    case 'window':
      return card.window === null ? '' : String(hour_of(card.window.opens));
  }
}

function hour_of(instant: number): number {
  return Math.floor(instant / HOUR_MS) * HOUR_MS;
}
