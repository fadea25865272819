import { expect, test } from 'vitest';
import { marked } from './marked.ts';

const shown = (text: string, words: string): string =>
  marked(text, words)
    .map((part) => (part.hit ? `[${part.text}]` : part.text))
    .join('');

test('the letters that were typed are marked, whatever their case and accents', () => {
  expect(shown('Bäckerei Groß', 'BACK gross')).toBe('[Bäck]erei [Groß]');
});

test('words may overlap, and what does not match stays plain', () => {
  expect(shown('Ernst Handel', 'ern nst')).toBe('[Ernst] Handel');
  expect(shown('Ernst Handel', 'x')).toBe('Ernst Handel');
  expect(shown('Ernst', ' ')).toBe('Ernst');
});
