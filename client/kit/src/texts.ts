/** Words by key, with numbers and names put in and the plural of the language. */
import { en } from './texts_en.ts';
import { wording, type Text, type Values } from './wording.ts';

export type { Text, Values };
export type Key = keyof typeof en;

export const t = wording<Key>(en);

export function has_text(key: string): key is Key {
  return Object.hasOwn(en, key);
}
