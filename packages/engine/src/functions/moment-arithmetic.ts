// Moments and intervals together: sums, differences, ages, rounding to units.

import {
  type CivilDate,
  checkRange,
  dateOf,
  daysInMonth,
  daysOf,
  finite,
  type Moment,
  usPerDay,
  weekdayOf,
} from './calendar.ts';
import { sqlFault } from './function-error.ts';
import { type Interval, justifyHours } from './interval.ts';
import { toLocal, toUtc } from './time-zones.ts';

/** A day that the month does not have becomes its last one. */
export function addMonths(days: number, months: number): number {
  if (months === 0) return days;
  const { year, month, day } = dateOf(days);
  const count = year * 12 + month - 1 + months;
  const [newYear, newMonth] = [Math.floor(count / 12), (((count % 12) + 12) % 12) + 1];
  return daysOf({
    year: newYear,
    month: newMonth,
    day: Math.min(day, daysInMonth(newYear, newMonth)),
  });
}

function checked(moment: Moment): Moment {
  if (moment.kind === 'finite') checkRange(moment.days);
  return moment;
}

export function addInterval(moment: Moment, { months, days, us }: Interval): Moment {
  if (moment.kind !== 'finite') return moment;
  return checked(finite(addMonths(moment.days, months) + days, moment.us + us));
}

/** Months and days by the clock of the zone, the rest by time that passes. */
export function addIntervalInZone(moment: Moment, interval: Interval, zone: string): Moment {
  if (moment.kind !== 'finite') return moment;
  const { months, days, us } = interval;
  if (months === 0 && days === 0) return checked(finite(moment.days, moment.us + us));
  const shifted = toUtc(addInterval(toLocal(moment, zone), { months, days, us: 0 }), zone);
  return shifted.kind === 'finite' ? checked(finite(shifted.days, shifted.us + us)) : shifted;
}

/** In days and time. Throws 22008 where one of both is infinite. */
export function difference(a: Moment, b: Moment): Interval {
  if (a.kind !== 'finite' || b.kind !== 'finite') {
    throw sqlFault('22008', 'cannot subtract infinite timestamps');
  }
  const us = a.us - b.us;
  const days = a.days - b.days;
  // As one span of time, cut into whole days of one sign.
  if (days > 0 && us < 0) return { months: 0, days: days - 1, us: us + usPerDay };
  if (days < 0 && us > 0) return { months: 0, days: days + 1, us: us - usPerDay };
  return justifyHours({ months: 0, days, us });
}

/** Microseconds from `b` to `a`. */
export function spanBetween(a: Moment, b: Moment): bigint {
  if (a.kind !== 'finite' || b.kind !== 'finite') {
    throw sqlFault('22008', 'cannot subtract infinite timestamps');
  }
  return BigInt(a.days - b.days) * BigInt(usPerDay) + BigInt(a.us - b.us);
}

/** In years, months, days and time (timestamp_age). */
export function age(a: Moment, b: Moment): Interval {
  if (a.kind !== 'finite' || b.kind !== 'finite') {
    throw sqlFault('22008', 'timestamp out of range');
  }
  const isNegative = a.days < b.days || (a.days === b.days && a.us < b.us);
  const [late, early] = isNegative ? [b, a] : [a, b];
  const [to, from] = [dateOf(late.days), dateOf(early.days)];
  let us = late.us - early.us;
  let days = to.day - from.day;
  let months = (to.year - from.year) * 12 + to.month - from.month;
  if (us < 0) {
    us += usPerDay;
    days--;
  }
  if (days < 0) {
    // The month that is borrowed from is that of the earlier one.
    days += daysInMonth(from.year, from.month);
    months--;
  }
  const sign = isNegative ? -1 : 1;
  const signed = (value: number): number => (value === 0 ? 0 : value * sign);
  return { months: signed(months), days: signed(days), us: signed(us) };
}

export type TimeUnit =
  | 'microseconds'
  | 'milliseconds'
  | 'second'
  | 'minute'
  | 'hour'
  | 'day'
  | 'week'
  | 'month'
  | 'quarter'
  | 'year'
  | 'decade'
  | 'century'
  | 'millennium';

