/** The full order behind a made-up card; built when somebody opens or changes it. */
import type { CardView, OrderView } from '@kanvoy/protocol/messages.gen.ts';
import { complete } from '@kanvoy/protocol/decode.ts';
import type { Card, Order } from '@kanvoy/sync/full.ts';
import { person_name, products, seeded } from './seed.ts';

export function order_behind(card: CardView): Order {
  const random = seeded(card.number);
  const all = products();
  const count = 2 + Math.floor(random() * 4);
  const lines = Array.from({ length: count }, (_, at) => {
    const product = all[(card.number + at * 3) % all.length];
    const quantity = 1 + Math.floor(random() * 12);
    const unit_price = product?.unit_price ?? 0;
    const gross = quantity * unit_price;
    const net = Math.round(gross / 1.07);
    return {
      id: `${card.id}-line-${at + 1}`,
      product_id: product?.id ?? null,
      sku: product?.sku ?? '',
      name: product?.name ?? '',
      quantity,
      unit_price,
      list_price: unit_price,
      tax_rate: 700,
      gross,
      net,
      tax: gross - net,
      total: gross,
    };
  });
  const sum = (field: 'gross' | 'net' | 'tax'): number =>
    lines.reduce((total, line) => total + line[field], 0);
  const view: OrderView = {
    type: 'order',
    id: card.id,
    number: card.number,
    workflow_id: card.workflow_id,
    stage_id: card.stage_id,
    category: card.category,
    stage_since: card.stage_since,
    rank: card.rank,
    customer: {
      name: card.customer,
      customer_id: card.customer_id ?? null,
      phone: '+49 40 555 01',
    },
    shipping_address: {
      name: card.customer,
      street: 'Hafenweg 12',
      postcode: card.postcode ?? '',
      city: card.city ?? '',
      country: 'DE',
      instructions: 'Rear gate',
    },
    currency: card.currency,
    price_mode: 'gross',
    tax_rounding: 'line',
    lines,
    totals: {
      lines: sum('gross'),
      discounts: 0,
      charges: 0,
      net: sum('net'),
      tax: sum('tax'),
      total: sum('gross'),
    },
    payment_method: 'transfer',
    priority: card.priority ?? 1,
    labels: card.labels ?? [],
    csr_id: card.csr_id ?? null,
    deliveries: Array.from({ length: card.deliveries ?? 1 }, (_, at) => ({
      id: `${card.id}-delivery-${at + 1}`,
      position: at + 1,
      method: 'own_driver',
      category: at < (card.delivered ?? 0) ? 'done' : card.category,
      window: card.window ?? null,
      driver_id: card.driver_id ?? null,
    })),
    notes:
      card.note === undefined
        ? []
        : [
            {
              id: `${card.id}-note-1`,
              text: card.note,
              by_id: 'person-2',
              by_name: person_name('person-2'),
              at: card.created_at + 60_000,
            },
          ],
    ...(card.hold == null
      ? {}
      : { hold: { reason: card.hold, by_name: person_name('person-3'), at: card.created_at } }),
    ...(card.review == null ? {} : { review: card.review }),
    created_at: card.created_at,
    created_by: person_name('person-2'),
    updated_at: card.created_at,
    updated_by: person_name('person-2'),
  };
  return complete(view);
}

/** The card that shows what the order says now. */
export function card_of(order: Order, before: Card): Card {
  const [first] = order.deliveries;
  const newest = order.notes[order.notes.length - 1];
  return {
    ...before,
    stage_id: order.stage_id,
    category: order.category,
    stage_since: order.stage_since,
    rank: order.rank,
    customer: order.customer.name,
    city: order.shipping_address.city,
    postcode: order.shipping_address.postcode,
    total: order.totals?.total ?? before.total,
    items: order.lines.reduce((sum, line) => sum + line.quantity, 0),
    products: order.lines
      .map((line) => line.name)
      .join(', ')
      .slice(0, 80),
    window: first?.window ?? null,
    priority: order.priority,
    labels: order.labels,
    csr_id: order.csr_id,
    driver_id: first?.driver_id ?? null,
    drivers: new Set(order.deliveries.map((one) => one.driver_id).filter((id) => id !== null)).size,
    hold: order.hold?.reason ?? null,
    review: order.review === '' ? null : order.review,
    note: newest?.text.slice(0, 80) ?? '',
    notes: order.notes.length,
  };
}

export const full_card = (card: CardView): Card => complete(card);
