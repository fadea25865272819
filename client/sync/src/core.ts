import type {
  Command,
  CommandNumber,
  FromServer,
  Hello,
  OrderId,
  Welcome,
} from '@kanvoy/protocol/messages.gen.ts';
import type { ChannelFrame } from './channel_state.ts';
import { ServerClock } from './clock.ts';
import type { ConnectionState } from './connection.ts';
import type { CourierOptions } from './courier.ts';
import type { Ids, Schedule } from './environment.ts';
import { hello_of } from './greeting.ts';
import type { Identity } from './identity.ts';
import { written, type IssueOptions } from './issuing.ts';
import type { DispatchBoard } from './dispatch_board.ts';
import { Link } from './link.ts';
import type { LiveIndex } from './live_index.ts';
import type { Notice } from './notices.ts';
import type { FollowedOrder } from './opened.ts';
import { Outbox, WINDOW } from './outbox.ts';
import { Recovery } from './recovery.ts';
import { Replica } from './replica.ts';
import { Rooms } from './rooms.ts';
import { signal, source } from './signal.ts';
import { board_word, changed_status, FIRST_STATUS, link_word, type Status } from './status.ts';
import { Subscriptions } from './subscriptions.ts';
import { Tray } from './tray.ts';
import { History, type Origin } from './undo.ts';
import { Verdicts } from './verdicts.ts';
import { Witness } from './witness.ts';

export interface EngineOptions extends CourierOptions {
  readonly schedule: Schedule;
  readonly ids: Ids;
  readonly me: { readonly id: string; readonly name: string };
  readonly board?: 'board' | 'board~masked';
  /** The transport inflates binary frames. */
  readonly inflates?: boolean;
}

/** The parts of the engine and how news travels between them. */
export class Core {
  readonly clock: ServerClock;
  readonly replica: Replica;
  readonly link: Link;
  readonly outbox: Outbox;
  readonly subscriptions: Subscriptions;
  readonly rooms: Rooms;
  readonly history = new History();
  readonly tray: Tray;
  readonly notices = source<Notice>();
  readonly status = signal<Status>(FIRST_STATUS);
  readonly indexes = new Set<LiveIndex>();
  /** Only while somebody plans. */
  dispatch: DispatchBoard | null = null;
  readonly orders = new Map<OrderId, FollowedOrder>();
  readonly #options: EngineOptions;
  readonly #identity: Identity;
  readonly #witness: Witness;
  readonly #verdicts: Verdicts;
  readonly #recovery: Recovery;
  #was_live = false;
  #no_network = false;
  #flush_due = false;

  constructor(options: EngineOptions, identity: Identity) {
    this.#options = options;
    this.#identity = identity;
    const { clock, timers, me, board = 'board' } = options;
    const client_id = (): string => this.client_id;
    this.clock = new ServerClock(clock);
    this.replica = new Replica({ board, me, client_id, offset: () => this.clock.offset });
    this.link = this.#make_link();
    this.outbox = this.#make_outbox();
    this.tray = new Tray(this.replica);
    this.subscriptions = new Subscriptions(this.replica, (message) => this.link.send(message));
    this.rooms = new Rooms(clock, timers, (message) => this.link.send(message));
    this.#recovery = new Recovery((notice) => this.notices.emit(notice));
    this.#witness = this.#make_witness(client_id);
    this.#verdicts = this.#make_verdicts();
    this.#restore();
  }

  get client_id(): string {
    return this.#identity.client_id;
  }

  // One move, step 2 of 8 → protocols/from_client.py
  /** Shows the effect, keeps the command and sends it when it is kept. */
  issue(command: Command, options: IssueOptions, origin: Origin): CommandNumber {
    const number = this.outbox.next_number();
    const undone = origin.kind === 'undo' ? origin.step : null;
    const now = this.#options.clock.now();
    const entry = written(this.replica, number, command, options, now, undone);
    const underway = this.replica.add(entry);
    if (command.kind !== 'run_bulk' || command.dry_run !== true) {
      this.history.issued({ number, command, guesses: entry.guesses }, origin);
    }
    this.outbox.add(underway);
    this.link.hurry();
    this.flush_soon();
    return number;
  }

  flush_soon(): void {
    if (this.#flush_due) return;
    this.#flush_due = true;
    this.#options.schedule(() => {
      if (this.#flush_due) this.flush();
    });
  }

  /** Draws what changed. */
  flush(): void {
    this.#flush_due = false;
    const { cards, orders, dispatch } = this.replica.flush();
    if (cards.size > 0) for (const index of this.indexes) index.apply(cards);
    this.dispatch?.apply(dispatch);
    for (const [id, followed] of this.orders) if (orders.has(id)) followed.follow();
    this.#set_status();
  }

  /** The device says that the network is there or not; it is right only when it says no. */
  network(there: boolean): void {
    this.#no_network = !there;
    // A socket may outlive its network for a long time without a word: ask it.
    if (!there) this.link.doubt();
    this.#set_status();
  }

