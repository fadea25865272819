/** The cards of one column, or of one column within one lane: which to draw, and where. */
import { column_key, type LiveIndex } from '@kanvoy/sync/live_index.ts';
import type { Column } from '@kanvoy/sync/cell.ts';
import { visible } from './geometry.ts';
import { Rows, type Watcher } from './rows.svelte.ts';

export class Pile {
  readonly rows: Rows;
  /** As drawn; the column itself may be a frame ahead. */
  count: number = $state.raw(0);
  readonly #board: LiveIndex;
  readonly #stage: string;
  readonly #lane: string;
  #top = 0;
  #height = 0;
  #row = 1;
  #pinned: readonly string[] = [];

  constructor(board: LiveIndex, watcher: Watcher, stage: string, lane: string) {
    this.#board = board;
    this.#stage = stage;
    this.#lane = lane;
    this.rows = new Rows(board, watcher);
  }

  get column(): Column {
    return this.#board.column(this.#stage, this.#lane);
  }

  /**
   * Follows the column until the answer is called; `before` runs ahead of each drawing and
   * says whether cards that shift are to be seen gliding.
   */
  follow(before: () => boolean): () => void {
    const stop = this.#board.on_column(column_key(this.#stage, this.#lane), () => {
      this.draw(before());
    });
    return () => {
      stop();
      this.rows.clear();
    };
  }

  /** The window onto the pile moved, or what must be drawn in any case changed. */
  look(top: number, height: number, row: number, pinned: readonly string[]): void {
    this.#top = top;
    this.#height = height;
    this.#row = row;
    this.#pinned = pinned;
    this.draw();
  }

  draw(gliding = false): void {
    const { ids } = this.column;
    this.count = ids.length;
    const span = visible(this.#top, this.#height, ids.length, this.#row);
    this.rows.show(ids, span, this.#pinned, gliding);
  }
}
