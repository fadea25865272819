import { complete, type Completed } from '@kanvoy/protocol/decode.ts';
import type {
  AggregateId,
  AggregateKind,
  Put,
  Stamp,
  Version,
} from '@kanvoy/protocol/messages.gen.ts';

/** One thing of a channel at one version, never changed in place. */
export interface Held {
  readonly kind: string;
  readonly id: AggregateId;
  readonly version: Version;
  readonly view: Completed;
  readonly stamp: Stamp | null;
}

/** Orders under their bare id; other things under their kind too, as their ids may be short words. */
export function key_of(kind: string, id: AggregateId): string {
  return kind === 'order' ? id : `${kind}:${id}`;
}

export function held(put: Put): Held {
  return {
    kind: put.kind,
    id: put.id,
    version: put.version,
    view: complete(put.view),
    stamp: put.stamp ?? null,
  };
}

/** Whether this client can know things of that kind; a newer server may speak of others. */
export function known_kind(kind: string): boolean {
  return Object.hasOwn(KINDS, kind);
}

const KINDS: Readonly<Record<AggregateKind, true>> = {
  order: true,
  workflow: true,
  person: true,
  driver: true,
  vehicle: true,
  zone: true,
  hub: true,
  display: true,
  plan: true,
  customer: true,
  company: true,
  product: true,
  settings: true,
};
