import type { Done, KeptChannel, RunStore } from '@kanvoy/sync/run_store.ts';
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { DraftStore, HandingDraft } from '../proof/draft.ts';
import type { UploadStore, Upload } from '../uploads/upload.ts';
import type { Device, DeviceStore } from './device.ts';

interface Schema extends DBSchema {
  device: { key: string; value: Device };
  channels: { key: [string, string]; value: KeptChannel & { readonly scope: string } };
  done: { key: string; value: readonly Done[] };
  drafts: { key: string; value: HandingDraft };
  uploads: { key: string; value: Upload };
  contents: { key: string; value: Blob };
}

type Database = IDBPDatabase<Schema>;

const STORES = ['device', 'channels', 'done', 'drafts', 'uploads', 'contents'] as const;

/** `strict`: the promise resolves when the disk has it, not when the system promises to. */
const DURABLE = { durability: 'strict' } as const;

const DEVICE = 'device';

/** Everything the app keeps besides its outbox. */
export interface Keeping {
  readonly devices: DeviceStore;
  readonly runs: RunStore;
  readonly drafts: DraftStore;
  readonly uploads: UploadStore;
}

export async function open_keeping(name = 'kanvoy-driver'): Promise<Keeping> {
  const database = await openDB<Schema>(name, 1, {
    upgrade(fresh) {
      fresh.createObjectStore('device');
      fresh.createObjectStore('channels', { keyPath: ['scope', 'name'] });
      fresh.createObjectStore('done');
      fresh.createObjectStore('drafts');
      fresh.createObjectStore('uploads', { keyPath: 'id' });
      fresh.createObjectStore('contents');
    },
    // Another tab runs a newer version and waits for this one to let go.
    blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
  });
  return {
    devices: devices(database),
    runs: runs(database),
    drafts: drafts(database),
    uploads: uploads(database),
  };
}

function devices(database: Database): DeviceStore {
  return {
    load: async () => (await database.get('device', DEVICE)) ?? null,
    async save(device) {
      const write = database.transaction('device', 'readwrite', DURABLE);
      await Promise.all([write.store.put(device, DEVICE), write.done]);
    },
    async purge() {
      const write = database.transaction(STORES, 'readwrite', DURABLE);
      await Promise.all([...STORES.map((name) => write.objectStore(name).clear()), write.done]);
    },
  };
}

function runs(database: Database): RunStore {
  return {
    async load(scope) {
      const range = IDBKeyRange.bound([scope], [scope, []]);
      const read = database.transaction(['channels', 'done']);
      const [channels, done] = await Promise.all([
        read.objectStore('channels').getAll(range),
        read.objectStore('done').get(scope),
      ]);
      return { channels, done: done ?? [] };
    },
    async save_channel(scope, kept) {
      const write = database.transaction('channels', 'readwrite', DURABLE);
      await Promise.all([write.store.put({ ...kept, scope }), write.done]);
    },
    async drop_channel(scope, name) {
      const write = database.transaction('channels', 'readwrite', DURABLE);
      await Promise.all([write.store.delete([scope, name]), write.done]);
    },
    async save_done(scope, done) {
      await database.put('done', done, scope);
    },
  };
}

function drafts(database: Database): DraftStore {
  return {
    load: async (id) => (await database.get('drafts', id)) ?? null,
    async save(id, draft) {
      await database.put('drafts', draft, id);
    },
    async keep_only(ids) {
      const write = database.transaction('drafts', 'readwrite', DURABLE);
      const known = await write.store.getAllKeys();
      const gone = known.filter((id) => !ids.has(id));
      await Promise.all([...gone.map((id) => write.store.delete(id)), write.done]);
    },
  };
}

function uploads(database: Database): UploadStore {
  return {
    all: () => database.getAll('uploads'),
    content: async (id) => (await database.get('contents', id)) ?? null,
    async add(upload, content) {
      const write = database.transaction(['uploads', 'contents'], 'readwrite', DURABLE);
      await Promise.all([
        write.objectStore('uploads').put(upload),
        write.objectStore('contents').put(content, upload.id),
        write.done,
      ]);
    },
    async save(upload) {
      const write = database.transaction('uploads', 'readwrite', DURABLE);
      await Promise.all([write.store.put(upload), write.done]);
    },
    async remove(id) {
      const write = database.transaction(['uploads', 'contents'], 'readwrite', DURABLE);
      await Promise.all([
        write.objectStore('uploads').delete(id),
        write.objectStore('contents').delete(id),
        write.done,
      ]);
    },
  };
}
