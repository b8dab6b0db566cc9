// Intervals: months, days and microseconds, which are kept apart because a month has no fixed length. Written
// in PostgreSQL's style `postgres` unless asked otherwise, and computed with as PostgreSQL does.

import { fractionText, usPerDay, usPerSecond } from './calendar.ts';

export interface Interval {
  readonly months: number;
  readonly days: number;
  /** Microseconds; more than a day's worth where it was so written. */
  readonly us: number;
}

const usPerHour = 3_600 * usPerSecond;
const usPerMinute = 60 * usPerSecond;

function negated(value: number): number {
  return value === 0 ? 0 : -value;
}

/** In the style `postgres`: `1 year 2 mons -3 days +04:05:06.7`. */
export function formatInterval({ months, days, us }: Interval): string {
  const parts: string[] = [];
  let isAfterMinus = false;
  const part = (count: number, one: string, many: string): void => {
    if (count === 0) return;
    const sign = isAfterMinus && count > 0 ? '+' : '';
    parts.push(`${sign}${count} ${count === 1 ? one : many}`);
    isAfterMinus = count < 0;
  };
  part(Math.trunc(months / 12), 'year', 'years');
  part(months % 12, 'mon', 'mons');
  part(days, 'day', 'days');
  if (us !== 0 || parts.length === 0) {
    const sign = us < 0 ? '-' : isAfterMinus ? '+' : '';
    parts.push(`${sign}${clockText(Math.abs(us))}`);
  }
  return parts.join(' ');
}

/** Hours, which may be many, minutes and seconds. */
function clockText(us: number): string {
  const seconds = Math.floor(us / usPerSecond);
  const fraction = us - seconds * usPerSecond;
  const two = (value: number): string => String(value).padStart(2, '0');
  const text = `${two(Math.floor(seconds / 3_600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return fraction === 0 ? text : `${text}.${fractionText(fraction)}`;
}

/** In ISO 8601 form, as IntervalStyle iso_8601 has it. */
export function formatIntervalIso({ months, days, us }: Interval): string {
  const years = Math.trunc(months / 12);
  const rest = months % 12;
  const sign = us < 0 ? -1 : 1;
  const magnitude = Math.abs(us);
  const hours = Math.floor(magnitude / usPerHour) * sign;
  const minutes = (Math.floor(magnitude / usPerMinute) % 60) * sign;
  const secondUs = magnitude % usPerMinute;
  const seconds = Math.floor(secondUs / usPerSecond);
  const fraction = secondUs % usPerSecond;
  const secondText =
    fraction === 0
      ? String(seconds * sign)
      : `${sign < 0 ? '-' : ''}${seconds}.${fractionText(fraction)}`;
  const date = `${years ? `${years}Y` : ''}${rest ? `${rest}M` : ''}${days ? `${days}D` : ''}`;
  const time = `${hours ? `${hours}H` : ''}${minutes ? `${minutes}M` : ''}${secondUs ? `${secondText}S` : ''}`;
  if (date === '' && time === '') return 'PT0S';
  return `P${date}${time === '' ? '' : `T${time}`}`;
}

export function addIntervals(a: Interval, b: Interval): Interval {
  return { months: a.months + b.months, days: a.days + b.days, us: a.us + b.us };
}

export function negateInterval({ months, days, us }: Interval): Interval {
  return { months: negated(months), days: negated(days), us: negated(us) };
}

/** Parts that are not whole after the multiplication go on to the smaller ones. */
export function scaleInterval({ months, days, us }: Interval, factor: number): Interval {
  const allMonths = months * factor;
  const wholeMonths = Math.trunc(allMonths);
  const monthDays = tidy((allMonths - wholeMonths) * 30);
  const allDays = days * factor;
  const wholeDays = Math.trunc(allDays);
  let seconds = tidy((allDays - wholeDays + monthDays - Math.trunc(monthDays)) * 86_400);
  let extraDays = Math.trunc(monthDays);
  if (Math.abs(seconds) >= 86_400) {
    const carried = Math.trunc(seconds / 86_400);
    extraDays += carried;
    seconds -= carried * 86_400;
  }
  return {
    months: wholeMonths,
    days: wholeDays + extraDays,
    us: Math.round(us * factor + seconds * usPerSecond),
  };
}

/** To microseconds: what floating point leaves behind is taken off. */
function tidy(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

/** Microseconds with months of 30 days: the order that PostgreSQL compares intervals by. */
export function spanOf({ months, days, us }: Interval): bigint {
  return (BigInt(months) * 30n + BigInt(days)) * BigInt(usPerDay) + BigInt(Math.trunc(us));
}

export function justifyHours({ months, days, us }: Interval): Interval {
  const whole = Math.trunc(us / usPerDay);
  let allDays = days + whole;
  let left = us - whole * usPerDay;
  if (allDays > 0 && left < 0) {
    left += usPerDay;
    allDays--;
  } else if (allDays < 0 && left > 0) {
    left -= usPerDay;
    allDays++;
  }
  return { months, days: allDays, us: left };
}

export function justifyDays({ months, days, us }: Interval): Interval {
  const whole = Math.trunc(days / 30);
  let allMonths = months + whole;
  let left = days - whole * 30;
  if (allMonths > 0 && left < 0) {
    left += 30;
    allMonths--;
  } else if (allMonths < 0 && left > 0) {
    left -= 30;
    allMonths++;
  }
  return { months: allMonths, days: left, us };
}
