import type { Answer, Failure } from '@kanvoy/kit/http.ts';
import type {
  DeliveryId,
  OrderId,
  UploadId,
  UploadKind,
  UploadState,
} from '@kanvoy/protocol/messages.gen.ts';
import { backoff } from '@kanvoy/sync/backoff.ts';
import type { Cancel, Ids, Random, Timers } from '@kanvoy/sync/environment.ts';
import { signal, type Readable } from '@kanvoy/sync/signal.ts';
import type { Upload, UploadStore } from './upload.ts';

/** As much as the server takes at once. */
export const CHUNK = 256 * 1024;

/** Refusals that time does not heal. */
const FINAL: ReadonlySet<number> = new Set([400, 403, 409, 413, 415, 422]);

export interface UploadServer {
  post<T>(path: string, body: unknown): Promise<Answer<T>>;
  put<T>(path: string, body: Blob): Promise<Answer<T>>;
}

export interface UploaderPorts {
  readonly store: UploadStore;
  readonly server: UploadServer;
  readonly timers: Timers;
  readonly random: Random;
  readonly ids: Ids;
  now(): number;
  digest(content: Blob): Promise<string>;
  /** Runs when no other tab of this device does; not at all otherwise. */
  alone(run: () => Promise<void>): Promise<void>;
}

export interface Content {
  readonly kind: UploadKind;
  readonly order_id: OrderId;
  readonly delivery_id: DeliveryId;
  readonly content: Blob;
}

/** Takes pictures to the server, part by part, from where it stopped: through kills and for days. */
export class Uploader {
  readonly #ports: UploaderPorts;
  readonly #uploads = signal<readonly Upload[]>([]);
  #running: Promise<void> | null = null;
  #again = false;
  #failed = 0;
  #retry: Cancel = () => {};
  #closed = false;

  constructor(ports: UploaderPorts) {
    this.#ports = ports;
  }

  /** What the server does not have yet, oldest first. */
  get uploads(): Readable<readonly Upload[]> {
    return this.#uploads;
  }

  /** Reads what an earlier life left, and goes on with it. */
  async start(): Promise<void> {
    this.#show(await this.#ports.store.all());
    this.hurry();
  }

  /** Resolves with the picture's id when it is on the disk; it travels on its own from there. */
  async add({ content, ...about }: Content): Promise<UploadId> {
    const { store, ids, digest, now } = this.#ports;
    const upload: Upload = {
      ...about,
      id: ids.uuid(),
      bytes: content.size,
      sha256: await digest(content),
      offset: 0,
      progress: 'waiting',
      reason: '',
      at: now(),
    };
    await store.add(upload, content);
    this.#show([...this.#uploads.get(), upload]);
    this.hurry();
    return upload.id;
  }

  /** There may be a network now. */
  hurry(): void {
    this.#retry();
    this.#again = true;
    this.#running ??= this.#ports
      .alone(() => this.#run())
      .catch(() => undefined)
      .finally(() => {
        this.#running = null;
      });
  }

  /** Nobody wants this picture any more, or nobody can have it. */
  async forget(id: UploadId): Promise<void> {
    await this.#ports.store.remove(id);
    this.#show(this.#uploads.get().filter((each) => each.id !== id));
  }

  /** Resolves when nothing moves: all is there, or waits for a network. */
  async settled(): Promise<void> {
    await this.#running;
  }

  close(): void {
    this.#closed = true;
    this.#retry();
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false;
      for (const { id } of this.#uploads.get().filter((each) => each.progress === 'waiting')) {
        const upload = this.#find(id);
        if (upload === undefined || this.#closed) continue;
        if (!(await this.#take(upload))) {
          this.#later();
          return;
        }
      }
      this.#failed = 0;
    }
  }

  /** One picture as far as it goes; false when the road is closed. */
  async #take(upload: Upload): Promise<boolean> {
    const content = await this.#ports.store.content(upload.id);
    if (content === null) {
      await this.forget(upload.id);
      return true;
    }
    const { id, kind, bytes, sha256, order_id, delivery_id } = upload;
    const body = { id, kind, bytes, sha256, order_id, delivery_id };
    let answer = await this.#ports.server.post<UploadState>('/v1/uploads', body);
    for (let last = -1; ;) {
      const state = answer.ok ? answer.value : really_at(answer.failure);
      if (state === null) return !answer.ok && this.#refused(upload, answer.failure);
      if (state.state === 'refused') return this.#given_up(upload, state.reason);
      if (state.state === 'stored') {
        await this.forget(id);
        return true;
      }
      // It does not move: the server has reasons of its own, and another time.
      if (state.offset === last) return false;
      last = state.offset;
      await this.#moved(upload, state.offset);
      // All of it may be there already and not be looked at yet: an empty part asks for that.
      const part = content.slice(state.offset, state.offset + CHUNK);
      answer = await this.#ports.server.put(`/v1/uploads/${id}?offset=${state.offset}`, part);
    }
  }

  async #refused(upload: Upload, { status, code }: Failure): Promise<boolean> {
    return FINAL.has(status) ? this.#given_up(upload, code) : false;
  }

  async #given_up(upload: Upload, reason: string): Promise<boolean> {
    await this.#save({ ...upload, progress: 'refused', reason });
    return true;
  }

  async #moved(upload: Upload, offset: number): Promise<void> {
    if (this.#find(upload.id)?.offset !== offset) await this.#save({ ...upload, offset });
  }

  async #save(upload: Upload): Promise<void> {
    if (this.#find(upload.id) === undefined) return;
    await this.#ports.store.save(upload);
    this.#show(this.#uploads.get().map((each) => (each.id === upload.id ? upload : each)));
  }

  #later(): void {
    this.#failed += 1;
    if (this.#closed) return;
    const wait = 1_000 + backoff(this.#failed, this.#ports.random);
    this.#retry = this.#ports.timers.after(wait, () => this.hurry());
  }

  #find(id: UploadId): Upload | undefined {
    return this.#uploads.get().find((each) => each.id === id);
  }

  #show(uploads: readonly Upload[]): void {
    this.#uploads.set([...uploads].sort((one, other) => one.at - other.at));
  }
}

/** `wrong_offset` says where the server really is: nothing went wrong but our count. */
function really_at({ code, detail }: Failure): UploadState | null {
  const offset = Number(detail);
  if (code !== 'wrong_offset' || detail === '' || !Number.isInteger(offset)) return null;
  return { id: '', offset, bytes: 0, state: 'open', reason: '' };
}

export async function sha256_of(content: Blob): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', await content.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
