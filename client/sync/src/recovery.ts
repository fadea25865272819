import type { CommandNumber } from '@kanvoy/protocol/messages.gen.ts';
import type { Notice } from './notices.ts';

/** Shorter absences are nobody's business unless work was waiting. */
const WORTH_TELLING_MS = 5_000;

/** Sums up an absence: how long, what was sent afterwards, and how much of it was refused. */
export class Recovery {
  readonly #notify: (notice: Notice) => void;
  #lost_at: number | null = null;
  #away_ms = 0;
  #open: Set<CommandNumber> | null = null;
  #sent = 0;
  #conflicts = 0;

  constructor(notify: (notice: Notice) => void) {
    this.#notify = notify;
  }

  lost(at: number): void {
    this.#lost_at ??= at;
    this.#open = null;
  }

  /** Live again with these commands still to be answered. */
  back(at: number, waiting: readonly CommandNumber[]): void {
    if (this.#lost_at === null) return;
    this.#away_ms = at - this.#lost_at;
    this.#lost_at = null;
    this.#open = new Set(waiting);
    this.#sent = waiting.length;
    this.#conflicts = 0;
    this.#conclude();
  }

  answered(number: CommandNumber, refused: boolean): void {
    if (this.#open?.delete(number) !== true) return;
    if (refused) this.#conflicts += 1;
    this.#conclude();
  }

  #conclude(): void {
    if (this.#open === null || this.#open.size > 0) return;
    this.#open = null;
    if (this.#away_ms < WORTH_TELLING_MS && this.#conflicts === 0) return;
    this.#notify({
      kind: 'reconnected',
      away_ms: this.#away_ms,
      sent: this.#sent,
      conflicts: this.#conflicts,
    });
  }
}
