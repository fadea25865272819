/** Lines that the customer signed for in another number than the delivery has now. */
import type { Shown } from '@kanvoy/protocol/messages.gen.ts';
import type { Order } from '@kanvoy/sync/full.ts';

export interface ShownDifference {
  readonly line_id: string;
  readonly name: string;
  readonly was: number;
  readonly now: number;
}

export function shown_differences(
  shown: Shown,
  order: Order,
  brings: readonly { readonly line_id: string; readonly quantity: number }[],
): readonly ShownDifference[] {
  const now = new Map(brings.map((take) => [take.line_id, take.quantity]));
  const names = new Map(order.lines.map((line) => [line.id, line.name]));
  const signed = new Map(shown.lines.map((line) => [line.line_id, line.quantity]));
  for (const line of shown.lines) names.set(line.line_id, line.name);
  const ids = new Set([...signed.keys(), ...now.keys()]);
  return [...ids]
    .map((line_id) => ({
      line_id,
      name: names.get(line_id) ?? line_id,
      was: signed.get(line_id) ?? 0,
      now: now.get(line_id) ?? 0,
    }))
    .filter((line) => line.was !== line.now);
}
