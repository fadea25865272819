import type {
  CardView,
  Command,
  Conflict,
  FieldGroup,
  Instant,
  OrderCommand,
  OrderId,
  Rejection,
  Version,
} from '@kanvoy/protocol/messages.gen.ts';
import { groups_of } from '../groups.ts';

/** One order of the fake server: its card, and who last wrote which group. */
export interface FakeOrder {
  readonly version: Version;
  readonly card: CardView;
  readonly gone: boolean;
  readonly touches: Readonly<Record<FieldGroup, Touch>>;
}

export interface Touch {
  readonly version: Version;
  readonly by_id: string;
  readonly by_name: string;
  readonly at: Instant;
}

export interface Asking {
  readonly by_id: string;
  readonly by_name: string;
  readonly at: Instant;
  readonly over: Version;
  /** Versions that the asker's own commands under way produced. */
  readonly own: ReadonlySet<Version>;
  base(group: FieldGroup): Version;
}

export type Decided =
  | { readonly kind: 'changed'; readonly order: FakeOrder }
  | { readonly kind: 'noop' }
  | { readonly kind: 'refused'; readonly rejection: Rejection };

/** Groups whose changes always merge. */
const COMMUTE: ReadonlySet<FieldGroup> = new Set(['labels', 'notes', 'rank', 'life']);

/** A tiny version of the server's rules: enough to contest, merge and refuse. */
export function decide(
  before: FakeOrder | undefined,
  command: OrderCommand,
  asking: Asking,
): Decided {
  const id = command.order_id;
  if (command.kind === 'create_order') {
    return before === undefined
      ? changed(undefined, created(command, asking), command, asking)
      : NOOP;
  }
  if (before === undefined || (before.gone && command.kind !== 'restore_order')) {
    return { kind: 'refused', rejection: { code: 'not_found', aggregate_id: id } };
  }
  if (command.kind === 'delete_order') return gone(before, command, asking, true);
  if (command.kind === 'restore_order') return gone(before, command, asking, false);
  const after = written(before.card, command);
  if (JSON.stringify(after) === JSON.stringify(before.card)) return NOOP;
  const conflicts = contested(before, command, asking);
  if (conflicts.length > 0) {
    const current_version = before.version;
    const rejection = { code: 'stale', aggregate_id: id, current_version, conflicts } as const;
    return { kind: 'refused', rejection };
  }
  return changed(before, after, command, asking);
}

/** The command that takes an earlier one back, as far as the fake can. */
export function inverse(before: CardView, command: Command): OrderCommand | null {
  const order_id = before.id;
  switch (command.kind) {
    case 'move_order':
      return {
        kind: 'move_order',
        order_id,
        from_stage: command.to_stage,
        to_stage: before.stage_id,
      };
    case 'set_priority':
      return { kind: 'set_priority', order_id, priority: before.priority ?? 1 };
    case 'delete_order':
      return { kind: 'restore_order', order_id };
    default:
      return null;
  }
}

const NOOP: Decided = { kind: 'noop' };

function contested(before: FakeOrder, command: OrderCommand, asking: Asking): Conflict[] {
  return groups_of(command).flatMap((group) => {
    const touch = before.touches[group];
    if (touch === undefined || COMMUTE.has(group) || asking.own.has(touch.version)) return [];
    if (touch.version <= Math.max(asking.base(group), asking.over)) return [];
    return [{ group, ...touch, theirs: null, mine: null }];
  });
}

function changed(
  before: FakeOrder | undefined,
  card: CardView,
  command: OrderCommand,
  asking: Asking,
): Decided {
  const version = (before?.version ?? 0) + 1;
  const { by_id, by_name, at } = asking;
  const touch = { version, by_id, by_name, at };
  const groups = groups_of(command).map((group) => [group, touch] as const);
  const touches = { ...before?.touches, ...Object.fromEntries(groups) };
  return { kind: 'changed', order: { version, card, gone: false, touches } };
}

function gone(before: FakeOrder, command: OrderCommand, asking: Asking, is_gone: boolean): Decided {
  if (before.gone === is_gone) return NOOP;
  const decided = changed(before, before.card, command, asking);
  if (decided.kind !== 'changed') return decided;
  return { kind: 'changed', order: { ...decided.order, gone: is_gone } };
}

function written(card: CardView, command: OrderCommand): CardView {
  switch (command.kind) {
    case 'move_order': {
      const rank = command.to_stage === card.stage_id ? card.rank : `${card.rank}V`;
      return { ...card, stage_id: command.to_stage, rank };
    }
    case 'set_priority':
      return { ...card, priority: command.priority };
    case 'change_labels': {
      const kept = (card.labels ?? []).filter((label) => !command.remove?.includes(label));
      const added = (command.add ?? []).filter((label) => !kept.includes(label));
      return { ...card, labels: [...kept, ...added] };
    }
    case 'add_note':
      return { ...card, note: command.text, notes: (card.notes ?? 0) + 1 };
    case 'assign_driver':
      return { ...card, driver_id: command.to_driver };
    case 'hold_order':
      return { ...card, hold: command.reason };
    case 'release_order':
      return { ...card, hold: null };
    default:
      return card;
  }
}

function created(
  command: Extract<OrderCommand, { kind: 'create_order' }>,
  asking: Asking,
): CardView {
  return {
    type: 'card',
    id: command.order_id,
    number: 1,
    workflow_id: 'standard',
    stage_id: 'new',
    category: 'new',
    stage_since: asking.at,
    rank: 'a0',
    customer: command.customer?.name ?? '',
    total: 100,
    currency: 'EUR',
    created_at: asking.at,
  };
}

export type Orders = ReadonlyMap<OrderId, FakeOrder>;
