import type { Complete } from '@kanvoy/protocol/decode.ts';
import type { CardView, DispatchView, OrderView } from '@kanvoy/protocol/messages.gen.ts';

/** A view without missing fields, all the way down. */
export type Full<T> = Complete<T>;

/** Views as this engine hands them out: no field is missing, in their parts neither. */
export type Card = Complete<CardView>;
export type Order = Complete<OrderView>;
export type Dispatch = Complete<DispatchView>;
export type Stop = Dispatch['deliveries'][number];
export type Line = Order['lines'][number];
export type Delivery = Order['deliveries'][number];

/** Some fields of a view by name, as far as somebody needs them. */
export type Fields = Readonly<Record<string, unknown>>;

/** Fields in which two versions of a view differ, each with its value in the second. */
export function difference(before: Fields | null, after: Fields | null): Fields {
  const changed: Record<string, unknown> = {};
  if (before === null || after === null) return changed;
  for (const [field, value] of Object.entries(after)) {
    if (!same(before[field], value)) changed[field] = value;
  }
  return changed;
}

/** The named fields of a view. */
export function picked(view: Fields | null, names: Iterable<string>): Fields {
  const values: Record<string, unknown> = {};
  if (view !== null) for (const name of names) values[name] = view[name];
  return values;
}

/** Whether two values of the wire are equal: plain data, so structure is all there is. */
export function same(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) {
    return false;
  }
  const names = Object.keys(one);
  if (names.length !== Object.keys(other).length) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  return names.every((name) => same((one as Fields)[name], (other as Fields)[name]));
}
