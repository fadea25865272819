/** The dispatcher's desk: all runs of a day, what is unassigned, and what is in the hand. */
import { createContext } from 'svelte';
import { fromStore } from 'svelte/store';
import type { PlanItemView } from '@kanvoy/protocol/messages.gen.ts';
import { fold } from '@kanvoy/sync/filter.ts';
import type { Driver, Plan, Zone } from '@kanvoy/sync/records.ts';
import { compare_stops } from '@kanvoy/sync/stop_order.ts';
import type { Desk } from '../desk.svelte.ts';
import { Selection } from '../view/selection.svelte.ts';
import { axis_over, day_named, day_of, laid_out, x_of, type Axis, type Day } from './axis.ts';
import {
  is_due_on,
  run_day,
  type Ghost,
  type RunDay,
  type RunStop,
  type StopItem,
} from './run_view.ts';
import { reason_words } from './reasons.ts';
import { zone_of } from './zones.ts';

export const SCALES = [60, 90, 140, 220] as const;
export const CHIP = 132;
export const LANE = 46;

export type Pane = 'tray' | 'runs' | 'map';

/** The dispatch screen's own dialogs. */
export type StopDialog =
  | { readonly kind: 'move'; readonly ids: readonly string[] }
  | { readonly kind: 'hand'; readonly driver_id: string };

/** Where the stops in the hand would go. */
export interface StopPlace {
  /** Null is the tray. */
  readonly driver_id: string | null;
  /** Before which stop of the whole run; its length is the end. */
  readonly index: number;
}

export class Planning {
  readonly desk: Desk;
  readonly selection = new Selection();
  readonly #opened;
  readonly #picture;
  readonly #people;
  readonly #zones;
  readonly #vehicles;
  readonly #hubs;
  readonly #plans;

  /** Empty is today. */
  day_name: string = $state('');
  scale: number = $state(90);
  zone_id: string = $state('');
  text: string = $state('');
  every_day: boolean = $state(false);
  all_methods: boolean = $state(false);
  show_map: boolean = $state(true);
  /** What a narrow screen shows. */
  pane: Pane = $state('runs');
  plan_open: boolean = $state(false);
  dialog: StopDialog | null = $state.raw(null);
  /** Whose `⋯` is open. */
  menu: { readonly id: string; readonly anchor: Element } | null = $state.raw(null);
  /** Plan items that are not to be committed. */
  left_out: ReadonlySet<string> = $state.raw(new Set<string>());
  /** In the hand. */
  lifted: readonly string[] = $state.raw([]);
  over: StopPlace | null = $state.raw(null);
  /** The stop that had the keyboard last. */
  focused: string | null = $state(null);
  /** Drawn strongly on the map. */
  driver_in_focus: string | null = $state(null);

  constructor(desk: Desk) {
    this.desk = desk;
    this.#opened = desk.engine.open_dispatch();
    this.#picture = fromStore(this.#opened.board.picture);
    this.#people = fromStore(this.#opened.drivers);
    const { records } = desk.engine;
    this.#zones = fromStore(records.zones);
    this.#vehicles = fromStore(records.vehicles);
    this.#hubs = fromStore(records.hubs);
    this.#plans = fromStore(records.plans);
  }

  close(): void {
    this.#opened.close();
  }

  get picture() {
    return this.#picture.current;
  }
  get zones(): readonly Zone[] {
    return this.#zones.current;
  }
  get hubs() {
    return this.#hubs.current;
  }
  /** Who drives and is on the air. */
  get on_air() {
    return this.#people.current;
  }

  readonly day: Day = $derived.by(() => {
    const { formats } = this.desk;
    return this.day_name === ''
      ? day_of(formats, this.desk.now)
      : day_named(formats, this.day_name);
  });
  readonly is_today: boolean = $derived.by(
    () => this.desk.now >= this.day.starts && this.desk.now < this.day.ends,
  );

  readonly items: ReadonlyMap<string, StopItem> = $derived.by(() => {
    const items = new Map<string, StopItem>();
    for (const shown of this.picture.orders.values()) {
      for (const stop of shown.view.deliveries) {
        items.set(stop.id, { id: stop.id, order_id: shown.id, shown, order: shown.view, stop });
      }
    }
    return items;
  });

