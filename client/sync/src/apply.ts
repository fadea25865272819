import { patched } from '@kanvoy/protocol/decode.ts';
import type { Op, Patch, Put, Stamp, Version } from '@kanvoy/protocol/messages.gen.ts';
import { held, key_of, known_kind, type Held } from './held.ts';

/** The confirmed things of a channel, and what is only needed while a snapshot is coming in. */
export interface Contents {
  readonly items: Map<string, Held>;
  readonly arriving: Arriving | null;
}

/** Live frames flow between the chunks of a snapshot, so either may know more than the other. */
export interface Arriving {
  /** Newest version at which a thing left; an older chunk must not bring it back. */
  readonly tombs: Map<string, Version>;
  /** Patches of things whose chunk has not come yet. */
  readonly stash: Map<string, Stash>;
  /** Things that may be drawn until their chunk comes, but are not state. */
  readonly preview: Map<string, Held>;
}

export interface Stash {
  readonly version: Version;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly stamp: Stamp | null;
}

export function arriving(preview: Map<string, Held>): Arriving {
  return { tombs: new Map(), stash: new Map(), preview };
}

/**
 * Whether the op changes something that should be there and is not: frames were lost.
 *
 * A server newer than this client may speak of kinds whose puts we have left out.
 */
export function speaks_of_unknown(contents: Contents, op: Op): boolean {
  if (op.op !== 'patch' || contents.arriving !== null) return false;
  return known_kind(op.kind) && !contents.items.has(key_of(op.kind, op.id));
}

/** One op of a frame: whether it changed what is drawn. An old one is dropped: ops are absolute. */
export function apply_op(contents: Contents, op: Op): boolean {
  const key = key_of(op.kind, op.id);
  switch (op.op) {
    case 'put':
      return put(contents, key, op);
    case 'patch':
      return patch(contents, key, op);
    case 'remove':
      return remove(contents, key, op.version);
  }
}

/** One thing of a chunk, cut at some sequence that live frames may already have passed. */
export function apply_item(contents: Contents, item: Put): boolean {
  const { items } = contents;
  const key = key_of(item.kind, item.id);
  const stash = contents.arriving?.stash.get(key);
  contents.arriving?.stash.delete(key);
  if (item.version <= newest(contents, key)) return false;
  const whole = held(item);
  if (stash !== undefined && stash.version > item.version) {
    items.set(key, {
      ...whole,
      version: stash.version,
      view: patched(whole.view, stash.fields),
      stamp: stash.stamp ?? whole.stamp,
    });
  } else {
    items.set(key, whole);
  }
  return true;
}

function put({ items, arriving: coming }: Contents, key: string, op: Put): boolean {
  if (op.version <= newest({ items, arriving: coming }, key)) return false;
  items.set(key, held(op));
  coming?.stash.delete(key);
  coming?.tombs.delete(key);
  return true;
}

function patch(contents: Contents, key: string, op: Patch): boolean {
  const { items, arriving: coming } = contents;
  if (op.version <= newest(contents, key)) return false;
  const before = items.get(key);
  if (before !== undefined) {
    items.set(key, {
      ...before,
      version: op.version,
      view: patched(before.view, op.fields),
      stamp: op.stamp ?? null,
    });
    return true;
  }
  if (coming === null) return false;
  const earlier = coming.stash.get(key);
  coming.stash.set(key, {
    version: Math.max(op.version, earlier?.version ?? 0),
    fields: { ...earlier?.fields, ...op.fields },
    stamp: op.stamp ?? earlier?.stamp ?? null,
  });
  return false;
}

function remove(contents: Contents, key: string, version: Version): boolean {
  const { items, arriving: coming } = contents;
  if (coming !== null) {
    coming.tombs.set(key, Math.max(version, coming.tombs.get(key) ?? 0));
    coming.stash.delete(key);
    coming.preview.delete(key);
  }
  const before = items.get(key);
  if (before === undefined || before.version > version) return coming !== null;
  items.delete(key);
  return true;
}

function newest({ items, arriving: coming }: Contents, key: string): Version {
  return Math.max(items.get(key)?.version ?? 0, coming?.tombs.get(key) ?? 0);
}
