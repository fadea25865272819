import type { OrderCommand } from '@kanvoy/protocol/messages.gen.ts';
import type { Guess } from './entry.ts';
import type { Dispatch, Stop } from './full.ts';
import { relabelled } from './overlay_card.ts';
import { full_address } from './overlay_order.ts';

/** The order as dispatchers will see it if the server agrees. */
export function overlay_dispatch(
  view: Dispatch,
  command: OrderCommand,
  guess: Guess | undefined,
): Dispatch {
  switch (command.kind) {
    case 'set_priority':
      return { ...view, priority: command.priority };
    case 'change_labels':
      return {
        ...view,
        labels: relabelled(view.labels, command.add ?? [], command.remove ?? []),
      };
    case 'hold_order':
      return { ...view, hold: true };
    case 'release_order':
      return { ...view, hold: false };
    case 'cancel_order':
    case 'delete_order':
    case 'archive_order':
      return { ...view, deliveries: [] };
    default:
      return with_stops(view, (stop) => overlay_stop(stop, command, guess));
  }
}

function with_stops(view: Dispatch, change: (stop: Stop) => Stop): Dispatch {
  const deliveries = view.deliveries.map(change);
  const same = deliveries.every((stop, at) => stop === view.deliveries[at]);
  return same ? view : { ...view, deliveries };
}

function overlay_stop(stop: Stop, command: OrderCommand, guess: Guess | undefined): Stop {
  if (!is_about(stop, command)) return stop;
  const rank = guess?.stop_ranks?.[stop.id];
  switch (command.kind) {
    case 'assign_driver': {
      const pinned = command.pinned ?? false;
      if (command.to_driver === stop.driver_id) return { ...stop, pinned };
      return {
        ...stop,
        driver_id: command.to_driver,
        pinned,
        assigned_by: 'human',
        stop_rank: command.to_driver === null ? null : (rank ?? stop.stop_rank),
        // The next driver has not been told of anything yet.
        word: command.to_driver === null ? null : 'sent',
        alarm: false,
      };
    }
    case 'move_stop':
      return { ...stop, stop_rank: rank ?? stop.stop_rank };
    case 'set_window':
      return { ...stop, window: command.window };
    case 'set_method':
      return { ...stop, method: command.method };
    case 'set_hub':
      return { ...stop, hub_id: command.hub_id };
    case 'set_service_time':
      return { ...stop, service_seconds: command.seconds };
    case 'set_delivery_address': {
      if (command.address === null) return stop;
      const { city, postcode, country } = full_address(command.address);
      return { ...stop, city, postcode, country, point: command.address.point ?? null };
    }
    default:
      return stop;
  }
}

/** Without a delivery, a command is about all of them that are open: the only ones here. */
function is_about(stop: Stop, command: OrderCommand): boolean {
  if (command.kind === 'assign_driver' && command.delivery_id == null) return true;
  return 'delivery_id' in command && command.delivery_id === stop.id;
}
