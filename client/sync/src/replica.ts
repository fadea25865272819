import type {
  CommandNumber,
  OrderId,
  Receipt,
  Stamp,
  Version,
} from '@kanvoy/protocol/messages.gen.ts';
import { ChannelState, type ChannelFrame, type Happened, type Problem } from './channel_state.ts';
import { draw_card, draw_dispatch, draw_order, type Remarks } from './drawing.ts';
import type { Entry, Underway } from './entry.ts';
import type { Held } from './held.ts';
import { overlaid, passed, PendingCommands, told_of } from './pending.ts';
import { LiveRecords } from './records.ts';
import type { Scene } from './overlay_card.ts';
import type { Merged, Pending, Refused, ShownCard, ShownDispatch, ShownOrder } from './shown.ts';

/** All open deliveries as dispatchers plan them; watched only while somebody plans. */
export const DISPATCH = 'dispatch';

/** What has to be drawn anew since the last flush. */
export interface Changed {
  readonly cards: ReadonlyMap<OrderId, ShownCard | undefined>;
  /** Orders to be drawn in full, as far as they are open. */
  readonly orders: ReadonlySet<OrderId>;
  /** Empty while nobody plans. */
  readonly dispatch: ReadonlyMap<OrderId, ShownDispatch | undefined>;
}

export interface ReplicaSurroundings {
  readonly board: string;
  readonly me: { readonly id: string; readonly name: string };
  client_id(): string;
  /** Server minus device. */
  offset(): number;
}

/** What is shown: the confirmed state of the channels with own pending commands on top. */
export class Replica {
  readonly pending = new PendingCommands();
  readonly records = new LiveRecords();
  readonly #around: ReplicaSurroundings;
  readonly #channels = new Map<string, ChannelState>();
  readonly #cards = new Map<OrderId, ShownCard>();
  readonly #touched = new Set<OrderId>();
  readonly #merged = new Map<OrderId, Merged>();
  readonly #refused = new Map<OrderId, Refused>();
  readonly #removers = new Map<OrderId, string>();
  readonly #kinds = new Set<string>();

  constructor(around: ReplicaSurroundings) {
    this.#around = around;
  }

  /** Who sees the board without prices sees an order without them, too. */
  order_channel(id: OrderId): string {
    return this.#around.board === 'board~masked' ? `order~masked:${id}` : `order:${id}`;
  }

