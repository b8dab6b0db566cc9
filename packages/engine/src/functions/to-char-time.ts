// to_char() of moments and intervals.

import { dateOf, daysOf, isoWeekOf, type Moment, weekdayOf } from './calendar.ts';
import { textOf } from './cells.ts';
import { sqlFault } from './function-error.ts';
import { type SqlFunction, scalar } from './function-types.ts';
import type { Interval } from './interval.ts';
import { parseInterval } from './interval-input.ts';
import { dayOfYear } from './moment-arithmetic.ts';
import { momentOf } from './stored-times.ts';
import {
  dayNames,
  monthNames,
  parseTimeFormat,
  romanMonths,
  type TimeField,
} from './time-format.ts';
import { offsetAt, toLocal } from './time-zones.ts';

/** What fields are taken from. */
interface Parts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly us: number;
  /** Days since 2000-01-01; intervals have none. */
  readonly days: number | undefined;
  readonly dayOfYear: number;
  readonly zone: { readonly name: string; readonly offset: number } | undefined;
}

function partsOfMoment(days: number, us: number, zone: Parts['zone']): Parts {
  const { year, month, day } = dateOf(days);
  return { year, month, day, ...clockParts(us), days, dayOfYear: dayOfYear(days), zone };
}

function clockParts(us: number): Pick<Parts, 'hour' | 'minute' | 'second' | 'us'> {
  const seconds = Math.trunc(us / 1_000_000);
  return {
    hour: Math.trunc(seconds / 3_600),
    minute: Math.trunc(seconds / 60) % 60,
    second: seconds % 60,
    us: us % 1_000_000,
  };
}

function partsOfInterval({ months, days, us }: Interval): Parts {
  const year = Math.trunc(months / 12);
  const month = months % 12;
  const dayCount = Math.trunc(months * 30) + days;
  return {
    year,
    month,
    day: days,
    ...clockParts(us),
    days: undefined,
    dayOfYear: dayCount,
    zone: undefined,
  };
}

function number(value: number, width: number, { isBare, ordinal }: TimeField): string {
  const digits = String(Math.abs(value)).padStart(isBare ? 0 : width, '0');
  return withOrdinal(`${value < 0 ? '-' : ''}${digits}`, ordinal);
}

export function withOrdinal(text: string, ordinal: 'TH' | 'th' | undefined): string {
  if (ordinal === undefined) return text;
  const last = text.at(-1) ?? '';
  const isTeen = text.at(-2) === '1';
  const ending = isTeen
    ? 'th'
    : last === '1'
      ? 'st'
      : last === '2'
        ? 'nd'
        : last === '3'
          ? 'rd'
          : 'th';
  return text + (ordinal === 'TH' ? ending.toUpperCase() : ending);
}

function cased(name: string, writing: string): string {
  if (writing === writing.toUpperCase()) return name.toUpperCase();
  return writing === writing.toLowerCase() ? name.toLowerCase() : name;
}

/** Names are padded to nine characters, the longest of both lists. */
const nameWidth = 9;

function nameOf(all: readonly string[], index: number, field: TimeField): string {
  const text = cased(all[index] ?? '', field.name);
  const isShort = /^(mon|dy)$/i.test(field.name);
  if (isShort) return text.slice(0, 3);
  return field.isBare ? text : text.padEnd(nameWidth);
}

/** Years before 1 are counted from the end; the mark BC says so. */
function shownYear(year: number): number {
  return year > 0 ? year : 1 - year;
}

function write(field: TimeField, parts: Parts): string {
  const isInterval = parts.days === undefined;
  switch (field.name.toUpperCase()) {
    case 'HH24':
      return number(parts.hour, 2, field);
    case 'HH':
    case 'HH12':
      return number(parts.hour % 12 === 0 ? 12 : parts.hour % 12, 2, field);
    case 'MI':
      return number(parts.minute, 2, field);
    case 'SS':
      return number(parts.second, 2, field);
    case 'MS':
      return number(Math.trunc(parts.us / 1_000), 3, field);
    case 'US':
      return number(parts.us, 6, field);
    case 'SSSS':
    case 'SSSSS':
      return number((parts.hour * 60 + parts.minute) * 60 + parts.second, 0, field);
    case 'AM':
    case 'PM':
      return cased(parts.hour % 24 < 12 ? 'am' : 'pm', field.name);
    case 'A.M.':
    case 'P.M.':
      return cased(parts.hour % 24 < 12 ? 'a.m.' : 'p.m.', field.name);
    case 'MM':
      return number(parts.month, 2, field);
    case 'DD':
      // The sign of an interval's days counts among the two.
      return number(parts.day, parts.day < 0 ? 1 : 2, field);
    case 'Q':
      return isInterval && parts.month === 0
        ? ''
        : number(Math.floor((parts.month - 1) / 3) + 1, 0, field);
    case 'RM':
      return cased(romanMonths[(parts.month + 11) % 12] ?? '', field.name).padEnd(
        field.isBare ? 0 : 4,
      );
    default:
      return /^FF\d$/i.test(field.name) ? fraction(field, parts) : writeYear(field, parts);
  }
}

