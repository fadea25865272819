import type {
  CommandNumber,
  DeliveryId,
  FromServer,
  Instant,
  OrderCommand,
  OrderId,
  Position,
  ReceiptWord,
  Welcome,
} from '@kanvoy/protocol/messages.gen.ts';
import type { ChannelFrame } from './channel_state.ts';
import { ServerClock } from './clock.ts';
import { deliver_orphans } from './courier.ts';
import type { DriverNotice, Waiting } from './driver_notices.ts';
import type { DriverOptions } from './driver_options.ts';
import { DriverVerdicts } from './driver_verdicts.ts';
import type { Entry } from './entry.ts';
import type { Ids } from './environment.ts';
import { hello_of } from './greeting.ts';
import { claim_identity, type Identity } from './identity.ts';
import { Link } from './link.ts';
import { Outbox, WINDOW } from './outbox.ts';
import { is_happening } from './overlay_stop.ts';
import { Run, type ShownStop } from './run.ts';
import { RunKeeper } from './run_keeper.ts';
import { news_of } from './run_news.ts';
import type { Done, KeptRun } from './run_store.ts';
import type { Records } from './records.ts';
import type { Refused } from './shown.ts';
import { signal, source, type Readable, type Stop as StopListening } from './signal.ts';
import { run_status } from './run_status.ts';
import { FIRST_STATUS, type Status } from './status.ts';
import { Subscriptions } from './subscriptions.ts';

/** Starts from what the device kept; nothing is sent before `connect`. */
export async function create_driver_engine(options: DriverOptions): Promise<DriverEngine> {
  const { storage, locks, scope, ids, runs } = options;
  const identity = await claim_identity(storage, locks, scope, ids);
  return new DriverEngine(options, identity, await runs.load(scope));
}

/** Everything the driver's app needs: stops to draw, facts to say, notices to tell. */
export class DriverEngine {
  readonly ids: Ids;
  readonly clock: ServerClock;
  readonly status = signal<Status>(FIRST_STATUS);
  readonly stops = signal<readonly ShownStop[]>([]);
  readonly waiting = signal<readonly Waiting[]>([]);
  readonly notices = source<DriverNotice>();
  readonly #options: DriverOptions;
  readonly #identity: Identity;
  readonly #run: Run;
  readonly #link: Link;
  readonly #outbox: Outbox;
  readonly #subscriptions: Subscriptions;
  readonly #verdicts: DriverVerdicts;
  readonly #keeper: RunKeeper;
  readonly #authors = new Map<OrderId, string>();
  readonly #listening: StopListening[] = [];
  #stop_courier: () => Promise<void> = async () => {};
  #courier_runs = false;
  #was_live = false;
  #no_network = false;
  /** Which socket it is, counted; a command that outlived one may have happened unheard. */
  #socket = 0;
  #flush_due = false;
  /** The last whole run that was drawn: nothing is news before there is something to compare with. */
  #compared: readonly ShownStop[] | null = null;

