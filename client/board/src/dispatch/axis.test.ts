import { formats } from '@kanvoy/kit/format.ts';
import { describe, expect, test } from 'vitest';
import {
  axis_over,
  day_beside,
  day_named,
  HOUR,
  index_at_x,
  laid_out,
  weekday_of,
  work_of,
  x_of,
} from './axis.ts';

const berlin = formats('de-DE', 'Europe/Berlin');
const friday = day_named(berlin, '2026-11-27');

const driver = {
  type: 'driver' as const,
  id: 'jonas',
  name: 'Jonas',
  phone: '',
  call_sign: '',
  zones: [],
  skills: [],
  hub_id: null,
  vehicle_id: null,
  shifts: [{ days: [4], opens: 360, closes: 840, breaks: [{ opens: 600, closes: 630 }] }],
  days_off: ['2026-12-04'],
  max_stops: 0,
  active: true,
};

describe('a day', () => {
  test('is as long as the clock says, also when the clock changes', () => {
    const length = (name: string): number => {
      const day = day_named(berlin, name);
      return (day.ends - day.starts) / HOUR;
    };
    expect(length('2026-11-27')).toBe(24);
    expect(length('2026-10-25')).toBe(25);
    expect(length('2026-03-29')).toBe(23);
  });

  test('has neighbours, across months and changes of the clock', () => {
    expect(day_beside(berlin, day_named(berlin, '2026-10-25'), 1).name).toBe('2026-10-26');
    expect(day_beside(berlin, day_named(berlin, '2026-11-01'), -1).name).toBe('2026-10-31');
    expect(weekday_of('2026-11-30')).toBe(0);
  });
});

describe('work', () => {
  test('is the shifts of the weekday with their breaks', () => {
    const work = work_of(berlin, driver, friday);
    expect(work.shifts).toEqual([
      { opens: friday.starts + 6 * HOUR, closes: friday.starts + 14 * HOUR },
    ]);
    expect(work.breaks).toHaveLength(1);
  });

  test('there is none on other weekdays and on days off', () => {
    expect(work_of(berlin, driver, day_named(berlin, '2026-11-28')).shifts).toEqual([]);
    expect(work_of(berlin, driver, day_named(berlin, '2026-12-04')).shifts).toEqual([]);
  });

  test('who has no shifts is always at work', () => {
    const work = work_of(berlin, { ...driver, shifts: [] }, friday);
    expect(work.always).toBe(true);
    expect(work.shifts).toEqual([{ opens: friday.starts, closes: friday.ends }]);
  });
});

describe('the axis', () => {
  test('spans whole hours around all times, and at least eight', () => {
    const axis = axis_over(friday, [friday.starts + 10.5 * HOUR], 90);
    expect((axis.to - axis.from) / HOUR).toBe(8);
    expect(axis.from).toBe(friday.starts + 10 * HOUR);
    expect(x_of(axis, friday.starts + 11 * HOUR)).toBe(90);
  });

  test('stays within the day', () => {
    const axis = axis_over(friday, [friday.ends - HOUR / 2], 60);
    expect(axis.to).toBe(friday.ends);
    expect(x_of(axis, friday.ends + 5 * HOUR)).toBe(axis.width);
  });
});

describe('chips', () => {
  test('that would cover each other go into lanes, at most three', () => {
    const { chips, lanes } = laid_out([0, 10, 20, 30], 100);
    expect(chips.map((chip) => chip.lane)).toEqual([0, 1, 2, 0]);
    expect(lanes).toBe(3);
    expect(chips[3]?.left).toBe(104);
  });

  test('never stand left of an earlier stop', () => {
    const { chips } = laid_out([300, 50, 400], 100);
    expect(chips.map((chip) => chip.left)).toEqual([300, 300, 400]);
  });

  test('the middle of a chip divides where something dropped goes', () => {
    const { chips } = laid_out([0, 200], 100);
    expect([10, 60, 240, 260].map((x) => index_at_x(chips, 100, x))).toEqual([0, 1, 1, 2]);
  });
});
