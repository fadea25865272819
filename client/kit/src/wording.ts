/** Makes the `t()` of one catalogue, so that each app carries its own words only. */

/** One text, or its plural forms by `count`. */
export type Text = string | { readonly one: string; readonly other: string };
export type Values = Readonly<Record<string, string | number>>;

const plurals = new Intl.PluralRules('en');
const numbers = new Intl.NumberFormat('en');

/** Words by key, with numbers and names put in and the plural of the language. */
export function wording<Key extends string>(
  catalogue: Readonly<Record<Key, Text>>,
): (key: Key, values?: Values) => string {
  return (key, values = {}) => {
    const text: Text = catalogue[key];
    const count = Number(values['count'] ?? values['left'] ?? 0);
    const form =
      typeof text === 'string' ? text : text[plurals.select(count) === 'one' ? 'one' : 'other'];
    return form.replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = values[name] ?? '';
      return typeof value === 'number' ? numbers.format(value) : value;
    });
  };
}
