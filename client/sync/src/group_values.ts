import type {
  Address,
  FieldGroup,
  OrderCommand,
  Party,
  PaymentMethod,
  Priority,
  Window,
} from '@kanvoy/protocol/messages.gen.ts';
import type { Order } from './full.ts';

/** The value of a field group as a form edits it; undefined when the order has no such part. */
export function read_group(order: Order, group: FieldGroup): unknown {
  const [kind, part] = split(group);
  switch (kind) {
    case 'customer':
    case 'shipping_address':
    case 'billing_address':
    case 'priority':
    case 'labels':
    case 'review':
      return order[kind];
    case 'payment':
      return order.payment_method;
    case 'csr':
      return order.csr_id;
    case 'hold':
      return order.hold;
    case 'stage':
      return order.stage_id;
    case 'quantity':
      return order.lines.find((line) => line.id === part)?.quantity;
    case 'price':
      return order.lines.find((line) => line.id === part)?.unit_price;
    case 'window':
      return order.deliveries.find((each) => each.id === part)?.window;
    case 'assignment':
      return order.deliveries.find((each) => each.id === part)?.driver_id;
    case 'charge':
      return order.charges.find((each) => each.charge === part)?.amount ?? 0;
    case 'custom':
      return order.custom[part] ?? '';
    default:
      return undefined;
  }
}

/** The command that gives a group its new value; nothing for groups that forms do not edit. */
export function write_group(order: Order, group: FieldGroup, value: unknown): OrderCommand | null {
  const order_id = order.id;
  const [kind, part] = split(group);
  switch (kind) {
    case 'customer':
      return { kind: 'set_customer', order_id, customer: value as Party };
    case 'shipping_address':
    case 'billing_address': {
      const which = kind === 'shipping_address' ? 'shipping' : 'billing';
      return { kind: 'set_address', order_id, which, address: value as Address };
    }
    case 'priority':
      return { kind: 'set_priority', order_id, priority: value as Priority };
    case 'review':
      return { kind: 'flag_review', order_id, reason: (value as string | null) ?? '' };
    case 'payment':
      return { kind: 'set_payment', order_id, payment_method: value as PaymentMethod | null };
    case 'csr':
      return {
        kind: 'assign_csr',
        order_id,
        from_csr: order.csr_id,
        to_csr: value as string | null,
      };
    default:
      return write_part(order, kind, part, value);
  }
}

function write_part(order: Order, kind: string, part: string, value: unknown): OrderCommand | null {
  const order_id = order.id;
  switch (kind) {
    case 'quantity':
      return { kind: 'set_quantity', order_id, line_id: part, quantity: value as number };
    case 'price':
      return { kind: 'set_price', order_id, line_id: part, unit_price: value as number };
    case 'window':
      return { kind: 'set_window', order_id, delivery_id: part, window: value as Window | null };
    case 'custom':
      return { kind: 'set_custom', order_id, key: part, value: value as string };
    case 'charge':
      return is_charge(part)
        ? { kind: 'set_charge', order_id, charge: part, amount: value as number }
        : null;
    case 'assignment': {
      const delivery = order.deliveries.find((each) => each.id === part);
      return {
        kind: 'assign_driver',
        order_id,
        from_driver: delivery?.driver_id ?? null,
        to_driver: value as string | null,
        delivery_id: part,
        epoch: delivery?.epoch ?? null,
      };
    }
    default:
      return null;
  }
}

function is_charge(part: string): part is 'delivery_fee' | 'surcharge' | 'service' {
  return part === 'delivery_fee' || part === 'surcharge' || part === 'service';
}

function split(group: FieldGroup): readonly [string, string] {
  const colon = group.indexOf(':');
  return colon < 0 ? [group, ''] : [group.slice(0, colon), group.slice(colon + 1)];
}
