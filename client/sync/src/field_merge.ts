import type { Instant, Version } from '@kanvoy/protocol/messages.gen.ts';
import { same } from './full.ts';

/** One field that a person may be editing while others change the order. */
export type Field<T = unknown> = CleanField<T> | DirtyField<T> | ContestedField<T>;

/** Untouched: it shows what is live. */
export interface CleanField<T> {
  readonly state: 'clean';
  readonly value: T;
  readonly version: Version;
}

/** Being edited, and nobody else changed it since. */
export interface DirtyField<T> {
  readonly state: 'dirty';
  readonly base: T;
  readonly mine: T;
  /** The version of the order in which `base` was last seen: what saving is judged from. */
  readonly version: Version;
}

/** Being edited, and somebody saved another value meanwhile. What is typed never changes. */
export interface ContestedField<T> {
  readonly state: 'contested';
  readonly base: T;
  readonly mine: T;
  readonly theirs: T;
  /** The version in which `theirs` was seen. */
  readonly version: Version;
  readonly by_name: string;
  readonly at: Instant;
}

/** The live value of a field and who gave it. */
export interface Live<T = unknown> {
  readonly value: T;
  readonly version: Version;
  readonly by_name: string;
  readonly at: Instant;
}

export function clean<T>(live: Live<T>): Field<T> {
  return { state: 'clean', value: live.value, version: live.version };
}

/** What the input shows. */
export function input_of<T>(field: Field<T>): T {
  return field.state === 'clean' ? field.value : field.mine;
}

/** The person typed. Typing the old value back ends the editing. */
export function edited<T>(field: Field<T>, mine: T): Field<T> {
  const live = live_of(field);
  if (same(mine, live)) return { state: 'clean', value: live, version: field.version };
  if (field.state === 'clean') {
    return { state: 'dirty', base: field.value, mine, version: field.version };
  }
  return { ...field, mine };
}

/** The order changed. Clean fields follow; dirty ones keep what was typed and say what happened. */
export function followed<T>(field: Field<T>, live: Live<T>): Field<T> {
  if (field.state === 'clean') {
    return same(field.value, live.value) && field.version === live.version ? field : clean(live);
  }
  if (same(field.mine, live.value)) return clean(live);
  if (same(field.base, live.value)) {
    return { state: 'dirty', base: field.base, mine: field.mine, version: live.version };
  }
  return {
    state: 'contested',
    base: field.base,
    mine: field.mine,
    theirs: live.value,
    version: live.version,
    by_name: live.by_name,
    at: live.at,
  };
}

/** "Keep mine": theirs was seen, so saving is judged from there. */
export function kept<T>(field: Field<T>): Field<T> {
  if (field.state !== 'contested') return field;
  return { state: 'dirty', base: field.theirs, mine: field.mine, version: field.version };
}

/** "Take theirs", or give up the editing. */
export function taken<T>(field: Field<T>): Field<T> {
  return { state: 'clean', value: live_of(field), version: field.version };
}

/** Sent: the value shown from here on is the typed one, pending until the server agrees. */
export function saved<T>(field: Field<T>): Field<T> {
  return { state: 'clean', value: input_of(field), version: field.version };
}

function live_of<T>(field: Field<T>): T {
  switch (field.state) {
    case 'clean':
      return field.value;
    case 'dirty':
      return field.base;
    case 'contested':
      return field.theirs;
  }
}
