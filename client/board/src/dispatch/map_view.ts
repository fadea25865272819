/** What the map shows, in degrees; colours are the drivers', numbers say the same without them. */
import type { Point } from '@kanvoy/protocol/messages.gen.ts';
import type { Planning } from './planning.svelte.ts';
import { flat, type Flat } from './projection.ts';
import type { RunDay, StopItem } from './run_view.ts';

const HUES = [
  'blue',
  'amber',
  'violet',
  'teal',
  'green',
  'pink',
  'brown',
  'indigo',
  'olive',
  'sky',
];

export interface Spot {
  readonly item: StopItem;
  readonly place: Flat;
  /** In its run; null when nobody brings it. */
  readonly number: number | null;
  readonly hue: string;
}

export interface Way {
  readonly driver_id: string;
  readonly hue: string;
  readonly places: readonly Flat[];
  readonly ghost: boolean;
}

export function hue_of(at: number): string {
  return HUES[at % HUES.length] ?? 'blue';
}

/** Stops of the day that have a place. */
export function spots_of(planning: Planning): readonly Spot[] {
  const open = planning.unassigned.flatMap((item) => spot(item, null, 'slate'));
  const runs = planning.run_days.flatMap((run, at) =>
    run.stops.flatMap((item) => spot(item, item.place, hue_of(at))),
  );
  return [...open, ...runs];
}

function spot(item: StopItem, number: number | null, hue: string): readonly Spot[] {
  const { point } = item.stop;
  return point === null ? [] : [{ item, place: flat(point), number, hue }];
}

/** Each run from its hub over its stops, and those that a plan proposes. */
export function ways_of(planning: Planning): readonly Way[] {
  return planning.run_days.flatMap((run, at) => {
    const hue = hue_of(at);
    const now = way(start_of(planning, run), run.stops);
    const ghosts = (planning.ghosts.get(run.driver.id) ?? []).flatMap((ghost) => ghost.stop ?? []);
    const then = way(start_of(planning, run), ghosts);
    const driver_id = run.driver.id;
    return [
      ...(now.length > 1 ? [{ driver_id, hue, places: now, ghost: false }] : []),
      ...(then.length > 1 ? [{ driver_id, hue, places: then, ghost: true }] : []),
    ];
  });
}

function start_of(planning: Planning, run: RunDay): Point | null {
  return planning.hubs.find((hub) => hub.id === run.driver.hub_id)?.address.point ?? null;
}

function way(start: Point | null, items: readonly StopItem[]): readonly Flat[] {
  const points = [start, ...items.map((item) => item.stop.point)];
  return points.flatMap((point) => (point === null ? [] : [flat(point)]));
}

/** Town names at the middle of their stops, the busiest first. */
export function towns_of(spots: readonly Spot[]): readonly { name: string; place: Flat }[] {
  const towns = new Map<string, Flat[]>();
  for (const { item, place } of spots) {
    if (item.stop.city === '') continue;
    const known = towns.get(item.stop.city);
    if (known === undefined) towns.set(item.stop.city, [place]);
    else known.push(place);
  }
  return [...towns]
    .sort(([, one], [, other]) => other.length - one.length)
    .map(([name, places]) => ({ name, place: middle(places) }));
}

function middle(places: readonly Flat[]): Flat {
  const sum = places.reduce((all, one) => ({ x: all.x + one.x, y: all.y + one.y }), { x: 0, y: 0 });
  return { x: sum.x / places.length, y: sum.y / places.length };
}

const STEPS = [30, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01];

/** Lines of a round number of degrees, about a hundred pixels apart. */
export function grid_step(world: number): number {
  return STEPS.find((step) => (step / 360) * world < 140) ?? 0.01;
}

/** The longest round length that fits into so many pixels. */
export function scale_bar(metres_per_pixel: number, most = 110): { metres: number; width: number } {
  const longest = metres_per_pixel * most;
  const ten = 10 ** Math.floor(Math.log10(longest));
  const metres = [5, 2, 1].map((factor) => factor * ten).find((one) => one <= longest) ?? ten;
  return { metres, width: metres / metres_per_pixel };
}
