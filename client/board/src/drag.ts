/** A gesture becomes an intent. Where the pointer is, is `pointer.ts`'s business. */
import type { BulkItem, Command, OrderCommand, Version } from '@kanvoy/protocol/messages.gen.ts';
import type { Card } from '@kanvoy/sync/full.ts';

/** Before the card at `index` of one pile, the moved cards themselves still counted. */
export interface Place {
  readonly stage: string;
  readonly ids: readonly string[];
  readonly index: number;
}

/** What dropping needs of the engine. */
export interface Issuer {
  card(id: string): { readonly card: Card; readonly version: Version } | undefined;
  issue(command: Command): number;
  flush(): void;
}

export interface DropOptions {
  readonly note?: string;
  /** Whether many orders may travel as one bulk, with one answer and one undo. */
  readonly bulk?: boolean;
}

const BULK_LIMIT = 500;

/**
 * Asks for the cards to stand at `place`, in the order given; answers the command numbers.
 *
 * Neighbours are the cards the person saw there; each further card goes below the one before
 * it, so a selection keeps its order. Every stage is the one shown now: a card that somebody
 * else moved during the drag is moved from where it is, which is what the person decided.
 */
// One move, step 1 of 8 → client/sync/src/core.ts
export function drop(
  engine: Issuer,
  ids: readonly string[],
  place: Place,
  options: DropOptions = {},
): readonly number[] {
  const items = bulk_items(engine, ids, place, options.note ?? '');
  const [only] = items;
  if (only === undefined) return [];
  const numbers: number[] = [];
  if (items.length > 1 && options.bulk === true) {
    for (let start = 0; start < items.length; start += BULK_LIMIT) {
      const part = items.slice(start, start + BULK_LIMIT);
      numbers.push(engine.issue({ kind: 'run_bulk', mode: 'best_effort', items: part }));
    }
  } else {
    for (const item of items) numbers.push(engine.issue(item.command));
  }
  engine.flush();
  return numbers;
}

function bulk_items(
  engine: Issuer,
  ids: readonly string[],
  place: Place,
  note: string,
): readonly BulkItem[] {
  const { before, after } = neighbours(place, new Set(ids));
  const items: BulkItem[] = [];
  let above = after;
  for (const id of ids) {
    const shown = engine.card(id);
    if (shown === undefined) continue;
    const command = move_or_reorder(shown.card, place.stage, above, before, note);
    items.push({ command, base_version: shown.version });
    above = id;
  }
  return items;
}

/** The cards above and below the gap, without the ones that travel. */
export function neighbours(
  place: Place,
  travelling: ReadonlySet<string>,
): { readonly after: string | null; readonly before: string | null } {
  const stays = (id: string): boolean => !travelling.has(id);
  const after = place.ids.slice(0, place.index).findLast(stays) ?? null;
  const before = place.ids.slice(place.index).find(stays) ?? null;
  return { after, before };
}

function move_or_reorder(
  card: Card,
  stage: string,
  after_id: string | null,
  before_id: string | null,
  note: string,
): OrderCommand {
  if (card.stage_id === stage) {
    return { kind: 'reorder_order', order_id: card.id, after_id, before_id };
  }
  return {
    kind: 'move_order',
    order_id: card.id,
    from_stage: card.stage_id,
    to_stage: stage,
    after_id,
    before_id,
    ...(note === '' ? {} : { note }),
  };
}

/** Whether a drop there would leave everything as it is. */
export function is_still(engine: Issuer, ids: readonly string[], place: Place): boolean {
  const [id] = ids;
  if (ids.length !== 1 || id === undefined) return false;
  const here = place.ids.indexOf(id);
  return (
    engine.card(id)?.card.stage_id === place.stage &&
    here >= 0 &&
    (place.index === here || place.index === here + 1)
  );
}
