import type { Stop } from './signal.ts';

type Listener = () => void;

/** Who wants to hear about which card or column; told once per flush, when all is consistent. */
export class Listeners {
  readonly #cards = new Map<string, Set<Listener>>();
  readonly #columns = new Map<string, Set<Listener>>();
  readonly #any = new Set<Listener>();
  readonly #changed_cards = new Set<string>();
  readonly #changed_columns = new Set<string>();

  on_card(id: string, listener: Listener): Stop {
    return listen(this.#cards, id, listener);
  }

  on_column(key: string, listener: Listener): Stop {
    return listen(this.#columns, key, listener);
  }

  on_change(listener: Listener): Stop {
    const own = (): void => listener();
    this.#any.add(own);
    return () => this.#any.delete(own);
  }

  card_changed(id: string): void {
    this.#changed_cards.add(id);
  }

  column_changed(key: string): void {
    this.#changed_columns.add(key);
  }

  tell(): void {
    const cards = [...this.#changed_cards];
    const columns = [...this.#changed_columns];
    this.#changed_cards.clear();
    this.#changed_columns.clear();
    for (const key of columns) call(this.#columns.get(key));
    for (const id of cards) call(this.#cards.get(id));
    call(this.#any);
  }
}

function listen(where: Map<string, Set<Listener>>, key: string, listener: Listener): Stop {
  const own = (): void => listener();
  const listeners = where.get(key) ?? new Set();
  where.set(key, listeners.add(own));
  return () => {
    listeners.delete(own);
    if (listeners.size === 0 && where.get(key) === listeners) where.delete(key);
  };
}

function call(listeners: ReadonlySet<Listener> | undefined): void {
  if (listeners !== undefined) for (const listener of [...listeners]) listener();
}
