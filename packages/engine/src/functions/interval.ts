// Intervals: months, days and microseconds, which are kept apart because a month has no fixed length. Read
// and written as PostgreSQL does (datetime.c), in its style `postgres` unless asked otherwise.

import { fractionText, usPerDay, usPerSecond } from './calendar.ts';
import { sqlFault } from './function-error.ts';

export interface Interval {
  readonly months: number;
  readonly days: number;
  /** Microseconds; more than a day's worth where it was so written. */
  readonly us: number;
}

const usPerHour = 3_600 * usPerSecond;
const usPerMinute = 60 * usPerSecond;

interface Unit {
  readonly months?: number;
  readonly days?: number;
  readonly us?: number;
}

const units: ReadonlyMap<string, Unit> = new Map([
  ...names(['millennium', 'millennia', 'millenniums', 'mil', 'mils'], { months: 12_000 }),
  ...names(['century', 'centuries', 'cent', 'c'], { months: 1_200 }),
  ...names(['decade', 'decades', 'dec', 'decs'], { months: 120 }),
  ...names(['year', 'years', 'yr', 'yrs', 'y'], { months: 12 }),
  ...names(['month', 'months', 'mon', 'mons'], { months: 1 }),
  ...names(['week', 'weeks', 'w'], { days: 7 }),
  ...names(['day', 'days', 'd'], { days: 1 }),
  ...names(['hour', 'hours', 'hr', 'hrs', 'h'], { us: usPerHour }),
  ...names(['minute', 'minutes', 'min', 'mins', 'm'], { us: usPerMinute }),
  ...names(['second', 'seconds', 'sec', 'secs', 's'], { us: usPerSecond }),
  ...names(['millisecond', 'milliseconds', 'msec', 'msecs', 'ms'], { us: 1_000 }),
  ...names(['microsecond', 'microseconds', 'usec', 'usecs', 'us'], { us: 1 }),
]);

function names(all: readonly string[], unit: Unit): [string, Unit][] {
  return all.map((name) => [name, unit]);
}

/** Adds `count` of a unit; what is not whole goes on to the smaller parts, 30 days to a month. */
class Sum {
  months = 0;
  days = 0;
  us = 0;

  add(count: number, { months = 0, days = 0, us = 0 }: Unit): void {
    const allMonths = count * months;
    const wholeMonths = Math.trunc(allMonths + Math.sign(allMonths) * 1e-9);
    const monthsLeft = months >= 12 ? Math.round(allMonths) - wholeMonths : 0;
    this.months += wholeMonths + monthsLeft;
    const dayCount = count * days + (months === 1 ? (allMonths - wholeMonths) * 30 : 0);
    const wholeDays = Math.trunc(dayCount + Math.sign(dayCount) * 1e-9);
    this.days += wholeDays;
    this.us += Math.round(count * us + (dayCount - wholeDays) * usPerDay);
  }
}

/** Reads an interval; throws 22007. */
export function parseInterval(text: string): Interval {
  const interval =
    text.trim().startsWith('P') || text.trim().startsWith('p')
      ? parseIso(text.trim())
      : parseWords(text);
  if (interval === undefined) {
    throw sqlFault('22007', `invalid input syntax for type interval: "${text}"`);
  }
  return interval;
}

const wordPattern =
  /\s*(?:([+-]?\d*\.?\d+|[+-]?\d+\.?)\s*([a-z]+)|([+-]?)(\d+):(\d{1,2})(?::(\d{1,2}(?:\.\d*)?))?(?![\d:])|([+-]?\d+)-(\d{1,2})(?![\d-])|(ago)|([+-]?\d*\.?\d+)|(@))/iy;

function parseWords(text: string): Interval | undefined {
  const sum = new Sum();
  let isAgo = false;
  let hasSome = false;
  let at = 0;
  const rest = text.trimEnd();
  while (at < rest.length) {
    wordPattern.lastIndex = at;
    const match = wordPattern.exec(rest);
    if (match === null) return undefined;
    at = wordPattern.lastIndex;
    const [, count, unitName, sign, hours, minutes, seconds, years, months, ago, bare, mark] =
      match;
    if (mark !== undefined) continue;
    if (ago !== undefined) isAgo = true;
    else if (count !== undefined && unitName !== undefined) {
      const unit = units.get(unitName.toLowerCase());
      if (unit === undefined) return undefined;
      sum.add(Number(count), unit);
      hasSome = true;
    } else if (hours !== undefined) {
      if (Number(minutes) > 59 || Number(seconds ?? 0) >= 60.000001) return undefined;
      const us =
        Number(hours) * usPerHour +
        Number(minutes) * usPerMinute +
        Math.round(Number(seconds ?? 0) * usPerSecond);
      sum.us += sign === '-' ? -us : us;
      hasSome = true;
    } else if (years !== undefined) {
      const total = Math.abs(Number(years)) * 12 + Number(months);
      sum.months += years.startsWith('-') ? -total : total;
      hasSome = true;
    } else if (bare !== undefined) {
      // A number before a time of day counts days; one that stands last counts seconds.
      const isBeforeTime = /^\s+[+-]?\d+:/.test(rest.slice(at));
      sum.add(Number(bare), isBeforeTime ? { days: 1 } : { us: usPerSecond });
      hasSome = true;
    }
  }
  if (!hasSome) return undefined;
  return isAgo
    ? { months: negated(sum.months), days: negated(sum.days), us: negated(sum.us) }
    : { months: sum.months, days: sum.days, us: sum.us };
}

function negated(value: number): number {
  return value === 0 ? 0 : -value;
}

/** ISO 8601 durations with designators: P1Y2M3DT4H5M6.7S. */
function parseIso(text: string): Interval | undefined {
  const number = '([+-]?\\d+(?:[.,]\\d*)?)';
  const pattern = new RegExp(
    `^P(?:${number}Y)?(?:${number}M)?(?:${number}W)?(?:${number}D)?(?:T(?:${number}H)?(?:${number}M)?(?:${number}S)?)?$`,
    'i',
  );
  const match = pattern.exec(text);
  if (match === null || text.length < 3) return parseIsoAlternative(text);
  const sum = new Sum();
  const parts: Unit[] = [
    { months: 12 },
    { months: 1 },
    { days: 7 },
    { days: 1 },
    { us: usPerHour },
    { us: usPerMinute },
    { us: usPerSecond },
  ];
  for (const [index, unit] of parts.entries()) {
    const value = match[index + 1];
    if (value !== undefined) sum.add(Number(value.replace(',', '.')), unit);
  }
  return { months: sum.months, days: sum.days, us: sum.us };
}

/** With the look of a date: P0001-02-03T04:05:06. */
function parseIsoAlternative(text: string): Interval | undefined {
  const [, years, months, days, hours, minutes, seconds] =
    /^P(\d{1,9})-(\d{1,9})-(\d{1,9})(?:T(\d+):(\d+):(\d+(?:\.\d*)?))?$/i.exec(text) ?? [];
  if (years === undefined) return undefined;
  return {
    months: Number(years) * 12 + Number(months),
    days: Number(days),
    us:
      Number(hours ?? 0) * usPerHour +
      Number(minutes ?? 0) * usPerMinute +
      Math.round(Number(seconds ?? 0) * usPerSecond),
  };
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
