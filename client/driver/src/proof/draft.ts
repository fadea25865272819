import type { DeliveryId } from '@kanvoy/protocol/messages.gen.ts';
import type { Photo } from './photo.ts';
import type { Signature } from './strokes.ts';

/**
 * What was entered about a stop before it was said to be delivered. Phones kill an app while its
 * camera is open; nobody should have to ask a customer to sign again for that.
 */
export interface HandingDraft {
  /** The content it was entered for: of another one it says nothing. */
  readonly content: string;
  readonly changed: Readonly<Record<string, number>>;
  readonly why: string | null;
  readonly why_text: string;
  readonly signature: Signature | null;
  readonly photos: readonly Photo[];
  readonly name: string;
  readonly code: string;
  readonly note: string;
  readonly cash: string | null;
}

/** Where drafts survive a killed app. */
export interface DraftStore {
  load(id: DeliveryId): Promise<HandingDraft | null>;
  save(id: DeliveryId, draft: HandingDraft): Promise<void>;
  /** Forgets all but those of these deliveries: the others are none of this phone's business. */
  keep_only(ids: ReadonlySet<DeliveryId>): Promise<void>;
}

export function memory_draft_store(): DraftStore {
  const drafts = new Map<DeliveryId, HandingDraft>();
  return {
    load: async (id) => drafts.get(id) ?? null,
    async save(id, draft) {
      drafts.set(id, draft);
    },
    async keep_only(ids) {
      for (const id of drafts.keys()) if (!ids.has(id)) drafts.delete(id);
    },
  };
}
