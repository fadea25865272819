import type { OrderId, Person } from '@kanvoy/protocol/messages.gen.ts';
import type { Draft } from './draft.ts';
import type { Replica } from './replica.ts';
import type { ShownOrder } from './shown.ts';
import { signal, type Readable, type Signal, type Stop } from './signal.ts';

export type OrderState =
  | { readonly phase: 'loading' }
  | { readonly phase: 'ready'; readonly shown: ShownOrder }
  /** Deleted, archived out of reach, or never ours to see. */
  | { readonly phase: 'gone'; readonly by_name: string; readonly last: ShownOrder | null };

/** One order somebody looks at. */
export interface OpenedOrder {
  readonly id: OrderId;
  readonly state: Readable<OrderState>;
  readonly people: Readable<readonly Person[]>;
  readonly draft: Draft;
  readonly close: Stop;
}

/** The state of one order in full, followed as long as anybody has it open. */
export class FollowedOrder {
  readonly id: OrderId;
  readonly state: Signal<OrderState> = signal<OrderState>({ phase: 'loading' });
  readonly drafts = new Set<Draft>();
  readonly #replica: Replica;

  constructor(id: OrderId, replica: Replica) {
    this.id = id;
    this.#replica = replica;
  }

  /** Draws the order as it is now. */
  follow(): void {
    const channel = this.#replica.channel(this.#replica.order_channel(this.id));
    const shown = this.#replica.order(this.id);
    if (shown !== undefined) {
      for (const draft of this.drafts) draft.follow(shown);
      this.state.set({ phase: 'ready', shown });
    } else if (channel.phase === 'closed' || channel.whole) {
      const before = this.state.get();
      const last = before.phase === 'ready' ? before.shown : null;
      const by_name = this.#replica.last_remover(this.id) ?? '';
      if (before.phase !== 'gone') this.state.set({ phase: 'gone', by_name, last });
    }
  }

  /** A draft of its own for each opening; it starts with what is shown now. */
  add(draft: Draft): void {
    this.drafts.add(draft);
    const now = this.state.get();
    if (now.phase === 'ready') draft.follow(now.shown);
  }
}
