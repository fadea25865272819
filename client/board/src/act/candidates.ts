/** Who could bring some deliveries, and why each other driver could not. */
import type { Desk } from '../desk.svelte.ts';
import type { StopNamed } from './overlay.svelte.ts';

export interface Candidate {
  readonly driver_id: string;
  readonly name: string;
  readonly available: boolean;
  readonly reasons: readonly string[];
  readonly stops: number;
  /** How far the way there would be; null when nobody knows. */
  readonly metres: number | null;
}

interface Candidates {
  readonly items: readonly Candidate[];
}

/** More deliveries than this are not asked about one by one. */
const MOST_ASKED = 8;
const PATIENCE_MS = 4_000;

/** Available ones first, then nearest; null when the server cannot say. */
export async function candidates_for(
  desk: Desk,
  stops: readonly StopNamed[],
): Promise<readonly Candidate[] | null> {
  const asked = stops.slice(0, MOST_ASKED);
  const answers = await Promise.all(
    asked.map(({ order_id, delivery_id }) =>
      desk.http.get<Candidates>(`/v1/orders/${order_id}/deliveries/${delivery_id}/drivers`),
    ),
  );
  const lists = answers.flatMap((answer) => (answer.ok ? [answer.value.items] : []));
  return lists.length === 0 ? null : joined(lists);
}

/** Available for all of them, or unavailable for the reasons of each. */
export function joined(lists: readonly (readonly Candidate[])[]): readonly Candidate[] {
  const all = new Map<string, Candidate>();
  for (const one of lists.flat()) {
    const before = all.get(one.driver_id);
    all.set(one.driver_id, before === undefined ? one : both(before, one));
  }
  return [...all.values()].sort(
    (one, other) =>
      Number(other.available) - Number(one.available) ||
      (one.metres ?? Infinity) - (other.metres ?? Infinity) ||
      one.name.localeCompare(other.name),
  );
}

function both(one: Candidate, other: Candidate): Candidate {
  return {
    ...one,
    available: one.available && other.available,
    reasons: [...new Set([...one.reasons, ...other.reasons])],
    metres:
      one.metres === null || other.metres === null ? null : Math.max(one.metres, other.metres),
  };
}

/** The open deliveries of some orders; a card does not know them by name. */
export async function open_stops(
  desk: Desk,
  ids: readonly string[],
): Promise<readonly StopNamed[]> {
  const found = await Promise.all(ids.slice(0, MOST_ASKED).map((id) => stops_of(desk, id)));
  return found.flat();
}

const OVER: ReadonlySet<string> = new Set(['done', 'failed', 'cancelled']);

function stops_of(desk: Desk, order_id: string): Promise<readonly StopNamed[]> {
  return new Promise((resolve) => {
    const opened = desk.engine.open_order(order_id);
    let stop = (): void => undefined;
    const finish = (stops: readonly StopNamed[]): void => {
      clearTimeout(timer);
      // Not within its own call: the subscription's answer may not be there yet.
      queueMicrotask(() => {
        stop();
        opened.close();
      });
      resolve(stops);
    };
    const timer = setTimeout(() => finish([]), PATIENCE_MS);
    stop = opened.state.subscribe((state) => {
      if (state.phase === 'loading') return;
      const order = state.phase === 'ready' ? state.shown.order : null;
      const open = (order?.deliveries ?? []).filter((each) => !OVER.has(each.category));
      finish(open.map((each) => ({ order_id, delivery_id: each.id })));
    });
  });
}
