import type {
  FactCommand,
  OrderCommand,
  Rejection,
  StopDeliveryView,
  StopView,
} from '@kanvoy/protocol/messages.gen.ts';

/** One order of a fake server's run. */
export interface RoadOrder {
  readonly version: number;
  /** With all deliveries, the closed ones too. */
  readonly stop: StopView;
  readonly driver: string;
}

export type Decided =
  | { readonly kind: 'changed'; readonly order: RoadOrder }
  | { readonly kind: 'noop' }
  | { readonly kind: 'claimed'; readonly cause: string }
  | { readonly kind: 'refused'; readonly rejection: Rejection };

const NOOP: Decided = { kind: 'noop' };

/** What the rules of `server/domain/orders/decide_fact.py` say, as far as a run's driver meets them. */
export function decide_road(
  order: RoadOrder | undefined,
  command: OrderCommand,
  driver: string,
  fact: boolean,
): Decided {
  const aggregate_id = command.order_id;
  if (order === undefined) return refused({ code: 'not_found', aggregate_id });
  if (command.kind === 'add_note') {
    const { note_id: id, text } = command;
    const note = { id, text, by_id: driver, by_name: 'Ana', at: 0, for_driver: true };
    const notes = [...(order.stop.notes ?? []), note];
    return { kind: 'changed', order: { ...order, stop: { ...order.stop, notes } } };
  }
  if (!('epoch' in command)) return NOOP;
  const spoken = command as FactCommand;
  const deliveries = order.stop.deliveries ?? [];
  const delivery = deliveries.find(({ id }) => id === spoken.delivery_id);
  if (delivery === undefined) return refused({ code: 'not_found', aggregate_id });
  if (order.driver !== driver || delivery.epoch !== spoken.epoch) {
    const { epoch } = delivery;
    if (spoken.kind === 'acknowledge_stop') return NOOP;
    if (fact) return { kind: 'claimed', cause: 'superseded' };
    return refused({ code: 'superseded', epoch });
  }
  const after = spoken_of(delivery, spoken);
  if (after === 'closed') {
    if (fact) return { kind: 'claimed', cause: 'closed' };
    const problems = [{ field: 'stage', rule: 'closed_stage', limit: null }];
    return refused({ code: 'invalid', problems });
  }
  if (after === delivery) return NOOP;
  const changed = deliveries.map((each) => (each === delivery ? after : each));
  return { kind: 'changed', order: { ...order, stop: { ...order.stop, deliveries: changed } } };
}

function spoken_of(before: StopDeliveryView, command: FactCommand): StopDeliveryView | 'closed' {
  const over = before.category === 'done' || before.category === 'failed';
  switch (command.kind) {
    case 'collect_delivery':
      if (over) return before.category === 'done' ? before : 'closed';
      if (before.collected_at != null) return before;
      return { ...before, collected_at: command.at, category: 'in_transit' };
    case 'arrive_delivery':
      if (over) return before.category === 'done' ? before : 'closed';
      return before.arrived_at == null ? { ...before, arrived_at: command.at } : before;
    case 'complete_delivery':
      if (over) return before.category === 'done' ? before : 'closed';
      return { ...before, collected_at: before.collected_at ?? command.at, category: 'done' };
    case 'fail_delivery':
      if (over) return before.category === 'failed' ? before : 'closed';
      return { ...before, category: 'failed' };
    case 'acknowledge_stop':
      return received(before, command);
    case 'answer_proposal':
      return before.proposal == null ? before : { ...before, proposal: null };
    case 'add_proof':
      return { ...before, proofs: [...(before.proofs ?? []), command.proof] };
    case 'report_expense':
      return before;
  }
}

function received(
  before: StopDeliveryView,
  { receipt: word, version }: Extract<FactCommand, { kind: 'acknowledge_stop' }>,
): StopDeliveryView {
  if (word === 'sent' || (before.receipt[word] ?? 0) >= version) return before;
  return { ...before, receipt: { ...before.receipt, [word]: version, word } };
}

function refused(rejection: Rejection): Decided {
  return { kind: 'refused', rejection };
}
