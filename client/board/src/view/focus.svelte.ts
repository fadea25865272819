/**
 * Which card has the board's one tab stop.
 *
 * The card keeps it wherever it goes: into another column, by whoever's hand, and out of the
 * window of drawn cards, because every pile draws the card with the tab stop as well.
 */
export class Focus {
  id: string | null = $state.raw(null);
  /** Grows when the card has to be scrolled to and focused. */
  asked: number = $state.raw(0);
  /** The card itself has the keyboard; a redrawn one takes it again. */
  held = false;

  /** Moves the tab stop without taking the keyboard. */
  mark(id: string | null): void {
    this.id = id;
  }

  /** Moves the tab stop, scrolls to the card and gives it the keyboard. */
  show(id: string): void {
    this.id = id;
    this.held = true;
    this.asked += 1;
  }
}
