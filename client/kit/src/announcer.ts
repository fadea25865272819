/**
 * Two live regions for people who listen to the screen.
 *
 * What they did themselves is said at once. What others do is said at most once in three
 * seconds; more than one thing in that time is summed up, because 200 changes a second
 * read aloud are noise.
 */

const PAUSE_MS = 3_000;

export class Announcer {
  readonly #assertive = region('assertive');
  readonly #polite = region('polite');
  readonly #sum_up: (count: number) => string;
  #waiting: string[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(sum_up: (count: number) => string) {
    this.#sum_up = sum_up;
    document.body.append(this.#assertive, this.#polite);
  }

  say(text: string): void {
    put(this.#assertive, text);
  }

  murmur(text: string): void {
    this.#waiting.push(text);
    this.#timer ??= setTimeout(() => this.#flush(), PAUSE_MS);
  }

  remove(): void {
    clearTimeout(this.#timer);
    this.#assertive.remove();
    this.#polite.remove();
  }

  #flush(): void {
    const [only] = this.#waiting;
    const count = this.#waiting.length;
    this.#waiting = [];
    this.#timer = undefined;
    put(this.#polite, count === 1 && only !== undefined ? only : this.#sum_up(count));
  }
}

function region(urgency: 'assertive' | 'polite'): HTMLElement {
  const element = document.createElement('div');
  element.className = 'sr';
  element.setAttribute('aria-live', urgency);
  return element;
}

function put(element: HTMLElement, text: string): void {
  // The same words again are only read when the text node is another one.
  element.replaceChildren(document.createTextNode(text));
}