  constructor(options: DriverOptions, identity: Identity, kept: KeptRun) {
    const { clock, ids, driver_id, me, timers, storage, scope } = options;
    const { client_id } = identity;
    this.ids = ids;
    this.#options = options;
    this.#identity = identity;
    this.clock = new ServerClock(clock);
    const offset = (): number => this.clock.offset;
    this.#run = new Run({ driver_id, me, offset, client_id: () => client_id });
    this.#link = new Link(options, {
      hello: () => this.#hello(),
      welcomed: (welcome) => this.#welcomed(welcome),
      frame: (frame) => this.#receive(frame),
      changed: () => this.#link_changed(),
      urgent: () => this.#outbox.waiting > 0,
    });
    const ports = {
      store: storage,
      scope,
      client_id,
      timers,
      send: (submit: Parameters<Link['send']>[0]) => this.#link.send(submit),
      acknowledge: (number: CommandNumber) => this.#link.send({ type: 'acknowledge', number }),
      not_stored: () => this.notices.emit({ kind: 'storage_failed' }),
      changed: () => this.flush_soon(),
    };
    this.#outbox = new Outbox(ports, identity.kept.last_number);
    this.#subscriptions = new Subscriptions(this.#run, (message) => this.#link.send(message));
    this.#keeper = new RunKeeper(options, this.#run, kept, {
      kept: () => this.#tell_delivered(),
      failed: () => this.notices.emit({ kind: 'storage_failed' }),
    });
    this.#verdicts = new DriverVerdicts({
      run: this.#run,
      outbox: this.#outbox,
      now: () => clock.now(),
      socket: () => this.#socket,
      notify: (notice) => this.notices.emit(notice),
      reissue: (command) => void this.#issue(command, true),
      undone: (id) => this.#keeper.undone(id),
    });
    this.#restore(kept);
  }

  get records(): Records {
    return this.#run.records;
  }

  /** Refused deeds that wait until the driver has read why. */
  get refused(): Readable<readonly Refused[]> {
    return this.#verdicts.refused;
  }

  get done(): Readable<readonly Done[]> {
    return this.#keeper.done;
  }

  /** When the server last spoke, by this device's clock; 0 when it never did. */
  get heard_at(): number {
    return this.#keeper.heard_at;
  }

  /** The server's clock as far as this device knows it. */
  now(): Instant {
    return this.clock.now();
  }

  connect(): void {
    const { surroundings } = this.#options;
    this.#listening.push(
      surroundings.on_offline(() => this.#network(false)),
      surroundings.on_wake(() => this.#network(true)),
    );
    this.#link.connect();
  }

  /** Ends this engine for good; what waits stays stored for the next start. */
  async close(): Promise<void> {
    this.#link.disconnect();
    for (const stop of this.#listening.splice(0)) stop();
    await this.#stop_courier();
    this.#outbox.close();
    await this.stored();
    this.#identity.release();
  }

  /** Resolves when all that was said and seen so far is on disk, or failed to get there. */
  async stored(): Promise<void> {
    await this.#outbox.settled();
    await this.#keeper.settled();
  }

  stop(id: DeliveryId): ShownStop | undefined {
    return this.stops.get().find((each) => each.id === id);
  }

  /** Shows the effect at once, keeps the command, sends it; answers its number. */
  issue(command: OrderCommand): CommandNumber {
    return this.#issue(command, this.status.get().link !== 'live');
  }

  /** Says a refused deed again as something that happened: the office decides, nothing is lost. */
  insist(number: CommandNumber): void {
    const refused = this.#verdicts.find(number);
    if (refused === undefined || !('order_id' in refused.command)) return;
    this.#issue(refused.command, true);
    this.#verdicts.dismiss(number);
  }

  dismiss(number: CommandNumber): void {
    this.#verdicts.dismiss(number);
  }

  /** News of these stops came this far; only what the server does not know yet is said. */
  received(ids: readonly DeliveryId[], receipt: Exclude<ReceiptWord, 'sent'>): void {
    const wanted = new Set(ids);
    for (const { id, order_id, delivery } of this.#run.draw()) {
      if (!wanted.has(id) || delivery.receipt[receipt] >= delivery.receipt.told) continue;
      const { epoch } = delivery;
      const version = delivery.receipt.told;
      const at = this.now();
      const kind = 'acknowledge_stop';
      this.issue({ kind, order_id, delivery_id: id, epoch, version, receipt, at });
    }
  }

  /** Where the phone is, for dispatchers; forgotten after a minute and never written down. */
  show_position(position: Position): void {
    const channel = 'presence:drivers';
    this.#link.send({ type: 'presence', channel, doing: 'viewing', position });
  }

  flush_soon(): void {
    if (this.#flush_due) return;
    this.#flush_due = true;
    this.#options.schedule(() => {
      if (this.#flush_due) this.flush();
    });
  }

  /** Draws what changed, tells what is new, and keeps it. */
  flush(): void {
    this.#flush_due = false;
    this.#tell_news(this.#show());
    this.#keeper.keep();
  }

  /** Half a snapshot is no news: stops that are still to come did not leave. */
  #tell_news(after: readonly ShownStop[]): void {
    if (!this.#run.stops.whole) return;
    const before = this.#compared;
    this.#compared = after;
    if (before === null) return;
    const author = (id: OrderId): string => this.#authors.get(id) ?? '';
    for (const notice of news_of(before, after, author)) this.notices.emit(notice);
  }

  #issue(command: OrderCommand, fact: boolean): CommandNumber {
    const { order_id } = command;
    const number = this.#outbox.next_number();
    const base_version = this.#run.version(order_id);
    const entry: Entry = {
      submit: {
        type: 'command',
        number,
        command,
        ...(base_version > 0 ? { base_version } : {}),
        ...(fact ? { fact } : {}),
      },
      issued_at: this.#options.clock.now(),
      // The order's number outlives the stop in this device; nothing else about it does.
      guesses: { [order_id]: this.#verdicts.guess(order_id) },
      undoes: null,
    };
    const underway = this.#run.add(entry);
    this.#verdicts.issued(number);
    if (command.kind === 'complete_delivery' || command.kind === 'fail_delivery') {
      const how = command.kind === 'complete_delivery' ? 'done' : 'failed';
      this.#keeper.finished({ delivery_id: command.delivery_id, how, at: command.at });
    }
    this.#outbox.add(underway);
    this.#link.hurry();
    if (is_happening(command)) this.flush();
    else this.flush_soon();
    return number;
  }

  #restore(kept: KeptRun): void {
    for (const channel of kept.channels) this.#run.restore(channel);
    for (const entry of this.#identity.kept.entries) this.#outbox.restore(this.#run.add(entry));
    for (const refused of this.#identity.kept.refused) this.#verdicts.restore(refused);
    for (const channel of this.#run.channels) this.#subscriptions.enter(channel.name);
    const drawn = this.#show();
    if (kept.channels.some(({ name }) => name === this.#run.stops.name)) this.#compared = drawn;
  }

  #show(): readonly ShownStop[] {
    const drawn = this.#run.draw();
    this.stops.set(drawn);
    this.waiting.set(this.#verdicts.waiting());
    this.#set_status();
    return drawn;
  }

  #hello(): ReturnType<typeof hello_of> {
    const { app, inflates } = this.#options;
    return hello_of({
      app,
      inflates,
      client_id: this.#identity.client_id,
      outbox: this.#outbox,
      subscriptions: this.#subscriptions.greeting(),
      csrf: () => '',
    });
  }

  #welcomed(welcome: Welcome): void {
    this.#socket += 1;
    this.clock.forget();
    this.clock.heard(welcome.server_time);
    this.#subscriptions.live();
    this.#outbox.live(welcome.limits.unacknowledged || WINDOW);
    const before = this.status.get().build;
    const { user, limits, build = '' } = welcome;
    this.#set_status({ user, limits, build });
    if (before !== '' && before !== build) this.notices.emit({ kind: 'new_build', build });
    this.#deliver_orphans();
  }

  #receive(frame: FromServer): void {
    this.#keeper.heard();
    switch (frame.type) {
      case 'receipt':
        this.#verdicts.receipt(frame);
        break;
      case 'rejected':
        this.#verdicts.rejected(frame);
        break;
      case 'busy':
        this.#outbox.busy(frame.number, frame.retry_ms);
        break;
      case 'ping':
      case 'pong':
        this.clock.heard(frame.server_time);
        return;
      case 'authenticate':
        void this.#authenticate();
        return;
      case 'error':
      case 'welcome':
      case 'drain':
      case 'presence':
        return;
      default:
        this.#follow(frame);
    }
    this.flush_soon();
  }

  #follow(frame: ChannelFrame): void {
    if (frame.type === 'changes') {
      for (const { kind, id, stamp } of frame.ops) {
        if (kind === 'order' && stamp != null) this.#authors.set(id, stamp.by_name);
      }
    }
    const { channel, problem } = this.#run.receive(frame);
    if (problem !== null) this.#subscriptions.repair(channel.name);
  }

  /** A bearer ends while its socket lives; without a fresh one the server closes, and we reconnect. */
  async #authenticate(): Promise<void> {
    const token = await this.#options.token();
    if (token !== null) this.#link.send({ type: 'authenticate', token });
  }

  /** What is on disk here is delivered. */
  #tell_delivered(): void {
    const ids = this.#run.draw().map((each) => each.id);
    this.received(this.#verdicts.untold(ids), 'delivered');
  }

  #network(there: boolean): void {
    this.#no_network = !there;
    // A socket may outlive its network for a long time.
    if (!there) this.#link.doubt();
    this.#set_status();
  }

  #link_changed(): void {
    const { kind } = this.#link.state;
    if (kind === 'live') this.#was_live = true;
    else if (this.status.get().link === 'live') {
      this.#subscriptions.offline();
      this.#outbox.offline();
    }
    this.#set_status();
  }

  #set_status(more: Partial<Status> = {}): void {
    const facts = {
      connection: this.#link.state,
      was_live: this.#was_live,
      no_network: this.#no_network,
      now: this.#options.clock.now(),
      offset: this.clock.offset,
      waiting: this.waiting.get().length,
      stops: this.#run.stops,
    };
    this.status.set(run_status(this.status.get(), facts, more));
  }

  /** Once live: another tab of this phone may have died with work that nobody else would send. */
  #deliver_orphans(): void {
    if (this.#courier_runs) return;
    this.#courier_runs = true;
    this.#stop_courier = deliver_orphans({ ...this.#options, csrf: () => '' }, (notice) => {
      if (notice.kind === 'storage_failed') this.notices.emit({ kind: 'storage_failed' });
      if (notice.kind !== 'rejected') return;
      this.notices.emit({ kind: 'refused', number: 0, refused: notice.refused });
    });
  }
}
