/** What comes next at a stop, as pure questions. */
import type { FailReason, Handed, ProofKind, ProofLevel } from '@kanvoy/protocol/messages.gen.ts';
import type { Workflow } from '@kanvoy/sync/records.ts';
import {
  is_unacknowledged,
  unread,
  type Stop,
  type StopDelivery,
} from '@kanvoy/sync/overlay_stop.ts';

export type Step = 'collect' | 'arrive' | 'deliver' | 'done' | 'failed';

export function next_step(delivery: StopDelivery): Step {
  if (delivery.category === 'done') return 'done';
  if (delivery.category === 'failed') return 'failed';
  if (delivery.collected_at === null) return 'collect';
  return delivery.arrived_at === null ? 'arrive' : 'deliver';
}

/** Whether something must be read first. A stop that is only new is read by opening it. */
export function must_read(delivery: StopDelivery): boolean {
  return is_unacknowledged(delivery) && unread(delivery).length > 0;
}

export interface Need {
  readonly kind: ProofKind;
  readonly level: ProofLevel;
}

/** The workflow a stop's order follows. Until it has arrived here the tenant's usual one is the best guess. */
export function workflow_of(
  { workflow_id }: Pick<Stop, 'workflow_id'>,
  workflows: readonly Workflow[],
): Workflow | undefined {
  return (
    workflows.find(({ id }) => id === workflow_id) ??
    workflows.find((each) => each.default) ??
    workflows[0]
  );
}

const KINDS: readonly ProofKind[] = ['signature', 'photo', 'name', 'barcode', 'note'];

/** How much the stage that the driver's “delivered” leads to wants each kind of proof. */
export function needs_of(workflow: Workflow | undefined): readonly Need[] {
  const arrow = workflow?.transitions.find(({ auto }) => auto === 'delivered');
  const stage =
    workflow?.stages.find(({ id }) => id === arrow?.to_stage) ??
    workflow?.stages.find(({ category }) => category === 'done');
  const level = (kind: ProofKind): ProofLevel =>
    stage?.proofs.find((need) => need.kind === kind)?.level ?? 'off';
  const weight = { required: 0, warned: 1, off: 2 };
  return KINDS.map((kind) => ({ kind, level: level(kind) })).sort(
    (one, other) => weight[one.level] - weight[other.level],
  );
}

/** The wanted kinds that nobody has brought yet. */
export function lacking(
  needs: readonly Need[],
  level: ProofLevel,
  given: ReadonlySet<ProofKind>,
): readonly ProofKind[] {
  return needs
    .filter((need) => need.level === level && !given.has(need.kind))
    .map(({ kind }) => kind);
}

/** What is handed over when the driver changed some of the numbers. */
export function handed_of(
  delivery: StopDelivery,
  changed: Readonly<Record<string, number>>,
): readonly Handed[] {
  return delivery.lines.map(({ line_id, quantity }) => ({
    line_id,
    quantity: Math.max(0, Math.min(quantity, changed[line_id] ?? quantity)),
  }));
}

export function total_of(lines: readonly { readonly quantity: number }[]): number {
  return lines.reduce((sum, { quantity }) => sum + quantity, 0);
}

export const FAIL_REASONS: readonly FailReason[] = [
  'nobody_home',
  'refused',
  'wrong_address',
  'no_access',
  'closed',
  'damaged',
  'other',
];

export interface Due {
  readonly word: 'early' | 'fine' | 'soon' | 'late';
  /** Milliseconds until it opens or closes, or since it closed. */
  readonly ms: number;
}

const SOON_MS = 30 * 60_000;

/** How a window stands at a moment, both by the server's clock. */
export function due_of({ window }: StopDelivery, now: number): Due | null {
  if (window === null) return null;
  if (now > window.closes) return { word: 'late', ms: now - window.closes };
  if (window.closes - now <= SOON_MS) return { word: 'soon', ms: window.closes - now };
  if (now < window.opens) return { word: 'early', ms: window.opens - now };
  return { word: 'fine', ms: window.closes - now };
}
