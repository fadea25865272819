/** Which cards are chosen, and from where a range grows. */
import { toggled } from './settings.svelte.ts';

export class Selection {
  ids: ReadonlySet<string> = $state.raw(new Set<string>());
  #anchor: string | null = null;

  get size(): number {
    return this.ids.size;
  }

  has(id: string): boolean {
    return this.ids.has(id);
  }

  toggle(id: string): void {
    this.ids = toggled(this.ids, id);
    this.#anchor = id;
  }

  /** Adds everything of `pile` between the last chosen card and `id`. */
  extend(id: string, pile: readonly string[]): void {
    const from = this.#anchor === null ? -1 : pile.indexOf(this.#anchor);
    const to = pile.indexOf(id);
    if (from < 0 || to < 0) {
      this.ids = new Set([...this.ids, id]);
      this.#anchor = id;
      return;
    }
    const range = pile.slice(Math.min(from, to), Math.max(from, to) + 1);
    this.ids = new Set([...this.ids, ...range]);
  }

  all(ids: readonly string[]): void {
    this.ids = new Set(ids);
  }

  clear(): void {
    if (this.ids.size > 0) this.ids = new Set();
    this.#anchor = null;
  }

  /** The chosen cards when `id` is one of them, else `id` alone. */
  with(id: string): readonly string[] {
    return this.ids.has(id) ? [...this.ids] : [id];
  }

  forget(gone: (id: string) => boolean): void {
    const left = [...this.ids].filter((id) => !gone(id));
    if (left.length !== this.ids.size) this.ids = new Set(left);
  }
}
