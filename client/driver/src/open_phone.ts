/** Everything a browser gives the driver's app, put together. */
import type { Answer } from '@kanvoy/kit/http.ts';
import { kept_outbox } from '@kanvoy/kit/outbox_indexeddb.ts';
import { browser_surroundings, draw_soon, timers } from '@kanvoy/kit/surroundings.ts';
import { browser_locks } from '@kanvoy/kit/tab_locks.ts';
import { uuid7 } from '@kanvoy/kit/uuid.ts';
import { inflates } from '@kanvoy/kit/websocket.ts';
import type { DeviceTokens } from '@kanvoy/protocol/messages.gen.ts';
import { create_driver_engine, type DriverEngine } from '@kanvoy/sync/driver_engine.ts';
import type { OutboxStore } from '@kanvoy/sync/outbox.ts';
import { memory_run_store } from '@kanvoy/sync/run_store.ts';
import { waking } from './lazy.ts';
import { memory_draft_store, type DraftStore } from './proof/draft.ts';
import { Api, claim_pairing, refresh_tokens } from './session/api.ts';
import { Credential } from './session/credential.ts';
import { open_keeping, type Keeping } from './session/database.ts';
import { memory_device_store, type Device } from './session/device.ts';
import { phone_name } from './session/phone_name.ts';
import { ticketed_transport } from './session/ticketed.ts';
import { memory_upload_store } from './uploads/upload.ts';
import { sha256_of, Uploader } from './uploads/uploader.ts';

export interface PhoneParts {
  readonly engine: DriverEngine;
  readonly uploader: Uploader;
  readonly drafts: DraftStore;
  readonly device: Device;
  readonly api: Api;
}

/** Reads what the device kept. `revoked` is called when the server lets it in no more. */
export async function open_phone(revoked: () => void): Promise<Phone> {
  const keeping = await kept();
  const device = await keeping.devices.load();
  return new Phone(keeping, await kept_outbox(), device, revoked);
}

/** This phone: with or without a driver. */
export class Phone {
  readonly credential: Credential;
  readonly #keeping: Keeping;
  readonly #outbox: OutboxStore;
  #parts: PhoneParts | null = null;

  constructor(
    keeping: Keeping,
    outbox_store: OutboxStore,
    device: Device | null,
    revoked: () => void,
  ) {
    this.#keeping = keeping;
    this.#outbox = outbox_store;
    this.credential = new Credential(
      {
        store: keeping.devices,
        now: () => Date.now(),
        refresh: refresh_tokens,
        exclusively: one_at_a_time,
        revoked,
      },
      device,
    );
  }

  /** Comes in with a code out of the back office. */
  async pair(code: string): Promise<Answer<DeviceTokens>> {
    const answer = await claim_pairing(code, phone_name());
    if (answer.ok && 'access_token' in answer.value) await this.credential.begin(answer.value);
    return answer;
  }

  /** The engine with all that this phone kept; not connected yet. */
  async start(): Promise<PhoneParts | null> {
    const { device } = this.credential;
    if (device === null) return null;
    const api = new Api(this.credential);
    const url = new URL('/v1/realtime', location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    const desk = {
      ticket: () => api.ticket(),
      revoked: () => this.credential.device === null,
    };
    const clock = { now: () => Date.now() };
    const ids = { uuid: () => uuid7() };
    const engine = await create_driver_engine({
      open: ticketed_transport(url.href, desk),
      clock,
      timers,
      random: () => Math.random(),
      surroundings: browser_surroundings(),
      storage: this.#outbox,
      locks: browser_locks(),
      schedule: draw_soon,
      ids,
      runs: this.#keeping.runs,
      app: { kind: 'driver' },
      scope: scope_of(device),
      me: { id: device.user.id, name: device.user.name },
      driver_id: device.driver_id,
      inflates,
      token: () => this.credential.token(),
    });
    const uploader = new Uploader({
      store: this.#keeping.uploads,
      server: api,
      timers,
      random: () => Math.random(),
      ids,
      now: clock.now,
      digest: sha256_of,
      alone: when_alone,
    });
    this.#parts = { engine, uploader, drafts: this.#keeping.drafts, device, api };
    return this.#parts;
  }

  /** Forgets everything: tokens, stops, what waits and pictures. */
  async purge(): Promise<void> {
    const parts = this.#parts;
    this.#parts = null;
    parts?.uploader.close();
    await parts?.engine.close();
    if (parts !== null) {
      const scope = scope_of(parts.device);
      for (const client of await this.#outbox.clients(scope)) {
        await this.#outbox.forget(scope, client);
      }
    }
    await this.credential.forget();
    // What the phone knew leaves its disk first; a push without it says nothing.
    if (parts !== null) await sleep(parts.api);
  }
}

/** Nobody wakes a phone that belongs to nobody; without network the browser's own end counts. */
async function sleep(api: Api): Promise<void> {
  try {
    const { stop_waking } = await waking();
    // The road may swallow requests, and somebody may wait to pair the phone again.
    await Promise.race([stop_waking(api), new Promise((done) => setTimeout(done, 3_000))]);
  } catch {
    // The part could not be loaded: the server forgets the subscription with the device.
  }
}

function scope_of({ user, driver_id }: Device): string {
  return `driver/${user.tenant_id}/${driver_id}`;
}

/** Without IndexedDB (some private windows) the app works, but keeps nothing. */
async function kept(): Promise<Keeping> {
  try {
    return await open_keeping();
  } catch {
    return {
      devices: memory_device_store(),
      runs: memory_run_store(),
      drafts: memory_draft_store(),
      uploads: memory_upload_store(),
    };
  }
}

function one_at_a_time<T>(run: () => Promise<T>): Promise<T> {
  if (!('locks' in navigator)) return run();
  return navigator.locks.request('kanvoy-driver-tokens', run) as Promise<T>;
}

async function when_alone(run: () => Promise<void>): Promise<void> {
  if (!('locks' in navigator)) return run();
  await navigator.locks.request('kanvoy-driver-uploads', { ifAvailable: true }, async (lock) => {
    if (lock !== null) await run();
  });
}