  readonly #runs: ReadonlyMap<string | null, readonly StopItem[]> = $derived.by(() => {
    const runs = new Map<string | null, StopItem[]>();
    for (const item of this.items.values()) {
      const run = runs.get(item.stop.driver_id);
      if (run === undefined) runs.set(item.stop.driver_id, [item]);
      else run.push(item);
    }
    for (const run of runs.values()) run.sort(by_run_order);
    return runs;
  });

  readonly zone: Zone | null = $derived(
    this.zones.find((zone) => zone.id === this.zone_id) ?? null,
  );

  /** The drivers of the zone; who has stops is shown whatever else holds. */
  readonly drivers: readonly Driver[] = $derived.by(() => {
    const { zone } = this;
    const all = this.desk.engine.records.drivers.get();
    void this.desk.company.drivers;
    return all
      .filter((driver) => driver.active || this.#runs.has(driver.id))
      .filter(
        (driver) =>
          zone === null ||
          driver.zones.length === 0 ||
          driver.zones.includes(zone.id) ||
          driver.zones.includes(zone.name),
      )
      .sort((one, other) => one.name.localeCompare(other.name));
  });

  readonly run_days: readonly RunDay[] = $derived.by(() => {
    const around = {
      formats: this.desk.formats,
      day: this.day,
      now: this.desk.now,
      service_seconds: this.desk.settings.service_seconds,
      hub: (id: string | null) => this.hubs.find((hub) => hub.id === id),
    };
    return this.drivers.map((driver) => run_day(driver, this.run(driver.id), around));
  });

  readonly axis: Axis = $derived.by(() => {
    const times = this.run_days.flatMap(({ work, stops }) => [
      ...(work.always ? [] : work.shifts).flatMap((shift) => [shift.opens, shift.closes]),
      ...stops.flatMap((item) => item.stop.window?.closes ?? item.timed.arrives),
    ]);
    return axis_over(this.day, this.is_today ? [...times, this.desk.now] : times, this.scale);
  });

  /** Wide enough for the day, and for runs whose stops stand close together. */
  readonly track_width: number = $derived.by(() => {
    const ends = this.run_days.map((run) => this.laid(run).end + 12);
    return Math.max(this.axis.width, ...ends);
  });

  /** What nobody brings yet and one of our drivers could; next due first. */
  readonly unassigned: readonly StopItem[] = $derived.by(() => {
    const wanted = fold(this.text.trim());
    return this.run(null).filter(
      (item) =>
        (this.all_methods || item.stop.method === 'own_driver') &&
        (this.every_day || is_due_on(item.stop, this.day, this.desk.now)) &&
        (this.zone === null || zone_of(item.stop, this.zones)?.id === this.zone.id) &&
        (wanted === '' || fold(this.words_of(item)).includes(wanted)),
    );
  });
  readonly other_methods: number = $derived(
    this.run(null).filter((item) => item.stop.method !== 'own_driver').length,
  );

  /** The newest plan that somebody still has to decide about. */
  readonly plan: Plan | null = $derived.by(() => {
    const open = this.#plans.current.filter((plan) => OPEN_PLANS.has(plan.state));
    return [...open].sort((one, other) => other.at - one.at)[0] ?? null;
  });
  readonly last_failed: Plan | null = $derived.by(() => {
    const newest = [...this.#plans.current].sort((one, other) => other.at - one.at)[0];
    return newest?.state === 'failed' ? newest : null;
  });
  readonly ghosts: ReadonlyMap<string, readonly Ghost[]> = $derived.by(() => {
    const ghosts = new Map<string, Ghost[]>();
    if (this.plan?.state !== 'proposed') return ghosts;
    for (const item of this.plan.items) {
      if (item.outcome === 'applied') continue;
      const ghost = this.#ghost(item);
      const others = ghosts.get(item.to_driver);
      if (others === undefined) ghosts.set(item.to_driver, [ghost]);
      else others.push(ghost);
    }
    for (const run of ghosts.values())
      run.sort((one, other) => one.item.arrives - other.item.arrives);
    return ghosts;
  });
  /** Why the plan gives a delivery to nobody. */
  readonly left_reasons: ReadonlyMap<string, string> = $derived(
    new Map(
      this.plan?.state === 'proposed'
        ? this.plan.unassigned.map((one) => [one.delivery_id, one.reason])
        : [],
    ),
  );

  /** The one stop of all that Tab reaches: the one last used, else the first. */
  readonly tab_stop: string | null = $derived.by(() => {
    if (this.focused !== null && this.items.has(this.focused)) return this.focused;
    const busy = this.run_days.find((run) => run.stops.length > 0);
    return this.unassigned[0]?.id ?? busy?.stops[0]?.id ?? null;
  });

  /** Why the planner gives a delivery to nobody, in words. */
  reason(word: string): string {
    return reason_words(word);
  }

  run(driver_id: string | null): readonly StopItem[] {
    return this.#runs.get(driver_id) ?? [];
  }

  item(id: string): StopItem | undefined {
    return this.items.get(id);
  }

  vehicle(id: string | null) {
    return this.#vehicles.current.find((vehicle) => vehicle.id === id);
  }

  /** Chips of a run at their places. */
  laid(run: RunDay): ReturnType<typeof laid_out> {
    const wanted = run.stops.map((item) => x_of(this.axis, this.#drawn_at(item)));
    return laid_out(wanted, CHIP);
  }

  /** The chosen stops when `id` is one of them, else `id` alone; in the order they are drawn. */
  with(id: string): readonly StopItem[] {
    const ids = new Set(this.selection.with(id));
    return this.in_order(ids);
  }

  in_order(ids: ReadonlySet<string>): readonly StopItem[] {
    return [...this.items.values()]
      .filter((item) => ids.has(item.id))
      .sort(
        (one, other) =>
          (one.stop.driver_id ?? '').localeCompare(other.stop.driver_id ?? '') ||
          by_run_order(one, other),
      );
  }

  words_of({ order, stop }: StopItem): string {
    return `${this.desk.number_of(order)} ${order.customer} ${stop.city} ${stop.postcode}`;
  }

  hover(over: StopPlace | null): void {
    const now = this.over;
    if (over?.driver_id === now?.driver_id && over?.index === now?.index) return;
    this.over = over;
  }

  /** What will be late stands at the end of its window, where it should have been. */
  #drawn_at({ stop, timed }: RunStop): number {
    const closes = stop.window?.closes;
    if (closes === undefined || timed.arrives <= closes) return timed.arrives;
    return this.is_today ? Math.max(closes, Math.min(timed.arrives, this.desk.now)) : closes;
  }

  #ghost(item: PlanItemView): Ghost {
    const stop = this.item(item.delivery_id);
    return { item, stop, stays: stop !== undefined && stop.stop.driver_id === item.to_driver };
  }
}

const OPEN_PLANS: ReadonlySet<string> = new Set(['solving', 'proposed']);

function by_run_order(one: StopItem, other: StopItem): number {
  return compare_stops(
    { order_id: one.order_id, number: one.order.number, stop: one.stop },
    { order_id: other.order_id, number: other.order.number, stop: other.stop },
  );
}

export const [get_planning, set_planning] = createContext<Planning>();
