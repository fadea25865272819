import type {
  FactCommand,
  FromClient,
  FromServer,
  Hello,
  OrderCommand,
  Put,
  Receipt,
  Rejected,
  Stamp,
  StopDeliveryView,
  StopEdit,
  StopView,
  Submit,
  Wanted,
  Whoami,
} from '@kanvoy/protocol/messages.gen.ts';
import { is_happening, type Happening } from '../overlay_stop.ts';
import { decide_road, type RoadOrder } from './fake_facts.ts';
import type { ManualSocket } from './manual_socket.ts';

interface Client {
  last: number;
  readonly verdicts: Map<number, Receipt | Rejected>;
  /** The body that arrived first under each number. */
  readonly bodies: Map<number, string>;
}

interface Row {
  readonly sequence: number;
  readonly before: RoadOrder | undefined;
  readonly after: RoadOrder;
  readonly stamp: Stamp;
}

/** What a driver said that the order did not allow. */
export interface FakeClaim {
  readonly command: Happening;
  readonly cause: string;
}

/** One socket of a phone; both directions wait until moved. */
export class RoadSession {
  readonly socket: Pick<ManualSocket, 'accept' | 'take' | 'deliver' | 'close' | 'open'>;
  readonly down: FromServer[] = [];
  readonly delivered: FromServer[] = [];
  client_id = '';
  /** How far each watched channel was told. */
  readonly following = new Map<string, number>();

  constructor(socket: RoadSession['socket']) {
    this.socket = socket;
  }
}

/** A server in memory with one journal and one driver's run, for tests and for the demo. */
export class FakeRoad {
  readonly sessions: RoadSession[] = [];
  readonly clients = new Map<string, Client>();
  /** What a body that changed under its number looked like; must stay empty. */
  readonly changed_bodies: string[] = [];
  readonly claims: FakeClaim[] = [];
  /** Facts that happened, in their order. */
  readonly facts: FactCommand[] = [];
  readonly orders = new Map<string, RoadOrder>();
  readonly #now: () => number;
  readonly #driver: string;
  readonly #house: readonly Put[];
  readonly #rows: Row[] = [];
  #epoch = 1;

  constructor(
    now: () => number,
    driver_id: string,
    stops: readonly StopView[],
    house: readonly Put[],
  ) {
    this.#now = now;
    this.#driver = driver_id;
    this.#house = house;
    for (const stop of stops) this.orders.set(stop.id, { version: 1, stop, driver: driver_id });
  }

  get head(): number {
    return this.#rows.length;
  }

  /** What the driver may see of an order; nothing when it is no stop of theirs any more. */
  visible(order: RoadOrder): StopView | null {
    const open = (order.stop.deliveries ?? []).filter((each) => !is_closed(each));
    return order.driver === this.#driver && open.length > 0
      ? { ...order.stop, deliveries: open }
      : null;
  }

  join(socket: RoadSession['socket']): RoadSession {
    const session = new RoadSession(socket);
    this.sessions.push(session);
    socket.accept();
    return session;
  }

  read(session: RoadSession): void {
    for (const message of session.socket.take()) this.receive(session, message);
  }

