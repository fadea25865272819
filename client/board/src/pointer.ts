/**
 * Dragging with mouse, pen and finger: pointer events and arithmetic, no HTML drag and drop.
 *
 * A mouse drags after 4 px. A finger must rest 220 ms first, moving no more than 8 px, so
 * that a swipe always scrolls. The drop position is counted, not looked up, so it is right
 * also where cards are not drawn. Esc and a lost pointer cancel.
 */

const MOUSE_SLACK = 4;
const TOUCH_SLACK = 8;
const LONG_PRESS_MS = 220;
const EDGE = 64;
const FASTEST = 22;

/** A place under the pointer: the element that takes drops, and how far down in it. */
export interface Hover {
  readonly zone: HTMLElement;
  readonly y: number;
  /** In the window. */
  readonly client_x: number;
  readonly client_y: number;
}

export interface DragHost {
  readonly root: HTMLElement;
  /** The attribute that names what can be dragged; `data-card` when not told. */
  readonly attribute?: string;
  /** The gesture began on this card; answers how many cards travel, 0 to refuse. */
  lift(id: string): number;
  /** The pointer is somewhere else now. */
  hover(at: Hover | null): void;
  /** Let go over a zone. The rectangle is where the card was let go. */
  drop(at: DOMRect): void;
  /** Over, whether dropped or not. */
  end(): void;
}

interface Gesture {
  readonly pointer: number;
  readonly source: HTMLElement;
  readonly touch: boolean;
  readonly start: { readonly x: number; readonly y: number };
  x: number;
  y: number;
  ghost: Ghost | null;
  press: ReturnType<typeof setTimeout> | undefined;
  frame: number;
}

interface Ghost {
  readonly element: HTMLElement;
  readonly dx: number;
  readonly dy: number;
}

export function dragging(host: DragHost): () => void {
  let gesture: Gesture | null = null;
  const { attribute = 'data-card' } = host;

  function down(event: PointerEvent): void {
    const target = event.target instanceof Element ? event.target : null;
    const source = target?.closest<HTMLElement>(`[${attribute}]`) ?? null;
    if (source === null || gesture !== null || event.button !== 0) return;
    if (target?.closest('button, a, input, select, textarea') !== null) return;
    if (event.shiftKey || event.ctrlKey || event.metaKey) return;
    const touch = event.pointerType === 'touch';
    const start = { x: event.clientX, y: event.clientY };
    gesture = {
      pointer: event.pointerId,
      source,
      touch,
      start,
      ...start,
      ghost: null,
      press: undefined,
      frame: 0,
    };
    if (touch) gesture.press = setTimeout(begin, LONG_PRESS_MS);
    for (const [name, listener, options] of listeners) addEventListener(name, listener, options);
  }

  function begin(): void {
    if (gesture === null) return;
    const count = host.lift(gesture.source.getAttribute(attribute) ?? '');
    if (count === 0) {
      finish(false);
      return;
    }
    gesture.ghost = ghost_of(gesture.source, gesture.start, count);
    if (gesture.touch) navigator.vibrate?.(10);
    document.documentElement.classList.add('dragging');
    tick();
  }

  function tick(): void {
    if (gesture === null || gesture.ghost === null) return;
    const { x, y, ghost } = gesture;
    ghost.element.style.transform = `translate(${x + ghost.dx}px, ${y + ghost.dy}px) rotate(1.2deg)`;
    scroll_near_edges(host.root, point_at(x, y), x, y);
    gesture.frame = requestAnimationFrame(tick);
  }

  function point_at(x: number, y: number): HTMLElement | null {
    const zone = zone_at(host.root, x, y);
    host.hover(zone === null ? null : { zone, y: inside(zone, y), client_x: x, client_y: y });
    return zone;
  }

  function finish(commit: boolean): void {
    if (gesture === null) return;
    const { ghost, press, frame, x, y } = gesture;
    gesture = null;
    clearTimeout(press);
    cancelAnimationFrame(frame);
    for (const [name, listener, options] of listeners) removeEventListener(name, listener, options);
    if (ghost === null) return;
    document.documentElement.classList.remove('dragging');
    const where = ghost.element.getBoundingClientRect();
    ghost.element.remove();
    swallow_click();
    if (commit) {
      // Where it is let go counts, not where the last frame saw it.
      point_at(x, y);
      host.drop(where);
    }
    host.end();
  }

  const move = (event: PointerEvent): void => {
    if (gesture === null || event.pointerId !== gesture.pointer) return;
    gesture.x = event.clientX;
    gesture.y = event.clientY;
    if (gesture.ghost !== null) return;
    const far = Math.hypot(gesture.x - gesture.start.x, gesture.y - gesture.start.y);
    if (gesture.touch && far > TOUCH_SLACK) finish(false);
    else if (!gesture.touch && far > MOUSE_SLACK) begin();
  };
  const up = (event: PointerEvent): void => {
    if (event.pointerId !== gesture?.pointer) return;
    gesture.x = event.clientX;
    gesture.y = event.clientY;
    finish(true);
  };
  const cancel = (event: PointerEvent): void => {
    if (event.pointerId === gesture?.pointer) finish(false);
  };
  const keydown = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || gesture?.ghost == null) return;
    event.preventDefault();
    event.stopPropagation();
    finish(false);
  };
  const hold_still = (event: TouchEvent): void => {
    if (gesture?.ghost != null && event.cancelable) event.preventDefault();
  };
  const no_menu = (event: Event): void => {
    if (gesture?.touch === true) event.preventDefault();
  };
  const listeners: readonly Listening[] = [
    ['pointermove', move as EventListener, undefined],
    ['pointerup', up as EventListener, undefined],
    ['pointercancel', cancel as EventListener, undefined],
    ['keydown', keydown as EventListener, true],
    ['contextmenu', no_menu, undefined],
  ];

  host.root.addEventListener('pointerdown', down);
  // For good, not per gesture: a browser asks before the finger moves whether anybody may object.
  host.root.addEventListener('touchmove', hold_still, { passive: false });
  return () => {
    finish(false);
    host.root.removeEventListener('touchmove', hold_still);
    host.root.removeEventListener('pointerdown', down);
  };
}

