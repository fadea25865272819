/** The ground of tiles as the map's screens see it: there, not there, or why not. */
import type { TileSource } from '../view/tile_source.ts';
import type { GroundFailure } from './ground_watch.ts';
import type { Camera } from './projection.ts';
import type { Ground } from './tile_ground.ts';

const FAILURES: ReadonlySet<string> = new Set<GroundFailure>(['tiles', 'policy', 'graphics']);

export class TileGround {
  shown: boolean = $state(false);
  failure: GroundFailure | null = $state(null);
  /** What the style itself says. */
  thanks: readonly string[] = $state.raw([]);
  #ground: Ground | null = $state.raw(null);

  /** Lays it under the map until the answer is called. */
  lay(container: HTMLElement, source: TileSource, camera: () => Camera): () => void {
    let over = false;
    const failed = (why: GroundFailure): void => {
      if (over) return;
      this.#leave();
      this.failure = why;
    };
    this.#leave();
    import('./tile_ground.ts')
      .then(({ open_ground }) => {
        if (over) return;
        const shown = (thanks: readonly string[]): void => {
          this.thanks = thanks;
          this.shown = true;
        };
        this.#ground = open_ground(container, source, camera(), { shown, failed });
      })
      .catch((cause: unknown) => failed(failure_of(cause)));
    return () => {
      over = true;
      this.#ground?.close();
      this.#leave();
    };
  }

  look(camera: Camera): void {
    this.#ground?.look(camera);
  }

  #leave(): void {
    this.#ground = null;
    this.shown = false;
    this.failure = null;
    this.thanks = [];
  }
}

/** A part that could not be fetched is the network's fault, like a tile that could not. */
function failure_of(cause: unknown): GroundFailure {
  const word = cause instanceof Error ? cause.message : '';
  return FAILURES.has(word) ? (word as GroundFailure) : 'tiles';
}
