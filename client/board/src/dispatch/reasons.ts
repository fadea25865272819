/** Why a driver cannot bring something, in words; words of a newer server keep their own. */
import { has_words, w } from './words.ts';

export function reason_words(reason: string): string {
  const key = `reason.${reason}`;
  return has_words(key) ? w(key) : reason.replaceAll('_', ' ');
}
