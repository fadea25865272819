import type { DriverId, OrderId } from '@kanvoy/protocol/messages.gen.ts';
import type { Dispatch, Stop } from './full.ts';

/** One open delivery with the order it is of. */
export interface Delivering {
  readonly order_id: OrderId;
  readonly number: number;
  readonly stop: Stop;
}

/** The place of a stop in its driver's run: by rank, then by when it is due, as the server has it. */
export function compare_stops(one: Delivering, other: Delivering): number {
  return (
    compare_texts(one.stop.stop_rank ?? '', other.stop.stop_rank ?? '') ||
    closes(one.stop) - closes(other.stop) ||
    one.number - other.number ||
    compare_texts(one.stop.id, other.stop.id)
  );
}

/** The stops of each driver in the order of the run; those of nobody under null, next due first. */
export function runs_of(
  orders: Iterable<Dispatch>,
): ReadonlyMap<DriverId | null, readonly Delivering[]> {
  const runs = new Map<DriverId | null, Delivering[]>();
  for (const order of orders) {
    for (const stop of order.deliveries) {
      const item = { order_id: order.id, number: order.number, stop };
      const run = runs.get(stop.driver_id);
      if (run === undefined) runs.set(stop.driver_id, [item]);
      else run.push(item);
    }
  }
  for (const run of runs.values()) run.sort(compare_stops);
  return runs;
}

function closes(stop: Stop): number {
  return stop.window?.closes ?? Number.MAX_SAFE_INTEGER;
}

function compare_texts(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
