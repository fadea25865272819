import type { StageId } from '@kanvoy/protocol/messages.gen.ts';
import { Cell, type Column, type Item, type Order } from './cell.ts';
import { compile, haystack, NO_FILTER, type Filter, type Test } from './filter.ts';
import type { Card } from './full.ts';
import { lane_of, type LaneBy } from './lanes.ts';
import { Listeners } from './listeners.ts';
import type { ShownCard } from './shown.ts';
import type { Stop } from './signal.ts';
import { BY_RANK, comparator, sort_keys, type Position, type Sort } from './sorting.ts';
import { Tally, type Counted } from './tally.ts';

export interface View {
  readonly filter: Filter;
  readonly lanes: LaneBy;
  readonly sort: readonly Sort[];
  /** `one` puts everything into a single column with the empty key: the list. */
  readonly columns: 'stage' | 'one';
}

export interface Place {
  readonly stage: StageId;
  readonly lane: string;
  /** Within what passes the filter; −1 when the card does not. */
  readonly index: number;
}

/** What the index asks others. */
export interface IndexSurroundings {
  now(): number;
  number_prefix(): string;
  readonly stage_position: Position;
}

const EMPTY_BOARD: View = { filter: NO_FILTER, lanes: 'none', sort: BY_RANK, columns: 'stage' };

export function column_key(stage: StageId, lane: string): string {
  return lane === '' ? stage : `${stage}\n${lane}`;
}

/**
 * All cards, sorted into columns and lanes, filtered and counted; one change costs O(log n) search.
 *
 * Everything is consistent whenever a listener runs: each card is in exactly one column.
 */
export class LiveIndex {
  readonly #around: IndexSurroundings;
  readonly #shown = new Map<string, ShownCard>();
  readonly #items = new Map<string, Item>();
  readonly #cells = new Map<string, Cell>();
  readonly #stages = new Map<StageId, Tally>();
  readonly #listeners = new Listeners();
  readonly #order: Order;
  #total = new Tally();
  #view: View;
  #test: Test;

  constructor(around: IndexSurroundings, view: Partial<View> = {}) {
    this.#around = around;
    this.#view = { ...EMPTY_BOARD, ...view };
    this.#test = compile(this.#view.filter, around.now);
    this.#order = {
      compare: comparator(this.#view.sort),
      find: (id) => this.#items.get(id) as Item,
    };
  }

  get view(): View {
    return this.#view;
  }

  get size(): number {
    return this.#items.size;
  }

  card(id: string): ShownCard | undefined {
    return this.#shown.get(id);
  }

  ids(): Iterable<string> {
    return this.#shown.keys();
  }

