// Days and times as numbers, in the proleptic Gregorian calendar: days since 2000-01-01, microseconds of a
// day. Years before 1 are astronomical inside (0 is 1 BC), and written as PostgreSQL does.

import { sqlFault } from './function-error.ts';

export const usPerSecond = 1_000_000;
export const usPerDay = 86_400 * usPerSecond;

export interface CivilDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** From 1970-01-01 to 2000-01-01. */
export const daysToEpoch2000 = 10_957;

/** Days since 2000-01-01 (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil). */
export function daysOf({ year, month, day }: CivilDate): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468 - daysToEpoch2000;
}

/** The date of a day (civil_from_days of the same source). */
export function dateOf(days: number): CivilDate {
  const shifted = days + daysToEpoch2000 + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1_460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

export function isLeapYear(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

const monthLengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

export function daysInMonth(year: number, month: number): number {
  return month === 2 && isLeapYear(year) ? 29 : (monthLengths[month - 1] ?? 31);
}

/** 0 is Sunday. 2000-01-01 was a Saturday. */
export function weekdayOf(days: number): number {
  return (((days + 6) % 7) + 7) % 7;
}

/** ISO 8601: the year and the week that a day belongs to, weeks from Monday. */
export function isoWeekOf(days: number): { readonly year: number; readonly week: number } {
  const weekday = (weekdayOf(days) + 6) % 7;
  const thursday = days - weekday + 3;
  const { year } = dateOf(thursday);
  const firstDay = daysOf({ year, month: 1, day: 1 });
  return { year, week: Math.floor((thursday - firstDay) / 7) + 1 };
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}

/** `2024-02-29`; years of four digits and more, BC behind. */
export function formatDate(date: CivilDate): string {
  const { year, month, day } = date;
  const shown = year > 0 ? year : 1 - year;
  const text = `${String(shown).padStart(4, '0')}-${two(month)}-${two(day)}`;
  return year > 0 ? text : `${text} BC`;
}

/** `10:20:30.5`: six digits at most behind the point, no zeros at the end. */
export function formatTime(us: number): string {
  const seconds = Math.floor(us / usPerSecond);
  const fraction = us - seconds * usPerSecond;
  const text = `${two(Math.floor(seconds / 3_600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return fraction === 0 ? text : `${text}.${fractionText(fraction)}`;
}

/** Microseconds as digits behind a point, without zeros at the end. */
export function fractionText(us: number): string {
  return String(us).padStart(6, '0').replace(/0+$/, '');
}

/** A moment: days since 2000-01-01, and microseconds of that day. Or beyond all days. */
export type Moment =
  | { readonly kind: 'finite'; readonly days: number; readonly us: number }
  | { readonly kind: 'infinity' }
  | { readonly kind: '-infinity' };

export function finite(days: number, us: number): Moment {
  const carried = Math.floor(us / usPerDay);
  return { kind: 'finite', days: days + carried, us: us - carried * usPerDay };
}

/** PostgreSQL's first day, for dates and timestamps: Julian day 0. */
const dayMin = daysOf({ year: -4_713, month: 11, day: 24 });
const timestampDayMax = daysOf({ year: 294_276, month: 12, day: 31 });
const dateDayMax = daysOf({ year: 5_874_897, month: 12, day: 31 });

/** Throws 22008 where PostgreSQL has no such timestamp; `source` is the text that it was read from. */
export function checkRange(days: number, source?: string): void {
  checkDays('timestamp', days, timestampDayMax, source);
}

/** Throws 22008 where PostgreSQL has no such date. */
export function checkDateRange(days: number, source?: string): void {
  checkDays('date', days, dateDayMax, source);
}

function checkDays(type: string, days: number, max: number, source: string | undefined): void {
  if (days >= dayMin && days <= max) return;
  throw sqlFault('22008', `${type} out of range${source === undefined ? '' : `: "${source}"`}`);
}

/** `2024-02-29 10:20:30.5`; BC goes to the end. */
export function formatMoment(moment: Moment): string {
  if (moment.kind !== 'finite') return moment.kind;
  const date = dateOf(moment.days);
  const text = formatDate(date);
  if (date.year > 0) return `${text} ${formatTime(moment.us)}`;
  return `${text.slice(0, -3)} ${formatTime(moment.us)} BC`;
}
