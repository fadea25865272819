import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FreshnessJudge, type Moment } from './freshness.ts';

const at = (seconds: number, wall = seconds): Moment => ({
  steady: seconds * 1000,
  wall: wall * 1000,
});

/** A screen that was proven at second 0. */
function proven(): FreshnessJudge {
  const judge = new FreshnessJudge(at(0));
  judge.connected(at(0), 1_000_000);
  judge.summed(true);
  return judge;
}

test('nothing shown yet is a start, and after 20 s no live screen', () => {
  const judge = new FreshnessJudge(at(0));

  expect(judge.at(at(19))).toEqual({ kind: 'starting' });
  expect(judge.at(at(21))).toEqual({ kind: 'red', since: null });
});

test('[WB61] silence is amber after 5 s and red after 20 s, with the time of the last proof', () => {
  const judge = proven();

  expect(judge.at(at(5))).toEqual({ kind: 'live' });
  expect(judge.at(at(5.1))).toEqual({ kind: 'amber', since: 1_000_000 });
  expect(judge.at(at(20))).toEqual({ kind: 'amber', since: 1_000_000 });
  expect(judge.at(at(20.1))).toEqual({ kind: 'red', since: 1_000_000 });
});

test('[WB61] the age counts from the question, not from the answer', () => {
  const judge = proven();

  judge.asked(at(1));
  judge.answered(1_030_000);

  expect(judge.at(at(30))).toEqual({ kind: 'red', since: 1_030_000 });
});

test('[WB61] a sleep is seen by the wall clock when the steady clock stood still', () => {
  const judge = proven();

  expect(judge.at(at(1, 600))).toEqual({ kind: 'red', since: 1_000_000 });
});

test('[WB61] a wall clock that is set back does not make old things new', () => {
  const judge = proven();

  expect(judge.at(at(21, -3600))).toEqual({ kind: 'red', since: 1_000_000 });
});

test('[WB62] what lay in a buffer during a sleep proves nothing: it answers no question', () => {
  const judge = proven();

  judge.summed(true);
  judge.summed(true);

  expect(judge.at(at(1, 600)).kind).toBe('red');
});

test('[WB62] after a new connection only the checksum brings the screen back to life', () => {
  const judge = proven();
  judge.lost();
  judge.connected(at(60), 1_060_000);
  judge.asked(at(61));
  judge.answered(1_061_000);
  const before = judge.at(at(61));

  judge.summed(false);
  const different = judge.at(at(62));
  judge.summed(true);

  expect(before.kind).toBe('red');
  expect(different.kind).toBe('red');
  expect(judge.at(at(63))).toEqual({ kind: 'live' });
});

test('an answer of an earlier socket does not count', () => {
  const judge = proven();
  judge.asked(at(50));
  judge.lost();
  judge.answered(1_050_000);

  expect(judge.at(at(50)).kind).toBe('red');
});

test('[WB61] whatever happens, a live screen was proven by a question of the last 5 s', () => {
  const step = fc.record({
    what: fc.constantFrom('ask', 'answer', 'agree', 'differ', 'lose', 'connect'),
    steady: fc.nat(9_000),
    wall: fc.integer({ min: -9_000, max: 9_000 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const judge = new FreshnessJudge(at(0));
      let now: Moment = { steady: 0, wall: 0 };
      let newest = Number.NEGATIVE_INFINITY;
      for (const { what, steady, wall } of steps) {
        now = { steady: now.steady + steady, wall: now.wall + wall };
        if (what === 'ask') {
          judge.asked(now);
          newest = now.steady;
        } else if (what === 'answer') judge.answered(1);
        else if (what === 'lose') judge.lost();
        else if (what === 'connect') {
          judge.connected(now, 1);
          newest = now.steady;
        } else judge.summed(what === 'agree');
        if (judge.at(now).kind === 'live') expect(now.steady - newest).toBeLessThanOrEqual(5_000);
      }
    }),
  );
});