const unitNames: ReadonlyMap<string, TimeUnit> = new Map<string, TimeUnit>([
  ['microseconds', 'microseconds'],
  ['microsecond', 'microseconds'],
  ['us', 'microseconds'],
  ['usec', 'microseconds'],
  ['usecs', 'microseconds'],
  ['milliseconds', 'milliseconds'],
  ['millisecond', 'milliseconds'],
  ['ms', 'milliseconds'],
  ['msec', 'milliseconds'],
  ['msecs', 'milliseconds'],
  ['second', 'second'],
  ['seconds', 'second'],
  ['sec', 'second'],
  ['secs', 'second'],
  ['s', 'second'],
  ['minute', 'minute'],
  ['minutes', 'minute'],
  ['min', 'minute'],
  ['mins', 'minute'],
  ['m', 'minute'],
  ['hour', 'hour'],
  ['hours', 'hour'],
  ['hr', 'hour'],
  ['hrs', 'hour'],
  ['h', 'hour'],
  ['day', 'day'],
  ['days', 'day'],
  ['d', 'day'],
  ['week', 'week'],
  ['weeks', 'week'],
  ['w', 'week'],
  ['month', 'month'],
  ['months', 'month'],
  ['mon', 'month'],
  ['mons', 'month'],
  ['quarter', 'quarter'],
  ['qtr', 'quarter'],
  ['year', 'year'],
  ['years', 'year'],
  ['yr', 'year'],
  ['yrs', 'year'],
  ['y', 'year'],
  ['decade', 'decade'],
  ['decades', 'decade'],
  ['dec', 'decade'],
  ['decs', 'decade'],
  ['century', 'century'],
  ['centuries', 'century'],
  ['cent', 'century'],
  ['c', 'century'],
  ['millennium', 'millennium'],
  ['millennia', 'millennium'],
  ['mil', 'millennium'],
  ['mils', 'millennium'],
]);

/** The unit of a name in any case; undefined for what is none. */
export function unitOf(name: string): TimeUnit | undefined {
  return unitNames.get(name.trim().toLowerCase());
}

export function unknownUnit(name: string, type: string): Error {
  return sqlFault('22023', `unit "${name.toLowerCase()}" not recognized for type ${type}`);
}

export const usByUnit: Readonly<Partial<Record<TimeUnit, number>>> = {
  microseconds: 1,
  milliseconds: 1_000,
  second: 1_000_000,
  minute: 60_000_000,
  hour: 3_600_000_000,
};

/** The last beginning of a unit. */
export function truncateMoment(moment: Moment, unit: TimeUnit): Moment {
  if (moment.kind !== 'finite') return moment;
  const step = usByUnit[unit];
  if (step !== undefined) return finite(moment.days, Math.floor(moment.us / step) * step);
  if (unit === 'day') return finite(moment.days, 0);
  if (unit === 'week') return finite(moment.days - ((weekdayOf(moment.days) + 6) % 7), 0);
  return finite(daysOf(truncateDate(dateOf(moment.days), unit)), 0);
}

function truncateDate({ year, month }: CivilDate, unit: TimeUnit): CivilDate {
  switch (unit) {
    case 'month':
      return { year, month, day: 1 };
    case 'quarter':
      return { year, month: month - ((month - 1) % 3), day: 1 };
    case 'decade':
      return { year: Math.floor(year / 10) * 10, month: 1, day: 1 };
    // Centuries and millennia begin with the year one.
    case 'century':
      return { year: Math.floor((year - 1) / 100) * 100 + 1, month: 1, day: 1 };
    case 'millennium':
      return { year: Math.floor((year - 1) / 1_000) * 1_000 + 1, month: 1, day: 1 };
    default:
      return { year, month: 1, day: 1 };
  }
}

export function truncateInterval({ months, days, us }: Interval, unit: TimeUnit): Interval {
  const step = usByUnit[unit];
  if (step !== undefined) return { months, days, us: Math.trunc(us / step) * step };
  if (unit === 'week') {
    throw sqlFault(
      '0A000',
      'unit "week" not supported for type interval',
      'Months usually have fractional weeks.',
    );
  }
  if (unit === 'day') return { months, days, us: 0 };
  const count = { month: 1, quarter: 3, year: 12, decade: 120, century: 1_200, millennium: 12_000 }[
    unit as 'month'
  ];
  return { months: Math.trunc(months / count) * count, days: 0, us: 0 };
}

/** The day of the year, from 1. */
export function dayOfYear(days: number): number {
  return days - daysOf({ year: dateOf(days).year, month: 1, day: 1 }) + 1;
}
