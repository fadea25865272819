import type { Answer } from '@kanvoy/kit/http.ts';
import { expect, test } from 'vitest';
import { ask_session, place_of, same_place, type DisplaySession } from './session.ts';
import { WALL } from '../testing/a_wall.ts';

const { view_id: _, ...OFFICE } = WALL;
const PERSON: DisplaySession = { ...OFFICE, csrf: 'a person’s' };

/** A browser with these sessions; a number is the status of a refusal. */
class Browser {
  readonly asked: string[] = [];
  readonly display: DisplaySession | number;
  readonly person: DisplaySession | number;

  constructor(display: DisplaySession | number, person: DisplaySession | number) {
    this.display = display;
    this.person = person;
  }

  async ask(search: string): Promise<DisplaySession | number> {
    const display = { get: this.#asker('display') };
    const person = { get: this.#asker('person') };
    const answer = await ask_session({ display, person }, search);
    return answer.ok ? answer.value : answer.failure.status;
  }

  #asker(who: 'display' | 'person') {
    return async <T>(path: string): Promise<Answer<T>> => {
      this.asked.push(`${who} ${path}`);
      const held = this[who];
      if (typeof held !== 'number') return { ok: true, value: held as T };
      const rest = { code: '', detail: '', retry_after: null, body: null };
      return { ok: false, failure: { status: held, ...rest } };
    };
  }
}

test('[DV18] a wallboard asks as a display, whoever else is signed in', async () => {
  const browser = new Browser(WALL, PERSON);

  expect(await browser.ask('')).toBe(WALL);
  expect(browser.asked).toEqual(['display /v1/session']);
  expect(await new Browser(401, PERSON).ask('')).toBe(401);
});

test('[DV18] a person who asks for a view asks as a person, also where a display is', async () => {
  const browser = new Browser(WALL, PERSON);

  expect(await browser.ask('?view=yard')).toBe(PERSON);
  expect(browser.asked).toEqual(['person /v1/session']);
  expect(await new Browser(WALL, 503).ask('?view=yard')).toBe(503);
});

test('a display that was opened at a view goes by its own session while nobody is signed in', async () => {
  expect(await new Browser(WALL, 401).ask('?view=yard')).toBe(WALL);
  expect(await new Browser(401, 401).ask('?view=yard')).toBe(401);
});

test('[DV19] a display found where people’s sign-ins lie is asked for as a display', async () => {
  const browser = new Browser(WALL, WALL);

  expect(await browser.ask('?view=yard')).toBe(WALL);
  expect(browser.asked).toEqual(['person /v1/session', 'display /v1/session']);
});

test('a display shows its own view, a person the one asked for, and nobody an odd one', () => {
  expect(place_of(WALL, '?view=other')).toMatchObject({ view_id: 'hall', preview: false });
  expect(place_of(PERSON, '?view=other')).toMatchObject({ view_id: 'other', preview: true });
  expect(place_of(PERSON, '')).toBeNull();
  expect(place_of(PERSON, '?view=../x')).toBeNull();
});

test('another session is another place, and so is another view', () => {
  const place = place_of(WALL, '');
  const yard = place_of({ ...WALL, view_id: 'yard' }, '');
  const person = place_of(PERSON, '?view=hall');
  if (place === null || yard === null || person === null) throw new Error('all are places');

  expect(same_place(place, place_of(WALL, '?view=other') ?? yard)).toBe(true);
  expect(same_place(place, yard)).toBe(false);
  expect(same_place(place, person)).toBe(false);
});
