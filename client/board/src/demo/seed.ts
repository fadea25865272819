/** A made-up tenant for developers and the bench: the same board from the same seed. */
import type {
  CardView,
  Category,
  CustomerView,
  Priority,
  ProductView,
  Put,
  Role,
  SettingsView,
  StageView,
  View,
  WorkflowView,
} from '@kanvoy/protocol/messages.gen.ts';

const STAGES: readonly StageView[] = [
  stage('new', 'New', 'new', 'new'),
  stage('confirmed', 'Confirmed', 'confirmed', 'confirmed', { soft: 2_200, sla_minutes: 24 * 60 }),
  stage('preparing', 'Preparing', 'preparing', 'preparing', { soft: 1_800, hard: 5_000 }),
  stage('ready', 'Ready', 'ready', 'ready'),
  stage('transit', 'In transit', 'in_transit', 'transit'),
  stage('delivered', 'Delivered', 'done', 'delivered', { allow_edit: 'none' }),
  stage('cancelled', 'Cancelled', 'cancelled', 'cancelled', { allow_edit: 'none' }),
];
const CUSTOMERS = [
  'Bäckerei Lindner',
  'Café Mondschein',
  'Harbour Fish Ltd',
  'Osteria Da Pino',
  'Green Grocer 24',
  'Hotel Adler',
  'Kita Sonnenhof',
  'Nordic Foods AB',
  'Taqueria El Sol',
  'Brauhaus am Markt',
  'Sushi Kaito',
  'Farmers Co-op',
  'Verein zur Förderung der regionalen Lebensmittelversorgung e. V.',
];
const CITIES = ['North', 'Harbour', 'Old town', 'West', 'Airport'];
const PRODUCTS: readonly (readonly [string, string, number])[] = [
  ['Sparkling water 12 × 0.75 l', 'WAT-12', 840],
  ['Rye bread 1 kg', 'BRD-01', 420],
  ['Espresso beans 1 kg', 'COF-10', 2_190],
  ['Oat milk 6 × 1 l', 'OAT-06', 1_140],
  ['Goat cheese 200 g', 'CHE-20', 560],
  ['Olive oil 5 l', 'OIL-05', 4_950],
  ['Tomatoes, crate 6 kg', 'TOM-06', 1_380],
  ['Salmon fillet 2 kg', 'FSH-02', 5_780],
  ['Paper bags 500', 'BAG-50', 2_600],
  ['Basil, pot', 'HRB-01', 190],
];
const PEOPLE: readonly (readonly [string, readonly Role[]])[] = [
  ['Anna Weber', ['backoffice', 'owner']],
  ['Mei Lin', ['csr']],
  ['Jonas Krüger', ['dispatcher']],
  ['Olga Tkach', ['csr']],
  ['Samir Bashir', ['backoffice']],
];
const DRIVERS = ['Ana Pires', 'Ben Otieno', 'Tom Berg', 'Yuki Sato', 'Lena Hoff'];
const LABELS = ['Cold chain', 'Fragile', 'New client', 'Prepaid', 'Bulky', 'Pickup'];
const HOUR = 3_600_000;

/** mulberry32: the same numbers on every run. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export const PERSON_IDS = PEOPLE.map((_, at) => `person-${at + 1}`);
export const person_name = (id: string): string => PEOPLE[PERSON_IDS.indexOf(id)]?.[0] ?? id;
export const customer_name = (id: string): string => CUSTOMERS[Number(id.split('-')[1]) - 1] ?? id;
export const STAGE_IDS = STAGES.map((one) => one.id);
export const category_of = (id: string): Category =>
  STAGES.find((one) => one.id === id)?.category ?? 'new';

export function products(): readonly ProductView[] {
  return PRODUCTS.map(([name, sku, unit_price], at) => ({
    type: 'product',
    id: `product-${at + 1}`,
    sku,
    name,
    unit_price,
    currency: 'EUR',
    tax_rate: 700,
  }));
}

/** Everything on the board's channel that is not an order. */
export function records(): readonly Put[] {
  return [
    put('workflow', 'full-7', workflow()),
    put('settings', 'settings', settings()),
    ...PEOPLE.map(([name, roles], at) =>
      put('person', `person-${at + 1}`, { type: 'person', id: `person-${at + 1}`, name, roles }),
    ),
    ...DRIVERS.map((name, at) =>
      put('driver', `driver-${at + 1}`, {
        type: 'driver',
        id: `driver-${at + 1}`,
        name,
        zones: [CITIES[at % CITIES.length] ?? ''],
      }),
    ),
    ...products().map((product) => put('product', product.id, product)),
    ...CUSTOMERS.map((name, at) => put('customer', `customer-${at + 1}`, customer(name, at))),
  ];
}

export function make_cards(count: number, now: number, random: () => number): CardView[] {
  return Array.from({ length: count }, (_, at) => make_card(at, now, random));
}

