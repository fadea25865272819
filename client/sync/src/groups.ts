import type { Command, FieldGroup, OrderCommand, OrderId } from '@kanvoy/protocol/messages.gen.ts';

/** A group that stands for all of its kind: `assignment:*` covers every delivery. */
const ALL = '*';

/** Orders a command is about; empty for records and for undo, whose orders only its issuer knows. */
export function orders_of(command: Command): readonly OrderId[] {
  if (command.kind === 'run_bulk') return command.items.map((item) => item.command.order_id);
  return 'order_id' in command ? [command.order_id] : [];
}

/** Field groups a command writes on its order: what it can contest with others. */
export function groups_of(command: OrderCommand): readonly FieldGroup[] {
  switch (command.kind) {
    case 'move_order':
      return ['stage', 'rank'];
    case 'reorder_order':
      return ['rank'];
    case 'add_lines':
      return command.lines.map((line) => `line:${line.line_id}`);
    case 'set_quantity':
      return [`quantity:${command.line_id}`];
    case 'set_price':
      return [`price:${command.line_id}`];
    case 'remove_line':
      return [`line:${command.line_id}`];
    case 'set_discount':
    case 'remove_discount':
      return [`discount:${command.discount_id}`];
    case 'set_charge':
      return [`charge:${command.charge}`];
    case 'set_custom':
      return [`custom:${command.key}`];
    case 'set_window':
      return [`window:${command.delivery_id}`];
    case 'assign_driver':
      return [`assignment:${command.delivery_id ?? ALL}`];
    case 'collect_delivery':
    case 'arrive_delivery':
    case 'complete_delivery':
    case 'fail_delivery':
    case 'reopen_delivery':
      return [`progress:${command.delivery_id}`];
    case 'withdraw_proposal':
    case 'answer_proposal':
      return [`proposal:${command.delivery_id}`];
    case 'move_stop':
    case 'set_method':
    case 'set_hub':
    case 'set_tracking':
    case 'set_delivery_address':
    case 'set_service_time':
    case 'acknowledge_stop':
    case 'add_proof':
      return [`${OF_DELIVERY[command.kind]}:${command.delivery_id}`];
    case 'set_address':
      return [`${command.which}_address`];
    default:
      return [WHOLE_GROUP[command.kind]];
  }
}

export function overlaps(one: readonly FieldGroup[], other: readonly FieldGroup[]): boolean {
  return one.some((group) => other.some((another) => meets(group, another)));
}

function meets(one: FieldGroup, other: FieldGroup): boolean {
  if (one === other) return true;
  const [kind, part] = one.split(':');
  const [other_kind, other_part] = other.split(':');
  return kind === other_kind && (part === ALL || other_part === ALL);
}

type WholeGroupCommand = Exclude<
  OrderCommand['kind'],
  | 'move_order'
  | 'reorder_order'
  | 'add_lines'
  | 'set_quantity'
  | 'set_price'
  | 'remove_line'
  | 'set_discount'
  | 'remove_discount'
  | 'set_charge'
  | 'set_custom'
  | 'set_window'
  | 'assign_driver'
  | 'set_address'
  | 'collect_delivery'
  | 'arrive_delivery'
  | 'complete_delivery'
  | 'fail_delivery'
  | 'reopen_delivery'
  | 'withdraw_proposal'
  | 'answer_proposal'
  | keyof typeof OF_DELIVERY
>;

const OF_DELIVERY = {
  move_stop: 'stop',
  set_method: 'method',
  set_hub: 'hub',
  set_tracking: 'tracking',
  set_delivery_address: 'delivery_address',
  set_service_time: 'service_time',
  acknowledge_stop: 'receipt',
  add_proof: 'proofs',
} as const;

const WHOLE_GROUP: Readonly<Record<WholeGroupCommand, FieldGroup>> = {
  create_order: 'life',
  copy_order: 'life',
  set_customer: 'customer',
  set_priority: 'priority',
  change_labels: 'labels',
  set_payment: 'payment',
  hold_order: 'hold',
  release_order: 'hold',
  flag_review: 'review',
  add_note: 'notes',
  remove_note: 'notes',
  assign_csr: 'csr',
  cancel_order: 'stage',
  delete_order: 'life',
  restore_order: 'life',
  archive_order: 'life',
  split_delivery: 'deliveries',
  merge_deliveries: 'deliveries',
  cancel_delivery: 'deliveries',
  settle_claim: 'claims',
  report_expense: 'expenses',
};
