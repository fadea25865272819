/** Where cards stand: one fixed height per density makes every question arithmetic. */

export const DENSITIES = ['compact', 'normal', 'roomy'] as const;
export type Density = (typeof DENSITIES)[number];

export const CARD_HEIGHT: Readonly<Record<Density, number>> = {
  compact: 64,
  normal: 104,
  roomy: 136,
};
export const GAP = 8;
export const PAD = 8;

/** Rows drawn beyond the visible ones, so that a small scroll finds them there already. */
const BEYOND = 3;

export interface Span {
  readonly from: number;
  readonly to: number;
}

export function row_height(density: Density): number {
  return CARD_HEIGHT[density] + GAP;
}

/** The rows to draw of `count`, seen through a window that starts at `top` and is `height` high. */
export function visible(top: number, height: number, count: number, row: number): Span {
  const from = Math.max(0, Math.floor((top - PAD) / row) - BEYOND);
  const to = Math.min(count, Math.ceil((top + height - PAD) / row) + BEYOND);
  return { from: Math.min(from, count), to: Math.max(0, to) };
}

export function top_of(index: number, row: number): number {
  return PAD + index * row;
}

/** Height of a pile with so many cards. */
export function height_of(count: number, row: number): number {
  return 2 * PAD + Math.max(0, count * row - GAP);
}

/** Before which card something dropped at `y` goes. */
export function index_at(y: number, count: number, row: number): number {
  return Math.max(0, Math.min(count, Math.round((y - PAD) / row)));
}

/** The scroll position that shows row `index` whole, moving as little as possible. */
export function scroll_to(index: number, row: number, top: number, height: number): number {
  const start = top_of(index, row);
  if (start - PAD < top) return Math.max(0, start - PAD);
  if (start + row > top + height) return start + row - height;
  return top;
}
