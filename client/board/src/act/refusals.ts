/** Refusals in words: what was contested, who holds it now, and the way on. */
import { short_name } from '@kanvoy/kit/format.ts';
import { t, type Key } from '@kanvoy/kit/texts.ts';
import type { Conflict, Gate, Problem, Rejection } from '@kanvoy/protocol/messages.gen.ts';
import type { Refused } from '@kanvoy/sync/shown.ts';
import type { Desk } from '../desk.svelte.ts';
import type { Obstacle } from './moves.ts';
import { role_name } from './names.ts';

/** What fits on a card: `Mei moved it to Ready`. */
export function refusal_in_short(desk: Desk, refused: Refused): string {
  const { rejection } = refused;
  const stage = stage_conflict(rejection);
  if (stage !== null) {
    return t('refused.moved_before', {
      name: short_name(stage.by_name),
      stage: stage_now(desk, rejection),
    });
  }
  return refusal_words(desk, rejection);
}

/** One sentence for a toast, the tray or a list; with its order it can say why that is held. */
export function refusal_words(desk: Desk, rejection: Rejection, order_id = ''): string {
  switch (rejection.code) {
    case 'stale':
      return t('refused.stale', { what: conflict_words(desk, rejection.conflicts) });
    case 'no_transition':
      return t('refused.no_transition', {
        from: desk.stage_name(rejection.from_stage),
        to: desk.stage_name(rejection.to_stage),
        allowed: rejection.allowed.map((id) => desk.stage_name(id)).join(', ') || t('none'),
      });
    case 'gate_failed':
      return t('refused.gate_failed', {
        gates: rejection.gates.map((gate) => gate_words(desk, gate, order_id)).join('; '),
      });
    case 'invalid':
      return t('refused.invalid', { problems: rejection.problems.map(problem_words).join('; ') });
    case 'invalid_after_merge':
      return t('refused.invalid_after_merge', {
        what: conflict_words(desk, rejection.conflicts),
        problems: rejection.problems.map(problem_words).join('; '),
      });
    case 'wip_exceeded':
      return t('refused.wip_exceeded', {
        stage: desk.stage_name(rejection.stage_id),
        limit: rejection.limit,
      });
    case 'forbidden':
      return t('refused.forbidden');
    case 'superseded':
      return superseded_words(desk, order_id);
    default:
      return t(`refused.${rejection.code}`);
  }
}

/** Who was faster, as far as a screen knows. */
function superseded_words(desk: Desk, order_id: string): string {
  const stamp = desk.engine.card(order_id)?.stamp;
  if (stamp == null) return t('refused.superseded');
  return t('refused.superseded_by', {
    name: stamp.by_name,
    time: desk.formats.time(stamp.at),
  });
}

/** Why a column does not take what is being dragged. */
export function obstacle_words(obstacle: Obstacle): string {
  switch (obstacle.kind) {
    case 'no_transition':
      return t('obstacle.no_transition', { from: obstacle.from, to: obstacle.to });
    case 'role':
      return t('obstacle.role', { roles: [...new Set(obstacle.roles)].map(role_name).join(', ') });
    case 'full':
      return t('obstacle.full', { limit: obstacle.limit });
    case 'gate':
      return t('refused.gate_failed', { gates: obstacle.gates.map(gate_name).join('; ') });
    default:
      return t(`obstacle.${obstacle.kind}`);
  }
}

export function stage_conflict(rejection: Rejection): Conflict | null {
  if (rejection.code !== 'stale') return null;
  return rejection.conflicts.find((conflict) => conflict.group === 'stage') ?? null;
}

/** Where the order is: as the refusal says, else as the board shows. */
export function stage_now(desk: Desk, rejection: Rejection): string {
  const told = text_of(stage_conflict(rejection)?.theirs);
  const id = rejection.code === 'stale' ? rejection.aggregate_id : '';
  return desk.stage_name(told === '' ? (desk.engine.card(id)?.card.stage_id ?? '') : told);
}

/** `Mei changed the quantity (13:58)`. */
function conflict_words(desk: Desk, conflicts: readonly Conflict[]): string {
  return conflicts
    .map((conflict) =>
      t('refused.conflict', {
        name: conflict.by_name,
        field: group_name(conflict.group),
        time: desk.formats.time(conflict.at),
      }),
    )
    .join('; ');
}

const GROUPS: Readonly<Record<string, Key>> = {
  stage: 'group.stage',
  rank: 'group.rank',
  customer: 'group.customer',
  shipping_address: 'group.shipping_address',
  billing_address: 'group.billing_address',
  window: 'group.window',
  assignment: 'group.assignment',
  priority: 'group.priority',
  payment: 'group.payment',
  labels: 'group.labels',
  line: 'group.line',
  quantity: 'group.quantity',
  price: 'group.price',
  discount: 'group.discount',
  charge: 'group.charge',
  hold: 'group.hold',
  review: 'group.review',
  csr: 'group.csr',
  notes: 'group.notes',
  life: 'group.life',
  custom: 'group.custom',
  stop: 'group.stop',
  deliveries: 'group.deliveries',
  delivery_address: 'group.shipping_address',
  method: 'group.method',
  hub: 'group.hub',
  tracking: 'group.tracking',
  service_time: 'group.service_time',
  progress: 'group.progress',
  claims: 'group.claims',
  proposal: 'group.proposal',
};

/** `quantity:<line>` as people say it. */
export function group_name(group: string): string {
  const key = GROUPS[group.split(':')[0] ?? ''];
  return key === undefined ? group : t(key);
}

const GATES: Readonly<Record<string, Key>> = {
  has_lines: 'gate.has_lines',
  has_address: 'gate.has_address',
  has_window: 'gate.has_window',
  driver_assigned: 'gate.driver_assigned',
  no_hold: 'gate.no_hold',
  no_review: 'gate.no_review',
  payment_method_set: 'gate.payment_method_set',
  approved: 'gate.approved',
};

function gate_words(desk: Desk, gate: Gate, order_id: string): string {
  const reason = desk.engine.card(order_id)?.card.hold ?? '';
  if (gate.gate === 'no_hold' && reason !== '') return t('gate.no_hold_because', { reason });
  return GATES[gate.gate] === undefined ? gate.fix : gate_name(gate.gate);
}

export function gate_name(gate: string): string {
  const key = GATES[gate];
  return key === undefined ? gate.replaceAll('_', ' ') : t(key);
}

export function problem_words(problem: Problem): string {
  const limit = problem.limit == null ? '' : ` (${problem.limit})`;
  return `${group_name(problem.field)}: ${problem.rule.replaceAll('_', ' ')}${limit}`;
}

function text_of(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'object' && value !== null) {
    const stage: unknown = Reflect.get(value, 'stage_id');
    if (typeof stage === 'string') return stage;
  }
  return '';
}
