import type { OrderId, Person } from '@kanvoy/protocol/messages.gen.ts';
import type { ChannelState } from './channel_state.ts';
import type { ShownDispatch } from './shown.ts';
import { signal, type Readable, type Signal, type Stop } from './signal.ts';

/** The deliveries of all open orders as of one moment. A new object whenever any changed. */
export interface DispatchPicture {
  readonly orders: ReadonlyMap<OrderId, ShownDispatch>;
  /** Everything has arrived. */
  readonly whole: boolean;
  /** The server does not let this person plan. */
  readonly closed: boolean;
}

export interface OpenedDispatch {
  readonly board: DispatchBoard;
  /** Who drives and is on the air right now. */
  readonly drivers: Readable<readonly Person[]>;
  readonly close: Stop;
}

/** What dispatchers see, kept while at least one screen plans. */
export class DispatchBoard {
  readonly #channel: ChannelState;
  readonly #picture: Signal<DispatchPicture> = signal<DispatchPicture>({
    orders: new Map(),
    whole: false,
    closed: false,
  });

  constructor(channel: ChannelState) {
    this.#channel = channel;
  }

  get picture(): Readable<DispatchPicture> {
    return this.#picture;
  }

  get empty(): boolean {
    return this.#picture.get().orders.size === 0;
  }

  fill(all: Iterable<ShownDispatch>): void {
    this.apply(new Map([...all].map((shown) => [shown.id, shown])));
  }

  /** One flush; orders without open deliveries leave. */
  apply(changed: ReadonlyMap<OrderId, ShownDispatch | undefined>): void {
    const before = this.#picture.get();
    const whole = this.#channel.whole;
    const closed = this.#channel.phase === 'closed';
    if (changed.size === 0 && whole === before.whole && closed === before.closed) return;
    const orders = changed.size === 0 ? before.orders : patched(before.orders, changed);
    this.#picture.set({ orders, whole, closed });
  }
}

function patched(
  before: ReadonlyMap<OrderId, ShownDispatch>,
  changed: ReadonlyMap<OrderId, ShownDispatch | undefined>,
): ReadonlyMap<OrderId, ShownDispatch> {
  const after = new Map(before);
  for (const [id, shown] of changed) {
    if (shown === undefined) after.delete(id);
    else after.set(id, shown);
  }
  return after;
}
