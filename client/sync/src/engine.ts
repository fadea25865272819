import type {
  Command,
  CommandNumber,
  DeliveryId,
  Instant,
  OrderId,
  Person,
  Version,
} from '@kanvoy/protocol/messages.gen.ts';
import { Core, type EngineOptions } from './core.ts';
import { deliver_orphans } from './courier.ts';
import { DispatchBoard, type OpenedDispatch } from './dispatch_board.ts';
import { Draft } from './draft.ts';
import type { Cancel, Ids } from './environment.ts';
import { depends_on_time } from './filter.ts';
import { claim_identity, type Identity } from './identity.ts';
import type { IssueOptions } from './issuing.ts';
import { LiveIndex, type View } from './live_index.ts';
import type { Notice } from './notices.ts';
import type { Delivery, Stop } from './full.ts';
import { FollowedOrder, type OpenedOrder } from './opened.ts';
import type { Doing } from './presence.ts';
import type { Records } from './records.ts';
import { DISPATCH } from './replica.ts';
import type { Refused, ShownCard } from './shown.ts';
import type { Readable, Stop as StopListening, Stream } from './signal.ts';
import type { Status } from './status.ts';
import { renewed } from './tray.ts';
import type { Steps } from './undo.ts';

const PRESENCE_OF_BOARD = 'presence:board';
const PRESENCE_OF_DRIVERS = 'presence:drivers';

/** How often cards are asked again whether they are late. */
const LATE_MS = 15_000;

export interface PresenceOfBoard {
  /** Everybody else who has the board open. */
  readonly board: Readable<readonly Person[]>;
  show(doing: Doing, order_id?: OrderId | null, group?: string): void;
}

/** Claims an identity with its outbox; nothing is sent before `connect`. */
export async function create_engine(options: EngineOptions): Promise<Engine> {
  const { storage, locks, scope, ids } = options;
  return new Engine(options, await claim_identity(storage, locks, scope, ids));
}

/** Everything an app needs: state to draw, commands to issue, notices to tell. */
export class Engine {
  readonly ids: Ids;
  /** The board's cards in columns. */
  readonly board: LiveIndex;
  readonly presence: PresenceOfBoard;
  readonly #options: EngineOptions;
  readonly #identity: Identity;
  readonly #core: Core;
  readonly #stops: StopListening[] = [];
  #cancel_late: Cancel = () => {};
  #stop_courier: () => Promise<void> = async () => {};

  constructor(options: EngineOptions, identity: Identity) {
    this.#options = options;
    this.#identity = identity;
    this.ids = options.ids;
    this.#core = new Core(options, identity);
    this.board = this.list();
    this.presence = {
      board: this.#core.rooms.room(PRESENCE_OF_BOARD).people,
      show: (doing, order_id, group) => this.#show(doing, order_id ?? null, group ?? ''),
    };
    this.#core.subscriptions.enter(this.#core.replica.board.name);
    this.#core.subscriptions.enter(PRESENCE_OF_BOARD);
    this.#watch_settings();
    this.#watch_time();
  }

  get status(): Readable<Status> {
    return this.#core.status;
  }

  get notices(): Stream<Notice> {
    return this.#core.notices;
  }

  /** Refused commands that wait for a decision: the tray. */
  get refused(): Readable<readonly Refused[]> {
    return this.#core.tray.refused;
  }

  get records(): Records {
    return this.#core.replica.records;
  }

  get history(): Readable<Steps> {
    return this.#core.history.steps;
  }

  get client_id(): string {
    return this.#identity.client_id;
  }

  /** The server's clock. */
  now(): Instant {
    return this.#core.clock.now();
  }

