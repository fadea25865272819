import type {
  Address,
  Put,
  SettingsView,
  StopDeliveryView,
  StopView,
  WorkflowView,
} from '@kanvoy/protocol/messages.gen.ts';

/** One stop of a run as the server would show it, with whatever a test cares about. */
export function make_stop(
  serial: number,
  more: Partial<StopDeliveryView> = {},
  order: Partial<StopView> = {},
): StopView {
  const address: Address = { street: `Marktstr. ${serial}`, postcode: '20095', city: 'Hamburg' };
  return {
    type: 'stop',
    id: `order-${serial}`,
    number: 104_000 + serial,
    workflow_id: 'full-7',
    customer: `Customer ${serial}`,
    ...order,
    deliveries: [
      {
        id: `delivery-${serial}`,
        position: 1,
        category: 'ready',
        epoch: 1,
        stop_rank: `a${serial}`,
        address,
        lines: [{ line_id: `line-${serial}`, name: 'Sparkling water', quantity: 6 }],
        receipt: { told: 1, told_at: 0, word: 'sent' },
        ...more,
      },
    ],
  };
}

/** What a phone needs to know besides its stops. */
export function make_house(): readonly Put[] {
  const workflow: WorkflowView = {
    type: 'workflow',
    id: 'full-7',
    name: 'Full',
    default: true,
    stages: [
      { id: 'ready', name: 'Ready', category: 'ready', hue: 'ready' },
      { id: 'in-transit', name: 'In transit', category: 'in_transit', hue: 'transit' },
      {
        id: 'delivered',
        name: 'Delivered',
        category: 'done',
        hue: 'delivered',
        proofs: [
          { kind: 'signature', level: 'required' },
          { kind: 'photo', level: 'warned' },
        ],
      },
    ],
    transitions: [
      {
        id: 'collected',
        name: 'Collected',
        from_stages: ['ready'],
        to_stage: 'in-transit',
        auto: 'collected',
      },
      {
        id: 'delivered',
        name: 'Handed over',
        from_stages: ['in-transit'],
        to_stage: 'delivered',
        auto: 'delivered',
      },
    ],
  };
  const settings: SettingsView = {
    type: 'settings',
    name: 'Northwind',
    currency: 'EUR',
    locale: 'en-GB',
    time_zone: 'Europe/Berlin',
    number_prefix: 'SO-',
    price_mode: 'gross',
    labels: [{ id: 'cold', name: 'Cold chain', tint: 0 }],
  };
  return [
    { op: 'put', kind: 'workflow', id: workflow.id, version: 1, view: workflow },
    { op: 'put', kind: 'settings', id: 'settings', version: 1, view: settings },
  ];
}
