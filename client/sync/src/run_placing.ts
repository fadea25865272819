import type { DeliveryId, DriverId, OrderCommand, Rank } from '@kanvoy/protocol/messages.gen.ts';
import type { Guess } from './entry.ts';
import { rank_between } from './rank.ts';
import type { Replica } from './replica.ts';
import { runs_of, type Delivering } from './stop_order.ts';

type StopGuess = Pick<Guess, 'stops_was' | 'stop_ranks'>;

/**
 * Where moved stops are drawn in their new run until the server places them.
 *
 * Stops of one bulk keep their order: each is placed as if the ones before it were there already.
 */
export class RunPlacing {
  readonly #replica: Replica;
  #runs: Map<DriverId, Placed[]> | null = null;

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  /** Nothing while nobody plans. */
  guess(command: OrderCommand): StopGuess {
    const shown = this.#replica.dispatch(command.order_id);
    if (shown === undefined) return {};
    const stop_ranks: Record<DeliveryId, Rank> = {};
    for (const stop of shown.view.deliveries) {
      const to = destination(command, stop.id, stop.driver_id);
      if (to !== null) stop_ranks[stop.id] = this.#rank(to, stop.id, command);
    }
    return { stops_was: { deliveries: shown.view.deliveries }, stop_ranks };
  }

  #rank(driver: DriverId, moving: DeliveryId, command: OrderCommand): Rank {
    const run = this.#run(driver).filter((each) => each.id !== moving);
    const after = 'after_id' in command ? command.after_id : null;
    const before = 'before_id' in command ? command.before_id : null;
    const index = gap(run, after ?? null, before ?? null);
    const low = run[index - 1]?.rank ?? null;
    const high = run[index]?.rank ?? null;
    const rank = rank_between(low === '' ? null : low, high === '' ? null : high);
    run.splice(index, 0, { id: moving, rank });
    this.#all().set(driver, run);
    return rank;
  }

  #run(driver: DriverId): readonly Placed[] {
    return this.#all().get(driver) ?? [];
  }

  #all(): Map<DriverId, Placed[]> {
    if (this.#runs !== null) return this.#runs;
    const views = [...this.#replica.dispatched()].map((shown) => shown.view);
    const runs = new Map<DriverId, Placed[]>();
    for (const [driver, run] of runs_of(views))
      if (driver !== null) runs.set(driver, run.map(placed));
    this.#runs = runs;
    return runs;
  }
}

interface Placed {
  readonly id: DeliveryId;
  readonly rank: Rank;
}

const placed = ({ stop }: Delivering): Placed => ({ id: stop.id, rank: stop.stop_rank ?? '' });

/** Whose run a command puts the stop into; null when it stays out of any, or where it is. */
function destination(command: OrderCommand, id: DeliveryId, now: DriverId | null): DriverId | null {
  if (command.kind === 'move_stop') return command.delivery_id === id ? now : null;
  if (command.kind !== 'assign_driver' || command.to_driver === now) return null;
  return command.delivery_id == null || command.delivery_id === id ? command.to_driver : null;
}

/** The index of the gap behind one neighbour or before the other; the end when neither is there. */
function gap(run: readonly Placed[], after: DeliveryId | null, before: DeliveryId | null): number {
  const upper = run.findIndex((each) => each.id === after);
  if (upper >= 0) return upper + 1;
  const lower = run.findIndex((each) => each.id === before);
  return lower >= 0 ? lower : run.length;
}
