/** Which version of an order this browser's person last opened; newer ones get a dot. */
import { remember, remembered } from '@kanvoy/kit/preferences.ts';

const KEPT = 400;

type Entry = readonly [id: string, version: number];

const is_entries = (value: unknown): value is Entry[] =>
  Array.isArray(value) && value.every((item) => Array.isArray(item) && typeof item[0] === 'string');

export class Seen {
  readonly #versions = new Map<string, number>(remembered('seen', [], is_entries));
  /** Makes readers of the plain map look again. */
  #beat: number = $state.raw(0);

  note(id: string, version: number): void {
    if (this.#versions.get(id) === version) return;
    this.#beat += 1;
    this.#versions.delete(id);
    this.#versions.set(id, version);
    remember('seen', [...this.#versions].slice(-KEPT));
  }

  /** Only orders that were opened once can have changed since. */
  has_changed(id: string, version: number): boolean {
    void this.#beat;
    const seen = this.#versions.get(id);
    return seen !== undefined && version > seen;
  }
}
