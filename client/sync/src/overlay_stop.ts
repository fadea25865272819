import type { Complete } from '@kanvoy/protocol/decode.ts';
import type {
  DeliveryId,
  FactCommand,
  Instant,
  OrderCommand,
  ReceiptWord,
  StopView,
  Version,
} from '@kanvoy/protocol/messages.gen.ts';

/** One order as its driver sees it, with every field filled in. */
export type Stop = Complete<StopView>;
export type StopDelivery = Stop['deliveries'][number];
export type StopReceipt = StopDelivery['receipt'];
export type StopNews = StopReceipt['edits'][number];
export type StopProposal = NonNullable<StopDelivery['proposal']>;

export interface DriverScene {
  /** When the command was issued, by the server's clock as then known. */
  readonly at: Instant;
  readonly me: { readonly id: string; readonly name: string };
}

/** Facts after which goods are somewhere else: these must never be lost. */
export type Happening = Extract<
  FactCommand,
  { kind: 'collect_delivery' | 'arrive_delivery' | 'complete_delivery' | 'fail_delivery' }
>;

const HAPPENINGS: ReadonlySet<string> = new Set<Happening['kind']>([
  'collect_delivery',
  'arrive_delivery',
  'complete_delivery',
  'fail_delivery',
]);

export function is_happening(command: { readonly kind: string }): command is Happening {
  return HAPPENINGS.has(command.kind);
}

/** Whether the delivery is over, as far as this view knows. */
export function is_over(delivery: StopDelivery): boolean {
  return delivery.category === 'done' || delivery.category === 'failed';
}

/** The stop as it will look if the server agrees; what a driver does is seen at once. */
export function overlay_stop(stop: Stop, command: OrderCommand, scene: DriverScene): Stop {
  if (command.kind === 'add_note') return noted(stop, command, scene);
  if (!('delivery_id' in command) || !('epoch' in command)) return stop;
  const deliveries = stop.deliveries.map((each) =>
    each.id === command.delivery_id ? overlay_delivery(each, command as FactCommand, scene) : each,
  );
  return { ...stop, deliveries };
}

function overlay_delivery(
  before: StopDelivery,
  command: FactCommand,
  scene: DriverScene,
): StopDelivery {
  switch (command.kind) {
    case 'collect_delivery':
      return collected(before, command.at);
    case 'arrive_delivery':
      return { ...before, arrived_at: before.arrived_at ?? command.at };
    case 'complete_delivery':
      return { ...collected(before, command.at), category: 'done' };
    case 'fail_delivery': {
      const { at, reason, note = '' } = command;
      const attempt = { at, reason, note, by_name: scene.me.name };
      return { ...before, category: 'failed', attempts: [...before.attempts, attempt] };
    }
    case 'acknowledge_stop':
      return { ...before, receipt: received(before.receipt, command.receipt, command.version) };
    case 'add_proof': {
      const { id, kind, at, text = '', upload_id = null } = command.proof;
      const known = before.proofs.some((proof) => proof.id === id);
      const proof = { id, kind, at, text, upload_id };
      return known ? before : { ...before, proofs: [...before.proofs, proof] };
    }
    case 'answer_proposal':
      return before.proposal?.id === command.proposal_id ? { ...before, proposal: null } : before;
    case 'report_expense':
      return before;
  }
}

function collected(before: StopDelivery, at: Instant): StopDelivery {
  if (before.collected_at !== null) return before;
  return { ...before, collected_at: at, category: 'in_transit' };
}

/** How far the news came, after the phone said so; the highest version counts. */
function received(before: StopReceipt, word: ReceiptWord, version: Version): StopReceipt {
  if (word === 'sent') return before;
  const after = { ...before, [word]: Math.max(before[word], version) };
  return { ...after, word: word_of(after) };
}

function word_of({ told, delivered, seen, acknowledged }: StopReceipt): ReceiptWord {
  if (acknowledged >= told) return 'acknowledged';
  if (seen >= told) return 'seen';
  return delivered >= told ? 'delivered' : 'sent';
}

function noted(
  stop: Stop,
  command: Extract<OrderCommand, { kind: 'add_note' }>,
  { at, me }: DriverScene,
): Stop {
  const { note_id: id, text, for_driver = false } = command;
  if (!for_driver || stop.notes.some((note) => note.id === id)) return stop;
  const note = { id, text, by_id: me.id, by_name: me.name, at, for_driver };
  return { ...stop, notes: [...stop.notes, note] };
}

/** News that the driver has not acknowledged. */
export function unread({ receipt }: StopDelivery): readonly StopNews[] {
  return receipt.edits.filter((edit) => edit.version > receipt.acknowledged);
}

/** Whether there is anything to acknowledge: an edit, or that the stop is new. */
export function is_unacknowledged({ receipt }: StopDelivery): boolean {
  return receipt.acknowledged < receipt.told;
}

/** Whether the driver was never told of this stop before. */
export function is_new({ receipt }: StopDelivery): boolean {
  return receipt.acknowledged === 0;
}

export interface Placed {
  readonly id: DeliveryId;
  readonly number: number;
  readonly delivery: StopDelivery;
}

/** The order of a run: by rank, then by window, then by number. */
export function in_run_order(one: Placed, other: Placed): number {
  const first = one.delivery;
  const second = other.delivery;
  return (
    compared(first.stop_rank ?? '~', second.stop_rank ?? '~') ||
    closes(first) - closes(second) ||
    one.number - other.number ||
    compared(one.id, other.id)
  );
}

function closes(delivery: StopDelivery): number {
  return delivery.window?.closes ?? Number.MAX_SAFE_INTEGER;
}

function compared(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
