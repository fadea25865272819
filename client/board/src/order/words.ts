/** The words of an order's deliveries, proofs and claims; they come with the drawer. */
import { wording } from '@kanvoy/kit/wording.ts';
import { en } from './texts_en.ts';

export const d = wording<keyof typeof en>(en);

export function has_words(key: string): key is keyof typeof en {
  return Object.hasOwn(en, key);
}
