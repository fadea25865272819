import type { Random } from './environment.ts';

const CAP_MS = 30_000;
const FIRST_MS = 500;

/** What a close code's range asks for; unknown codes are obeyed by their range. */
export type Advice = 'stop' | 'back_off' | 'at_once';

const AT_ONCE = new Set([1001, 1006, 1012]);

export function advice(code: number): Advice {
  if (code >= 4000 && code <= 4099) return 'stop';
  if ((code >= 4200 && code <= 4299) || AT_ONCE.has(code)) return 'at_once';
  return 'back_off';
}

/** Full jitter: anywhere between now and the bound, so that a crowd does not come back as one. */
export function backoff(attempt: number, random: Random): number {
  return random() * Math.min(CAP_MS, FIRST_MS * 2 ** attempt);
}

/** How long to wait before the next attempt; the first after an `at_once` close waits not at all. */
export function delay_after(code: number, attempt: number, random: Random): number {
  return attempt === 0 && advice(code) === 'at_once' ? 0 : backoff(attempt, random);
}
