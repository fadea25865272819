/** The orders of the demo and its few rules: enough to contest, merge and refuse. */
import type { CardView, Conflict, OrderCommand, Submit } from '@kanvoy/protocol/messages.gen.ts';
import type { Card, Order } from '@kanvoy/sync/full.ts';
import { groups_of } from '@kanvoy/sync/groups.ts';
import type { Scene } from '@kanvoy/sync/overlay_card.ts';
import { overlay_order } from '@kanvoy/sync/overlay_order.ts';
import { rank_between } from '@kanvoy/sync/rank.ts';
import { card_of, full_card, order_behind } from './orders.ts';
import {
  category_of,
  customer_name,
  make_card,
  make_cards,
  person_name,
  products,
  seeded,
  STAGE_IDS,
} from './seed.ts';

export interface Thing {
  readonly version: number;
  readonly card: Card;
  /** Built when somebody first opens or changes the order. */
  readonly order: Order | null;
}

type Creation = Extract<OrderCommand, { kind: 'create_order' | 'copy_order' }>;

export const MYSELF = 'person-1';
const NO_GUESS = { card_was: {}, card_mine: {}, order_was: {}, order_mine: {} };
/** Groups whose changes always merge. */
const COMMUTE = new Set(['rank', 'labels', 'notes', 'review']);

export class Book {
  readonly things = new Map<string, Thing>();
  readonly random = seeded(7);
  ids: string[];
  #next: number;

  constructor(count: number) {
    for (const card of make_cards(count, Date.now(), this.random)) this.enter(card);
    this.ids = [...this.things.keys()];
    this.#next = count;
  }

  enter(view: CardView): void {
    this.things.set(view.id, { version: 1, card: full_card(view), order: null });
  }

  leave(id: string): void {
    this.things.delete(id);
    this.ids = this.ids.filter((one) => one !== id);
  }

  opened(id: string): Thing | undefined {
    const thing = this.things.get(id);
    if (thing === undefined || thing.order !== null) return thing;
    const opened = { ...thing, order: order_behind(thing.card) };
    this.things.set(id, opened);
    return opened;
  }

  /** What the command makes of the order, with who touched which group. */
  applied(thing: Thing, command: OrderCommand, by: string): Thing {
    const order = thing.order ?? order_behind(thing.card);
    const at = Date.now();
    const by_name = person_name(by);
    const version = thing.version + 1;
    const marks = { ...order.marks };
    for (const group of groups_of(command)) marks[group] = { version, by_id: by, by_name, at };
    const drawn = overlay_order(order, command, this.#guess(command), this.#scene(by, at));
    const next = { ...drawn, marks, updated_at: at, updated_by: by_name };
    return { version, order: next, card: card_of(next, thing.card) };
  }

  conflicts(thing: Thing, command: OrderCommand, submit: Submit): readonly Conflict[] {
    return groups_of(command).flatMap((group) => {
      const mark = thing.order?.marks[group];
      const seen = submit.base_groups?.[group] ?? submit.base_version ?? 0;
      const fresh = mark !== undefined && mark.version > Math.max(seen, submit.over ?? 0);
      if (!fresh || COMMUTE.has(group) || mark.by_id === MYSELF) return [];
      const { by_id, by_name, at, version } = mark;
      const theirs = group === 'stage' ? thing.card.stage_id : null;
      return [{ group, version, by_id, by_name, at, theirs, mine: null }];
    });
  }

  created(command: Creation): CardView {
    const lines = command.kind === 'create_order' ? (command.lines ?? []) : [];
    const all = products();
    const price = (id: string | null | undefined): number =>
      all.find((one) => one.id === id)?.unit_price ?? 0;
    const total = lines.reduce(
      (sum, line) => sum + line.quantity * (line.unit_price ?? price(line.product_id)),
      0,
    );
    return {
      ...this.fresh(command.order_id),
      ...(command.kind === 'create_order' ? { customer: customer_of(command) } : {}),
      stage_id: 'new',
      category: 'new',
      stage_since: Date.now(),
      rank: rank_between(null, this.#top('new')),
      items: lines.reduce((sum, line) => sum + line.quantity, 0),
      total,
    };
  }

  fresh(id = `order-${String(this.#next + 1).padStart(6, '0')}`): CardView {
    const card = make_card(this.#next, Date.now(), this.random);
    this.#next += 1;
    this.ids.push(id);
    return { ...card, id };
  }

  #guess(command: OrderCommand) {
    if (!('after_id' in command)) return undefined;
    const rank = (id: string | null | undefined): string | null =>
      id == null ? null : (this.things.get(id)?.card.rank ?? null);
    return { ...NO_GUESS, rank: rank_between(rank(command.after_id), rank(command.before_id)) };
  }

  #top(stage: string): string | null {
    let top: string | null = null;
    for (const { card } of this.things.values()) {
      if (card.stage_id === stage && (top === null || card.rank < top)) top = card.rank;
    }
    return top;
  }

  #scene(by: string, at: number): Scene {
    return {
      at,
      me: { id: by, name: person_name(by) },
      currency: 'EUR',
      category: category_of,
      stage_for: (_, category) => STAGE_IDS.find((id) => category_of(id) === category),
      start: () => ({ workflow: 'full-7', stage: 'new' }),
      product_name: (id) => products().find((one) => one.id === id)?.name ?? '',
      customer_name,
      card: (id) => this.things.get(id)?.card,
    };
  }
}

function customer_of(command: Extract<OrderCommand, { kind: 'create_order' }>): string {
  return command.customer?.name ?? customer_name(command.customer_id ?? '');
}
