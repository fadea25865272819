/** The drag under way: what travels, where it is, and whether that place takes it. */
import type { Verdict } from '../act/moves.ts';

export interface Over {
  readonly stage: string;
  readonly lane: string;
  readonly index: number;
  readonly verdict: Verdict;
}

export class Drag {
  ids: readonly string[] = $state.raw([]);
  over: Over | null = $state.raw(null);
  /** Per stage, whether it takes what travels; read by the columns to dim themselves. */
  verdicts: ReadonlyMap<string, Verdict> = $state.raw(new Map());

  get active(): boolean {
    return this.ids.length > 0;
  }

  hover(over: Over | null): void {
    const now = this.over;
    if (over?.stage === now?.stage && over?.lane === now?.lane && over?.index === now?.index)
      return;
    this.over = over;
  }

  end(): void {
    this.ids = [];
    this.over = null;
    this.verdicts = new Map();
  }
}
