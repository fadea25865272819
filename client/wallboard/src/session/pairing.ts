/** Becoming a display: by a link with a code, or by a code that an administrator types (RFC 8628). */
import type { Failure, Http } from '@kanvoy/kit/http.ts';
import type { Cancel, Clock, Timers } from '@kanvoy/sync/environment.ts';
import { signal } from '@kanvoy/sync/signal.ts';
import { qr_of, type Qr } from './qr.ts';
import type { DisplaySession } from './session.ts';

export type PairingState =
  | { readonly kind: 'asking' }
  | { readonly kind: 'claiming' }
  | { readonly kind: 'offline' }
  | { readonly kind: 'busy'; readonly seconds: number }
  | {
      readonly kind: 'code';
      readonly code: string;
      readonly qr: Qr | null;
      readonly expires_at: number;
      /** Nobody answers just now; the code may still be good. */
      readonly unreachable: boolean;
      /** The link that opened the page named a code that was good for nothing. */
      readonly refused: boolean;
    };

interface Codes {
  readonly device_code: string;
  readonly user_code: string;
  /** Only from a server that has an address to scan. */
  readonly qr?: string;
  readonly qr_size?: number;
  readonly interval_seconds: number;
  readonly expires_at: number;
}

interface Pending {
  readonly status: 'pending';
}

export interface PairingWorld {
  readonly http: Pick<Http, 'post'>;
  readonly clock: Clock;
  readonly timers: Timers;
  /** What the administrator sees the screen as. */
  readonly name: string;
}

const LONGEST_WAIT_SECONDS = 30;
/** How much longer to wait between two questions after `429`, as RFC 8628 has it. */
const SLOWER_SECONDS = 5;

export class Pairing {
  readonly state = signal<PairingState>({ kind: 'asking' });
  readonly #world: PairingWorld;
  readonly #paired: (session: DisplaySession) => void;
  #cancel: Cancel = () => {};
  #failures = 0;
  #refused = false;
  #over = false;

  constructor(world: PairingWorld, paired: (session: DisplaySession) => void) {
    this.#world = world;
    this.#paired = paired;
  }

  /** `code` is that of a link, or empty. */
  async start(code: string): Promise<void> {
    if (code !== '') await this.#claim(code);
    else await this.#ask();
  }

  stop(): void {
    this.#over = true;
    this.#cancel();
  }

  async #claim(code: string): Promise<void> {
    this.state.set({ kind: 'claiming' });
    const { http, name } = this.#world;
    const answer = await http.post<DisplaySession>('/v1/pairings/claim', { code, name });
    if (this.#over) return;
    if (answer.ok) return this.#done(answer.value);
    if (transient(answer.failure)) return this.#again(answer.failure, () => this.#claim(code));
    this.#refused = true;
    await this.#ask();
  }

  async #ask(): Promise<void> {
    if (this.state.get().kind !== 'code') this.state.set({ kind: 'asking' });
    const { http, name } = this.#world;
    const answer = await http.post<Codes>('/v1/displays/codes', { name });
    if (this.#over) return;
    if (!answer.ok) return this.#again(answer.failure, () => this.#ask());
    this.#failures = 0;
    const { user_code, qr, qr_size, expires_at } = answer.value;
    this.state.set({
      kind: 'code',
      code: user_code,
      qr: qr_of(qr, qr_size),
      expires_at,
      unreachable: false,
      refused: this.#refused,
    });
    this.#poll_after(answer.value, answer.value.interval_seconds);
  }

  #poll_after(codes: Codes, seconds: number): void {
    this.#after(seconds, () => this.#poll(codes, seconds));
  }

  async #poll(codes: Codes, seconds: number): Promise<void> {
    const answer = await this.#world.http.post<DisplaySession | Pending>('/v1/displays/token', {
      device_code: codes.device_code,
    });
    if (this.#over) return;
    if (answer.ok && 'csrf' in answer.value) return this.#done(answer.value);
    const failure = answer.ok ? null : answer.failure;
    if (failure !== null && !transient(failure)) return this.#ask();
    if (this.#world.clock.now() >= codes.expires_at && failure?.status !== 0) return this.#ask();
    this.#reachable(failure?.status !== 0);
    if (failure?.status === 429) {
      const slower = seconds + SLOWER_SECONDS;
      this.#poll_after(codes, Math.max(slower, failure.retry_after ?? 0));
    } else this.#poll_after(codes, seconds);
  }

  #reachable(there: boolean): void {
    const shown = this.state.get();
    if (shown.kind === 'code' && shown.unreachable === there) {
      this.state.set({ ...shown, unreachable: !there });
    }
  }

  #again(failure: Failure, run: () => Promise<void>): void {
    const wait = Math.min(LONGEST_WAIT_SECONDS, 2 ** Math.min(++this.#failures, 5));
    const seconds = Math.max(wait, failure.retry_after ?? 0);
    this.state.set(failure.status === 429 ? { kind: 'busy', seconds } : { kind: 'offline' });
    this.#after(seconds, run);
  }

  #after(seconds: number, run: () => Promise<void>): void {
    this.#cancel();
    this.#cancel = this.#world.timers.after(seconds * 1000, () => void run());
  }

  #done(session: DisplaySession): void {
    this.stop();
    this.#paired(session);
  }
}

/** Whether the same question may get another answer later. */
function transient({ status }: Failure): boolean {
  return status === 0 || status === 429 || status >= 500;
}

/** The code in `#pair=BCDF-GHJK`; empty when there is none. */
export function code_in(hash: string): string {
  return new URLSearchParams(hash.replace(/^#/, '')).get('pair') ?? '';
}
