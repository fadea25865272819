/** Whether the ground under the map is there: judged by the tiles that come and those that do not. */

export type GroundFailure = 'tiles' | 'policy' | 'graphics';

/** So many tiles in a row that did not come are no hole in somebody's coverage. */
const MOST_MISSED = 4;

export class GroundWatch {
  readonly #came: () => void;
  readonly #failed: () => void;
  #missed = 0;
  #state: 'waiting' | 'there' | 'failed' = 'waiting';

  /** `came` is called with the first tile, `failed` once and for all. */
  constructor(came: () => void, failed: () => void) {
    this.#came = came;
    this.#failed = failed;
  }

  came(): void {
    this.#missed = 0;
    if (this.#state !== 'waiting') return;
    this.#state = 'there';
    this.#came();
  }

  missed(): void {
    this.#missed += 1;
    if (this.#missed >= MOST_MISSED) this.#fail();
  }

  /** Everything was asked for and answered, or it took too long. */
  settled(): void {
    if (this.#state === 'waiting') this.#fail();
  }

  #fail(): void {
    if (this.#state === 'failed') return;
    this.#state = 'failed';
    this.#failed();
  }
}

/** Whom a style thanks, as words: its markup stays outside. */
export function thanks_of(markup: readonly string[]): readonly string[] {
  const words = markup.map((each) =>
    each
      .replace(/<[^>]*>/g, '')
      .replaceAll('&copy;', '©')
      .replaceAll('&amp;', '&')
      .trim(),
  );
  return [...new Set(words)].filter((each) => each !== '');
}
