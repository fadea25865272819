/** A card that somebody else cancelled or took away says so where it stood, before it is gone. */

const MS = 2_400;
/** A bulk may end hundreds at once; nobody reads more than a few. */
const AT_MOST = 12;

/** Call while the card is still drawn where it was. */
export function farewell(id: string, words: string): void {
  const card = document.querySelector<HTMLElement>(`.pile [data-card="${id}"]`);
  const pile = card?.closest('.pile');
  if (card == null || pile == null) return;
  if (document.querySelectorAll('.leaving').length >= AT_MOST) return;
  const copy = card.cloneNode(true);
  if (!(copy instanceof HTMLElement)) return;
  copy.classList.add('leaving');
  copy.removeAttribute('data-card');
  copy.removeAttribute('tabindex');
  copy.removeAttribute('role');
  copy.setAttribute('aria-hidden', 'true');
  copy.inert = true;
  copy.dataset['says'] = words;
  pile.append(copy);
  setTimeout(() => copy.remove(), MS);
}
