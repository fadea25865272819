import type {
  AggregateId,
  FromClient,
  FromServer,
  Hello,
  OrderCommand,
  Put,
  Receipt,
  Rejected,
  Stamp,
  Submit,
  Wanted,
  Whoami,
} from '@kanvoy/protocol/messages.gen.ts';
import { conflated, hash, put, whoami, type Row } from './fake_frames.ts';
import { decide, inverse, type Asking, type FakeOrder } from './fake_orders.ts';
import type { ManualSocket } from './manual_socket.ts';

interface Client {
  last: number;
  readonly verdicts: Map<number, Receipt | Rejected>;
  readonly rows: Map<number, Row>;
  /** The body that arrived first under each number. */
  readonly bodies: Map<number, string>;
}

/** How one socket follows the board. */
interface Following {
  sent: number;
  /** When the chunks were cut: they are made once and shared, so they may be older than `sent`. */
  cut: number;
  /** Chunks and changes take turns. */
  turn: number;
  chunks: number[];
  ended: boolean;
}

/** One socket on the server's side; both directions wait until moved. */
export class Session {
  readonly socket: ManualSocket;
  readonly down: FromServer[] = [];
  /** Changes that were delivered, for a network that says things twice. */
  readonly delivered: FromServer[] = [];
  client_id = '';
  user: Whoami | null = null;
  following: Following | null = null;
  constructor(socket: ManualSocket) {
    this.socket = socket;
  }
}

const CHUNKS = 2;

/** A server in memory with one journal and one board, for tests that need both sides. */
export class FakeServer {
  readonly sessions: Session[] = [];
  readonly clients = new Map<string, Client>();
  /** What a body that changed under its number looked like; must stay empty. */
  readonly changed_bodies: string[] = [];
  readonly #now: () => number;
  readonly #records: readonly Put[];
  readonly #orders = new Map<AggregateId, FakeOrder>();
  readonly #rows: Row[] = [];
  readonly #images: ReadonlyMap<AggregateId, FakeOrder>[] = [];
  #epoch = 1;

  constructor(now: () => number, board: readonly Put[]) {
    this.#now = now;
    this.#records = board.filter((put) => put.kind !== 'order');
    for (const put of board) {
      if (put.view.type !== 'card') continue;
      this.#orders.set(put.id, { version: put.version, card: put.view, gone: false, touches: {} });
    }
    this.#images.push(new Map(this.#orders));
  }

  get head(): number {
    return this.#rows.length;
  }

