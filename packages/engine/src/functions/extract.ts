// extract() of each type of time, as numeric: units of seconds have their digits.

import {
  dateOf,
  daysToEpoch2000,
  isoWeekOf,
  type Moment,
  usPerDay,
  weekdayOf,
} from './calendar.ts';
import { textOf } from './cells.ts';
import { type Decimal, divide, formatDecimal } from './decimal.ts';
import { sqlFault } from './function-error.ts';
import { type Cell, type ScalarFunction, type SqlFunction, scalar } from './function-types.ts';
import type { Interval } from './interval.ts';
import { parseInterval } from './interval-input.ts';
import { dayOfYear, type TimeUnit, unitOf, unknownUnit } from './moment-arithmetic.ts';
import { clockOf, momentOf } from './stored-times.ts';
import { offsetAt, toLocal } from './time-zones.ts';
import { offsetField, zonedClockOf } from './timetz-functions.ts';

/** Microseconds as a number with a scale. */
function withScale(units: number | bigint, scale: number): string {
  return formatDecimal({ units: BigInt(units), scale });
}

function clockField(us: number, unit: TimeUnit | undefined): string | undefined {
  switch (unit) {
    case 'microseconds':
      return String(us % 60_000_000);
    case 'milliseconds':
      return withScale(us % 60_000_000, 3);
    case 'second':
      return withScale(us % 60_000_000, 6);
    case 'minute':
      return String(Math.trunc(us / 60_000_000) % 60);
    case 'hour':
      return String(Math.trunc(us / 3_600_000_000));
    default:
      return undefined;
  }
}

function dateField(days: number, field: string): string | undefined {
  const { year, month, day } = dateOf(days);
  switch (unitOf(field)) {
    case 'day':
      return String(day);
    case 'month':
      return String(month);
    case 'quarter':
      return String(Math.floor((month - 1) / 3) + 1);
    case 'week':
      return String(isoWeekOf(days).week);
    case 'year':
      // There is no year 0.
      return String(year > 0 ? year : year - 1);
    case 'decade':
      return String(Math.floor(year / 10));
    case 'century':
      return String(periodOf(year, 100));
    case 'millennium':
      return String(periodOf(year, 1_000));
    default:
      return otherDateField(days, field);
  }
}

function otherDateField(days: number, field: string): string | undefined {
  switch (field) {
    case 'dow':
      return String(weekdayOf(days));
    case 'isodow':
      return String(weekdayOf(days) || 7);
    case 'doy':
      return String(dayOfYear(days));
    case 'isoyear': {
      const { year } = isoWeekOf(days);
      return String(year > 0 ? year : year - 1);
    }
    default:
      return undefined;
  }
}

function periodOf(year: number, length: number): number {
  return year > 0 ? Math.floor((year - 1) / length) + 1 : -(Math.floor(-year / length) + 1);
}

/** Julian day 2451545 is 2000-01-01. */
const julianEpoch = 2_451_545;

function momentField(name: string, moment: Moment, type: string): string | null {
  const field = name.trim().toLowerCase();
  if (moment.kind !== 'finite') return infiniteField(field, moment.kind, type);
  const { days, us } = moment;
  if (field === 'epoch') {
    return withScale(BigInt(days + daysToEpoch2000) * BigInt(usPerDay) + BigInt(us), 6);
  }
  if (field === 'julian') {
    const part = divide({ units: BigInt(us), scale: 0 }, { units: BigInt(usPerDay), scale: 0 });
    return formatDecimal(sum({ units: BigInt(days + julianEpoch), scale: 0 }, part));
  }
  const result = clockField(us, unitOf(field)) ?? dateField(days, field);
  if (result !== undefined) return result;
  throw unsupported(field, name, type);
}

function sum(a: Decimal, b: Decimal): Decimal {
  return { units: a.units * 10n ** BigInt(b.scale) + b.units, scale: b.scale };
}

/** Fields that grow with time are infinite, others are unknown. */
function infiniteField(field: string, kind: string, type: string): string | null {
  if (
    /^(epoch|julian|isoyear)$/.test(field) ||
    /^(year|decade|century|millennium)$/.test(unitOf(field) ?? '')
  ) {
    return kind === 'infinity' ? 'Infinity' : '-Infinity';
  }
  if (unitOf(field) !== undefined || /^(dow|isodow|doy)$/.test(field)) return null;
  throw unknownUnit(field, type);
}

