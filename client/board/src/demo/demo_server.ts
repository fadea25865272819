/** A server in the page's worker that speaks the real frames: for developers and the bench. */
import type {
  CardView,
  FromClient,
  FromServer,
  Op,
  OrderCommand,
  Person,
  Put,
  Rejection,
  RunBulk,
  Stamp,
  Submit,
  TimelineEntry,
} from '@kanvoy/protocol/messages.gen.ts';
import { Book, MYSELF, type Thing } from './book.ts';
import { change_of, changed_fields, changes, snapshot, welcome } from './frames.ts';
import { order_behind } from './orders.ts';
import { person_name, put, records } from './seed.ts';
import { happen } from './strangers.ts';

interface Row {
  readonly id: string;
  readonly before: Thing;
}

const OF_ORDER = 'presence:order:';

export class DemoServer {
  readonly #send: (text: string) => void;
  readonly #book: Book;
  readonly #rows = new Map<number, readonly Row[]>();
  readonly #timelines = new Map<string, TimelineEntry[]>();
  readonly #watched = new Set<string>();
  #people: Person[] = [];
  #sequence = 0;
  #last = 0;
  #client = '';

  constructor(count: number, send: (text: string) => void) {
    this.#send = send;
    this.#book = new Book(count);
  }

  receive(message: FromClient): void {
    switch (message.type) {
      case 'hello':
        this.#watched.clear();
        this.#client = message.client_id;
        this.#say(welcome(this.#last));
        for (const { channel } of message.subscriptions ?? []) this.#subscribe(channel);
        return;
      case 'subscribe':
        return this.#subscribe(message.wanted.channel);
      case 'unsubscribe':
        this.#watched.delete(message.channel);
        return;
      case 'command':
        return this.#command(message);
      case 'ping':
        return this.#say({ type: 'pong', server_time: Date.now() });
      default:
        return;
    }
  }

