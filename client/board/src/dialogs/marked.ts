/** Which letters of a found text are the ones that were typed. */
import { fold } from '@kanvoy/sync/filter.ts';

export interface Part {
  readonly text: string;
  readonly hit: boolean;
}

/** Cuts `text` where the words match it; case and accents do not matter, as in the search. */
export function marked(text: string, words: string): readonly Part[] {
  const letters = [...text];
  const folded = letters.map(fold);
  const hits = new Set<number>();
  for (const word of fold(words.trim()).split(/\s+/)) {
    if (word !== '') for (const at of found_at(folded, word)) hits.add(at);
  }
  const parts: Part[] = [];
  for (const [at, letter] of letters.entries()) {
    const last = parts.at(-1);
    const hit = hits.has(at);
    if (last !== undefined && last.hit === hit) parts[parts.length - 1] = joined(last, letter);
    else parts.push({ text: letter, hit });
  }
  return parts;
}

const joined = ({ text, hit }: Part, letter: string): Part => ({ text: text + letter, hit });

/** The letters under the first place of `word`; one letter may fold to two, as `ß` does. */
function found_at(folded: readonly string[], word: string): readonly number[] {
  const start = folded.join('').indexOf(word);
  if (start < 0) return [];
  const found: number[] = [];
  let offset = 0;
  for (const [at, letter] of folded.entries()) {
    const end = offset + letter.length;
    if (end > start && offset < start + word.length) found.push(at);
    offset = end;
  }
  return found;
}
