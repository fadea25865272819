/** The devices of the tenant over HTTP: list, pair, approve, revoke. */
import type { Answer, Failure, Http } from '@kanvoy/kit/http.ts';
import { s } from './words.ts';

/** Defaults are left out of the answer. */
export interface Device {
  readonly id: string;
  readonly kind: 'driver' | 'display';
  readonly name: string;
  readonly driver_id?: string | null;
  readonly view_id?: string | null;
  readonly paired_at: number;
  readonly seen_at: number;
  readonly address?: string;
  readonly agent?: string;
  readonly online?: boolean;
}

export interface Pairing {
  readonly code: string;
  readonly url: string;
  /** An SVG path of modules of one unit. */
  readonly qr: string;
  readonly qr_size: number;
  readonly expires_at: number;
}

export interface AskingDisplay {
  readonly name: string;
  readonly address: string;
  readonly agent: string;
  readonly asked_at: number;
}

export function list_devices(http: Http): Promise<Answer<{ readonly items: readonly Device[] }>> {
  return http.get('/v1/devices');
}

export function revoke_device(http: Http, id: string): Promise<Answer<null>> {
  return http.delete(`/v1/devices/${id}`);
}

export function pair_driver(http: Http, driver_id: string): Promise<Answer<Pairing>> {
  return http.post('/v1/pairings', { kind: 'driver', driver_id });
}

export function pair_display(http: Http, view_id: string): Promise<Answer<Pairing>> {
  return http.post('/v1/pairings', { kind: 'display', view_id });
}

export function look_up_display(http: Http, user_code: string): Promise<Answer<AskingDisplay>> {
  return http.post('/v1/displays/lookup', { user_code });
}

/** The code of a display in `#approve=BCDF-GHJK`, where no server sees it; empty when there is none. */
export function code_in(hash: string): string {
  return new URLSearchParams(hash.replace(/^#/, '')).get('approve')?.slice(0, 16) ?? '';
}

export function approve_display(
  http: Http,
  user_code: string,
  view_id: string,
  name: string,
): Promise<Answer<unknown>> {
  return http.post('/v1/displays/approve', { user_code, view_id, name });
}

export function failure_words(failure: Failure): string {
  if (failure.status === 0) return s('problem.unreachable');
  if (failure.status === 429) return s('problem.throttled');
  if (failure.status === 404) return s('approve.unknown');
  return failure.detail || s('problem.unreachable');
}