  /** Orders on the board as of a place in the journal. */
  board_at(sequence: number): ReadonlyMap<AggregateId, FakeOrder> {
    return new Map([...(this.#images[sequence] ?? [])].filter(([, order]) => !order.gone));
  }

  join(socket: ManualSocket): Session {
    const session = new Session(socket);
    this.sessions.push(session);
    socket.accept();
    return session;
  }

  /** Takes in everything that this socket's client has sent. */
  read(session: Session): void {
    for (const message of session.socket.take()) this.#message(session, message);
  }

  /** One step of what the server sends by itself: the next chunk, or the changes so far. */
  push(session: Session): void {
    const { following } = session;
    if (following === null) return;
    following.turn += 1;
    const chunk = following.turn % 2 === 0 ? following.chunks.shift() : undefined;
    if (chunk === undefined) this.#changes(session, following);
    else this.#chunk(session, following, chunk);
    if (!following.ended && following.chunks.length === 0 && following.sent >= following.cut) {
      following.ended = true;
      session.down.push({ type: 'snapshot_end', channel: 'board', epoch: this.#epoch });
    }
  }

  /** Delivers up to so many waiting frames. */
  deliver(session: Session, count = Number.POSITIVE_INFINITY): void {
    for (const frame of session.down.splice(0, count)) {
      if (frame.type === 'changes') session.delivered.push(frame);
      session.socket.deliver(frame);
    }
  }

  /** Reads, pushes and delivers until nothing moves. */
  settle(session: Session): void {
    for (let round = 0; round < 50 && session.socket.open; round += 1) {
      this.read(session);
      this.push(session);
      const { ended } = session.following ?? { ended: true };
      if (ended && session.down.length === 0 && session.socket.sent.length === 0) return;
      this.deliver(session);
    }
  }

  /** Somebody without a socket changes an order: another client, as far as ours can tell. */
  change(command: OrderCommand, by_name = 'Mei'): void {
    const order = this.#orders.get(command.order_id);
    const asking = this.#asking(by_name, by_name, order?.version ?? 0);
    const decided = decide(order, command, asking);
    const stamp = {
      by_id: by_name,
      by_name,
      at: this.#now(),
      client_id: `client-${by_name}`,
      number: 1,
    };
    if (decided.kind === 'changed') this.#append(decided.order, order, stamp, command);
  }

  #message(session: Session, message: FromClient): void {
    switch (message.type) {
      case 'hello':
        this.#hello(session, message);
        break;
      case 'subscribe':
        this.#subscribe(session, message.wanted);
        break;
      case 'command':
        session.down.push(this.#command(session, message));
        break;
      case 'ping':
        session.down.push({ type: 'pong', server_time: this.#now() });
        break;
      default:
        break;
    }
  }

  #hello(session: Session, hello: Hello): void {
    session.client_id = hello.client_id;
    // A new hello with the same client fences the old socket.
    for (const other of this.sessions) {
      if (other !== session && other.client_id === hello.client_id) other.socket.close(4005);
    }
    const client = this.#client(hello.client_id);
    for (const number of client.verdicts.keys()) {
      if (number <= (hello.receipts_seen ?? 0)) client.verdicts.delete(number);
    }
    session.down.push({
      type: 'welcome',
      protocol: 1,
      session_id: `session-${this.sessions.length}`,
      server_time: this.#now(),
      user: whoami(hello.client_id),
      limits: {
        frame_bytes: 65_536,
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

  #subscribe(session: Session, { channel, cursor }: Wanted): void {
    if (channel.startsWith('presence:')) {
      session.down.push({ type: 'presence', channel, people: [], full: true });
      return;
    }
    if (channel !== 'board') {
      session.down.push({ type: 'unsubscribed', channel, cause: 'forbidden' });
      return;
    }
    const [epoch, sequence, nonce] = (cursor ?? '0.0.0').split('.').map(Number);
    const place = sequence ?? 0;
    const resumes = cursor != null && epoch === this.#epoch && this.#nonce(place) === nonce;
    session.down.push({ type: 'subscribed', channel, mode: resumes ? 'resume' : 'snapshot' });
    if (resumes) {
      session.following = { sent: place, cut: 0, turn: 0, chunks: [], ended: true };
      return;
    }
    const { head } = this;
    const chunks = Array.from({ length: CHUNKS }, (_, index) => index);
    session.following = { sent: head, cut: head, turn: 0, chunks, ended: false };
    session.down.push({
      type: 'snapshot_begin',
      channel,
      epoch: this.#epoch,
      sequence: head,
      nonce: this.#nonce(head),
      chunks: CHUNKS,
    });
  }

  #chunk(session: Session, following: Following, index: number): void {
    const records = index === 0 ? this.#records : [];
    const orders = [...this.board_at(following.cut)]
      .filter(([id]) => hash(id) % CHUNKS === index)
      .map(([id, order]) => put(id, order, null));
    session.down.push({
      type: 'snapshot_chunk',
      channel: 'board',
      epoch: this.#epoch,
      index,
      cut: following.cut,
      items: [...records, ...orders],
    });
  }

  #changes(session: Session, following: Following): void {
    if (following.sent === this.head) return;
    const rows = this.#rows.slice(following.sent);
    const ids = new Set(rows.map((row) => row.id));
    const ops = [...ids].flatMap((id) => conflated(rows.filter((row) => row.id === id)));
    session.down.push({
      type: 'changes',
      channel: 'board',
      epoch: this.#epoch,
      after: following.sent,
      upto: this.head,
      nonce: this.#nonce(this.head),
      ops,
    });
    following.sent = this.head;
  }

  #command(session: Session, submit: Submit): FromServer {
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
    const verdict = this.#decide(session.client_id, client, submit);
    client.last = number;
    client.verdicts.set(number, verdict);
    return verdict;
  }

  #decide(client_id: string, client: Client, submit: Submit): Receipt | Rejected {
    const { number, command } = submit;
    const failed = submit.depends_on?.find((n) => client.verdicts.get(n)?.type === 'rejected');
    if (failed !== undefined) {
      return {
        type: 'rejected',
        number,
        rejection: { code: 'dependency_failed', depends_on: failed },
      };
    }
    const undone = command.kind === 'undo' ? client.rows.get(command.undone) : undefined;
    const single = command.kind === 'undo' ? undone && this.#inverse(undone) : command;
    if (single == null || !('order_id' in single)) {
      return { type: 'rejected', number, rejection: { code: 'nothing_to_undo', undone: 0 } };
    }
    const order = this.#orders.get(single.order_id);
    const own = new Set(
      (submit.depends_on ?? []).map((n) => client.rows.get(n)?.after.version ?? 0),
    );
    const base = undone?.after.version ?? submit.base_version ?? 0;
    const asking: Asking = {
      ...this.#asking(client_id, client_id, base),
      over: submit.over ?? 0,
      own,
      base: (group) => submit.base_groups?.[group] ?? base,
    };
    const decided = decide(order, single, asking);
    if (decided.kind === 'refused')
      return { type: 'rejected', number, rejection: decided.rejection };
    if (decided.kind === 'noop') {
      return { type: 'receipt', number, outcome: 'noop', sequence: this.head };
    }
    const stamp = { by_id: client_id, by_name: client_id, at: this.#now(), client_id, number };
    client.rows.set(number, this.#append(decided.order, order, stamp, single));
    const versions = { [single.order_id]: decided.order.version };
    return { type: 'receipt', number, outcome: 'applied', sequence: this.head, versions };
  }

  #inverse(row: Row): OrderCommand | null {
    return row.before === undefined ? null : inverse(row.before.card, row.command);
  }

  #asking(by_id: string, by_name: string, version: number): Asking {
    return { by_id, by_name, at: this.#now(), over: 0, own: new Set(), base: () => version };
  }

  #append(
    after: FakeOrder,
    before: FakeOrder | undefined,
    stamp: Stamp,
    command: OrderCommand,
  ): Row {
    const sequence = this.head + 1;
    const row = {
      sequence,
      nonce: sequence * 7919,
      id: after.card.id,
      before,
      after,
      stamp,
      command,
    };
    this.#rows.push(row);
    this.#orders.set(row.id, after);
    this.#images.push(new Map(this.#orders));
    return row;
  }

  #nonce(sequence: number): number {
    return this.#rows[sequence - 1]?.nonce ?? 0;
  }

  #client(id: string): Client {
    const found = this.clients.get(id);
    if (found !== undefined) return found;
    const fresh = { last: 0, verdicts: new Map(), rows: new Map(), bodies: new Map() };
    this.clients.set(id, fresh);
    return fresh;
  }
}
