import type {
  CardView,
  Category,
  Priority,
  Put,
  SettingsView,
  StageView,
  WorkflowView,
} from '@kanvoy/protocol/messages.gen.ts';
import { generateNKeysBetween } from 'fractional-indexing';
import { seeded } from './device.ts';

export interface BoardSeed {
  readonly seed?: number;
  readonly cards?: number;
  readonly now?: number;
}

const STAGES: readonly (readonly [string, string, Category, string, number | null])[] = [
  ['new', 'New', 'new', 'grey', null],
  ['confirmed', 'Confirmed', 'confirmed', 'blue', null],
  ['preparing', 'Preparing', 'preparing', 'amber', 40],
  ['ready', 'Ready', 'ready', 'violet', null],
  ['in-transit', 'In transit', 'in_transit', 'teal', null],
  ['done', 'Delivered', 'done', 'green', null],
  ['cancelled', 'Cancelled', 'cancelled', 'red', null],
];

const CUSTOMERS = [
  'Bäckerei Lindner',
  'Café Mondschein',
  'Harbour Fish',
  'Osteria Pino',
  'Grüner Laden',
  'Hotel Adler',
  'Kita Sonnenhof',
  'Nordic Foods',
  'Smørrebrød Haus',
  'Straßenküche',
];
const CITIES = ['Hamburg', 'Altona', 'Bergedorf', 'Wedel', 'Norderstedt'];
const PRODUCTS = ['Sparkling water', 'Rye bread', 'Coffee beans', 'Oat milk', 'Blue cheese'];
const PEOPLE = ['Mei Lin', 'Jonas Krüger', 'Olga Tkach', 'Samir Haddad'];
const DRIVERS = ['Ana Pires', 'Ben Otieno', 'Tom Berg'];
const LABELS = ['Cold chain', 'Fragile', 'New client', 'Prepaid'];
const HOUR_MS = 3_600_000;

/** The seeded board as the put of each thing, records first. */
export function make_board({
  seed = 1,
  cards = 200,
  now = 1_700_000_000_000,
}: BoardSeed = {}): Put[] {
  const random = seeded(seed);
  const ranks = generateNKeysBetween(null, null, cards);
  const orders = Array.from({ length: cards }, (_, at) =>
    put(
      'order',
      `order-${String(at + 1).padStart(6, '0')}`,
      card(at, ranks[at] ?? 'a0', now, random),
    ),
  );
  return [...records(), ...orders];
}

/** Workflow, settings, colleagues and drivers of the seeded tenant. */
export function records(): Put[] {
  const people = PEOPLE.map((name, at) =>
    put('person', `person-${at + 1}`, { type: 'person', id: `person-${at + 1}`, name }),
  );
  const drivers = DRIVERS.map((name, at) =>
    put('driver', `driver-${at + 1}`, { type: 'driver', id: `driver-${at + 1}`, name }),
  );
  return [
    put('workflow', 'standard', workflow()),
    put('settings', 'settings', settings()),
    ...people,
    ...drivers,
  ];
}

export function workflow(): WorkflowView {
  const stages: StageView[] = STAGES.map(([id, name, category, hue, soft]) => ({
    id,
    name,
    category,
    hue,
    ...(soft === null ? {} : { soft }),
  }));
  const transitions = stages.map((to) => ({
    id: `to-${to.id}`,
    name: to.name,
    from_stages: stages.filter((from) => from !== to).map((from) => from.id),
    to_stage: to.id,
  }));
  return { type: 'workflow', id: 'standard', name: 'Standard', stages, transitions, default: true };
}

export function settings(): SettingsView {
  const labels = LABELS.map((name, at) => ({ id: `label-${at + 1}`, name, tint: tint(at) }));
  return {
    type: 'settings',
    name: 'Hafenkontor',
    currency: 'EUR',
    locale: 'de-DE',
    time_zone: 'Europe/Berlin',
    number_prefix: 'SO-',
    price_mode: 'gross',
    labels,
  };
}

function card(at: number, rank: string, now: number, random: () => number): CardView {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const [stage_id, , category] = STAGES[Math.floor(random() * 5)] as (typeof STAGES)[number];
  const opens = now + Math.round((random() - 0.3) * 12) * HOUR_MS;
  const urgency = random();
  const priority: Priority = urgency < 0.08 ? 3 : urgency < 0.2 ? 2 : urgency < 0.8 ? 1 : 0;
  const some = (share: number): boolean => random() < share;
  return {
    type: 'card',
    id: `order-${String(at + 1).padStart(6, '0')}`,
    number: 100_001 + at,
    workflow_id: 'standard',
    stage_id,
    category,
    stage_since: now - Math.round(random() * 20 * HOUR_MS),
    rank,
    customer: pick(CUSTOMERS),
    city: pick(CITIES),
    postcode: String(20_000 + Math.floor(random() * 3_000)),
    total: Math.round(random() * 240_000),
    currency: 'EUR',
    items: 1 + Math.floor(random() * 14),
    products: [pick(PRODUCTS), pick(PRODUCTS)].join(', '),
    priority,
    created_at: now - 24 * HOUR_MS,
    ...(some(0.9) ? { window: { opens, closes: opens + 2 * HOUR_MS } } : {}),
    ...(some(0.4) ? { labels: [`label-${1 + Math.floor(random() * LABELS.length)}`] } : {}),
    ...(some(0.7) ? { driver_id: `driver-${1 + Math.floor(random() * 3)}`, drivers: 1 } : {}),
    ...(some(0.5) ? { csr_id: `person-${1 + Math.floor(random() * 4)}` } : {}),
    ...(some(0.2) ? { note: 'Ring twice, leave at the back door', notes: 1 } : {}),
    ...(some(0.04) ? { hold: 'Waiting for payment' } : {}),
  };
}

function put(kind: string, id: string, view: Put['view']): Put {
  return { op: 'put', kind, id, version: 1, view };
}

function tint(at: number): 0 | 1 | 2 | 3 | 4 | 5 {
  return (at % 6) as 0 | 1 | 2 | 3 | 4 | 5;
}
