/** What a drag means among runs: who travels, where it would go, and what dropping does. */
import { short_name } from '@kanvoy/kit/format.ts';
import { remember_drop } from '../act/glide.ts';
import { tell_ghost, type DragHost, type Hover } from '../pointer.ts';
import { index_at_x } from './axis.ts';
import { driver_or_nobody, put_stops } from './conduct.ts';
import { CHIP, type Planning, type StopPlace } from './planning.svelte.ts';
import { w } from './words.ts';

export function stop_drag(planning: Planning, root: HTMLElement): DragHost {
  const { desk } = planning;
  let stop_following = (): void => undefined;
  return {
    root,
    attribute: 'data-stop',
    lift(id) {
      const item = planning.item(id);
      if (item === undefined) return 0;
      if (!planning.selection.has(id)) planning.selection.clear();
      planning.lifted = planning.with(id).map((each) => each.id);
      desk.engine.presence.show('moving', item.order_id);
      stop_following = follow(planning, id, item.stop.driver_id);
      return planning.lifted.length;
    },
    hover(at) {
      planning.hover(at === null ? null : place_at(planning, at));
    },
    drop(at) {
      const { over, lifted } = planning;
      if (over === null) return;
      for (const id of lifted) remember_drop(id, at);
      put_stops(planning, planning.in_order(new Set(lifted)), over);
    },
    end() {
      stop_following();
      planning.lifted = [];
      planning.over = null;
      desk.engine.presence.show('viewing');
    },
  };
}

/** The gap under the pointer: along the axis, or down a list. */
function place_at(planning: Planning, { zone, client_x, client_y }: Hover): StopPlace {
  const driver_id = zone.dataset['driver'] ?? '';
  if (driver_id === '') return { driver_id: null, index: 0 };
  const run = planning.run(driver_id);
  const list = zone.querySelector<HTMLElement>('[data-list]');
  if (list !== null) return { driver_id, index: index_in_list(list, client_y, run.length) };
  const shown = planning.run_days.find((one) => one.driver.id === driver_id);
  const track = zone.querySelector<HTMLElement>('[data-track]');
  if (shown === undefined || track === null) return { driver_id, index: run.length };
  const x = client_x - track.getBoundingClientRect().left;
  const { chips } = planning.laid(shown);
  const next = shown.stops[index_at_x(chips, CHIP, x)];
  // Behind the last one of the day that is shown, not behind those of later days.
  const last = shown.stops.at(-1)?.place ?? run.length;
  return { driver_id, index: next === undefined ? last : next.place - 1 };
}

function index_in_list(list: HTMLElement, y: number, length: number): number {
  const rows = [...list.querySelectorAll<HTMLElement>('[data-place]')];
  const next = rows.find((row) => {
    const box = row.getBoundingClientRect();
    return y < box.top + box.height / 2;
  });
  if (next !== undefined) return Number(next.dataset['place']) - 1;
  const last = rows.at(-1)?.dataset['place'];
  return last === undefined ? length : Number(last);
}

/** Somebody else may give it away meanwhile: the ghost says so, and dropping decides anyway. */
function follow(planning: Planning, id: string, before: string | null): () => void {
  return $effect.root(() => {
    $effect(() => {
      const now = planning.item(id);
      if (now === undefined) tell_ghost(w('drag.gone'));
      else if (now.stop.driver_id === before) tell_ghost('');
      else {
        const name = short_name(now.shown.stamp?.by_name ?? '');
        const driver = driver_or_nobody(planning.desk, now.stop.driver_id);
        tell_ghost(w('drag.given', { name, driver }));
      }
    });
  });
}