  connect(): void {
    const { surroundings } = this.#options;
    this.#stops.push(
      surroundings.on_offline(() => this.#core.network(false)),
      surroundings.on_wake(() => this.#core.network(true)),
    );
    this.#core.link.connect();
    this.#deliver_orphans();
  }

  /** Leaves; commands that wait stay stored for the next start. */
  disconnect(): void {
    this.#core.link.disconnect();
    for (const stop of this.#stops.splice(0)) stop();
  }

  /** Ends this engine for good and lets another tab take over its outbox. */
  async close(): Promise<void> {
    this.disconnect();
    this.#cancel_late();
    await this.#stop_courier();
    this.#core.rooms.close();
    this.#core.outbox.close();
    await this.#core.outbox.settled();
    this.#identity.release();
  }

  /** Resolves when all commands issued so far are on disk, or failed to get there. */
  stored(): Promise<void> {
    return this.#core.outbox.settled();
  }

  /** The card as of now, pending commands included. */
  card(id: OrderId): ShownCard | undefined {
    return this.#core.replica.current_card(id);
  }

  /** Another index over the same cards, with a filter and an order of its own. */
  list(view: Partial<View> = {}): LiveIndex {
    const { records } = this.#core.replica;
    const around = {
      now: () => this.now(),
      number_prefix: () => records.settings.get()?.number_prefix ?? '',
      stage_position: (id: string) => records.position(id),
    };
    const index = new LiveIndex(around, view);
    const cards = [...this.#core.replica.cards()].map((card) => [card.id, card] as const);
    index.apply(new Map(cards));
    this.#core.indexes.add(index);
    return index;
  }

  /** The list is not drawn any more. */
  drop_list(index: LiveIndex): void {
    if (index !== this.board) this.#core.indexes.delete(index);
  }

  /** Shows the effect at once, keeps the command, sends it; answers its number. */
  issue(command: Command, options: IssueOptions = {}): CommandNumber {
    return this.#core.issue(command, options, { kind: 'new' });
  }

  /** Takes back the newest own command, or the one of that number; null when there is none. */
  undo(number?: CommandNumber): CommandNumber | null {
    const { history } = this.#core;
    const step = number === undefined ? history.next_undo : history.find(number);
    if (step === null || step === undefined) return null;
    return this.#core.issue({ kind: 'undo', undone: step.number }, {}, { kind: 'undo', step });
  }

  /** Does again what was taken back last, judged from the state that the undo left. */
  redo(): CommandNumber | null {
    const undone = this.#core.history.next_redo;
    if (undone === null) return null;
    const { command } = undone.step;
    const left = 'order_id' in command ? undone.versions?.[command.order_id] : undefined;
    const waiting = undone.versions === null ? { depends_on: [undone.by] } : {};
    const options = left === undefined ? waiting : { base_version: left };
    return this.#core.issue(command, options, { kind: 'redo' });
  }

  /** Sends a refused command over what is there now; null when there is no such. */
  again(number: CommandNumber): CommandNumber | null {
    const { tray, replica } = this.#core;
    const refused = tray.find(number);
    if (refused === undefined) return null;
    const command = renewed(refused.command, replica);
    const { rejection } = refused;
    const seen = 'order_id' in command ? replica.seen_version(command.order_id) : 0;
    const current = 'current_version' in rejection ? rejection.current_version : 0;
    this.dismiss(number);
    return this.issue(command, { over: Math.max(seen, current) });
  }

  dismiss(number: CommandNumber): void {
    if (this.#core.tray.remove(number) === undefined) return;
    this.#core.outbox.dismiss(number);
    this.#core.flush_soon();
  }

  /** Watches one order in full; each opening is closed on its own. */
  open_order(id: OrderId): OpenedOrder {
    const { orders, replica, rooms, subscriptions } = this.#core;
    const followed = orders.get(id) ?? new FollowedOrder(id, replica);
    orders.set(id, followed);
    const channels = [replica.order_channel(id), `presence:order:${id}`] as const;
    for (const channel of channels) subscriptions.enter(channel);
    const draft = new Draft((command, options) => this.issue(command, options));
    followed.add(draft);
    const { people } = rooms.room(channels[1]);
    const close = (): void => {
      if (!followed.drafts.delete(draft)) return;
      for (const channel of channels) subscriptions.leave(channel);
      if (followed.drafts.size > 0) return;
      orders.delete(id);
      rooms.leave(channels[1]);
    };
    return { id, state: followed.state, people, draft, close };
  }

  /** A delivery as some open screen shows it, pending commands included. */
  delivery(order_id: OrderId, id: DeliveryId): Delivery | Stop | undefined {
    const { replica } = this.#core;
    const planned = replica.dispatch(order_id)?.view.deliveries;
    const opened = replica.order(order_id)?.order.deliveries;
    const all: readonly (Delivery | Stop)[] = [...(planned ?? []), ...(opened ?? [])];
    return all.find((each) => each.id === id);
  }

  /** The version of a record as shown here: what saving it anew is based on. */
  record_version(kind: string, id: string): Version {
    return this.#core.replica.record_version(kind, id);
  }

  /** Watches all open deliveries, and where the drivers are; several screens share one board. */
  open_dispatch(): OpenedDispatch {
    const core = this.#core;
    const { rooms, subscriptions, replica } = core;
    const channels = [DISPATCH, PRESENCE_OF_DRIVERS] as const;
    for (const channel of channels) subscriptions.enter(channel);
    const board = (core.dispatch ??= new DispatchBoard(replica.channel(DISPATCH)));
    if (board.empty) board.fill(replica.dispatched());
    const { people } = rooms.room(PRESENCE_OF_DRIVERS);
    let open = true;
    const close = (): void => {
      if (!open) return;
      open = false;
      for (const channel of channels) subscriptions.leave(channel);
      if (subscriptions.wants(DISPATCH)) return;
      core.dispatch = null;
      rooms.leave(PRESENCE_OF_DRIVERS);
    };
    return { board, drivers: people, close };
  }

  /** Draws what changed now instead of with the next frame: after a drop, for instance. */
  flush(): void {
    this.#core.flush();
  }

  /** Once live: other dead tabs may have left work that nobody else would send. */
  #deliver_orphans(): void {
    let begun = false;
    const stop = this.status.subscribe(({ link }) => {
      if (link !== 'live' || begun) return;
      begun = true;
      this.#stop_courier = deliver_orphans(this.#options, (notice) =>
        this.#core.notices.emit(notice),
      );
    });
    this.#stops.push(stop);
  }

  /** On the board's card for everybody, and inside the order for those who have it open. */
  #show(doing: Doing, order_id: OrderId | null, group: string): void {
    const { rooms, subscriptions } = this.#core;
    rooms.show({ type: 'presence', channel: PRESENCE_OF_BOARD, doing, order_id, group });
    const inside = `presence:order:${order_id ?? ''}`;
    if (!subscriptions.wants(inside)) return;
    rooms.show({ type: 'presence', channel: inside, doing, order_id, group });
  }

  /** The prefix is part of what the search looks at; the stages' order is what lists sort by. */
  #watch_settings(): void {
    const { settings, stages } = this.#core.replica.records;
    let prefix = '';
    settings.subscribe((now) => {
      if ((now?.number_prefix ?? '') === prefix) return;
      prefix = now?.number_prefix ?? '';
      for (const index of this.#core.indexes) index.reindex();
    });
    stages.subscribe(() => {
      for (const index of this.#core.indexes) {
        if (index.view.sort.some((sort) => sort.by === 'stage')) index.reindex();
      }
    });
  }

  #watch_time(): void {
    this.#cancel_late = this.#options.timers.after(LATE_MS, () => {
      for (const index of this.#core.indexes) {
        if (depends_on_time(index.view.filter)) index.refilter();
      }
      this.#watch_time();
    });
  }
}
