import type {
  Command,
  CommandNumber,
  OrderId,
  Receipt,
  Version,
} from '@kanvoy/protocol/messages.gen.ts';
import type { Guess } from './entry.ts';
import { signal, type Readable, type Signal } from './signal.ts';

/** One own command that can be taken back, or done again. */
export interface Step {
  readonly number: CommandNumber;
  readonly command: Command;
  /** What each order looked like before and after, as this client showed it. */
  readonly guesses: Readonly<Record<OrderId, Guess>>;
}

export interface Steps {
  readonly undo: Step | null;
  readonly redo: Step | null;
}

/** A step that was taken back, and the command that did so. */
export interface Undone {
  readonly step: Step;
  readonly by: CommandNumber;
  /** Versions after the undo, once known: redoing is judged from there. */
  readonly versions: Readonly<Record<string, Version>> | null;
}

/** How a command came about, as far as the history cares. */
export type Origin =
  | { readonly kind: 'new' }
  | { readonly kind: 'undo'; readonly step: Step }
  | { readonly kind: 'redo' };

const DEPTH = 50;

/** Creating cannot be done again under the same id. */
const NOT_AGAIN: ReadonlySet<Command['kind']> = new Set(['create_order', 'copy_order']);

/** Own commands only, newest last. A refused command leaves; a new one ends what could be redone. */
export class History {
  readonly #steps: Signal<Steps> = signal<Steps>({ undo: null, redo: null });
  #done: Step[] = [];
  #undone: Undone[] = [];

  get steps(): Readable<Steps> {
    return this.#steps;
  }

  get next_undo(): Step | null {
    return this.#done.at(-1) ?? null;
  }

  get next_redo(): Undone | null {
    return this.#undone.at(-1) ?? null;
  }

  find(number: CommandNumber): Step | undefined {
    return this.#done.find((step) => step.number === number);
  }

  issued(step: Step, origin: Origin): void {
    if (origin.kind === 'undo') {
      this.#done = this.#done.filter((each) => each !== origin.step);
      if (!NOT_AGAIN.has(origin.step.command.kind)) {
        this.#undone.push({ step: origin.step, by: step.number, versions: null });
      }
    } else {
      if (origin.kind === 'redo') this.#undone.pop();
      else this.#undone = [];
      this.#done = [...this.#done, step].slice(-DEPTH);
    }
    this.#tell();
  }

  settled(receipt: Receipt): void {
    if (receipt.outcome === 'noop' || receipt.dry_run === true) this.#forget(receipt.number);
    this.#undone = this.#undone.map((undone) =>
      undone.by === receipt.number ? { ...undone, versions: receipt.versions ?? {} } : undone,
    );
    this.#tell();
  }

  refused(number: CommandNumber): void {
    this.#forget(number);
    this.#undone = this.#undone.filter((undone) => undone.by !== number);
    this.#tell();
  }

  #forget(number: CommandNumber): void {
    this.#done = this.#done.filter((step) => step.number !== number);
  }

  #tell(): void {
    const next = { undo: this.next_undo, redo: this.next_redo?.step ?? null };
    const before = this.#steps.get();
    if (next.undo !== before.undo || next.redo !== before.redo) this.#steps.set(next);
  }
}
