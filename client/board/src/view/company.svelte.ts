/** Who else is here: colleagues on the board, what they hold, and the names behind ids. */
import { fromStore } from 'svelte/store';
import type { Person } from '@kanvoy/protocol/messages.gen.ts';
import type { Engine } from '@kanvoy/sync/engine.ts';

export class Company {
  readonly #board;
  readonly #people;
  readonly #drivers;
  readonly #settings;

  /** One entry for each person, however many tabs they have open. */
  readonly present: readonly Person[] = $derived.by(() => {
    const people = new Map(this.#board.current.map((person) => [person.id, person]));
    return [...people.values()];
  });
  /** Order → who moves or edits it right now. */
  readonly holding: ReadonlyMap<string, Person> = $derived.by(() => {
    const held = new Map<string, Person>();
    for (const person of this.#board.current) {
      const busy = person.doing === 'moving' || person.doing === 'editing';
      if (busy && person.order_id != null) held.set(person.order_id, person);
    }
    return held;
  });

  constructor(engine: Engine) {
    this.#board = fromStore(engine.presence.board);
    this.#people = fromStore(engine.records.people);
    this.#drivers = fromStore(engine.records.drivers);
    this.#settings = fromStore(engine.records.settings);
  }

  readonly #drivers_by_id = $derived.by(() => by_id(this.#drivers.current));
  readonly #people_by_id = $derived.by(() => by_id(this.#people.current));
  readonly labels = $derived.by(() => by_id(this.#settings.current?.labels ?? []));

  get people() {
    return this.#people.current.filter((person) => person.active);
  }
  get drivers() {
    return this.#drivers.current.filter((driver) => driver.active);
  }

  person_name(id: string | null): string {
    return id === null ? '' : (this.#people_by_id.get(id)?.name ?? '');
  }
  driver_name(id: string | null): string {
    return id === null ? '' : (this.#drivers_by_id.get(id)?.name ?? '');
  }
}

function by_id<T extends { readonly id: string }>(items: readonly T[]): ReadonlyMap<string, T> {
  return new Map(items.map((item) => [item.id, item]));
}
