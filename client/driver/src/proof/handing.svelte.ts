/** What the driver has entered about handing one stop over, and what becomes of it. */
import type { Handed, Proof, ProofKind } from '@kanvoy/protocol/messages.gen.ts';
import type { ShownStop } from '@kanvoy/sync/run.ts';
import type { Road } from '../road.svelte.ts';
import { handed_of, lacking, needs_of, total_of, type Need } from '../stop/steps.ts';
import { t } from '../texts.ts';
import type { HandingDraft } from './draft.ts';
import type { Photo } from './photo.ts';
import { as_content, type Signature } from './strokes.ts';

export const WHY_LESS = ['refused', 'damaged', 'missing', 'other'] as const;
export type WhyLess = (typeof WHY_LESS)[number];

export class Handing {
  changed: Readonly<Record<string, number>> = $state.raw({});
  why: WhyLess | null = $state(null);
  why_text = $state('');
  signature: Signature | null = $state.raw(null);
  photos: readonly Photo[] = $state.raw([]);
  name = $state('');
  code = $state('');
  note = $state('');
  /** As typed; null: not touched yet, and the whole amount stands there. */
  cash: string | null = $state(null);
  readonly #road: Road;
  readonly #stop: () => ShownStop;

  constructor(road: Road, stop: () => ShownStop) {
    this.#road = road;
    this.#stop = stop;
  }

  readonly handed: readonly Handed[] = $derived.by(() =>
    handed_of(this.#stop().delivery, this.changed),
  );
  readonly count: number = $derived(total_of(this.handed));
  readonly all: number = $derived.by(() => total_of(this.#stop().delivery.lines));
  readonly needs: readonly Need[] = $derived.by(() =>
    needs_of(this.#road.workflow_of(this.#stop().stop)),
  );

  readonly given: ReadonlySet<ProofKind> = $derived.by(() => {
    const given = new Set<ProofKind>(this.#stop().delivery.proofs.map(({ kind }) => kind));
    if (this.signature !== null) given.add('signature');
    if (this.photos.length > 0) given.add('photo');
    if (this.name.trim() !== '') given.add('name');
    if (this.code.trim() !== '') given.add('barcode');
    if (this.note.trim() !== '') given.add('note');
    return given;
  });

  readonly required: readonly ProofKind[] = $derived(lacking(this.needs, 'required', this.given));
  readonly wanted: readonly ProofKind[] = $derived(lacking(this.needs, 'warned', this.given));

  /** In minor units; null when what stands there is no amount. */
  readonly cash_paid: number | null = $derived.by(() => {
    const due = this.#stop().delivery.cash_due;
    if (this.cash === null) return due;
    const { format, settings } = this.#road;
    const paid = format.parse(this.cash, settings?.currency ?? 'EUR');
    return paid === null || paid < 0 ? null : paid;
  });

  /** What the customer is shown; what was entered holds for exactly this. */
  get content(): string {
    return JSON.stringify(this.#stop().delivery.lines);
  }

  draft(): HandingDraft {
    const { content, changed, why, why_text, signature, photos, name, code, note, cash } = this;
    return { content, changed, why, why_text, signature, photos, name, code, note, cash };
  }

  /** Takes up what was entered before the app was killed. */
  recall(draft: HandingDraft): void {
    if (draft.content !== this.content) return;
    this.changed = draft.changed;
    this.why = WHY_LESS.find((each) => each === draft.why) ?? null;
    this.why_text = draft.why_text;
    this.signature = draft.signature;
    this.photos = draft.photos;
    this.name = draft.name;
    this.code = draft.code;
    this.note = draft.note;
    this.cash = draft.cash;
  }

  set(line_id: string, quantity: number): void {
    this.changed = { ...this.changed, [line_id]: quantity };
    // Whoever signed has signed for other numbers.
    this.signature = null;
  }

  /** What is still needed before this can be said; empty when nothing is. */
  problem(): string {
    if (this.count === 0) return t('deliver.nothing');
    if (this.count < this.all && this.reason() === '') return t('deliver.why');
    if (this.cash_paid === null && this.#stop().delivery.cash_due !== null) {
      return t('deliver.cash.wrong');
    }
    return '';
  }

  reason(): string {
    if (this.why === null) return '';
    return this.why === 'other' ? this.why_text.trim() : t(`deliver.why.${this.why}`);
  }

  /** Keeps the pictures first, then says what happened. False when this phone has no room. */
  async deliver(): Promise<boolean> {
    const road = this.#road;
    const stop = this.#stop();
    const { order_id, id: delivery_id, delivery, version: shown_version } = stop;
    const at = road.engine.now();
    let proofs: readonly Proof[];
    try {
      proofs = await this.#proofs(at);
    } catch {
      return false;
    }
    const due = delivery.cash_due;
    road.issue({
      kind: 'complete_delivery',
      order_id,
      delivery_id,
      epoch: delivery.epoch,
      at,
      shown_version,
      handed: this.handed,
      ...(this.count < this.all
        ? { reason: this.reason().slice(0, 200), rest_id: road.engine.ids.uuid() }
        : {}),
      ...(proofs.length > 0 ? { proofs } : {}),
      ...(due !== null && this.cash_paid !== null ? { cash: this.cash_paid } : {}),
    });
    return true;
  }

  async #proofs(at: number): Promise<readonly Proof[]> {
    const proofs: Proof[] = [];
    const { order_id, id: delivery_id } = this.#stop();
    const { uploader, engine } = this.#road;
    const prove = (kind: ProofKind, more: Partial<Proof>): void => {
      proofs.push({ id: engine.ids.uuid(), kind, at, ...more });
    };
    if (this.signature !== null) {
      const content = as_content(this.signature);
      const upload_id = await uploader.add({ kind: 'signature', order_id, delivery_id, content });
      prove('signature', { upload_id });
    }
    for (const { content } of this.photos) {
      const upload_id = await uploader.add({ kind: 'photo', order_id, delivery_id, content });
      prove('photo', { upload_id });
    }
    const words = [
      ['name', this.name],
      ['barcode', this.code],
      ['note', this.note],
    ] as const;
    for (const [kind, text] of words) {
      if (text.trim() !== '') prove(kind, { text: text.trim().slice(0, 200) });
    }
    return proofs;
  }
}
