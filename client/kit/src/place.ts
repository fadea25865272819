/** Puts a floating list below its trigger, or above it, always inside the window. */

const MARGIN = 8;
const GAP = 4;

export function place(list: HTMLElement, trigger: Element, align: 'start' | 'end' = 'start'): void {
  const at = trigger.getBoundingClientRect();
  const size = list.getBoundingClientRect();
  const left = align === 'start' ? at.left : at.right - size.width;
  const below = at.bottom + GAP;
  const fits = below + size.height <= innerHeight - MARGIN;
  const above = at.top - GAP - size.height;
  const top = fits || above < MARGIN ? below : above;
  list.style.left = `${clamp(left, MARGIN, innerWidth - size.width - MARGIN)}px`;
  list.style.top = `${clamp(top, MARGIN, Math.max(MARGIN, innerHeight - size.height - MARGIN))}px`;
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, Math.max(low, high)));
}
