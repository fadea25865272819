import type { DeliveryId, OrderId, UploadId, UploadKind } from '@kanvoy/protocol/messages.gen.ts';

/** `waiting`: the server does not have all of it. `refused`: it never will. */
export type UploadProgress = 'waiting' | 'refused';

/** One picture on its way. Its content lies beside it, so that progress is cheap to write. */
export interface Upload {
  readonly id: UploadId;
  readonly kind: UploadKind;
  readonly order_id: OrderId;
  readonly delivery_id: DeliveryId;
  readonly bytes: number;
  readonly sha256: string;
  /** How much of it the server has said it has. */
  readonly offset: number;
  readonly progress: UploadProgress;
  readonly reason: string;
  /** By this device's clock. */
  readonly at: number;
}

/** Where pictures survive a killed app. A promise resolves when the write is durable. */
export interface UploadStore {
  all(): Promise<readonly Upload[]>;
  content(id: UploadId): Promise<Blob | null>;
  /** The picture with its content, both or neither. */
  add(upload: Upload, content: Blob): Promise<void>;
  save(upload: Upload): Promise<void>;
  remove(id: UploadId): Promise<void>;
}

export function memory_upload_store(): UploadStore {
  const uploads = new Map<UploadId, Upload>();
  const contents = new Map<UploadId, Blob>();
  return {
    all: async () => [...uploads.values()],
    content: async (id) => contents.get(id) ?? null,
    async add(upload, content) {
      uploads.set(upload.id, upload);
      contents.set(upload.id, content);
    },
    async save(upload) {
      uploads.set(upload.id, upload);
    },
    async remove(id) {
      uploads.delete(id);
      contents.delete(id);
    },
  };
}
