import type {
  AggregateId,
  Op,
  OrderCommand,
  Put,
  Stamp,
  Whoami,
} from '@kanvoy/protocol/messages.gen.ts';
import type { FakeOrder } from './fake_orders.ts';

/** One row of the fake journal. */
export interface Row {
  readonly sequence: number;
  readonly nonce: number;
  readonly id: AggregateId;
  readonly before: FakeOrder | undefined;
  readonly after: FakeOrder;
  readonly stamp: Stamp;
  readonly command: OrderCommand;
}

/**
 * One op for everything that happened to one order.
 *
 * A reader may hold a chunk that was cut in the middle. So what went out leaves explicitly even
 * if it came in between, and a patch has every field that was touched, also those that went back.
 */
export function conflated(rows: readonly Row[]): Op[] {
  const last = rows.at(-1) as Row;
  const { id, stamp } = last;
  const { version, card } = last.after;
  if (last.after.gone) {
    const was_in = rows.some(({ before, after }) => !after.gone || before?.gone === false);
    return was_in ? [{ op: 'remove', kind: 'order', id, version, stamp }] : [];
  }
  if (rows.some(({ before }) => before === undefined || before.gone)) {
    return [put(id, last.after, stamp)];
  }
  const fields: Record<string, unknown> = {};
  for (const { before, after } of rows) {
    const was: Readonly<Record<string, unknown>> = { ...before?.card };
    for (const [field, value] of Object.entries(after.card)) {
      if (JSON.stringify(was[field]) !== JSON.stringify(value)) {
        fields[field] = card[field as keyof typeof card];
      }
    }
  }
  return [{ op: 'patch', kind: 'order', id, version, fields, stamp }];
}

export function put(id: AggregateId, order: FakeOrder, stamp: Stamp | null): Put {
  return { op: 'put', kind: 'order', id, version: order.version, view: order.card, stamp };
}

export function hash(id: string): number {
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + letter.charCodeAt(0)) >>> 0;
  return sum;
}

export function whoami(id: string): Whoami {
  const rights = { roles: [], permissions: [], call_sign: '' };
  return { id, name: id, tenant_id: 'tenant', tenant: 'Tenant', ...rights };
}
