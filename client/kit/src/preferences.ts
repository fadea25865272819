/** What one browser remembers about how somebody likes the screen. Never data of orders. */

export function remembered<T>(key: string, fallback: T, fits: (value: unknown) => value is T): T {
  try {
    const text = localStorage.getItem(`kanvoy.${key}`);
    const value: unknown = text === null ? fallback : JSON.parse(text);
    return fits(value) ? value : fallback;
  } catch {
    // Storage may be forbidden, or hold another version's shape.
    return fallback;
  }
}

export function remember(key: string, value: unknown): void {
  try {
    localStorage.setItem(`kanvoy.${key}`, JSON.stringify(value));
  } catch {
    // A private window may refuse; the setting then lasts as long as the page.
  }
}

export const is_boolean = (value: unknown): value is boolean => typeof value === 'boolean';
export const is_texts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

/** A guard for one of a few words. */
export function one_of<const T extends string>(...words: readonly T[]) {
  return (value: unknown): value is T => words.some((word) => word === value);
}
