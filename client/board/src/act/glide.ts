/** A refused card glides from where it was let go to where it really is. */

const MS = 180;
const KEPT_MS = 30_000;

const drops = new Map<string, { readonly at: DOMRect; readonly since: number }>();

export function remember_drop(id: string, at: DOMRect): void {
  drops.set(id, { at, since: performance.now() });
}

/** Call when the card is already drawn where it belongs. */
export function glide_back(id: string): void {
  const from = drops.get(id);
  drops.delete(id);
  const card = document.querySelector<HTMLElement>(`[data-card="${id}"], [data-stop="${id}"]`);
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  if (from === undefined || card === null || still) return;
  if (performance.now() - from.since > KEPT_MS) return;
  const to = card.getBoundingClientRect();
  const copy = card.cloneNode(true);
  if (!(copy instanceof HTMLElement)) return;
  copy.classList.add('ghost');
  copy.removeAttribute('data-card');
  copy.removeAttribute('data-stop');
  copy.style.width = `${to.width}px`;
  copy.style.height = `${to.height}px`;
  document.body.append(copy);
  const way = [
    { transform: `translate(${from.at.left}px, ${from.at.top}px)` },
    { transform: `translate(${to.left}px, ${to.top}px)` },
  ];
  const flight = copy.animate(way, { duration: MS, easing: 'ease-out', fill: 'both' });
  flight.onfinish = () => copy.remove();
}