  /** Tells each watched channel what happened since. */
  push(session: RoadSession): void {
    for (const [channel, sent] of session.following) {
      if (sent === this.head) continue;
      session.down.push(this.#changes(channel, sent));
      session.following.set(channel, this.head);
    }
  }

  deliver(session: RoadSession, count = Number.POSITIVE_INFINITY): void {
    for (const frame of session.down.splice(0, count)) {
      if (frame.type === 'changes') session.delivered.push(frame);
      session.socket.deliver(frame);
    }
  }

  /** Reads, pushes and delivers until nothing moves. */
  settle(session: RoadSession): void {
    for (let round = 0; round < 50 && session.socket.open; round += 1) {
      this.read(session);
      this.push(session);
      if (session.down.length === 0) return;
      this.deliver(session);
    }
  }

  /** The office changes what a stop brings, goes to or is wanted; its driver has to know. */
  edit(
    id: string,
    edit: StopEdit,
    change: (delivery: StopDeliveryView) => StopDeliveryView,
    by_name = 'Mei',
    reason = '',
  ): void {
    const order = this.orders.get(id);
    if (order === undefined) return;
    const version = order.version + 1;
    const told = { edit, version, at: this.#now(), by_name, reason };
    this.change(id, by_name, (stop) => ({
      ...stop,
      deliveries: (stop.deliveries ?? []).map((each) => {
        const after = change(each);
        const edits = [...(each.receipt.edits ?? []), told];
        const receipt = { ...after.receipt, told: version, told_at: this.#now(), edits };
        return is_closed(each) ? each : { ...after, receipt: { ...receipt, word: 'sent' } };
      }),
    }));
  }

  change(id: string, by_name: string, change: (stop: StopView) => StopView): void {
    const order = this.orders.get(id);
    if (order === undefined) return;
    const stop = change(order.stop);
    this.#append(order, { ...order, version: order.version + 1, stop }, this.#office(by_name));
  }

  /** Gives the order to somebody; whoever had it is fenced. */
  assign(id: string, driver: string, by_name = 'Mei'): void {
    const order = this.orders.get(id);
    if (order === undefined || order.driver === driver) return;
    const version = order.version + 1;
    const stop = {
      ...order.stop,
      deliveries: (order.stop.deliveries ?? []).map((each) => {
        const receipt = { told: version, told_at: this.#now(), word: 'sent' as const };
        return is_closed(each) ? each : { ...each, epoch: each.epoch + 1, receipt };
      }),
    };
    this.#append(order, { ...order, version, driver, stop }, this.#office(by_name));
  }

  receive(session: RoadSession, message: FromClient): void {
    if (message.type === 'hello') this.#hello(session, message);
    if (message.type === 'subscribe') this.#subscribe(session, message.wanted);
    if (message.type === 'command') session.down.push(this.#command(session, message));
    if (message.type === 'ping') session.down.push({ type: 'pong', server_time: this.#now() });
  }

  #hello(session: RoadSession, hello: Hello): void {
    session.client_id = hello.client_id;
    for (const other of this.sessions) {
      if (other !== session && other.client_id === hello.client_id) other.socket.close(4005);
    }
    const client = this.#client(hello.client_id);
    session.down.push({
      type: 'welcome',
      protocol: 1,
      session_id: `session-${this.sessions.length}`,
      server_time: this.#now(),
      user: driver_whoami(this.#driver),
      limits: {
        frame_bytes: 16_384,
        subscriptions: 16,
        commands_per_second: 20,
        commands_burst: 60,
        unacknowledged: 32,
      },
      ping_seconds: 25,
      pong_seconds: 10,
      last_number: client.last,
      build: 'test',
    });
    for (const wanted of hello.subscriptions ?? []) this.#subscribe(session, wanted);
  }

  #subscribe(session: RoadSession, { channel, cursor }: Wanted): void {
    const [epoch, sequence, nonce] = (cursor ?? '0.0.0').split('.').map(Number);
    const place = sequence ?? 0;
    const resumes = cursor != null && epoch === this.#epoch && nonce === nonce_of(place);
    session.down.push({ type: 'subscribed', channel, mode: resumes ? 'resume' : 'snapshot' });
    session.following.set(channel, resumes ? place : this.head);
    if (resumes) return;
    const { head } = this;
    const place_of = { channel, epoch: this.#epoch };
    const nonce_now = nonce_of(head);
    session.down.push(
      { type: 'snapshot_begin', ...place_of, sequence: head, nonce: nonce_now, chunks: 1 },
      { type: 'snapshot_chunk', ...place_of, index: 0, cut: head, items: this.#items(channel) },
      { type: 'snapshot_end', ...place_of },
    );
  }

  #items(channel: string): readonly Put[] {
    if (channel === 'house') return this.#house;
    return [...this.orders.values()].flatMap((order) => {
      const view = this.visible(order);
      return view === null ? [] : [put_stop(order, view, null)];
    });
  }

  #changes(channel: string, after: number): FromServer {
    const latest = new Map(this.#rows.slice(after).map((row) => [row.after.stop.id, row]));
    const rows = channel === 'house' ? [] : [...latest.values()];
    const ops = rows.map(({ after: order, stamp }) => {
      const view = this.visible(order);
      const { id } = order.stop;
      return view === null
        ? { op: 'remove' as const, kind: 'order', id, version: order.version, stamp }
        : put_stop(order, view, stamp);
    });
    const { head: upto } = this;
    const nonce = nonce_of(upto);
    return { type: 'changes', channel, epoch: this.#epoch, after, upto, nonce, ops };
  }

  #command(session: RoadSession, submit: Submit): FromServer {
    const client = this.#client(session.client_id);
    const { number } = submit;
    const body = JSON.stringify(submit);
    const first = client.bodies.get(number);
    if (first !== undefined && first !== body) this.changed_bodies.push(`${first} ≠ ${body}`);
    client.bodies.set(number, first ?? body);
    if (number <= client.last) {
      const retired = { code: 'retired_number', kept_from: client.last + 1 } as const;
      return client.verdicts.get(number) ?? { type: 'rejected', number, rejection: retired };
    }
    if (number > client.last + 1) {
      return { type: 'rejected', number, rejection: { code: 'gap', expected: client.last + 1 } };
    }
    const verdict = this.#decide(session.client_id, submit);
    client.last = number;
    client.verdicts.set(number, verdict);
    return verdict;
  }

  #decide(client_id: string, submit: Submit): Receipt | Rejected {
    const { number } = submit;
    const command = submit.command as OrderCommand;
    const order = this.orders.get(command.order_id);
    const decided = decide_road(order, command, this.#driver, submit.fact === true);
    if (decided.kind === 'refused') {
      return { type: 'rejected', number, rejection: decided.rejection };
    }
    if (decided.kind === 'changed' && order !== undefined) {
      const me = this.#driver;
      const stamp = { by_id: me, by_name: 'Ana', at: this.#now(), client_id, number };
      this.#append(order, { ...decided.order, version: order.version + 1 }, stamp);
      if ('epoch' in command) this.facts.push(command as FactCommand);
    }
    if (decided.kind === 'claimed' && is_happening(command)) {
      this.claims.push({ command, cause: decided.cause });
    }
    const outcome = decided.kind === 'changed' ? 'applied' : 'noop';
    const warnings = decided.kind === 'claimed' ? ['claim_filed'] : [];
    return { type: 'receipt', number, outcome, sequence: this.head, warnings };
  }

  #append(before: RoadOrder, after: RoadOrder, stamp: Stamp): void {
    this.#rows.push({ sequence: this.head + 1, before, after, stamp });
    this.orders.set(after.stop.id, after);
  }

  #office(by_name: string): Stamp {
    const at = this.#now();
    return { by_id: by_name, by_name, at, client_id: `client-${by_name}`, number: 1 };
  }

  #client(id: string): Client {
    const found = this.clients.get(id);
    if (found !== undefined) return found;
    const fresh = { last: 0, verdicts: new Map(), bodies: new Map() };
    this.clients.set(id, fresh);
    return fresh;
  }
}

export function driver_whoami(id: string): Whoami {
  const rights = { roles: ['driver'], permissions: [], call_sign: 'Van 3' };
  return { id, name: 'Ana Lima', tenant_id: 'tenant', tenant: 'Northwind', ...rights };
}

function put_stop(order: RoadOrder, view: StopView, stamp: Stamp | null): Put {
  return { op: 'put', kind: 'order', id: view.id, version: order.version, view, stamp };
}

function is_closed({ category }: StopDeliveryView): boolean {
  return category === 'done' || category === 'failed' || category === 'cancelled';
}

function nonce_of(sequence: number): number {
  return sequence * 7919;
}
