import type { OrderCommand, StopView } from '@kanvoy/protocol/messages.gen.ts';
import { create_driver_engine, type DriverEngine } from '../driver_engine.ts';
import type { DriverNotice } from '../driver_notices.ts';
import { memory_outbox } from '../outbox_memory.ts';
import type { ShownStop } from '../run.ts';
import { memory_run_store } from '../run_store.ts';
import { counted_ids, ManualLocks, ManualSurroundings } from './device.ts';
import { FakeRoad, type RoadSession } from './fake_road.ts';
import { ManualNetwork } from './manual_socket.ts';
import { ManualTime } from './manual_time.ts';
import { make_house, make_stop } from './road_seed.ts';

/** One life of the app on the phone. */
export interface Phone {
  readonly name: string;
  readonly engine: DriverEngine;
  readonly network: ManualNetwork;
  readonly surroundings: ManualSurroundings;
  readonly notices: DriverNotice[];
  session: RoadSession | null;
}

/** A server and one phone whose app may die and start again; nothing moves unless told. */
export class RoadWorld {
  readonly time = new ManualTime();
  readonly storage = memory_outbox();
  readonly runs = memory_run_store();
  readonly server: FakeRoad;
  readonly #locks = new ManualLocks();
  readonly #ids = counted_ids('id');
  #lives = 0;

  constructor(stops: readonly StopView[] = [make_stop(1), make_stop(2), make_stop(3)]) {
    this.server = new FakeRoad(() => this.time.now(), 'ana', stops, make_house());
  }

  async start(): Promise<Phone> {
    this.#lives += 1;
    const name = `life-${this.#lives}`;
    const network = new ManualNetwork();
    const surroundings = new ManualSurroundings();
    const engine = await create_driver_engine({
      open: network.open,
      clock: this.time,
      timers: this.time,
      random: () => 0.5,
      surroundings,
      storage: this.storage,
      runs: this.runs,
      locks: this.#locks.tab(name),
      schedule: this.time.schedule,
      ids: this.#ids,
      app: { kind: 'driver', version: 'test' },
      scope: 'tenant/ana',
      me: { id: 'ana', name: 'Ana' },
      driver_id: 'ana',
      token: async () => 'token',
    });
    const notices: DriverNotice[] = [];
    engine.notices.listen((notice) => notices.push(notice));
    engine.connect();
    return { name, engine, network, surroundings, notices, session: null };
  }

  accept(phone: Phone): RoadSession {
    while (!phone.network.last.open) this.time.pass(500);
    phone.session = this.server.join(phone.network.last);
    return phone.session;
  }

  /** Lets the storage write, moves both directions until all is quiet, draws. */
  async settle(phone: Phone): Promise<void> {
    for (let round = 0; round < 4; round += 1) {
      this.time.frame();
      await phone.engine.stored();
      if (phone.session !== null) this.server.settle(phone.session);
    }
    this.time.frame();
    await phone.engine.stored();
  }

  /** An app that is live and has its run. */
  async live(): Promise<Phone> {
    const phone = await this.start();
    this.accept(phone);
    await this.settle(phone);
    return phone;
  }

  async reconnect(phone: Phone): Promise<void> {
    this.accept(phone);
    await this.settle(phone);
  }

  /** The tunnel: the socket dies and nothing comes through. */
  lose(phone: Phone): void {
    phone.session = null;
    phone.network.last.close();
  }

  /** The system kills the app without a word. */
  kill(phone: Phone): void {
    phone.session = null;
    phone.network.last.closed_by_client = true;
    this.#locks.kill(phone.name);
  }

  /** What a driver would say about a stop on the screen. */
  say(
    kind: 'collect_delivery' | 'arrive_delivery' | 'complete_delivery' | 'fail_delivery',
    stop: ShownStop,
  ): OrderCommand {
    const { order_id, id: delivery_id, delivery, version: shown_version } = stop;
    const on = { order_id, delivery_id, epoch: delivery.epoch, at: this.time.now() };
    if (kind === 'complete_delivery') {
      const handed = delivery.lines.map(({ line_id, quantity }) => ({ line_id, quantity }));
      return { kind, ...on, shown_version, handed };
    }
    if (kind === 'fail_delivery') return { kind, ...on, reason: 'nobody_home' };
    return { kind, ...on };
  }
}
