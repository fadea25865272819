/**
 * The cards a pile draws right now: one reactive cell per drawn card.
 *
 * The thousands of others stay plain objects in the engine. A change of one card sets one
 * cell; scrolling reuses the cells that stay, so the keyed list only touches what entered
 * or left.
 */
import type { ShownCard } from '@kanvoy/sync/shown.ts';
import type { LiveIndex } from '@kanvoy/sync/live_index.ts';
import type { Span } from './geometry.ts';

/** A change this fresh is flashed on a card that only now came into view. */
const FRESH_MS = 1_400;

export class Cell {
  readonly id: string;
  shown: ShownCard;
  index: number;
  /** Grows with each change somebody else made; draws the flash. */
  flash: number = $state.raw(0);
  /** Told by how many rows it moves, unless the scroller moves along. */
  onshift: ((rows: number) => void) | null = null;
  readonly #stop: () => void;

  constructor(shown: ShownCard, index: number, board: LiveIndex, context: Watcher) {
    this.id = shown.id;
    this.shown = $state.raw(shown);
    this.index = $state.raw(index);
    if (is_foreign(shown, context.me) && context.now() - (shown.stamp?.at ?? 0) < FRESH_MS) {
      this.flash = 1;
    }
    this.#stop = board.on_card(this.id, () => {
      const next = board.card(this.id);
      if (next === undefined || next === this.shown) return;
      if (next.version !== this.shown.version && is_foreign(next, context.me)) this.flash += 1;
      this.shown = next;
    });
  }

  leave(): void {
    this.#stop();
  }
}

export interface Watcher {
  readonly me: string;
  now(): number;
}

export class Rows {
  drawn: readonly Cell[] = $state.raw([]);
  readonly #board: LiveIndex;
  readonly #context: Watcher;
  #cells = new Map<string, Cell>();
  #gliding = false;

  constructor(board: LiveIndex, context: Watcher) {
    this.#board = board;
    this.#context = context;
  }

  /** Draws the rows in `span`, and the pinned cards wherever they are; `gliding` shows shifts. */
  show(ids: readonly string[], span: Span, pinned: readonly string[], gliding = false): void {
    this.#gliding = gliding;
    const next = new Map<string, Cell>();
    for (let index = span.from; index < span.to; index += 1) this.#put(next, ids[index], index);
    for (const id of pinned) {
      if (next.has(id)) continue;
      const index = this.#board.place(id)?.index ?? -1;
      if (ids[index] === id) this.#put(next, id, index);
    }
    const same =
      next.size === this.#cells.size && [...next.keys()].every((id) => this.#cells.has(id));
    if (same) return;
    for (const [id, cell] of this.#cells) if (!next.has(id)) cell.leave();
    this.#cells = next;
    this.drawn = [...next.values()];
  }

  clear(): void {
    for (const cell of this.#cells.values()) cell.leave();
    this.#cells = new Map();
    this.drawn = [];
  }

  #put(next: Map<string, Cell>, id: string | undefined, index: number): void {
    const shown = id === undefined ? undefined : this.#board.card(id);
    if (shown === undefined) return;
    const known = this.#cells.get(shown.id);
    if (known !== undefined) {
      if (this.#gliding && known.index !== index) known.onshift?.(index - known.index);
      known.index = index;
      known.shown = shown;
    }
    next.set(shown.id, known ?? new Cell(shown, index, this.#board, this.#context));
  }
}

function is_foreign(shown: ShownCard, me: string): boolean {
  return shown.stamp !== null && shown.stamp.by_id !== me;
}
