import type { Entry } from './entry.ts';
import type { Kept, OutboxStore } from './outbox.ts';
import type { Refused } from './shown.ts';

interface Client {
  last_number: number;
  readonly entries: Map<number, Entry>;
  readonly refused: Map<number, Refused>;
}

/** Keeps commands as long as the page lives: for tests, and where a browser has no storage. */
export function memory_outbox(): OutboxStore {
  const clients = new Map<string, Client>();
  const key = (scope: string, client_id: string): string => `${scope}\n${client_id}`;
  const client = (scope: string, client_id: string): Client => {
    const found = clients.get(key(scope, client_id));
    if (found !== undefined) return found;
    const fresh: Client = { last_number: 0, entries: new Map(), refused: new Map() };
    clients.set(key(scope, client_id), fresh);
    return fresh;
  };
  return {
    async clients(scope) {
      const prefix = `${scope}\n`;
      return [...clients.keys()]
        .filter((each) => each.startsWith(prefix))
        .map((each) => each.slice(prefix.length));
    },
    async load(scope, client_id): Promise<Kept> {
      const found = clients.get(key(scope, client_id));
      return {
        last_number: found?.last_number ?? 0,
        entries: [...(found?.entries.values() ?? [])].sort(by_number),
        refused: [...(found?.refused.values() ?? [])],
      };
    },
    async put(scope, client_id, entry) {
      const { number } = entry.submit;
      const one = client(scope, client_id);
      one.entries.set(number, entry);
      one.last_number = Math.max(one.last_number, number);
    },
    async answer(scope, client_id, number, refused) {
      const one = client(scope, client_id);
      one.entries.delete(number);
      if (refused !== null) one.refused.set(number, refused);
    },
    async dismiss(scope, client_id, number) {
      client(scope, client_id).refused.delete(number);
    },
    async forget(scope, client_id) {
      clients.delete(key(scope, client_id));
    },
  };
}

function by_number(one: Entry, other: Entry): number {
  return one.submit.number - other.submit.number;
}