function fraction({ name, ordinal }: TimeField, { us }: Parts): string {
  return withOrdinal(String(Math.abs(us)).padStart(6, '0').slice(0, Number(name[2])), ordinal);
}

function writeYear(field: TimeField, parts: Parts): string {
  const year = parts.days === undefined ? parts.year : shownYear(parts.year);
  switch (field.name.toUpperCase()) {
    case 'YYYY':
      return number(year, 4, field);
    case 'YYY':
      return number(year % 1_000, 3, field);
    case 'YY':
      return number(year % 100, 2, field);
    case 'Y':
      return number(year % 10, 1, field);
    case 'Y,YYY':
      return withOrdinal(
        `${Math.trunc(year / 1_000)},${String(year % 1_000).padStart(3, '0')}`,
        field.ordinal,
      );
    case 'CC':
      return number(
        parts.year > 0 ? Math.floor((parts.year - 1) / 100) + 1 : Math.floor(parts.year / 100),
        2,
        field,
      );
    case 'BC':
    case 'AD':
      return cased(parts.year > 0 || parts.days === undefined ? 'ad' : 'bc', field.name);
    case 'B.C.':
    case 'A.D.':
      return cased(parts.year > 0 || parts.days === undefined ? 'a.d.' : 'b.c.', field.name);
    case 'DDD':
      return number(parts.dayOfYear, 3, field);
    default:
      return writeDay(field, parts);
  }
}

function writeDay(field: TimeField, parts: Parts): string {
  const { days } = parts;
  if (days === undefined) return writeForInterval(field, parts);
  const weekday = weekdayOf(days);
  const iso = isoWeekOf(days);
  switch (field.name.toUpperCase()) {
    case 'MONTH':
    case 'MON':
      return nameOf(monthNames, parts.month - 1, field);
    case 'DAY':
    case 'DY':
      return nameOf(dayNames, weekday, field);
    case 'D':
      return number(weekday + 1, 0, field);
    case 'ID':
      return number(weekday === 0 ? 7 : weekday, 0, field);
    case 'W':
      return number(Math.floor((parts.day - 1) / 7) + 1, 0, field);
    case 'WW':
      return number(Math.floor((parts.dayOfYear - 1) / 7) + 1, 2, field);
    case 'IW':
      return number(iso.week, 2, field);
    case 'IYYY':
      return number(shownYear(iso.year), 4, field);
    case 'IYY':
      return number(iso.year % 1_000, 3, field);
    case 'IY':
      return number(iso.year % 100, 2, field);
    case 'I':
      return number(iso.year % 10, 1, field);
    case 'IDDD':
      return number(dayOfIsoYear(days, iso.year), 3, field);
    case 'J':
      // Julian day 2451545 is 2000-01-01.
      return number(days + 2_451_545, 0, field);
    default:
      return writeZone(field, parts);
  }
}

/** The first Monday's week has January 4th. */
function dayOfIsoYear(days: number, year: number): number {
  const fourth = daysOf({ year, month: 1, day: 4 });
  return days - (fourth - ((weekdayOf(fourth) + 6) % 7)) + 1;
}

function writeForInterval({ name }: TimeField, { dayOfYear: days }: Parts): string {
  switch (name.toUpperCase()) {
    case 'J':
      return String(days);
    case 'MONTH':
    case 'MON':
    case 'W':
    case 'WW':
      return '';
    default:
      throw sqlFault(
        '22007',
        'invalid format specification for an interval value',
        'Intervals are not tied to specific calendar dates.',
      );
  }
}

