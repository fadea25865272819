import type { Entry } from '@kanvoy/sync/entry.ts';
import type { Kept, OutboxStore } from '@kanvoy/sync/outbox.ts';
import { memory_outbox } from '@kanvoy/sync/outbox_memory.ts';
import type { Refused } from '@kanvoy/sync/shown.ts';
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';

interface ClientRow {
  readonly scope: string;
  readonly client_id: string;
  readonly last_number: number;
}

interface Row<T> {
  readonly scope: string;
  readonly client_id: string;
  readonly number: number;
  readonly value: T;
}

interface Schema extends DBSchema {
  clients: { key: [string, string]; value: ClientRow };
  entries: { key: [string, string, number]; value: Row<Entry> };
  refused: { key: [string, string, number]; value: Row<Refused> };
}

type Database = IDBPDatabase<Schema>;

/** `strict`: the promise resolves when the disk has it, not when the system promises to. */
const DURABLE = { durability: 'strict' } as const;

/** Private windows of some browsers have no IndexedDB: better live without it than not at all. */
export async function kept_outbox(): Promise<OutboxStore> {
  try {
    return await indexeddb_outbox();
  } catch {
    return memory_outbox();
  }
}

/** Keeps issued commands in IndexedDB, so that a killed tab or a flat battery loses nothing. */
export async function indexeddb_outbox(name = 'kanvoy-outbox'): Promise<OutboxStore> {
  const database = await openDB<Schema>(name, 1, {
    upgrade(fresh) {
      fresh.createObjectStore('clients', { keyPath: ['scope', 'client_id'] });
      fresh.createObjectStore('entries', { keyPath: ['scope', 'client_id', 'number'] });
      fresh.createObjectStore('refused', { keyPath: ['scope', 'client_id', 'number'] });
    },
    // Another tab runs a newer version and waits for this one to let go.
    blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
  });
  return {
    clients: (scope) => clients(database, scope),
    load: (scope, client_id) => load(database, scope, client_id),
    put: (scope, client_id, entry) => put(database, scope, client_id, entry),
    answer: (scope, client_id, number, refused) =>
      answer(database, scope, client_id, number, refused),
    dismiss: (scope, client_id, number) => database.delete('refused', [scope, client_id, number]),
    forget: (scope, client_id) => forget(database, scope, client_id),
  };
}

async function clients(database: Database, scope: string): Promise<readonly string[]> {
  const range = IDBKeyRange.bound([scope], [scope, []]);
  const rows = await database.getAll('clients', range);
  return rows.map((row) => row.client_id);
}

async function load(database: Database, scope: string, client_id: string): Promise<Kept> {
  const range = of_client(scope, client_id);
  const read = database.transaction(['clients', 'entries', 'refused']);
  const [client, entries, refused] = await Promise.all([
    read.objectStore('clients').get([scope, client_id]),
    read.objectStore('entries').getAll(range),
    read.objectStore('refused').getAll(range),
  ]);
  return {
    last_number: client?.last_number ?? 0,
    entries: entries.map((row) => row.value),
    refused: refused.map((row) => row.value),
  };
}

async function put(
  database: Database,
  scope: string,
  client_id: string,
  entry: Entry,
): Promise<void> {
  const { number } = entry.submit;
  const write = database.transaction(['clients', 'entries'], 'readwrite', DURABLE);
  const rows = write.objectStore('clients');
  const before = await rows.get([scope, client_id]);
  const last_number = Math.max(number, before?.last_number ?? 0);
  await Promise.all([
    rows.put({ scope, client_id, last_number }),
    write.objectStore('entries').put({ scope, client_id, number, value: entry }),
    write.done,
  ]);
}

async function answer(
  database: Database,
  scope: string,
  client_id: string,
  number: number,
  refused: Refused | null,
): Promise<void> {
  const write = database.transaction(['entries', 'refused'], 'readwrite', DURABLE);
  await Promise.all([
    write.objectStore('entries').delete([scope, client_id, number]),
    refused === null
      ? undefined
      : write.objectStore('refused').put({ scope, client_id, number, value: refused }),
    write.done,
  ]);
}

async function forget(database: Database, scope: string, client_id: string): Promise<void> {
  const range = of_client(scope, client_id);
  const write = database.transaction(['clients', 'entries', 'refused'], 'readwrite', DURABLE);
  await Promise.all([
    write.objectStore('clients').delete([scope, client_id]),
    write.objectStore('entries').delete(range),
    write.objectStore('refused').delete(range),
    write.done,
  ]);
}

/** All rows of one client: an array sorts after every number. */
function of_client(scope: string, client_id: string): IDBKeyRange {
  return IDBKeyRange.bound([scope, client_id], [scope, client_id, []]);
}
