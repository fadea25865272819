import type { LabelId, Priority, StageId } from '@kanvoy/protocol/messages.gen.ts';
import type { Card } from './full.ts';

/** Which cards to show. An absent part lets everything through; all parts must hold. */
export interface Filter {
  /** All words, in any order, anywhere in number, customer, city, products or note. */
  readonly text?: string;
  readonly stages?: readonly StageId[];
  /** Any of these labels. */
  readonly labels?: readonly LabelId[];
  readonly priorities?: readonly Priority[];
  /** Any of these drivers; null means orders without a driver. */
  readonly drivers?: readonly (string | null)[];
  readonly csrs?: readonly (string | null)[];
  readonly cities?: readonly string[];
  readonly customers?: readonly string[];
  /** Window already closed and not done or cancelled. */
  readonly late?: boolean;
  readonly held?: boolean;
  readonly review?: boolean;
  readonly no_window?: boolean;
}

/** What a card offers to the text search, folded once. */
export interface Searchable {
  readonly card: Card;
  readonly haystack: string;
}

export type Test = (searchable: Searchable) => boolean;

export const NO_FILTER: Filter = {};

/** Case and accents never matter: `Bäckerei` is found by `backerei` and by `BÄCKEREI`. */
export function fold(text: string): string {
  const lower = text.toLowerCase();
  if (PLAIN.test(lower)) return lower;
  return lower
    .normalize('NFD')
    .replace(MARKS, '')
    .replace(UNDECOMPOSED, (letter) => LETTERS[letter] ?? letter);
}

/** Everything the text search looks at, in one folded string. */
export function haystack(card: Card, number_prefix: string): string {
  return fold(
    `${number_prefix}${card.number} ${card.customer} ${card.city} ${card.products} ${card.note}`,
  );
}

/** Whether the answer depends on the clock, so that it must be asked again now and then. */
export function depends_on_time(filter: Filter): boolean {
  return filter.late !== undefined;
}

export function is_late(card: Card, now: number): boolean {
  return (
    card.window !== null &&
    card.window.closes < now &&
    card.category !== 'done' &&
    card.category !== 'cancelled'
  );
}

/** The filter as one test; only the parts that are there cost anything. */
export function compile(filter: Filter, now: () => number): Test {
  const tests = [
    words_test(filter.text),
    one_of(filter.stages, (card) => card.stage_id),
    one_of(filter.priorities, (card) => card.priority),
    one_of(filter.drivers, (card) => card.driver_id),
    one_of(filter.csrs, (card) => card.csr_id),
    one_of(filter.cities, (card) => card.city),
    one_of(filter.customers, (card) => card.customer_id),
    labels_test(filter.labels),
    flag(filter.held, (card) => card.hold !== null),
    flag(filter.review, (card) => card.review !== null),
    flag(filter.no_window, (card) => card.window === null),
    flag(filter.late, (card) => is_late(card, now())),
  ].filter((test) => test !== null);
  return (searchable) => tests.every((test) => test(searchable));
}

function words_test(text: string | undefined): Test | null {
  const words = fold(text ?? '')
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length === 0) return null;
  return ({ haystack: hay }) => words.every((word) => hay.includes(word));
}

function one_of<T>(wanted: readonly T[] | undefined, value: (card: Card) => T): Test | null {
  if (wanted === undefined || wanted.length === 0) return null;
  const accepted = new Set(wanted);
  return ({ card }) => accepted.has(value(card));
}

function labels_test(wanted: readonly LabelId[] | undefined): Test | null {
  if (wanted === undefined || wanted.length === 0) return null;
  return ({ card }) => wanted.some((label) => card.labels.includes(label));
}

function flag(wanted: boolean | undefined, value: (card: Card) => boolean): Test | null {
  return wanted === undefined ? null : ({ card }) => value(card) === wanted;
}

/** ASCII needs no decomposing; most cards are ASCII, and this is on the path of each keystroke. */
// eslint-disable-next-line no-control-regex
const PLAIN = /^[\x00-\x7f]*$/;
const MARKS = /\p{M}+/gu;
const UNDECOMPOSED = /[ßøłđæœıðþ]/g;
const LETTERS: Readonly<Record<string, string>> = {
  ß: 'ss',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  æ: 'ae',
  œ: 'oe',
  ı: 'i',
  ð: 'd',
  þ: 'th',
};
