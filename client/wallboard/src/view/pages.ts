/** Which part of what does not fit is on the screen now, and when the next part comes. */

/** More pages than this nobody waits for; what is beyond is said in words. */
export const MOST_PAGES = 8;

export interface Turning {
  readonly page: number;
  /** When this page came up, in milliseconds of a steady clock. */
  readonly since: number;
  /** How often all pages were shown. */
  readonly rounds: number;
}

export const FIRST_PAGE: Turning = { page: 0, since: 0, rounds: 0 };

/** The turning after time passed: the same object while the page stays. */
export function turned(before: Turning, now: number, pages: number, seconds: number): Turning {
  const page = before.page < pages ? before.page : 0;
  if (now - before.since < seconds * 1000) {
    return page === before.page ? before : { ...before, page };
  }
  const last = page + 1 >= pages;
  return { page: last ? 0 : page + 1, since: now, rounds: before.rounds + (last ? 1 : 0) };
}

/** Whole seconds until the next page. */
export function seconds_left(turning: Turning, now: number, seconds: number): number {
  return Math.max(0, Math.ceil(seconds - (now - turning.since) / 1000));
}

/** How many fit: at least one, whatever was measured. */
export function fitting(space: number, each: number, gap = 0): number {
  if (each <= 0) return 1;
  return Math.max(1, Math.floor((space + gap) / (each + gap)));
}

export function pages_of(count: number, per_page: number): number {
  return Math.min(MOST_PAGES, Math.max(1, Math.ceil(count / per_page)));
}

/** How many are on no page at all. */
export function beyond(count: number, per_page: number): number {
  return Math.max(0, count - MOST_PAGES * per_page);
}

export function page_of<T>(items: readonly T[], page: number, per_page: number): readonly T[] {
  return items.slice(page * per_page, (page + 1) * per_page);
}

/** One screen full of columns: which ones, and which part of each. */
export interface Spread {
  readonly columns: readonly { readonly index: number; readonly page: number }[];
}

/**
 * All screens that together show every column: side by side as many as fit, in groups of nearly
 * the same size, and each group as often as its longest column needs. A shorter column begins
 * again, so that no place is ever empty while others turn.
 */
export function spreads(
  counts: readonly number[],
  side_by_side: number,
  per_column: number,
): readonly Spread[] {
  if (counts.length === 0) return [{ columns: [] }];
  const groups = Math.ceil(counts.length / Math.max(1, side_by_side));
  const size = Math.ceil(counts.length / groups);
  const found: Spread[] = [];
  for (let start = 0; start < counts.length; start += size) {
    const pages = counts.slice(start, start + size).map((count) => pages_of(count, per_column));
    for (let turn = 0; turn < Math.max(...pages); turn += 1) {
      const columns = pages.map((own, at) => ({ index: start + at, page: turn % own }));
      found.push({ columns });
    }
  }
  return found;
}
