import type {
  Category,
  CreateOrder,
  LabelId,
  OrderCommand,
  OrderId,
  StageId,
  WorkflowId,
} from '@kanvoy/protocol/messages.gen.ts';
import type { Guess } from './entry.ts';
import type { Card } from './full.ts';

/** What the drawing of a pending command may look up. */
export interface Scene {
  /** When the command was issued, by the server's clock as then known. */
  readonly at: number;
  readonly me: { readonly id: string; readonly name: string };
  readonly currency: string;
  category(stage: StageId): Category | undefined;
  /** The stage of the same workflow that means `category`, if there is one. */
  stage_for(workflow: WorkflowId, category: Category): StageId | undefined;
  /** Where new orders start. */
  start(): { readonly workflow: WorkflowId; readonly stage: StageId } | undefined;
  product_name(id: string): string;
  customer_name(id: string): string;
  card(id: OrderId): Card | undefined;
}

/** The card as it will look if the server agrees; null when it leaves the board. */
export function overlay_card(
  card: Card | null,
  command: OrderCommand,
  guess: Guess | undefined,
  scene: Scene,
): Card | null {
  if (command.kind === 'create_order') return card ?? created(command, guess, scene);
  if (command.kind === 'copy_order') return card ?? copied(command, guess, scene);
  return card === null ? null : changed(card, command, guess, scene);
}

function changed(
  card: Card,
  command: Exclude<OrderCommand, { kind: 'create_order' | 'copy_order' }>,
  guess: Guess | undefined,
  scene: Scene,
): Card | null {
  switch (command.kind) {
    case 'move_order':
      return in_stage(card, command.to_stage, scene, guess?.rank ?? card.rank);
    case 'reorder_order':
      return { ...card, rank: guess?.rank ?? card.rank };
    case 'cancel_order':
      return in_stage(
        { ...card, category: 'cancelled' },
        scene.stage_for(card.workflow_id, 'cancelled') ?? card.stage_id,
        scene,
        card.rank,
      );
    case 'delete_order':
    case 'archive_order':
      return null;
    case 'add_lines':
      return { ...card, items: card.items + sum(command.lines.map((line) => line.quantity)) };
    case 'add_note':
      return { ...card, note: command.text.slice(0, 80), notes: card.notes + 1 };
    case 'remove_note':
      return { ...card, notes: Math.max(0, card.notes - 1) };
    default:
      return { ...card, ...plain_fields(card, command) };
  }
}

/** Commands that only replace fields of the card; those it does not show change nothing. */
function plain_fields(card: Card, command: OrderCommand): Partial<Card> {
  switch (command.kind) {
    case 'set_customer':
      return { customer: command.customer.name, customer_id: command.customer.customer_id ?? null };
    case 'set_address':
      return command.which === 'shipping'
        ? { city: command.address.city ?? '', postcode: command.address.postcode ?? '' }
        : {};
    case 'set_window':
      return card.deliveries === 1 ? { window: command.window } : {};
    case 'set_priority':
      return { priority: command.priority };
    case 'change_labels':
      return { labels: relabelled(card.labels, command.add ?? [], command.remove ?? []) };
    case 'hold_order':
      return { hold: command.reason };
    case 'release_order':
      return { hold: null };
    case 'flag_review':
      return { review: command.reason === '' ? null : command.reason };
    case 'assign_csr':
      return { csr_id: command.to_csr };
    case 'assign_driver':
      return { driver_id: command.to_driver };
    default:
      return {};
  }
}

/** Labels after adding and removing: existing ones keep their place. */
export function relabelled(
  labels: readonly LabelId[],
  add: readonly LabelId[],
  remove: readonly LabelId[],
): readonly LabelId[] {
  const kept = labels.filter((label) => !remove.includes(label));
  return [...kept, ...add.filter((label) => !kept.includes(label))];
}

function in_stage(card: Card, stage_id: StageId, scene: Scene, rank: string): Card {
  const category = scene.category(stage_id) ?? card.category;
  const stage_since = stage_id === card.stage_id ? card.stage_since : scene.at;
  return { ...card, stage_id, category, stage_since, rank };
}

function created(command: CreateOrder, guess: Guess | undefined, scene: Scene): Card | null {
  const start = scene.start();
  if (start === undefined) return null;
  const lines = command.lines ?? [];
  const names = lines.map((line) => line.name || scene.product_name(line.product_id ?? ''));
  return {
    type: 'card',
    id: command.order_id,
    number: 0,
    workflow_id: start.workflow,
    stage_id: start.stage,
    category: scene.category(start.stage) ?? 'new',
    stage_since: scene.at,
    rank: guess?.rank ?? '',
    customer: command.customer?.name ?? scene.customer_name(command.customer_id ?? ''),
    customer_id: command.customer_id ?? command.customer?.customer_id ?? null,
    city: command.shipping_address?.city ?? '',
    postcode: command.shipping_address?.postcode ?? '',
    total: null,
    currency: command.currency ?? scene.currency,
    items: sum(lines.map((line) => line.quantity)),
    products: names.join(', ').slice(0, 80),
    window: command.window ?? null,
    priority: command.priority ?? 1,
    labels: command.labels ?? [],
    csr_id: command.csr_id ?? null,
    driver_id: command.driver_id ?? null,
    drivers: command.driver_id == null ? 0 : 1,
    deliveries: 1,
    delivered: 0,
    word: null,
    told_at: null,
    alarm: false,
    alarm_drivers: [],
    claims: 0,
    proposals: 0,
    hold: null,
    review: null,
    note: (command.note ?? '').slice(0, 80),
    notes: command.note ? 1 : 0,
    created_at: scene.at,
  };
}

function copied(
  command: Extract<OrderCommand, { kind: 'copy_order' }>,
  guess: Guess | undefined,
  scene: Scene,
): Card | null {
  const start = scene.start();
  const original = scene.card(command.copied_id);
  if (start === undefined || original === undefined) return null;
  return {
    ...original,
    id: command.order_id,
    number: 0,
    workflow_id: start.workflow,
    stage_id: start.stage,
    category: scene.category(start.stage) ?? 'new',
    stage_since: scene.at,
    rank: guess?.rank ?? '',
    window: null,
    csr_id: null,
    driver_id: null,
    drivers: 0,
    deliveries: 1,
    delivered: 0,
    word: null,
    told_at: null,
    alarm: false,
    alarm_drivers: [],
    claims: 0,
    proposals: 0,
    hold: null,
    review: null,
    note: '',
    notes: 0,
    created_at: scene.at,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
