import type { Instant, StageId } from '@kanvoy/protocol/messages.gen.ts';
import type { Card } from './full.ts';
import { place_of, type Sorted } from './sorting.ts';
import { oldest, Tally, type Counted } from './tally.ts';

/** One column, or one column within a swimlane, as it is now. Never changes: a new one comes. */
export interface Column extends Counted {
  readonly key: string;
  readonly stage: StageId;
  readonly lane: string;
  /** What passes the filter, in order. */
  readonly ids: readonly string[];
  readonly oldest: Instant | null;
}

/** One indexed card. */
export interface Item extends Sorted {
  readonly card: Card;
  readonly haystack: string;
  readonly stage: StageId;
  readonly lane: string;
  visible: boolean;
}

export interface Order {
  compare(one: Item, other: Item): number;
  find(id: string): Item;
}

/** The cards of one column and lane: all of them sorted, and those that pass the filter. */
export class Cell {
  readonly key: string;
  readonly stage: StageId;
  readonly lane: string;
  readonly tally = new Tally();
  #members: string[] = [];
  #visible: string[] = [];
  /** A snapshot holds the array: copy it before the next change. */
  #shared = false;
  #snapshot: Column | null = null;

  constructor(key: string, stage: StageId, lane: string) {
    this.key = key;
    this.stage = stage;
    this.lane = lane;
  }

  get empty(): boolean {
    return this.#members.length === 0;
  }

  insert(item: Item, order: Order): void {
    insert(this.#members, item, order);
    this.tally.add(item.card, item.visible);
    if (item.visible) insert(this.#own_visible(), item, order);
    this.#snapshot = null;
  }

  /** The item as it was inserted, still known to `order`. */
  remove(item: Item, order: Order): void {
    remove(this.#members, item, order);
    this.tally.remove(item.card, item.visible);
    if (item.visible) remove(this.#own_visible(), item, order);
    this.#snapshot = null;
  }

  /** The same place with other content. */
  replace(before: Item, after: Item): void {
    this.tally.remove(before.card, before.visible);
    this.tally.add(after.card, after.visible);
    this.#snapshot = null;
  }

  /** Everything at once, for a first fill: sorting once is cheaper than many insertions. */
  fill(items: readonly Item[], order: Order): void {
    const sorted = [...items].sort(order.compare);
    this.#members = sorted.map((item) => item.id);
    for (const item of sorted) this.tally.add(item.card, item.visible);
    this.#visible = sorted.filter((item) => item.visible).map((item) => item.id);
    this.#shared = false;
    this.#snapshot = null;
  }

  /** Asks the filter again; the order of the members does not change. */
  refilter(test: (item: Item) => boolean, order: Order): void {
    this.tally.hide_all();
    this.#visible = this.#members.filter((id) => {
      const item = order.find(id);
      item.visible = test(item);
      if (item.visible) this.tally.show(item.card);
      return item.visible;
    });
    this.#shared = false;
    this.#snapshot = null;
  }

  index_of(item: Item, order: Order): number {
    return item.visible ? place_of(this.#visible, item, order.find, order.compare) : -1;
  }

  column(order: Order): Column {
    if (this.#snapshot === null) {
      this.#shared = true;
      this.#snapshot = new Snapshot(this, this.#visible, order);
    }
    return this.#snapshot;
  }

  #own_visible(): string[] {
    if (this.#shared) {
      this.#visible = [...this.#visible];
      this.#shared = false;
    }
    return this.#visible;
  }
}

/** What `Cell.column` hands out. Reading `oldest` walks all cards, so it is counted when asked. */
class Snapshot implements Column {
  readonly key: string;
  readonly stage: StageId;
  readonly lane: string;
  readonly ids: readonly string[];
  readonly count: number;
  readonly all: number;
  readonly sums: Counted['sums'];
  readonly #order: Order;
  #oldest: Instant | null | undefined;

  constructor(cell: Cell, ids: readonly string[], order: Order) {
    this.key = cell.key;
    this.stage = cell.stage;
    this.lane = cell.lane;
    this.ids = ids;
    ({ count: this.count, all: this.all, sums: this.sums } = cell.tally.snapshot());
    this.#order = order;
  }

  get oldest(): Instant | null {
    // A card may have left since this column was handed out.
    this.#oldest ??= oldest(this.ids.flatMap((id) => this.#order.find(id)?.card ?? []));
    return this.#oldest;
  }
}

function insert(ids: string[], item: Item, order: Order): void {
  ids.splice(place_of(ids, item, order.find, order.compare), 0, item.id);
}

function remove(ids: string[], item: Item, order: Order): void {
  const place = place_of(ids, item, order.find, order.compare);
  if (ids[place] === item.id) ids.splice(place, 1);
}
