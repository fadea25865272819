/** The words of the dispatch screen; they come with it, not with the board. */
import { wording } from '@kanvoy/kit/wording.ts';
import { en } from './texts_en.ts';

export const w = wording<keyof typeof en>(en);

export function has_words(key: string): key is keyof typeof en {
  return Object.hasOwn(en, key);
}
