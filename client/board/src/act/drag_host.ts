/** What a drag means on the board: who travels, which columns take it, and what dropping does. */
import { short_name } from '@kanvoy/kit/format.ts';
import { t } from '@kanvoy/kit/texts.ts';
import type { Desk } from '../desk.svelte.ts';
import type { DragHost, Hover } from '../pointer.ts';
import { tell_ghost } from '../pointer.ts';
import { index_at } from '../view/geometry.ts';
import { priority_of } from '../view/priority.ts';
import type { Over } from '../view/drag_state.svelte.ts';
import { assign_driver, move_to, set_priority } from './conduct.ts';
import type { Verdict } from './moves.ts';
import { obstacle_words } from './refusals.ts';
import { remember_drop } from './glide.ts';

export function drag_host(desk: Desk, root: HTMLElement): DragHost {
  let stop = (): void => undefined;
  return {
    root,
    lift(id) {
      const lifted = desk.engine.board.card(id);
      if (lifted === undefined) return 0;
      if (!desk.selection.has(id)) desk.selection.clear();
      const ids = in_board_order(desk, desk.selection.with(id));
      desk.drag.ids = ids;
      desk.drag.verdicts = new Map(
        desk.stages.map((stage) => [stage.id, desk.verdict(lifted.card, stage, ids.length)]),
      );
      desk.engine.presence.show('moving', id);
      stop = follow(desk, id);
      return ids.length;
    },
    hover(at) {
      desk.drag.hover(at === null ? null : over_of(desk, at));
    },
    drop(at) {
      const { over, ids } = desk.drag;
      if (over === null) return;
      if (!over.verdict.ok) {
        desk.toasts.show(obstacle_words(over.verdict.obstacle), { tone: 'bad', ms: 5_000 });
        return;
      }
      for (const id of ids) remember_drop(id, at);
      land(desk, ids, over);
    },
    end() {
      stop();
      desk.drag.end();
      desk.engine.presence.show('viewing');
    },
  };
}

/** Changes the lane's own value when the card crosses lanes, then moves it. */
function land(desk: Desk, ids: readonly string[], over: Over): void {
  const strangers = ids.filter((id) => desk.engine.board.place(id)?.lane !== over.lane);
  const { ids: pile } = desk.engine.board.column(over.stage, over.lane);
  const by = desk.view.lanes;
  if (strangers.length > 0 && by === 'driver')
    assign_driver(desk, strangers, over.lane === '' ? null : over.lane);
  if (strangers.length > 0 && by === 'priority')
    set_priority(desk, strangers, priority_of(over.lane));
  move_to(desk, ids, { stage: over.stage, ids: pile, index: over.index });
}

function over_of(desk: Desk, { zone, y }: Hover): Over {
  const stage = zone.dataset['stage'] ?? '';
  const folded = zone.dataset['folded'] !== undefined;
  const by = desk.view.lanes;
  const [first = ''] = desk.drag.ids;
  const own_lane = desk.engine.board.place(first)?.lane ?? '';
  const lane = folded ? own_lane : (zone.dataset['lane'] ?? '');
  const count = desk.engine.board.column(stage, lane).ids.length;
  const crosses = lane !== own_lane && by !== 'driver' && by !== 'priority';
  const verdict: Verdict = crosses
    ? { ok: false, obstacle: { kind: 'lane' } }
    : (desk.drag.verdicts.get(stage) ?? { ok: false, obstacle: { kind: 'workflow' } });
  return { stage, lane, index: folded ? count : index_at(y, count, desk.view.row), verdict };
}

/** Somebody else may move the card meanwhile: the ghost says so, and dropping decides anyway. */
function follow(desk: Desk, id: string): () => void {
  const before = desk.engine.board.card(id)?.card.stage_id;
  return desk.engine.board.on_card(id, () => {
    const now = desk.engine.board.card(id);
    if (now === undefined) {
      tell_ghost(t('drag.gone'));
      return;
    }
    const moved = now.card.stage_id !== before;
    const name = short_name(now.stamp?.by_name ?? '');
    tell_ghost(moved ? t('drag.moved', { name, stage: desk.stage_name(now.card.stage_id) }) : '');
    const count = desk.drag.ids.length;
    desk.drag.verdicts = new Map(
      desk.stages.map((stage) => [stage.id, desk.verdict(now.card, stage, count)]),
    );
  });
}

/** A selection travels in the order it stands on the board, not in the order of the clicks. */
function in_board_order(desk: Desk, ids: readonly string[]): readonly string[] {
  const position = new Map(desk.stages.map((stage, at) => [stage.id, at]));
  const key = (id: string): readonly [number, number] => {
    const place = desk.engine.board.place(id);
    return [position.get(place?.stage ?? '') ?? 99, place?.index ?? 0];
  };
  return [...ids].sort((one, other) => key(one)[0] - key(other)[0] || key(one)[1] - key(other)[1]);
}