function unsupported(field: string, name: string, type: string): Error {
  if (
    /^timezone(_hour|_minute)?$/.test(field) ||
    unitOf(field) !== undefined ||
    isDateField(field)
  ) {
    return sqlFault('0A000', `unit "${field}" not supported for type ${type}`);
  }
  return unknownUnit(name, type);
}

function isDateField(field: string): boolean {
  return /^(dow|isodow|doy|isoyear|julian|epoch)$/.test(field);
}

function extractDate(name: string, value: Cell): string | null {
  const field = name.trim().toLowerCase();
  const moment = momentOf(value);
  if (moment.kind !== 'finite') return infiniteField(field, moment.kind, 'date');
  if (field === 'epoch') return String((moment.days + daysToEpoch2000) * 86_400);
  if (field === 'julian') return String(moment.days + julianEpoch);
  const result = dateField(moment.days, field);
  if (result !== undefined) return result;
  throw unsupported(field, name, 'date');
}

function extractZoned(name: string, value: Cell, zone: string): string | null {
  const field = name.trim().toLowerCase();
  const type = 'timestamp with time zone';
  const moment = momentOf(value);
  if (moment.kind !== 'finite' || field === 'epoch') return momentField(name, moment, type);
  const ofZone = offsetField(field, offsetAt(zone, moment));
  return ofZone ?? momentField(name, toLocal(moment, zone), type);
}

function extractTime(name: string, value: Cell, offset?: number): string {
  const field = name.trim().toLowerCase();
  const us = clockOf(value);
  if (field === 'epoch') return withScale(us - (offset ?? 0) * 1_000_000, 6);
  const ofZone = offset === undefined ? undefined : offsetField(field, offset);
  const result = ofZone ?? clockField(us, unitOf(field));
  if (result !== undefined) return result;
  throw unsupported(field, name, `time ${offset === undefined ? 'without' : 'with'} time zone`);
}

function extractInterval(name: string, interval: Interval): string {
  const field = name.trim().toLowerCase();
  const { months, days, us } = interval;
  if (field === 'epoch') {
    // A year has 365.25 days, a month 30.
    const years = BigInt(Math.trunc(months / 12));
    const seconds = years * 31_557_600n + BigInt(months % 12) * 2_592_000n + BigInt(days) * 86_400n;
    return withScale(seconds * 1_000_000n + BigInt(us), 6);
  }
  const unit = unitOf(field);
  const clock = clockField(us, unit);
  if (clock !== undefined) return clock;
  const years = Math.trunc(months / 12);
  switch (unit) {
    case 'day':
      return String(days);
    case 'month':
      return String(months % 12);
    case 'quarter':
      return String(Math.trunc((months % 12) / 3) + 1);
    case 'year':
      return String(years);
    case 'decade':
      return String(Math.trunc(years / 10));
    case 'century':
      return String(Math.trunc(years / 100));
    case 'millennium':
      return String(Math.trunc(years / 1_000));
    default:
      throw unsupported(field, name, 'interval');
  }
}

function extractor(
  name: string,
  run: (field: string, value: Cell) => string | null,
): ScalarFunction {
  return scalar(name, 2, (field = null, value = null) => run(textOf(field), value));
}

export const extractFunctions: readonly SqlFunction[] = [
  extractor('pg_extract', (field, value) =>
    momentField(field, momentOf(value), 'timestamp without time zone'),
  ),
  extractor('pg_extract_date', extractDate),
  extractor('pg_extract_time', (field, value) => extractTime(field, value)),
  extractor('pg_extract_timetz', (field, value) =>
    extractTime(field, value, zonedClockOf(value).offset),
  ),
  extractor('pg_extract_interval', (field, value) =>
    extractInterval(field, parseInterval(textOf(value))),
  ),
  scalar('pg_extract_tz', 3, (field = null, value = null, zone = null) =>
    extractZoned(textOf(field), value, textOf(zone)),
  ),
];