function writeZone({ name }: TimeField, { zone }: Parts): string {
  if (zone === undefined) {
    const sign = /^OF$/i.test(name) ? '+00' : '';
    return /^TZH$/i.test(name) ? '+00' : /^TZM$/i.test(name) ? '00' : sign;
  }
  const sign = zone.offset < 0 ? '-' : '+';
  const magnitude = Math.abs(zone.offset);
  const hours = String(Math.floor(magnitude / 3_600)).padStart(2, '0');
  const minutes = String(Math.floor(magnitude / 60) % 60).padStart(2, '0');
  switch (name.toUpperCase()) {
    case 'OF':
      return `${sign}${hours}${minutes === '00' ? '' : `:${minutes}`}`;
    case 'TZH':
      return `${sign}${hours}`;
    case 'TZM':
      return minutes;
    default:
      return cased(zone.name, name === 'tz' ? 'tz' : 'TZ');
  }
}

/** What is called CET or GMT there; an offset where it has no such name. */
function zoneName(zone: string, moment: Moment): string {
  if (/^(utc|gmt|etc\/utc|z)$/i.test(zone)) return zone.toUpperCase().replace('ETC/', '');
  if (moment.kind !== 'finite') return zone;
  const ms = (moment.days + 10_957) * 86_400_000 + Math.floor(moment.us / 1_000);
  for (const locale of ['en-US', 'en-GB']) {
    const parts = new Intl.DateTimeFormat(locale, {
      timeZone: zone,
      timeZoneName: 'short',
    }).formatToParts(ms);
    const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
    if (/^[A-Z]{2,5}$/.test(name)) return name;
  }
  return (
    zoneAbbreviations.get(`${zone} ${offsetAt(zone, moment)}`) ?? offsetName(offsetAt(zone, moment))
  );
}

/** Of zones that neither locale has names for. */
const zoneAbbreviations: ReadonlyMap<string, string> = new Map([
  ['Asia/Tokyo 32400', 'JST'],
  ['Asia/Kolkata 19800', 'IST'],
  ['Asia/Calcutta 19800', 'IST'],
  ['Asia/Shanghai 28800', 'CST'],
  ['Asia/Hong_Kong 28800', 'HKT'],
  ['Asia/Seoul 32400', 'KST'],
  ['Australia/Sydney 36000', 'AEST'],
  ['Australia/Sydney 39600', 'AEDT'],
  ['Pacific/Auckland 43200', 'NZST'],
  ['Pacific/Auckland 46800', 'NZDT'],
  ['Europe/Moscow 10800', 'MSK'],
]);

function offsetName(offset: number): string {
  const magnitude = Math.abs(offset);
  const hours = String(Math.floor(magnitude / 3_600)).padStart(2, '0');
  const minutes = Math.floor(magnitude / 60) % 60;
  return `${offset < 0 ? '-' : '+'}${hours}${minutes === 0 ? '' : String(minutes).padStart(2, '0')}`;
}

function written(template: string, parts: Parts): string {
  return parseTimeFormat(template)
    .map((node) => (node.kind === 'text' ? node.text : write(node, parts)))
    .join('');
}

function ofMoment(moment: Moment, template: string): string | null {
  if (moment.kind !== 'finite' || template === '') return null;
  return written(template, partsOfMoment(moment.days, moment.us, undefined));
}

function ofZoned(moment: Moment, template: string, zone: string): string | null {
  const local = toLocal(moment, zone);
  if (local.kind !== 'finite' || template === '') return null;
  const isNamed = /TZ/i.test(template);
  const name = isNamed ? zoneName(zone, moment) : zone;
  return written(
    template,
    partsOfMoment(local.days, local.us, { name, offset: offsetAt(zone, moment) }),
  );
}

export const toCharTimeFunctions: readonly SqlFunction[] = [
  scalar('to_char', 2, (moment = null, template = null) =>
    ofMoment(momentOf(moment), textOf(template)),
  ),
  scalar('pg_to_char_tz', 3, (moment = null, template = null, zone = null) =>
    ofZoned(momentOf(moment), textOf(template), textOf(zone)),
  ),
  scalar('pg_to_char_interval', 2, (value = null, template = null) =>
    written(textOf(template), partsOfInterval(parseInterval(textOf(value)))),
  ),
];
