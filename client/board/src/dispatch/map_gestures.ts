/** What both maps understand of wheel and keys. */
import type { Attachment } from 'svelte/attachments';

/** Zooms by the wheel at the pointer. Not passive: what is around must not scroll along. */
export function wheel_zoom(
  zoom: (factor: number, x: number, y: number) => void,
): Attachment<SVGSVGElement> {
  return (element) => {
    const turned = (event: WheelEvent): void => {
      event.preventDefault();
      const box = element.getBoundingClientRect();
      zoom(2 ** (-event.deltaY / 240), event.clientX - box.left, event.clientY - box.top);
    };
    element.addEventListener('wheel', turned, { passive: false });
    return () => element.removeEventListener('wheel', turned);
  };
}

const PAN: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [1, 0],
  ArrowRight: [-1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

/** How many pixels an arrow key moves the map by, in steps of so many; null for other keys. */
export function panned(key: string, step: number): readonly [number, number] | null {
  const way = PAN[key];
  return way === undefined ? null : [way[0] * step, way[1] * step];
}

/** By how much a key zooms; null for other keys. */
export function key_zoom(key: string): number | null {
  if (key === '+' || key === '=') return 1.5;
  return key === '-' ? 1 / 1.5 : null;
}
