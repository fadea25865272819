/** The frames a demo server says, as values. */
import type { Changes, FromServer, Op, Put, TimelineEntry } from '@kanvoy/protocol/messages.gen.ts';
import type { OrderCommand } from '@kanvoy/protocol/messages.gen.ts';
import type { Card, Order } from '@kanvoy/sync/full.ts';
import { groups_of } from '@kanvoy/sync/groups.ts';
import { whoami } from './who.ts';

const EPOCH = 1;
const CHUNK = 1_000;

export function welcome(last_number: number): FromServer {
  return {
    type: 'welcome',
    protocol: 1,
    session_id: 'demo',
    server_time: Date.now(),
    user: whoami(),
    ping_seconds: 25,
    pong_seconds: 10,
    last_number,
    build: 'demo',
    limits: {
      frame_bytes: 65_536,
      subscriptions: 16,
      commands_per_second: 20,
      commands_burst: 60,
      unacknowledged: 32,
    },
  };
}

/** A whole channel as of `sequence`, in parts. */
export function snapshot(channel: string, items: readonly Put[], sequence: number): FromServer[] {
  const chunks = Math.max(1, Math.ceil(items.length / CHUNK));
  const parts = Array.from({ length: chunks }, (_, index): FromServer => {
    const part = items.slice(index * CHUNK, (index + 1) * CHUNK);
    return { type: 'snapshot_chunk', channel, epoch: EPOCH, index, cut: sequence, items: part };
  });
  return [
    { type: 'subscribed', channel, mode: 'snapshot' },
    { type: 'snapshot_begin', channel, epoch: EPOCH, sequence, nonce: sequence, chunks },
    ...parts,
    { type: 'snapshot_end', channel, epoch: EPOCH },
  ];
}

/** What the row at `sequence` did to a channel. */
export function changes(channel: string, ops: readonly Op[], sequence: number): Changes {
  const after = sequence - 1;
  return { type: 'changes', channel, epoch: EPOCH, after, upto: sequence, nonce: sequence, ops };
}

/** The fields of a card that differ: what a patch carries. */
export function changed_fields(before: Card, after: Card): Readonly<Record<string, unknown>> {
  const was = new Map<string, unknown>(Object.entries(before));
  const changed = Object.entries(after).filter(([field, value]) => was.get(field) !== value);
  return Object.fromEntries(changed);
}

/** One command as a line of the order's history. */
export function change_of(order: Order, command: OrderCommand): TimelineEntry['changes'][number] {
  const [what = ''] = groups_of(command);
  const line_id = 'line_id' in command ? command.line_id : null;
  const line = order.lines.find((one) => one.id === line_id);
  switch (command.kind) {
    case 'move_order':
      return {
        kind: 'order.stage_changed',
        what,
        before: order.stage_id,
        after: command.to_stage,
      };
    case 'set_quantity': {
      const { quantity } = command;
      return { kind: 'order.quantity_changed', what, before: line?.quantity, after: quantity };
    }
    case 'set_price': {
      const { unit_price } = command;
      return { kind: 'order.price_changed', what, before: line?.unit_price, after: unit_price };
    }
    case 'add_note':
      return { kind: 'order.note_added', what, after: { text: command.text } };
    default:
      return { kind: `order.${command.kind}`, what };
  }
}
