/** `?demo=10000&rate=200`: the board without a server, for developers and the bench. */
import { Http, type Answer } from '@kanvoy/kit/http.ts';
import type { Person, OrderCommand } from '@kanvoy/protocol/messages.gen.ts';
import { create_engine } from '@kanvoy/sync/engine.ts';
import { memory_outbox } from '@kanvoy/sync/outbox_memory.ts';
import type { OpenTransport, TransportEvents } from '@kanvoy/sync/transport.ts';
import type { Opened } from '../open_engine.ts';
import type { FromWorker, ToWorker } from './asked.ts';
import { whoami } from './who.ts';

/** Handles for tests, on the page's global object; there is none outside the demo. */
export interface DemoHandles {
  readonly change: (command: OrderCommand, by: string) => void;
  readonly people: (people: Person[]) => void;
  readonly rate: (rate: number) => void;
  readonly delay: (delay: number) => void;
  readonly cut: () => void;
  readonly mend: () => void;
}

declare global {
  var kanvoy_demo: DemoHandles | undefined;
}

export async function open_demo(search: URLSearchParams): Promise<Opened> {
  const worker = new Worker(new URL('./demo.worker.ts', import.meta.url), { type: 'module' });
  const tell = (message: ToWorker): void => worker.postMessage(message);
  const number = (key: string, fallback: number): number => Number(search.get(key) || fallback);
  tell({
    kind: 'start',
    cards: number('demo', 1_000),
    rate: number('rate', 0),
    hot: search.has('hot'),
    delay: number('delay', 0),
  });
  const line = new Line(worker, tell);
  globalThis.kanvoy_demo = {
    change: (command, by) => tell({ kind: 'change', command, by }),
    people: (people) => tell({ kind: 'people', people }),
    rate: (rate) => tell({ kind: 'rate', rate }),
    delay: (delay) => tell({ kind: 'delay', delay }),
    cut: () => line.cut(),
    mend: () => line.mend(),
  };
  const user = whoami();
  const engine = await create_engine({
    open: line.open,
    storage: memory_outbox(),
    locks: { try_hold: async () => () => undefined },
    clock: { now: () => Date.now() },
    timers: {
      after: (ms, run) => {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
    },
    random: Math.random,
    schedule: (flush) => void requestAnimationFrame(flush),
    ids: { uuid: () => crypto.randomUUID() },
    surroundings: {
      visible: () => true,
      on_wake: (run) => line.on_mend(run),
      on_offline: () => () => undefined,
    },
    app: { kind: 'board', version: 'demo' },
    scope: 'demo/demo',
    me: { id: user.id, name: user.name },
    csrf: () => '',
  });
  return { engine, user, http: new DemoHttp(worker, tell) };
}

/** A socket to the worker that can be cut. */
class Line {
  readonly #worker: Worker;
  readonly #tell: (message: ToWorker) => void;
  readonly #wakes = new Set<() => void>();
  #events: TransportEvents | null = null;
  #is_cut = false;

  constructor(worker: Worker, tell: (message: ToWorker) => void) {
    this.#worker = worker;
    this.#tell = tell;
    this.#worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
      if (data.kind === 'frame' && !this.#is_cut) this.#events?.frame(data.text);
    });
  }

  readonly open: OpenTransport = (events) => {
    if (this.#is_cut) setTimeout(() => events.closed(1006), 20);
    else {
      this.#events = events;
      setTimeout(() => events.opened(), 0);
    }
    return {
      send: (text) => {
        if (!this.#is_cut) this.#tell({ kind: 'frame', text });
      },
      close: () => {
        if (this.#events === events) this.#events = null;
      },
    };
  };

  on_mend(run: () => void): () => void {
    this.#wakes.add(run);
    return () => this.#wakes.delete(run);
  }

  cut(): void {
    this.#is_cut = true;
    const events = this.#events;
    this.#events = null;
    events?.closed(1006);
  }

  mend(): void {
    this.#is_cut = false;
    for (const run of this.#wakes) run();
  }
}

/** Only histories are answered; pickers then search what the engine holds. */
class DemoHttp extends Http {
  readonly #worker: Worker;
  readonly #tell: (message: ToWorker) => void;

  constructor(worker: Worker, tell: (message: ToWorker) => void) {
    super();
    this.#worker = worker;
    this.#tell = tell;
  }

  override async get<T>(path: string): Promise<Answer<T>> {
    const id = /^\/v1\/orders\/([^/]+)\/timeline/.exec(path)?.[1];
    if (id === undefined) {
      return {
        ok: false,
        failure: { status: 404, code: 'not_found', detail: '', retry_after: null, body: null },
      };
    }
    return new Promise((resolve) => {
      const answer = ({ data }: MessageEvent<FromWorker>): void => {
        if (data.kind !== 'timeline' || data.id !== id) return;
        this.#worker.removeEventListener('message', answer);
        resolve({ ok: true, value: { items: data.items, before: null } as T });
      };
      this.#worker.addEventListener('message', answer);
      this.#tell({ kind: 'timeline', id });
    });
  }
}
