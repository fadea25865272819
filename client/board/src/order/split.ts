/** The arithmetic of splitting a delivery: some of each line goes, something has to stay. */
import type { Take } from '@kanvoy/protocol/messages.gen.ts';

export interface SplitLine {
  readonly line_id: string;
  readonly name: string;
  /** How many the delivery brings. */
  readonly brings: number;
  readonly goes: number;
}

export type SplitProblem = 'nothing' | 'everything' | null;

/** Whole pieces between none and all. */
export function with_goes(
  lines: readonly SplitLine[],
  line_id: string,
  goes: number,
): readonly SplitLine[] {
  return lines.map((line) => {
    if (line.line_id !== line_id) return line;
    const whole = Number.isFinite(goes) ? Math.trunc(goes) : 0;
    return { ...line, goes: Math.max(0, Math.min(line.brings, whole)) };
  });
}

/** What others changed meanwhile: what goes is kept as far as there is still so much. */
export function followed(
  before: readonly SplitLine[],
  brings: readonly { readonly line_id: string; readonly name: string; readonly quantity: number }[],
): readonly SplitLine[] {
  const goes = new Map(before.map((line) => [line.line_id, line.goes]));
  return brings.map(({ line_id, name, quantity }) => ({
    line_id,
    name,
    brings: quantity,
    goes: Math.min(quantity, goes.get(line_id) ?? 0),
  }));
}

export function split_problem(lines: readonly SplitLine[]): SplitProblem {
  if (lines.every((line) => line.goes === 0)) return 'nothing';
  return lines.every((line) => line.goes === line.brings) ? 'everything' : null;
}

export function takes_of(lines: readonly SplitLine[]): readonly Take[] {
  return lines
    .filter((line) => line.goes > 0)
    .map(({ line_id, goes }) => ({ line_id, quantity: goes }));
}