  /** Keys of the columns that hold a card, in no particular order. */
  columns(): readonly string[] {
    return [...this.#cells.keys()];
  }

  /** Lanes that hold a card; the empty one means nobody, nowhere or none. */
  lanes(): readonly string[] {
    return [...new Set([...this.#cells.values()].map((cell) => cell.lane))].sort();
  }

  /** The same object until something in the column changes. */
  column(stage: StageId, lane = ''): Column {
    const key = column_key(stage, lane);
    return this.#cells.get(key)?.column(this.#order) ?? empty_column(key, stage, lane);
  }

  /** A column over all its lanes: what a limit across lanes is about. */
  stage(stage: StageId): Counted {
    return (this.#stages.get(stage) ?? new Tally()).snapshot();
  }

  totals(): Counted {
    return this.#total.snapshot();
  }

  place(id: string): Place | null {
    const item = this.#items.get(id);
    const cell = item && this.#cells.get(column_key(item.stage, item.lane));
    if (item === undefined || cell === undefined) return null;
    return { stage: item.stage, lane: item.lane, index: cell.index_of(item, this.#order) };
  }

  on_card(id: string, listener: () => void): Stop {
    return this.#listeners.on_card(id, listener);
  }

  on_column(key: string, listener: () => void): Stop {
    return this.#listeners.on_column(key, listener);
  }

  on_change(listener: () => void): Stop {
    return this.#listeners.on_change(listener);
  }

  /** Changes filter, lanes or order. Only what needs it is computed again. */
  set_view(change: Partial<View>): void {
    const before = this.#view;
    this.#view = { ...before, ...change };
    this.#test = compile(this.#view.filter, this.#around.now);
    const { lanes, sort, columns } = this.#view;
    if (lanes === before.lanes && sort === before.sort && columns === before.columns) {
      this.refilter();
    } else {
      this.#order.compare = comparator(sort);
      this.rebuild();
    }
  }

  /** Asks the filter again, because time went by. */
  refilter(): void {
    for (const tally of this.#stages.values()) tally.hide_all();
    this.#total.hide_all();
    for (const [key, cell] of this.#cells) {
      cell.refilter(this.#test, this.#order);
      this.#listeners.column_changed(key);
    }
    for (const item of this.#items.values()) {
      if (!item.visible) continue;
      this.#stages.get(item.stage)?.show(item.card);
      this.#total.show(item.card);
    }
    this.#listeners.tell();
  }

  /** One flush: what these cards are now, nothing for those that left. */
  apply(changes: ReadonlyMap<string, ShownCard | undefined>): void {
    if (changes.size > this.#items.size / 4 + 64) {
      this.#replace_many(changes);
      return;
    }
    for (const [id, shown] of changes) {
      if (shown === undefined) this.#leave(id);
      else this.#put(shown);
      this.#listeners.card_changed(id);
    }
    this.#listeners.tell();
  }

  /** Sorts everything anew: after the order, the lanes or the stages' positions changed. */
  rebuild(): void {
    for (const key of this.#cells.keys()) this.#listeners.column_changed(key);
    this.#cells.clear();
    this.#stages.clear();
    this.#total = new Tally();
    const piles = new Map<Cell, Item[]>();
    for (const shown of this.#shown.values()) {
      const item = this.#indexed(shown);
      this.#items.set(item.id, item);
      const cell = this.#cell(item);
      const pile = piles.get(cell);
      if (pile === undefined) piles.set(cell, [item]);
      else pile.push(item);
      this.#count(item);
    }
    for (const [cell, items] of piles) cell.fill(items, this.#order);
    this.#listeners.tell();
  }

  /** Reads every card anew: after something all of them are drawn with changed. */
  reindex(): void {
    this.#items.clear();
    this.rebuild();
  }

  #replace_many(changes: ReadonlyMap<string, ShownCard | undefined>): void {
    for (const [id, shown] of changes) {
      if (shown === undefined) {
        this.#shown.delete(id);
        this.#items.delete(id);
      } else {
        this.#shown.set(id, shown);
      }
      this.#listeners.card_changed(id);
    }
    this.rebuild();
  }

  #put(shown: ShownCard): void {
    const before = this.#items.get(shown.id);
    this.#shown.set(shown.id, shown);
    const item = this.#indexed(shown);
    if (before !== undefined && this.#same_place(before, item)) {
      this.#cell(item).replace(before, item);
      this.#discount(before);
    } else {
      if (before !== undefined) this.#take_out(before);
      this.#items.set(item.id, item);
      this.#cell(item).insert(item, this.#order);
    }
    this.#items.set(item.id, item);
    this.#count(item);
    this.#listeners.column_changed(column_key(item.stage, item.lane));
  }

  #leave(id: string): void {
    const before = this.#items.get(id);
    if (before !== undefined) this.#take_out(before);
    this.#shown.delete(id);
    this.#items.delete(id);
  }

  #take_out(item: Item): void {
    const cell = this.#cell(item);
    cell.remove(item, this.#order);
    if (cell.empty) this.#cells.delete(cell.key);
    this.#discount(item);
    this.#listeners.column_changed(cell.key);
  }

  #same_place(before: Item, after: Item): boolean {
    return (
      before.stage === after.stage &&
      before.lane === after.lane &&
      before.visible === after.visible &&
      this.#order.compare(before, after) === 0
    );
  }

  #count(item: Item): void {
    const tally = this.#stages.get(item.stage) ?? new Tally();
    this.#stages.set(item.stage, tally);
    tally.add(item.card, item.visible);
    this.#total.add(item.card, item.visible);
  }

  #discount(item: Item): void {
    this.#stages.get(item.stage)?.remove(item.card, item.visible);
    this.#total.remove(item.card, item.visible);
  }

  #cell(item: Item): Cell {
    const key = column_key(item.stage, item.lane);
    const cell = this.#cells.get(key) ?? new Cell(key, item.stage, item.lane);
    this.#cells.set(key, cell);
    return cell;
  }

  #indexed(shown: ShownCard): Item {
    const { id, card } = shown;
    const before = this.#items.get(id);
    const item = {
      id,
      card,
      keys: sort_keys(card, this.#view.sort, this.#around.stage_position),
      haystack: this.#haystack(card, before),
      stage: this.#view.columns === 'stage' ? card.stage_id : '',
      lane: lane_of(card, this.#view.lanes),
      visible: false,
    };
    item.visible = this.#test(item);
    return item;
  }

  /** Folding is the dear part, and most changes touch none of its fields. */
  #haystack(card: Card, before: Item | undefined): string {
    const unchanged =
      before !== undefined &&
      before.card.number === card.number &&
      before.card.customer === card.customer &&
      before.card.city === card.city &&
      before.card.products === card.products &&
      before.card.note === card.note;
    return unchanged ? before.haystack : haystack(card, this.#around.number_prefix());
  }
}

function empty_column(key: string, stage: StageId, lane: string): Column {
  return { key, stage, lane, ids: [], count: 0, all: 0, sums: new Map(), oldest: null };
}
