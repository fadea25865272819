import { complete } from '@kanvoy/protocol/decode.ts';
import {
  FINGERPRINT,
  type CommandNumber,
  type DeliveryId,
  type OrderId,
  type Receipt,
  type Version,
  type View,
} from '@kanvoy/protocol/messages.gen.ts';
import { ChannelState, type ChannelFrame, type Problem } from './channel_state.ts';
import { commands_on, type Entry, type Underway } from './entry.ts';
import type { Held } from './held.ts';
import {
  in_run_order,
  overlay_stop,
  type DriverScene,
  type Stop,
  type StopDelivery,
} from './overlay_stop.ts';
import { overlaid, passed, PendingCommands, told_of } from './pending.ts';
import { LiveRecords } from './records.ts';
import type { KeptChannel } from './run_store.ts';
import type { Pending } from './shown.ts';

export const HOUSE = 'house';

/** One stop as the screen draws it. */
export interface ShownStop {
  readonly id: DeliveryId;
  readonly order_id: OrderId;
  readonly number: number;
  /** The whole order as its driver sees it, with own pending facts on top. */
  readonly stop: Stop;
  readonly delivery: StopDelivery;
  /** Confirmed version of the order. */
  readonly version: Version;
  readonly pending: Pending | null;
}

export interface RunSurroundings {
  readonly driver_id: string;
  readonly me: DriverScene['me'];
  client_id(): string;
  /** Server minus device. */
  offset(): number;
}

/** What the driver sees: the confirmed stops with own pending facts on top. */
export class Run {
  readonly pending = new PendingCommands();
  readonly records = new LiveRecords();
  readonly stops: ChannelState;
  readonly house = new ChannelState(HOUSE);
  readonly #around: RunSurroundings;
  #house_touched = false;

  constructor(around: RunSurroundings) {
    this.#around = around;
    this.stops = new ChannelState(`driver:${around.driver_id}`);
  }

  get channels(): readonly ChannelState[] {
    return [this.stops, this.house];
  }

  /** Called by `Subscriptions`; both channels are watched as long as the app lives. */
  channel(name: string): ChannelState {
    return name === HOUSE ? this.house : this.stops;
  }

  leave(): void {}

  restore(kept: KeptChannel): void {
    const channel = this.channels.find((each) => each.name === kept.name);
    if (channel === undefined) return;
    // Another build knows other fields: what it kept may be drawn, but not continued.
    const same = kept.fingerprint === FINGERPRINT;
    const items = kept.items.map((item): Held => {
      return same ? item : { ...item, view: complete(item.view as View) };
    });
    channel.restore(items, same ? kept.cursor : null);
    this.#house_touched ||= channel === this.house;
  }

  /** What is to be kept of a channel; nothing while it is not whole. */
  keep(channel: ChannelState, heard_at: number): KeptChannel | null {
    const { name, cursor } = channel;
    if (!channel.whole || cursor === null) return null;
    const items = [...channel.confirmed().values()];
    return { name, cursor, items, fingerprint: FINGERPRINT, heard_at };
  }

  receive(frame: ChannelFrame): {
    readonly channel: ChannelState;
    readonly problem: Problem | null;
  } {
    const channel = this.channel(frame.channel);
    const epoch = channel.cursor?.epoch;
    const { problem } = channel.receive(frame);
    if (epoch !== undefined && channel.cursor !== null && channel.cursor.epoch !== epoch) {
      this.#new_history();
    }
    channel.take_touched();
    this.#house_touched ||= channel === this.house;
    this.#prune();
    return { channel, problem };
  }

  add(entry: Entry): Underway {
    return this.pending.add(entry);
  }

  settle(receipt: Receipt): Underway | undefined {
    const underway = this.pending.settle(receipt);
    this.#prune();
    return underway;
  }

  drop(number: CommandNumber): Underway | undefined {
    return this.pending.drop(number);
  }

  version(id: OrderId): Version {
    return this.stops.find(id)?.version ?? 0;
  }

  /** The stops in the order of the run, finished ones that are not confirmed yet among them. */
  draw(): readonly ShownStop[] {
    if (this.#house_touched) {
      this.#house_touched = false;
      this.records.update(new Set(['workflow', 'settings']), this.house.drawn());
    }
    return this.stops
      .drawn()
      .flatMap((held) => this.#drawn(held))
      .sort(in_run_order);
  }

  #drawn(held: Held): readonly ShownStop[] {
    if (held.view.type !== 'stop') return [];
    const order_id = held.view.id;
    const seen = { cursor: this.stops.resume, stamp: held.stamp };
    const underway = this.pending
      .of(order_id)
      .filter((each) => overlaid(each, seen, this.#around.client_id()));
    let stop: Stop = held.view;
    for (const each of underway) {
      const at = each.entry.issued_at + this.#around.offset();
      for (const command of commands_on(each.entry, order_id)) {
        stop = overlay_stop(stop, command, { at, me: this.#around.me });
      }
    }
    const { number } = stop;
    const { version } = held;
    return stop.deliveries.map((delivery) => {
      const pending = waiting_of(underway, delivery.id);
      return { id: delivery.id, order_id, number, stop, delivery, version, pending };
    });
  }

  #new_history(): void {
    for (const each of this.pending.all()) if (each.receipt !== null) this.drop(each.number);
  }

  /** Forgets commands that the channel now shows as confirmed. */
  #prune(): void {
    if (this.pending.empty) return;
    for (const { number, receipt } of this.pending.all()) {
      if (receipt === null) continue;
      const { phase, resume } = this.stops;
      if (phase === 'closed' || passed(resume, receipt.sequence)) this.drop(number);
    }
  }
}

/** What the driver did about a delivery that has no verdict yet; receipts are no deeds. */
function waiting_of(underway: readonly Underway[], id: DeliveryId): Pending | null {
  const waiting = underway.filter(({ receipt, entry: { submit } }) => {
    const { command } = submit;
    if (receipt !== null || command.kind === 'acknowledge_stop') return false;
    return !('delivery_id' in command) || command.delivery_id === id;
  });
  return told_of(waiting);
}
