/** Giving named deliveries to a driver from wherever they were chosen. */
import { t } from '@kanvoy/kit/texts.ts';
import type { BulkItem, OrderCommand } from '@kanvoy/protocol/messages.gen.ts';
import { name_of, tell } from '../act/conduct.ts';
import type { StopNamed } from '../act/overlay.svelte.ts';
import type { Desk } from '../desk.svelte.ts';
import { w } from './words.ts';

/** To the end of the driver's run, or away from everybody. */
export function assign_stops(
  desk: Desk,
  stops: readonly StopNamed[],
  to_driver: string | null,
): void {
  const items = stops.flatMap((named) => assigning(desk, named, to_driver));
  if (items.length === 0) return;
  const bulk = items.length > 1 && desk.may('bulk.run');
  const numbers = bulk
    ? [desk.engine.issue({ kind: 'run_bulk', mode: 'best_effort', items })]
    : items.map((item) => desk.engine.issue(item.command));
  desk.engine.flush();
  const [only] = stops;
  const what =
    stops.length === 1 && only !== undefined
      ? name_of(desk, [only.order_id])
      : w('stops', { count: stops.length });
  const name = to_driver === null ? t('nobody') : desk.company.driver_name(to_driver);
  const text =
    to_driver === null ? w('told.unassigned', { what }) : w('told.assigned', { what, name });
  tell(desk, text, numbers);
}

function assigning(
  desk: Desk,
  { order_id, delivery_id }: StopNamed,
  to_driver: string | null,
): readonly BulkItem[] {
  const known = desk.engine.delivery(order_id, delivery_id);
  if (known === undefined || known.driver_id === to_driver) return [];
  const command: OrderCommand = {
    kind: 'assign_driver',
    order_id,
    delivery_id,
    from_driver: known.driver_id,
    to_driver,
    epoch: known.epoch,
    ...(known.pinned && to_driver !== null ? { pinned: true } : {}),
  };
  return [{ command }];
}
