/** What everybody else does to the demo's orders, a little of it at a time. */
import type { Book, Thing } from './book.ts';
import { category_of, PERSON_IDS, STAGE_IDS } from './seed.ts';

/** What the demo's server makes of it. */
export interface Doings {
  changed(before: Thing, after: Thing, by: string): void;
  arrived(by: string): void;
  left(thing: Thing, by: string): void;
}

/** One thing: 60 % edits, 30 % moves, 5 % new orders, 5 % leave. `hot` orders are met more often. */
export function happen(book: Book, hot: readonly string[], doings: Doings): void {
  const share = book.random();
  const by = PERSON_IDS[1 + Math.floor(book.random() * 4)] ?? 'person-2';
  if (share >= 0.9 && share < 0.95) {
    doings.arrived(by);
    return;
  }
  const from = hot.length > 0 && book.random() < 0.6 ? hot : book.ids;
  const thing = book.things.get(from[Math.floor(book.random() * from.length)] ?? '');
  if (thing === undefined) return;
  if (share < 0.6) doings.changed(thing, edited(book, thing), by);
  else if (share < 0.9) doings.changed(thing, wandered(book, thing), by);
  else doings.left(thing, by);
}

function edited(book: Book, thing: Thing): Thing {
  const total = 900 + Math.floor(book.random() * 240_000);
  const items = 1 + Math.floor(book.random() * 14);
  return { ...thing, version: thing.version + 1, card: { ...thing.card, total, items } };
}

function wandered(book: Book, thing: Thing): Thing {
  const stage_id = STAGE_IDS[Math.floor(book.random() * 5)] ?? 'new';
  const place = Math.floor(book.random() * 36 ** 8).toString(36);
  const moved = {
    stage_id,
    category: category_of(stage_id),
    stage_since: Date.now(),
    rank: `a${place.padStart(8, '0')}1`,
  };
  const order = thing.order === null ? null : { ...thing.order, ...moved };
  return { version: thing.version + 1, card: { ...thing.card, ...moved }, order };
}
