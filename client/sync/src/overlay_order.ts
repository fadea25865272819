import { complete } from '@kanvoy/protocol/decode.ts';
import type { Address, NewLine, OrderCommand, Party } from '@kanvoy/protocol/messages.gen.ts';
import type { Guess } from './entry.ts';
import { priced, retotalled } from './estimate.ts';
import type { Delivery, Line, Order } from './full.ts';
import { relabelled, type Scene } from './overlay_card.ts';

/** Commands after which the sums shown are this client's own guess. */
export function changes_sums(command: OrderCommand): boolean {
  return SUMS.has(command.kind);
}

/** The order as it will look if the server agrees. */
export function overlay_order(
  order: Order,
  command: OrderCommand,
  guess: Guess | undefined,
  scene: Scene,
): Order {
  switch (command.kind) {
    case 'move_order':
      return moved(order, command.to_stage, guess?.rank ?? order.rank, scene);
    case 'reorder_order':
      return { ...order, rank: guess?.rank ?? order.rank };
    case 'cancel_order': {
      const stage = scene.stage_for(order.workflow_id, 'cancelled') ?? order.stage_id;
      return { ...moved(order, stage, order.rank, scene), category: 'cancelled' };
    }
    case 'delete_order':
      return { ...order, deleted: true };
    case 'archive_order':
      return { ...order, archived: true };
    case 'restore_order':
      return { ...order, deleted: false, archived: false };
    case 'assign_driver':
    case 'set_window':
    case 'set_method':
    case 'set_hub':
    case 'set_service_time':
    case 'set_tracking':
    case 'set_delivery_address':
    case 'withdraw_proposal':
      return { ...order, deliveries: order.deliveries.map((each) => delivery(each, command)) };
    case 'settle_claim':
      return { ...order, claims: order.claims.filter((each) => each.id !== command.claim_id) };
    default:
      return changes_sums(command)
        ? overlay_lines(order, command, scene)
        : { ...order, ...plain_fields(order, command, scene) };
  }
}

function moved(order: Order, stage_id: string, rank: string, scene: Scene): Order {
  const category = scene.category(stage_id) ?? order.category;
  const stage_since = stage_id === order.stage_id ? order.stage_since : scene.at;
  return { ...order, stage_id, category, stage_since, rank };
}

type OnDelivery = Extract<
  OrderCommand,
  {
    kind:
      | 'assign_driver'
      | 'set_window'
      | 'set_method'
      | 'set_hub'
      | 'set_service_time'
      | 'set_tracking'
      | 'set_delivery_address'
      | 'withdraw_proposal';
  }
>;

function delivery(before: Delivery, command: OnDelivery): Delivery {
  if (command.delivery_id != null && command.delivery_id !== before.id) return before;
  if (command.kind !== 'assign_driver') return { ...before, ...field_of(command) };
  // Without a delivery the command is about the open ones only.
  if (before.category === 'done' || before.category === 'cancelled') return before;
  return { ...before, driver_id: command.to_driver, pinned: command.pinned ?? false };
}

function field_of(command: Exclude<OnDelivery, { kind: 'assign_driver' }>): Partial<Delivery> {
  switch (command.kind) {
    case 'set_window':
      return { window: command.window };
    case 'set_method':
      return { method: command.method };
    case 'set_hub':
      return { hub_id: command.hub_id };
    case 'set_service_time':
      return { service_seconds: command.seconds };
    case 'set_tracking': {
      const { carrier = '', code = '', url = '' } = command.tracking ?? {};
      return { tracking: command.tracking && { carrier, code, url } };
    }
    case 'set_delivery_address':
      return { address: command.address && full_address(command.address) };
    case 'withdraw_proposal':
      return { proposal: null };
  }
}

