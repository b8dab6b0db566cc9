// Offsets of zones at the ends of what PostgreSQL can hold, and where clocks are put forward and back.

import { expect, it } from 'vitest';
import { daysOf, finite, formatMoment } from './calendar.ts';
import { offsetAt, toLocal, toUtc } from './time-zones.ts';

const noon = 12 * 3_600 * 1_000_000;

it.each([294_276, -4_712, 275_760])('has an offset in the year %i', (year) => {
  const moment = finite(daysOf({ year, month: 12, day: 31 }), noon);
  expect(Math.abs(offsetAt('Europe/Berlin', moment))).toBeLessThanOrEqual(2 * 3_600);
});

it('takes standard time where an hour comes twice', () => {
  const local = finite(daysOf({ year: 2024, month: 10, day: 27 }), 2.5 * 3_600 * 1_000_000);
  expect(formatMoment(toUtc(local, 'Europe/Berlin'))).toBe('2024-10-27 01:30:00');
});

it('goes from UTC to the zone and back', () => {
  for (let day = 0; day < 366; day++) {
    const utc = finite(daysOf({ year: 2024, month: 1, day: 1 }) + day, noon);
    expect(toUtc(toLocal(utc, 'America/New_York'), 'America/New_York')).toEqual(utc);
  }
});
