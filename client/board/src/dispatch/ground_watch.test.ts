import { expect, test } from 'vitest';
import { GroundWatch, thanks_of } from './ground_watch.ts';

function watched(): { readonly watch: GroundWatch; readonly said: string[] } {
  const said: string[] = [];
  const watch = new GroundWatch(
    () => said.push('came'),
    () => said.push('failed'),
  );
  return { watch, said };
}

test('the first tile shows the ground, and only the first', () => {
  const { watch, said } = watched();
  watch.missed();
  watch.came();
  watch.came();
  watch.settled();
  expect(said).toEqual(['came']);
});

test('a ground of which no tile came is none', () => {
  const { watch, said } = watched();
  watch.settled();
  watch.settled();
  expect(said).toEqual(['failed']);
});

test('a hole in the coverage is forgiven, a network that is gone is told once', () => {
  const { watch, said } = watched();
  watch.came();
  for (let round = 0; round < 5; round += 1) {
    watch.missed();
    watch.missed();
    watch.missed();
    watch.came();
  }
  expect(said).toEqual(['came']);
  for (let tile = 0; tile < 9; tile += 1) watch.missed();
  expect(said).toEqual(['came', 'failed']);
});

test('thanks are words, each once, and never markup', () => {
  const link = '<a href="https://tiles.example" onclick="alert(1)">&copy; Tilers</a>';
  expect(thanks_of([link, '© Tilers', ' ', 'Streets &amp; Co'])).toEqual([
    '© Tilers',
    'Streets & Co',
  ]);
});