type Listening = readonly [string, EventListener, AddEventListenerOptions | boolean | undefined];

function ghost_of(source: HTMLElement, start: { x: number; y: number }, count: number): Ghost {
  const box = source.getBoundingClientRect();
  const copy = source.cloneNode(true);
  // cloneNode of an HTMLElement is one; the check is for the compiler.
  const element = copy instanceof HTMLElement ? copy : document.createElement('div');
  element.classList.add('ghost');
  for (const name of ['data-card', 'data-stop', 'tabindex']) element.removeAttribute(name);
  element.setAttribute('aria-hidden', 'true');
  element.style.width = `${box.width}px`;
  element.style.height = `${box.height}px`;
  if (count > 1) element.dataset['count'] = String(count);
  document.body.append(element);
  return { element, dx: box.left - start.x, dy: box.top - start.y };
}

/** What the ghost says under the card, such as that somebody else moved it meanwhile. */
export function tell_ghost(words: string): void {
  const ghost = document.querySelector<HTMLElement>('.ghost');
  if (ghost === null) return;
  if (words === '') delete ghost.dataset['says'];
  else ghost.dataset['says'] = words;
}

function zone_at(root: HTMLElement, x: number, y: number): HTMLElement | null {
  for (const zone of root.querySelectorAll<HTMLElement>('[data-zone]')) {
    const scroller = zone.closest('[data-board]');
    // What is scrolled out of sight takes nothing.
    if (scroller !== null && !is_within(scroller.getBoundingClientRect(), x, y)) continue;
    if (is_within(zone.getBoundingClientRect(), x, y)) return zone;
  }
  return null;
}

function is_within(box: DOMRect, x: number, y: number): boolean {
  return x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
}

function inside(zone: HTMLElement, y: number): number {
  const scroller = zone.querySelector<HTMLElement>('[data-scroll]') ?? zone;
  return y - scroller.getBoundingClientRect().top + scroller.scrollTop;
}

/** The board scrolls sideways; the column, or the board when it has lanes, up and down. */
function scroll_near_edges(
  root: HTMLElement,
  zone: HTMLElement | null,
  x: number,
  y: number,
): void {
  const wide = root.matches('[data-board]')
    ? root
    : root.querySelector<HTMLElement>('[data-board]');
  if (wide !== null) {
    const box = wide.getBoundingClientRect();
    wide.scrollLeft += pull(x, box.left, box.right);
    if (wide.dataset['board'] === 'lanes') wide.scrollTop += pull(y, box.top + 40, box.bottom);
  }
  const tall = zone?.querySelector<HTMLElement>('[data-scroll]');
  if (tall != null) {
    const box = tall.getBoundingClientRect();
    tall.scrollTop += pull(y, box.top, box.bottom);
  }
}

/** Pixels per frame: 0 away from both edges, faster the nearer. */
function pull(at: number, low: number, high: number): number {
  if (at < low + EDGE) return -Math.min(FASTEST, (low + EDGE - at) / 3);
  if (at > high - EDGE) return Math.min(FASTEST, (at - high + EDGE) / 3);
  return 0;
}

/** The click that the browser makes of a finished drag must not open the card. */
function swallow_click(): void {
  const swallow = (event: Event): void => {
    event.stopPropagation();
    event.preventDefault();
  };
  addEventListener('click', swallow, { capture: true, once: true });
  setTimeout(() => removeEventListener('click', swallow, { capture: true }), 50);
}