  #make_link(): Link {
    return new Link(this.#options, {
      hello: () => this.#hello(),
      welcomed: (welcome) => this.#welcomed(welcome),
      frame: (frame) => this.#receive(frame),
      changed: (state) => this.#link_changed(state),
      urgent: () => this.outbox.waiting > 0,
    });
  }

  #make_outbox(): Outbox {
    const { storage: store, scope, timers } = this.#options;
    const { client_id, kept } = this.#identity;
    const ports = {
      store,
      scope,
      client_id,
      timers,
      send: (submit: Parameters<Link['send']>[0]) => this.link.send(submit),
      acknowledge: (number: CommandNumber) => this.link.send({ type: 'acknowledge', number }),
      not_stored: (number: CommandNumber) => this.notices.emit({ kind: 'storage_failed', number }),
      changed: (underway: Parameters<Replica['redraw']>[0]) => {
        this.replica.redraw(underway);
        this.flush_soon();
      },
    };
    return new Outbox(ports, kept.last_number);
  }

  #make_witness(client_id: () => string): Witness {
    return new Witness(
      this.replica,
      this.#options.timers,
      client_id,
      (notice) => this.notices.emit(notice),
      () => this.flush_soon(),
    );
  }

  #make_verdicts(): Verdicts {
    return new Verdicts({
      replica: this.replica,
      outbox: this.outbox,
      history: this.history,
      tray: this.tray,
      witness: this.#witness,
      now: () => this.#options.clock.now(),
      notify: (notice) => this.notices.emit(notice),
      counted: (number, refused) => this.#recovery.answered(number, refused),
      numbering_lost: () => this.notices.emit({ kind: 'numbering_lost' }),
    });
  }

  /** What an earlier tab left: its commands go on, its refusals still want a decision. */
  #restore(): void {
    for (const entry of this.#identity.kept.entries) this.outbox.restore(this.replica.add(entry));
    for (const refused of this.#identity.kept.refused) this.tray.add(refused);
    if (this.replica.dirty) this.flush_soon();
  }

  #hello(): Hello {
    const { app, inflates } = this.#options;
    return hello_of({
      app,
      inflates,
      client_id: this.#identity.client_id,
      outbox: this.outbox,
      subscriptions: this.subscriptions.greeting(),
      csrf: () => this.#options.csrf(),
    });
  }

  #welcomed(welcome: Welcome): void {
    this.clock.forget();
    this.clock.heard(welcome.server_time);
    this.subscriptions.live();
    this.rooms.live(welcome.session_id);
    const waiting = this.replica.pending.all().filter((each) => each.receipt === null);
    this.#recovery.back(
      this.#options.clock.now(),
      waiting.map((each) => each.number),
    );
    this.outbox.live(welcome.limits.unacknowledged || WINDOW);
    const before = this.status.get().build;
    this.#set_status({ user: welcome.user, limits: welcome.limits, build: welcome.build });
    if (before !== '' && before !== welcome.build) {
      this.notices.emit({ kind: 'new_build', build: welcome.build });
    }
  }

  #receive(frame: FromServer): void {
    switch (frame.type) {
      case 'receipt':
      case 'rejected':
      case 'busy':
        this.#verdicts.receive(frame);
        break;
      case 'presence':
        this.rooms.receive(frame);
        return;
      case 'ping':
      case 'pong':
        this.clock.heard(frame.server_time);
        return;
      case 'error':
      case 'welcome':
      case 'authenticate':
      case 'drain':
        return;
      default:
        this.#follow(frame);
    }
    this.flush_soon();
  }

  #follow(frame: ChannelFrame): void {
    const { happened, problem } = this.replica.receive(frame);
    this.#witness.saw(happened);
    if (frame.type === 'unsubscribed' && frame.cause !== 'asked') {
      for (const followed of this.orders.values()) followed.follow();
    }
    if (frame.type === 'snapshot_end') {
      for (const followed of this.orders.values()) followed.follow();
    }
    if (problem === null) return;
    this.notices.emit({ kind: 'repaired', channel: frame.channel, problem });
    this.subscriptions.repair(frame.channel);
  }

  #link_changed(state: ConnectionState): void {
    if (state.kind === 'live') this.#was_live = true;
    else if (this.status.get().link === 'live') {
      this.subscriptions.offline();
      this.outbox.offline();
      this.rooms.lost();
      this.#recovery.lost(this.#options.clock.now());
    }
    this.#set_status();
  }

  #set_status(more: Partial<Status> = {}): void {
    const before = this.status.get();
    const { state } = this.link;
    const link = link_word(state, this.#was_live, this.#no_network);
    const { board } = this.replica;
    const now = this.#options.clock.now();
    const [index] = this.indexes;
    const next = changed_status(before, {
      link,
      since: link === before.link ? before.since : now,
      retry_at: state.kind === 'reconnecting' ? state.at : null,
      close_code: state.kind === 'stopped' ? state.code : null,
      // Nobody may be told that a command waits safely before it is kept.
      waiting: this.replica.pending.waiting - this.outbox.unstored,
      clock_offset: this.clock.offset,
      board: board_word(board, index?.size ?? 0),
      progress: board.progress,
      ...more,
    });
    this.status.set(next);
  }
}
