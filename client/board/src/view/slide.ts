/** Cards that make room for another one glide instead of jumping, so that the eye can follow. */

const MS = 180;
/** More at once is a flicker that nobody follows, and costs frames. */
const AT_MOST = 12;
/** Further than this it is another order of things, not making room. */
const FURTHEST = 2;

let left = AT_MOST;
let counting = false;

/** The card now stands `rows` rows of `height` further down than it is still drawn. */
export function slide(card: HTMLElement, rows: number, height: number): void {
  if (Math.abs(rows) > FURTHEST || left === 0 || !('animate' in card)) return;
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
  left -= 1;
  renew();
  const from = { transform: `translateY(${-rows * height}px)` };
  card.animate([from, { transform: 'none' }], { duration: MS, easing: 'ease-out' });
}

function renew(): void {
  if (counting) return;
  counting = true;
  requestAnimationFrame(() => {
    left = AT_MOST;
    counting = false;
  });
}
