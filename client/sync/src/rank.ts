import type { Rank } from '@kanvoy/protocol/messages.gen.ts';
import { generateKeyBetween } from 'fractional-indexing';

/**
 * A sort key between two neighbours, only to draw a card before the server has placed it.
 *
 * The server's keys need not be of the library's form, and two neighbours may share a key or have
 * changed places since the drop; then a plain text that sorts next to one of them does.
 */
export function rank_between(after: Rank | null, before: Rank | null): Rank {
  const upper = after !== null && before !== null && before <= after ? null : before;
  try {
    return generateKeyBetween(after, upper);
  } catch {
    // '!' sorts below every character of a key, so this is next after it; a prefix is next before.
    return after !== null ? `${after}!` : (upper ?? 'a0').slice(0, -1);
  }
}