  get board(): ChannelState {
    return this.channel(this.#around.board);
  }

  /** Whether anything waits for a flush. */
  get dirty(): boolean {
    return this.#touched.size > 0 || this.#kinds.size > 0;
  }

  channel(name: string): ChannelState {
    const found = this.#channels.get(name);
    if (found !== undefined) return found;
    const fresh = new ChannelState(name);
    this.#channels.set(name, fresh);
    return fresh;
  }

  channels(): readonly ChannelState[] {
    return [...this.#channels.values()];
  }

  has_channel(name: string): boolean {
    return this.#channels.has(name);
  }

  leave(name: string): void {
    this.#channels.delete(name);
    this.#removers.delete(name.slice(name.indexOf(':') + 1));
    this.#prune();
  }

  /** One frame of a channel; answers what happened and whether the stream is broken. */
  receive(frame: ChannelFrame): {
    readonly happened: readonly Happened[];
    readonly problem: Problem | null;
  } {
    const channel = this.#channels.get(frame.channel);
    if (channel === undefined) return { happened: [], problem: null };
    const epoch = channel.cursor?.epoch;
    const outcome = channel.receive(frame);
    if (epoch !== undefined && channel.cursor !== null && channel.cursor.epoch !== epoch) {
      this.#new_history();
    }
    for (const { op } of outcome.happened) {
      if (op.op === 'remove' && channel.name === this.order_channel(op.id)) {
        this.#removers.set(op.id, op.stamp?.by_name ?? '');
      }
    }
    for (const key of channel.take_touched()) this.#touch_key(channel, key);
    this.#prune();
    return outcome;
  }

  add(entry: Entry): Underway {
    const underway = this.pending.add(entry);
    this.#touch_all(underway.orders);
    return underway;
  }

  settle(receipt: Receipt): Underway | undefined {
    const underway = this.pending.settle(receipt);
    if (underway !== undefined) this.#touch_all(underway.orders);
    this.#prune();
    return underway;
  }

  /** Drops the overlay of a refused command and hides those that build on it. */
  refuse(number: CommandNumber): { underway: Underway; fallen: readonly Underway[] } | undefined {
    const fallen = this.pending.fell(number);
    const underway = this.pending.drop(number);
    if (underway === undefined) return undefined;
    for (const each of [underway, ...fallen]) this.#touch_all(each.orders);
    return { underway, fallen };
  }

  /** The drawing of a command changed though its effect did not: sent, for instance. */
  redraw(underway: Underway): void {
    this.#touch_all(underway.orders);
  }

  set_merged(id: OrderId, merged: Merged): void {
    this.#merged.set(id, merged);
    this.#touched.add(id);
  }

  /** Unless a newer one replaced it. */
  clear_merged(id: OrderId, merged: Merged): void {
    if (this.#merged.get(id) !== merged) return;
    this.#merged.delete(id);
    this.#touched.add(id);
  }

  set_refused(id: OrderId, refused: Refused | null): void {
    if (refused === null) this.#refused.delete(id);
    else this.#refused.set(id, refused);
    this.#touched.add(id);
  }

  /** Draws what changed. */
  flush(): Changed {
    const kinds = new Set(this.#kinds);
    this.#kinds.clear();
    if (kinds.size > 0) {
      this.records.update(kinds, this.board.drawn());
      // A pending card is drawn with the names of stages and products.
      this.#touch_all(this.pending.orders());
    }
    const cards = new Map<OrderId, ShownCard | undefined>();
    for (const id of this.#touched) {
      const card = this.#drawn(id);
      if (card === undefined) this.#cards.delete(id);
      else this.#cards.set(id, card);
      cards.set(id, card);
    }
    const orders = new Set(this.#touched);
    const planned = this.#channels.has(DISPATCH) ? orders : [];
    const dispatch = new Map([...planned].map((id) => [id, this.dispatch(id)]));
    this.#touched.clear();
    return { cards, orders, dispatch };
  }

  /** The card as of the last flush. */
  card(id: OrderId): ShownCard | undefined {
    return this.#cards.get(id);
  }

  /** Who took the order off its own channel, if anybody told. */
  last_remover(id: OrderId): string | undefined {
    return this.#removers.get(id);
  }

  /** All cards as of the last flush. */
  cards(): Iterable<ShownCard> {
    return this.#cards.values();
  }

  server_time(device_time: number): number {
    return device_time + this.#around.offset();
  }

  /** The card as of now, flushed or not. */
  current_card(id: OrderId): ShownCard | undefined {
    return this.#touched.has(id) ? this.#drawn(id) : this.#cards.get(id);
  }

  order(id: OrderId): ShownOrder | undefined {
    const channel = this.#channels.get(this.order_channel(id));
    if (channel === undefined) return undefined;
    const confirmed = channel.find(id);
    const underway = this.#overlays(id, channel, confirmed?.stamp ?? null);
    return draw_order(id, confirmed, underway, this.#remarks(id, channel), this.scene_of);
  }

  /** The order as dispatchers see it now; nothing while nobody plans. */
  dispatch(id: OrderId): ShownDispatch | undefined {
    const channel = this.#channels.get(DISPATCH);
    if (channel === undefined) return undefined;
    const confirmed = channel.find(id);
    const underway = this.#overlays(id, channel, confirmed?.stamp ?? null);
    return draw_dispatch(id, confirmed, underway, this.#remarks(id, channel));
  }

  /** All orders as dispatchers see them now. */
  *dispatched(): Iterable<ShownDispatch> {
    const held = this.#channels.get(DISPATCH)?.drawn() ?? [];
    for (const { id, view } of held) {
      const shown = view.type === 'dispatch' ? this.dispatch(id) : undefined;
      if (shown !== undefined) yield shown;
    }
  }

  /** The version of a record that the person sees; 0 for one that is not there. */
  record_version(kind: string, id: string): Version {
    return this.board.find(`${kind}:${id}`)?.version ?? 0;
  }

  /** The version the person sees: the older one where two screens show the order. */
  seen_version(id: OrderId): Version {
    const showing = [this.#around.board, this.order_channel(id), DISPATCH];
    const versions = showing
      .map((name) => this.#channels.get(name)?.find(id))
      .filter((found) => found !== undefined)
      .map((found: Held) => found.version);
    return versions.length === 0 ? 0 : Math.min(...versions);
  }

  readonly scene_of = (underway: Underway): Scene =>
    this.scene(this.server_time(underway.entry.issued_at));

  scene(at: number): Scene {
    const { records } = this;
    return {
      at,
      me: this.#around.me,
      currency: records.settings.get()?.currency ?? 'EUR',
      category: (stage) => records.stage(stage)?.category,
      stage_for: (workflow, category) => records.stage_for(workflow, category),
      start: () => {
        const workflow = records.default_workflow();
        const stage = workflow?.stages[0];
        return workflow && stage && { workflow: workflow.id, stage: stage.id };
      },
      product_name: (id) => records.products.get().find((each) => each.id === id)?.name ?? '',
      customer_name: (id) =>
        records.customers.get().find((each) => each.id === id)?.customer.name ?? '',
      card: (id) => this.#cards.get(id)?.card,
    };
  }

  #drawn(id: OrderId): ShownCard | undefined {
    const channel = this.board;
    const confirmed = channel.find(id);
    const underway = this.#overlays(id, channel, confirmed?.stamp ?? null);
    return draw_card(id, confirmed, underway, this.#remarks(id, channel), this.scene_of);
  }

  #overlays(id: OrderId, channel: ChannelState, stamp: Stamp | null): readonly Underway[] {
    const seen = { cursor: channel.resume, stamp };
    return this.pending.of(id).filter((each) => overlaid(each, seen, this.#around.client_id()));
  }

  #remarks(id: OrderId, channel: ChannelState): Remarks {
    return {
      pending: this.#waiting(id),
      merged: this.#merged.get(id) ?? null,
      rejected: this.#refused.get(id) ?? null,
      provisional: channel.provisional(id),
    };
  }

  #waiting(id: OrderId): Pending | null {
    const waiting = this.pending.of(id).filter((each) => each.receipt === null && !each.fallen);
    return told_of(waiting);
  }

  #touch_key(channel: ChannelState, key: string): void {
    const colon = key.indexOf(':');
    if (colon < 0) this.#touched.add(key);
    else if (channel === this.board) this.#kinds.add(key.slice(0, colon));
  }

  #touch_all(ids: Iterable<OrderId>): void {
    for (const id of ids) this.#touched.add(id);
  }

  /** Receipts of the earlier history are void: what they promised may never have happened. */
  #new_history(): void {
    for (const each of this.pending.all()) {
      if (each.receipt === null) continue;
      this.pending.drop(each.number);
      this.#touch_all(each.orders);
    }
  }

  /** Forgets commands that every channel now shows as confirmed. */
  #prune(): void {
    if (this.pending.empty) return;
    for (const each of this.pending.all()) {
      if (each.receipt === null || !this.#confirmed_everywhere(each, each.receipt)) continue;
      this.pending.drop(each.number);
      this.#touch_all(each.orders);
    }
  }

  #confirmed_everywhere(underway: Underway, receipt: Receipt): boolean {
    if (receipt.dry_run === true) return true;
    const showing = [
      this.#around.board,
      DISPATCH,
      ...underway.orders.map((id) => this.order_channel(id)),
    ].flatMap((name) => this.#channels.get(name) ?? []);
    return showing.every(
      (channel) => channel.phase === 'closed' || passed(channel.resume, receipt.sequence),
    );
  }
}
