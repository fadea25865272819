/** What every screen of a paired phone shares: the engine, its pictures, words and the way around. */
import { formats, type Formats } from '@kanvoy/kit/format.ts';
import { Announcer } from '@kanvoy/kit/announcer.ts';
import type { DeliveryId, OrderCommand } from '@kanvoy/protocol/messages.gen.ts';
import type { DriverEngine } from '@kanvoy/sync/driver_engine.ts';
import type { DriverNotice, Waiting } from '@kanvoy/sync/driver_notices.ts';
import type { Settings, Workflow } from '@kanvoy/sync/records.ts';
import type { Stop } from '@kanvoy/sync/overlay_stop.ts';
import type { ShownStop } from '@kanvoy/sync/run.ts';
import type { Done } from '@kanvoy/sync/run_store.ts';
import type { Refused } from '@kanvoy/sync/shown.ts';
import type { Readable } from '@kanvoy/sync/signal.ts';
import type { Status } from '@kanvoy/sync/status.ts';
import { getContext, setContext } from 'svelte';
import { Checks } from './stop/checks.svelte.ts';
import { workflow_of } from './stop/steps.ts';
import type { DraftStore } from './proof/draft.ts';
import { Position } from './run/position.svelte.ts';
import { Says } from './run/says.svelte.ts';
import type { Api } from './session/api.ts';
import type { Device } from './session/device.ts';
import type { Upload } from './uploads/upload.ts';
import type { Uploader } from './uploads/uploader.ts';
import { Way } from './way.svelte.ts';

/** Words such as “late” follow the clock so often. */
const TICK_MS = 15_000;

export interface RoadParts {
  readonly engine: DriverEngine;
  readonly uploader: Uploader;
  readonly drafts: DraftStore;
  readonly device: Device;
  readonly api: Api;
  /** Forgets this phone and everything on it. */
  leave(): void;
}

export class Road {
  readonly engine: DriverEngine;
  readonly uploader: Uploader;
  readonly drafts: DraftStore;
  readonly device: Device;
  readonly api: Api;
  readonly leave: () => void;
  readonly way = new Way();
  readonly says = new Says();
  readonly checks = new Checks();
  readonly position: Position;
  readonly voice = new Announcer((count) => `${count}`);
  stops: readonly ShownStop[] = $state.raw([]);
  waiting: readonly Waiting[] = $state.raw([]);
  refused: readonly Refused[] = $state.raw([]);
  done: readonly Done[] = $state.raw([]);
  uploads: readonly Upload[] = $state.raw([]);
  status: Status = $state.raw() as Status;
  settings: Settings | null = $state.raw(null);
  workflows: readonly Workflow[] = $state.raw([]);
  /** When the server last spoke, by this phone's clock; 0 when it never did. */
  heard_at: number = $state(0);
  /** The stops whose drafts are kept. */
  #drafted = '';
  /** The server's clock, in steps. */
  now: number = $state(0);

  readonly format: Formats = $derived(
    formats(this.settings?.locale ?? 'en-GB', this.settings?.time_zone ?? zone()),
  );

  constructor({ engine, uploader, drafts, device, api, leave }: RoadParts) {
    this.engine = engine;
    this.uploader = uploader;
    this.drafts = drafts;
    this.device = device;
    this.api = api;
    this.leave = leave;
    this.status = engine.status.get();
    this.now = engine.now();
    this.position = new Position((position) => engine.show_position(position));
  }

  /** Follows everything until the answer is called. */
  start(tell: (notice: DriverNotice) => void): () => void {
    const { engine, uploader } = this;
    const follow = <T>(from: Readable<T>, take: (value: T) => void): (() => void) =>
      from.subscribe(take);
    const stops = [
      follow(engine.stops, (stops) => this.#show(stops)),
      follow(engine.waiting, (waiting) => (this.waiting = waiting)),
      follow(engine.refused, (refused) => (this.refused = refused)),
      follow(engine.done, (done) => (this.done = done)),
      follow(engine.status, (status) => this.#follow(status)),
      follow(engine.records.settings, (settings) => (this.settings = settings)),
      follow(engine.records.workflows, (workflows) => (this.workflows = workflows)),
      follow(uploader.uploads, (uploads) => (this.uploads = uploads)),
      engine.notices.listen(tell),
      this.way.start(),
    ];
    const ticking = setInterval(() => {
      this.now = engine.now();
      this.heard_at = engine.heard_at;
    }, TICK_MS);
    engine.connect();
    void uploader.start();
    return () => {
      clearInterval(ticking);
      this.position.stop();
      this.voice.remove();
      for (const stop of stops) stop();
    };
  }

  /** Stops that are still to be made, in their order. */
  readonly open: readonly ShownStop[] = $derived(
    this.stops.filter(
      ({ delivery }) => delivery.category !== 'done' && delivery.category !== 'failed',
    ),
  );
  /** Finished here, not yet confirmed by the server. */
  readonly closing: readonly ShownStop[] = $derived(
    this.stops.filter(
      ({ delivery }) => delivery.category === 'done' || delivery.category === 'failed',
    ),
  );
  /** Of today, by the tenant's calendar. */
  readonly done_today: readonly Done[] = $derived(
    this.done.filter(({ at }) => this.format.day(at) === this.format.day(this.now)),
  );
  readonly all_waiting: number = $derived(this.waiting.length + this.uploads.length);

  /** Who drives here, as the server said last: “Van 3”, “Ana Lima”. */
  readonly driver: readonly string[] = $derived.by(() => {
    // A phone that was paired long ago kept no call sign.
    const { name, call_sign = '' } = this.status.user ?? this.device.user;
    return [...new Set([call_sign, name])].filter((word) => word !== '');
  });

  /** It says which proofs “delivered” needs. */
  workflow_of(stop: Stop): Workflow | undefined {
    return workflow_of(stop, this.workflows);
  }

  stop(id: DeliveryId): ShownStop | undefined {
    return this.stops.find((each) => each.id === id);
  }

  /** `SO-104019`. */
  number(number: number | null): string {
    return number === null || number === 0 ? '' : `${this.settings?.number_prefix ?? ''}${number}`;
  }

  money(minor: number): string {
    return this.format.money(minor, this.settings?.currency ?? 'EUR');
  }

  issue(command: OrderCommand): void {
    this.engine.issue(command);
  }

  #show(stops: readonly ShownStop[]): void {
    this.stops = stops;
    if (this.status.board !== 'whole') return;
    const ids = this.open.map(({ id }) => id);
    const names = ids.join(' ');
    if (names === this.#drafted) return;
    this.#drafted = names;
    void this.drafts.keep_only(new Set(ids)).catch(() => undefined);
  }

  #follow(status: Status): void {
    this.status = status;
    this.now = this.engine.now();
    this.heard_at = this.engine.heard_at;
    this.position.live = status.link === 'live';
    if (status.link === 'live') this.uploader.hurry();
  }
}

function zone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

const KEY = Symbol('road');

export function set_road(road: Road): void {
  setContext(KEY, road);
}

export function use_road(): Road {
  return getContext<Road>(KEY);
}
