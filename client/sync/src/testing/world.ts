import type { Put } from '@kanvoy/protocol/messages.gen.ts';
import type { EngineOptions } from '../core.ts';
import { create_engine, type Engine } from '../engine.ts';
import type { OutboxStore } from '../outbox.ts';
import { memory_outbox } from '../outbox_memory.ts';
import { make_board } from './board_seed.ts';
import { counted_ids, ManualLocks, ManualSurroundings } from './device.ts';
import { FakeServer, type Session } from './fake_server.ts';
import { ManualNetwork } from './manual_socket.ts';
import { ManualTime } from './manual_time.ts';

/** Twelve seeded cards, all of them new. */
function small_board(): readonly Put[] {
  return make_board({ cards: 12 }).map((put) =>
    put.view.type === 'card'
      ? { ...put, view: { ...put.view, stage_id: 'new', category: 'new' as const, priority: 1 } }
      : put,
  );
}

/** One tab with its engine and its own network and screen. */
export interface Tab {
  readonly name: string;
  readonly engine: Engine;
  readonly network: ManualNetwork;
  readonly surroundings: ManualSurroundings;
}

/** A server and tabs of one device in one process; nothing moves unless told. */
export class World {
  readonly time = new ManualTime();
  readonly locks = new ManualLocks();
  readonly storage: OutboxStore;
  readonly server: FakeServer;
  readonly #sessions = new Map<string, Session>();
  readonly #ids = counted_ids('id');

  constructor(board: readonly Put[] = small_board(), storage = memory_outbox()) {
    this.storage = storage;
    this.server = new FakeServer(() => this.time.now(), board);
  }

  options(name: string, network: ManualNetwork, surroundings: ManualSurroundings): EngineOptions {
    return {
      open: network.open,
      clock: this.time,
      timers: this.time,
      random: () => 0.5,
      surroundings,
      storage: this.storage,
      locks: this.locks.tab(name),
      schedule: this.time.schedule,
      ids: this.#ids,
      app: { kind: 'board', version: 'test' },
      scope: 'tenant/anna',
      me: { id: 'anna', name: 'Anna' },
      csrf: () => 'nonce',
    };
  }

  async open(name = 'tab'): Promise<Tab> {
    const network = new ManualNetwork();
    const surroundings = new ManualSurroundings();
    const engine = await create_engine(this.options(name, network, surroundings));
    engine.connect();
    return { name, engine, network, surroundings };
  }

  /** Accepts the tab's newest socket. */
  accept(tab: Tab): Session {
    const session = this.server.join(tab.network.last);
    this.#sessions.set(tab.name, session);
    return session;
  }

  /** Lets time pass until the tab tries again, and accepts it. */
  reconnect(tab: Tab): Session {
    while (!tab.network.last.open) this.time.pass(500);
    return this.accept(tab);
  }

  session(tab: Tab): Session {
    const session = this.#sessions.get(tab.name);
    if (session === undefined) throw new Error(`${tab.name} is not connected`);
    return session;
  }

  /** Lets promises of the storage run, moves both directions until all is quiet, draws. */
  async settle(tab: Tab): Promise<void> {
    for (let round = 0; round < 3; round += 1) {
      await tab.engine.stored();
      this.server.settle(this.session(tab));
    }
    this.time.frame();
  }

  /** Lets everything that waits for a promise go on. */
  async flows(): Promise<void> {
    for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
  }

  /** An open tab that is live and has the whole board. */
  async live(name = 'tab'): Promise<Tab> {
    const tab = await this.open(name);
    this.accept(tab);
    await this.settle(tab);
    return tab;
  }

  /** The tab dies without a word: no timer, no promise of it matters any more. */
  kill(tab: Tab): void {
    tab.network.last.closed_by_client = true;
    this.locks.kill(tab.name);
  }
}