function overlay_lines(order: Order, command: OrderCommand, scene: Scene): Order {
  switch (command.kind) {
    case 'set_quantity':
      return retotalled(order, each_line(order, command.line_id, { quantity: command.quantity }));
    case 'set_price':
      return retotalled(
        order,
        each_line(order, command.line_id, { unit_price: command.unit_price }),
      );
    case 'remove_line':
      return retotalled(
        order,
        order.lines.filter((line) => line.id !== command.line_id),
      );
    case 'add_lines': {
      const known = new Set(order.lines.map((line) => line.id));
      const added = command.lines.filter((line) => !known.has(line.line_id));
      return retotalled(order, [...order.lines, ...added.map((line) => new_line(line, scene))]);
    }
    case 'set_charge': {
      const others = order.charges.filter((each) => each.charge !== command.charge);
      const charge = { charge: command.charge, amount: command.amount, tax: 0 };
      return { ...order, charges: command.amount === 0 ? others : [...others, charge] };
    }
    case 'remove_discount':
      return {
        ...order,
        discounts: order.discounts.filter((each) => each.id !== command.discount_id),
      };
    case 'set_discount': {
      const others = order.discounts.filter((each) => each.id !== command.discount_id);
      const before = order.discounts.find((each) => each.id === command.discount_id);
      const discount = {
        id: command.discount_id,
        reduction: command.reduction,
        line_id: command.line_id ?? null,
        reason: command.reason ?? '',
        amount: before?.amount ?? 0,
      };
      return { ...order, discounts: [...others, discount] };
    }
    default:
      return order;
  }
}

function plain_fields(order: Order, command: OrderCommand, scene: Scene): Partial<Order> {
  switch (command.kind) {
    case 'set_customer':
      return { customer: full_party(command.customer) };
    case 'set_address':
      return { [`${command.which}_address`]: full_address(command.address) };
    case 'set_priority':
      return { priority: command.priority };
    case 'change_labels':
      return { labels: relabelled(order.labels, command.add ?? [], command.remove ?? []) };
    case 'set_payment':
      return { payment_method: command.payment_method };
    case 'set_custom':
      return { custom: with_custom(order.custom, command.key, command.value) };
    case 'hold_order':
      return {
        hold: {
          reason: command.reason,
          by_name: scene.me.name,
          at: scene.at,
          until: command.until ?? null,
        },
      };
    case 'release_order':
      return { hold: null };
    case 'flag_review':
      return { review: command.reason === '' ? null : command.reason };
    case 'assign_csr':
      return { csr_id: command.to_csr };
    case 'add_note':
      return { notes: with_note(order, command, scene) };
    case 'remove_note':
      return { notes: order.notes.filter((note) => note.id !== command.note_id) };
    default:
      return {};
  }
}

function with_note(
  order: Order,
  command: Extract<OrderCommand, { kind: 'add_note' }>,
  scene: Scene,
): Order['notes'] {
  // The change may arrive before the receipt; then the note is there already.
  if (order.notes.some((note) => note.id === command.note_id)) return order.notes;
  const note = {
    id: command.note_id,
    text: command.text,
    by_id: scene.me.id,
    by_name: scene.me.name,
    at: scene.at,
    for_driver: command.for_driver ?? false,
  };
  return [...order.notes, note];
}

function with_custom(custom: Order['custom'], key: string, value: string): Order['custom'] {
  const { [key]: _, ...others } = custom;
  return value === '' ? others : { ...others, [key]: value };
}

function each_line(order: Order, id: string, fields: Partial<Line>): readonly Line[] {
  return order.lines.map((line) => (line.id === id ? priced({ ...line, ...fields }, line) : line));
}

function new_line(line: NewLine, scene: Scene): Line {
  const unit_price = line.unit_price ?? 0;
  const gross = unit_price * line.quantity;
  return {
    id: line.line_id,
    product_id: line.product_id ?? null,
    sku: '',
    name: line.name || scene.product_name(line.product_id ?? ''),
    image: '',
    quantity: line.quantity,
    unit_price,
    list_price: unit_price,
    tax_rate: line.tax_rate ?? 0,
    gross,
    discount: 0,
    net: gross,
    tax: 0,
    total: gross,
  };
}

function full_party(party: Party): Order['customer'] {
  return complete({ type: 'customer', id: '', customer: party, shipping_address: {} }).customer;
}

export function full_address(address: Address): Order['shipping_address'] {
  const party = { name: '' };
  return complete({ type: 'customer', id: '', customer: party, shipping_address: address })
    .shipping_address;
}

const SUMS: ReadonlySet<OrderCommand['kind']> = new Set([
  'add_lines',
  'set_quantity',
  'set_price',
  'remove_line',
  'set_charge',
  'set_discount',
  'remove_discount',
]);
