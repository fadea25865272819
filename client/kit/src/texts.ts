/** Words by key, with numbers and names put in and the plural of the language. */
import { en } from './texts_en.ts';

/** One text, or its plural forms by `count`. */
export type Text = string | { readonly one: string; readonly other: string };
export type Key = keyof typeof en;
export type Values = Readonly<Record<string, string | number>>;

const plurals = new Intl.PluralRules('en');
const numbers = new Intl.NumberFormat('en');

export function t(key: Key, values: Values = {}): string {
  const text: Text = en[key];
  const count = Number(values['count'] ?? values['left'] ?? 0);
  const form =
    typeof text === 'string' ? text : text[plurals.select(count) === 'one' ? 'one' : 'other'];
  return form.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name] ?? '';
    return typeof value === 'number' ? numbers.format(value) : value;
  });
}

export function has_text(key: string): key is Key {
  return Object.hasOwn(en, key);
}