export function make_card(at: number, now: number, random: () => number): CardView {
  const pick = (many: number): number => Math.floor(random() * many);
  const some = (share: number): boolean => random() < share;
  const share = random();
  const stage_id = STAGE_IDS[share < 0.97 ? pick(5) : 5 + pick(2)] ?? 'new';
  const urgency = random();
  const priority: Priority = urgency < 0.07 ? 3 : urgency < 0.2 ? 2 : urgency < 0.8 ? 1 : 0;
  const opens = Math.floor((now + (random() * 9 - 3) * HOUR) / 900_000) * 900_000;
  const customer_at = some(0.02) ? CUSTOMERS.length - 1 : pick(CUSTOMERS.length - 1);
  const several = some(0.04);
  return {
    type: 'card',
    id: `order-${String(at + 1).padStart(6, '0')}`,
    number: 100_001 + at,
    workflow_id: 'full-7',
    stage_id,
    category: category_of(stage_id),
    stage_since: now - Math.round(random() * random() * 40 * HOUR),
    rank: `a${Math.floor(random() * 36 ** 8)
      .toString(36)
      .padStart(8, '0')}1`,
    customer: CUSTOMERS[customer_at] ?? '',
    customer_id: `customer-${customer_at + 1}`,
    city: CITIES[pick(CITIES.length)] ?? '',
    postcode: String(20_000 + pick(3_000)),
    total: 900 + pick(240_000),
    currency: 'EUR',
    items: 1 + pick(14),
    products: [PRODUCTS[pick(10)]?.[0], PRODUCTS[pick(10)]?.[0]].join(', '),
    priority,
    created_at: now - 30 * HOUR,
    ...(some(0.93) ? { window: { opens, closes: opens + 2 * HOUR } } : {}),
    ...(some(0.35) ? { labels: labels(pick(LABELS.length), some(0.25), some(0.05)) } : {}),
    ...(some(0.7) ? { driver_id: `driver-${1 + pick(DRIVERS.length)}`, drivers: 1 } : {}),
    ...(some(0.5) ? { csr_id: PERSON_IDS[pick(PERSON_IDS.length)] ?? null } : {}),
    ...(some(0.2) ? { note: 'Ring twice, leave at the back door', notes: 1 } : {}),
    ...(some(0.02) ? { hold: 'Waiting for payment' } : {}),
    ...(some(0.02) ? { review: 'Address looks wrong' } : {}),
    ...(several ? { deliveries: 3, delivered: pick(3) } : {}),
  };
}

function labels(first: number, second: boolean, third: boolean): readonly string[] {
  const many = third ? 4 : second ? 2 : 1;
  return Array.from(
    { length: many },
    (_, at) => `label-${((first + at) % LABELS.length) + 1}`,
  ).sort();
}

function stage(
  id: string,
  name: string,
  category: Category,
  hue: string,
  more: Partial<StageView> = {},
): StageView {
  return { id, name, category, hue, icon: hue, ...more };
}

function workflow(): WorkflowView {
  const chain = STAGES.slice(0, 6);
  const steps = chain.map((to) => ({
    id: `to-${to.id}`,
    name: to.name,
    // Delivered only comes after being on the way; everything else may go anywhere.
    from_stages:
      to.id === 'delivered'
        ? ['transit']
        : chain.filter((from) => from !== to && from.id !== 'delivered').map((from) => from.id),
    to_stage: to.id,
  }));
  const cancel = {
    id: 'cancel',
    name: 'Cancel',
    from_stages: chain.slice(0, 5).map((one) => one.id),
    to_stage: 'cancelled',
    needs_note: true,
  };
  const reopen = { id: 'reopen', name: 'Reopen', from_stages: ['cancelled'], to_stage: 'new' };
  return {
    type: 'workflow',
    id: 'full-7',
    name: 'Full',
    stages: STAGES,
    transitions: [...steps, cancel, reopen],
    default: true,
  };
}

function settings(): SettingsView {
  const tints = [0, 1, 2, 3, 4, 5] as const;
  return {
    type: 'settings',
    name: 'Hafenkontor',
    currency: 'EUR',
    locale: 'en-GB',
    time_zone: 'Europe/Berlin',
    number_prefix: 'SO-',
    price_mode: 'gross',
    labels: LABELS.map((name, at) => ({ id: `label-${at + 1}`, name, tint: tints[at] ?? 0 })),
  };
}

function customer(name: string, at: number): CustomerView {
  return {
    type: 'customer',
    id: `customer-${at + 1}`,
    customer: {
      name,
      contact: 'Reception',
      phone: '+49 40 555 01',
      customer_id: `customer-${at + 1}`,
    },
    shipping_address: {
      name,
      street: `Hafenweg ${at + 3}`,
      postcode: '20457',
      city: 'Hamburg',
      country: 'DE',
    },
  };
}

export function put(kind: Put['kind'], id: string, view: View, version = 1): Put {
  return { op: 'put', kind, id, version, view };
}
