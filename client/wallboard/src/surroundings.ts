/** What the browser gives a wallboard. */
export const clock = { now: (): number => Date.now() };

export const steady = (): number => performance.now();

/** How often the screen is drawn at most when much happens: nobody reads a wall faster. */
const DRAW_MS = 1_000;

/** Draws at once after a rest and once a second in a storm; also while nobody sees it. */
export function unhurried(): (flush: () => void) => void {
  let drawn = Number.NEGATIVE_INFINITY;
  return (flush) => {
    const wait = Math.max(0, drawn + DRAW_MS - steady());
    setTimeout(() => {
      drawn = steady();
      flush();
    }, wait);
  };
}

/** How an administrator recognises this screen in a list. */
export function own_name(): string {
  const { width, height } = screen;
  return `Display ${Math.round(width * devicePixelRatio)} × ${Math.round(height * devicePixelRatio)}`;
}