  /** Somebody else does something. */
  happen(hot: readonly string[]): void {
    happen(this.#book, hot, {
      changed: (before, after, by) => this.#publish(before, after, this.#stamp(by, null)),
      arrived: (by) => this.#enter(this.#book.fresh(), this.#stamp(by, null)),
      left: (thing, by) => this.#leave(thing, by),
    });
  }

  /** Somebody does exactly this: for tests that need a conflict. */
  change(command: OrderCommand, by: string): void {
    const thing = this.#book.opened(command.order_id);
    if (thing !== undefined) this.#apply(thing, command, by, null);
  }

  show_people(people: Person[]): void {
    this.#people = people;
    for (const channel of this.#watched) {
      if (channel.startsWith('presence:')) this.#show(channel);
    }
  }

  timeline(id: string): readonly TimelineEntry[] {
    return this.#timelines.get(id) ?? [];
  }

  #say(message: FromServer): void {
    this.#send(JSON.stringify(message));
  }

  #show(channel: string): void {
    const id = channel.startsWith(OF_ORDER) ? channel.slice(OF_ORDER.length) : null;
    const people = this.#people.filter((one) => id === null || one.order_id === id);
    this.#say({ type: 'presence', channel, people, full: true });
  }

  #subscribe(channel: string): void {
    this.#watched.add(channel);
    if (channel.startsWith('presence:')) this.#show(channel);
    else {
      const items =
        channel === 'board' ? this.#board() : this.#order(channel.slice('order:'.length));
      for (const frame of snapshot(channel, items, this.#sequence)) this.#say(frame);
    }
  }

  #board(): readonly Put[] {
    const things = [...this.#book.things.values()];
    return [
      ...records(),
      ...things.map(({ card, version }) => put('order', card.id, card, version)),
    ];
  }

  #order(id: string): readonly Put[] {
    const thing = this.#book.opened(id);
    return thing?.order == null ? [] : [put('order', id, thing.order, thing.version)];
  }

  #command(submit: Submit): void {
    const { number, command } = submit;
    if (number <= this.#last) return;
    this.#last = number;
    if (command.kind === 'run_bulk') this.#bulk(submit, command);
    else if (command.kind === 'undo') this.#undo(number, command.undone);
    else if ('order_id' in command) {
      const rejection = this.#try(submit, command);
      if (rejection === null) this.#applied(number, [command.order_id]);
      else this.#say({ type: 'rejected', number, rejection });
    } else this.#applied(number, []);
  }

  #applied(number: number, ids: readonly string[], undo_of: number | null = null): void {
    const versions = Object.fromEntries(
      ids.map((id) => [id, this.#book.things.get(id)?.version ?? 1]),
    );
    const sequence = this.#sequence;
    this.#say({ type: 'receipt', number, outcome: 'applied', sequence, versions, undo_of });
  }

  #bulk(submit: Submit, { items }: RunBulk): void {
    const { number } = submit;
    const answers = items.map(({ command, base_version = 0, over = 0 }, index) => {
      const rejection = this.#try({ ...submit, command, base_version, over }, command);
      const aggregate_id = command.order_id;
      return { index, aggregate_id, ...(rejection === null ? {} : { rejection }) };
    });
    const sequence = this.#sequence;
    this.#say({ type: 'receipt', number, outcome: 'applied', sequence, items: answers });
  }

  #try(submit: Submit, command: OrderCommand): Rejection | null {
    if (command.kind === 'create_order' || command.kind === 'copy_order') {
      this.#enter(this.#book.created(command), this.#stamp(MYSELF, submit.number));
      return null;
    }
    const aggregate_id = command.order_id;
    const thing = this.#book.opened(aggregate_id);
    if (thing === undefined) return { code: 'not_found', aggregate_id };
    const conflicts = this.#book.conflicts(thing, command, submit);
    if (conflicts.length > 0) {
      return { code: 'stale', aggregate_id, current_version: thing.version, conflicts };
    }
    this.#apply(thing, command, MYSELF, submit.number);
    return null;
  }

  #apply(thing: Thing, command: OrderCommand, by: string, number: number | null): void {
    const { id } = thing.card;
    const after = this.#book.applied(thing, command, by);
    if (number !== null) {
      this.#rows.set(number, [...(this.#rows.get(number) ?? []), { id, before: thing }]);
    }
    this.#publish(thing, after, this.#stamp(by, number));
    if (thing.order !== null) this.#note(after, by, change_of(thing.order, command));
  }

  #undo(number: number, undone: number): void {
    const rows = this.#rows.get(undone) ?? [];
    if (rows.length === 0) {
      this.#say({ type: 'rejected', number, rejection: { code: 'nothing_to_undo', undone } });
      return;
    }
    for (const { id, before } of rows) {
      const now = this.#book.things.get(id);
      if (now === undefined) continue;
      const order = {
        ...(before.order ?? order_behind(before.card)),
        marks: now.order?.marks ?? {},
      };
      const after = { version: now.version + 1, card: before.card, order };
      this.#publish(now, after, this.#stamp(MYSELF, number));
    }
    const ids = rows.map((row) => row.id);
    this.#applied(number, ids, undone);
  }

  #enter(view: CardView, by: Stamp): void {
    this.#book.enter(view);
    this.#emit([{ ...put('order', view.id, view), stamp: by }]);
  }

  #leave({ card, version }: Thing, by: string): void {
    this.#book.leave(card.id);
    const stamp = this.#stamp(by, null);
    this.#emit([{ op: 'remove', kind: 'order', id: card.id, version: version + 1, stamp }]);
  }

  #publish(before: Thing, after: Thing, stamp: Stamp): void {
    const { version, card, order } = after;
    const { id } = card;
    this.#book.things.set(id, after);
    const fields = changed_fields(before.card, card);
    this.#emit([{ op: 'patch', kind: 'order', id, version, fields, stamp }]);
    const channel = `order:${id}`;
    if (!this.#watched.has(channel) || order === null) return;
    this.#say(changes(channel, [{ ...put('order', id, order, version), stamp }], this.#sequence));
  }

  /** One row of the journal: on the board, and as nothing new on the orders it is not about. */
  #emit(ops: readonly Op[]): void {
    this.#sequence += 1;
    this.#say(changes('board', ops, this.#sequence));
    for (const channel of this.#watched) {
      const is_other =
        channel.startsWith('order:') && !ops.some(({ id }) => channel === `order:${id}`);
      if (is_other) this.#say(changes(channel, [], this.#sequence));
    }
  }

  #stamp(by: string, number: number | null): Stamp {
    const own = number === null ? {} : { client_id: this.#client, number };
    return { by_id: by, by_name: person_name(by), at: Date.now(), ...own };
  }

  #note({ card, version }: Thing, by: string, change: TimelineEntry['changes'][number]): void {
    const entries = this.#timelines.get(card.id) ?? [];
    entries.unshift({
      sequence: this.#sequence,
      version,
      at: Date.now(),
      by_id: by,
      by_name: person_name(by),
      via: 'board',
      changes: [change],
    });
    this.#timelines.set(card.id, entries);
  }
}
