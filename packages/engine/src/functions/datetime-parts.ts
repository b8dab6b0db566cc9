// Reads dates and times in all the forms that PostgreSQL takes, into parts (datetime.c, ParseDateTime and
// DecodeDateTime, with DateStyle MDY). What the parts mean for a type is said elsewhere.

import { type CivilDate, dateOf, daysInMonth, daysOf, usPerDay } from './calendar.ts';
import { isZone, offsetOfAbbreviation, parseOffset } from './time-zones.ts';

export type SpecialTime =
  | 'infinity'
  | '-infinity'
  | 'epoch'
  | 'now'
  | 'today'
  | 'tomorrow'
  | 'yesterday';

export interface DateTimeParts {
  readonly special: SpecialTime | undefined;
  readonly date: CivilDate | undefined;
  /** Microseconds of the day. */
  readonly us: number | undefined;
  /** Seconds to the east, or a name. */
  readonly zone: number | string | undefined;
}

/**
 * `form`: no date or time at all. `field`: a number that is none of its unit. `displacement`: an offset of
 * sixteen hours and more. `zone`: no such zone.
 */
export type DateTimeProblem =
  | { readonly problem: 'form' }
  | { readonly problem: 'field' }
  | { readonly problem: 'displacement' }
  | { readonly problem: 'zone'; readonly name: string };

const monthNames = 'jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec';
const monthPattern = `(${monthNames})[a-z]*\\.?`;
const months: ReadonlyMap<string, number> = new Map(
  monthNames.split('|').map((name, index) => [name, index + 1]),
);
const dayNames =
  /^(sun|sunday|mon|monday|tue|tues|tuesday|wed|weds|wednesday|thu|thur|thurs|thursday|fri|friday|sat|saturday)$/;
const specials: ReadonlyMap<string, SpecialTime> = new Map([
  ['infinity', 'infinity'],
  ['+infinity', 'infinity'],
  ['-infinity', '-infinity'],
  ['epoch', 'epoch'],
  ['now', 'now'],
  ['today', 'today'],
  ['tomorrow', 'tomorrow'],
  ['yesterday', 'yesterday'],
]);

class Parts {
  /** Six digits are a time, not a date. */
  readonly isTimeOnly: boolean;
  special: SpecialTime | undefined;
  date: CivilDate | undefined;
  us: number | undefined;
  zone: number | string | undefined;
  half: 'am' | 'pm' | undefined;
  isBc = false;
  /** A year of two digits, which stands for one of 1970 to 2069, but before Christ for itself. */
  shortYear: number | undefined;
  hasT = false;
  /** Of `Jan 31 10:20 2024`, until its year comes. */
  monthDay: { readonly month: number; readonly day: number } | undefined;
  problem: DateTimeProblem | undefined;

  constructor(isTimeOnly: boolean) {
    this.isTimeOnly = isTimeOnly;
  }

  setDate(yearText: string, month: number, day: number): boolean {
    if (this.date !== undefined) return false;
    let year = Number(yearText);
    if (yearText.length <= 2) {
      this.shortYear = year;
      year += year < 70 ? 2_000 : 1_900;
    }
    this.date = { year, month, day };
    return true;
  }

  setTime(hour: string, minute: string, second = '0', fraction = ''): boolean {
    if (this.us !== undefined) return false;
    if (Number(minute) > 59 || Number(second) > 60 || Number(hour) > 24) {
      this.problem = { problem: 'field' };
      return false;
    }
    const seconds = Number(hour) * 3_600 + Number(minute) * 60 + Number(second);
    this.us = seconds * 1_000_000 + Math.round(Number(`0.${fraction || '0'}`) * 1e6);
    if (this.us > usPerDay) this.problem = { problem: 'field' };
    return this.problem === undefined;
  }
}

interface Rule {
  readonly pattern: RegExp;
  /** Whether the match has a meaning here. */
  readonly take: (parts: Parts, match: readonly (string | undefined)[]) => boolean;
}

function monthOf(name: string | undefined): number {
  return months.get((name ?? '').slice(0, 3)) ?? 0;
}

/** Tried in this order at each place of the text. */
const rules: readonly Rule[] = [
  {
    pattern: /(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d*))?)?/y,
    take: (parts, [, hour = '', minute = '', second, fraction]) =>
      parts.setTime(hour, minute, second, fraction),
  },
  {
    pattern: /(\d{3,7})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)/y,
    take: (parts, [, year = '', month, day]) =>
      parts.setDate(year.padStart(4, '0'), Number(month), Number(day)),
  },
  {
    pattern: /(\d{1,2})[-/.](\d{1,2})[-/.](\d{4,6}|\d{2})(?!\d)/y,
    take: (parts, [, month, day, year = '']) => parts.setDate(year, Number(month), Number(day)),
  },
  {
    pattern: new RegExp(`(\\d{3,6})[-/ ]${monthPattern}[-/ ](\\d{1,2})(?!\\d)`, 'y'),
    take: (parts, [, year = '', month, day]) =>
      parts.setDate(year.padStart(4, '0'), monthOf(month), Number(day)),
  },
  {
    pattern: new RegExp(`(\\d{1,2})[-/ ]*${monthPattern}[-/, ]*(\\d{4,6}|\\d{2})(?![\\d:])`, 'y'),
    take: (parts, [, day, month, year = '']) => parts.setDate(year, monthOf(month), Number(day)),
  },
  {
    pattern: new RegExp(
      `${monthPattern}[-/ ]*(\\d{1,2})(?!\\d)[-/, ]*(\\d{4,6}|\\d{2})(?![\\d:])`,
      'y',
    ),
    take: (parts, [, month, day, year = '']) => parts.setDate(year, monthOf(month), Number(day)),
  },
  {
    pattern: new RegExp(`${monthPattern}[-/ ]*(\\d{1,2})(?![\\d:])`, 'y'),
    take: (parts, [, month, day]) => {
      if (parts.date !== undefined || parts.monthDay !== undefined) return false;
      parts.monthDay = { month: monthOf(month), day: Number(day) };
      return true;
    },
  },
  {
    pattern: /\d{4,7}(?![\d:])/y,
    take: (parts, [year = '']) => {
      const { monthDay } = parts;
      return monthDay !== undefined && parts.setDate(year, monthDay.month, monthDay.day);
    },
  },
  {
    pattern: /(\d{4})[-.]?(\d{3})(?!\d)/y,
    take: (parts, [, year, day]) => takeDayOfYear(parts, Number(year), Number(day)),
  },
  {
    pattern: /j(\d{5,8})(?!\d)/y,
    take: (parts, [, day]) => {
      // Julian day 2451545 is 2000-01-01.
      if (parts.date !== undefined) return false;
      parts.date = dateOf(Number(day) - 2_451_545);
      return true;
    },
  },
  { pattern: /(\d{4,6})(\d{2})(\d{2})(?!\d)/y, take: takeCompactDate },
  {
    pattern: /(\d{2})(\d{2})(\d{2})(?!\d)/y,
    take: (parts, [, year = '', month, day]) =>
      !parts.isTimeOnly && parts.setDate(year, Number(month), Number(day)),
  },
  {
    pattern: /t?(\d{2})(\d{2})(?:(\d{2})(?:\.(\d*))?)?(?!\d)/y,
    take: (parts, [, hour = '', minute = '', second, fraction]) =>
      parts.setTime(hour, minute, second, fraction),
  },
  {
    pattern: /[+-]\d{1,4}(?::?\d{2}){0,2}(?!\d)/y,
    take: (parts, [text = '']) => {
      if (parts.us === undefined && parts.date === undefined) return false;
      return takeZone(parts, text);
    },
  },
  { pattern: /[+-]?[a-z][a-z0-9_]*(?:[/+-][a-z][a-z0-9_+-]*)*/y, take: takeWord },
];

function takeDayOfYear(parts: Parts, year: number, day: number): boolean {
  if (parts.date !== undefined) return false;
  if (day < 1 || day > 366) {
    parts.problem = { problem: 'field' };
    return false;
  }
  parts.date = dateOf(daysOf({ year, month: 1, day: 1 }) + day - 1);
  return true;
}

function takeCompactDate(
  parts: Parts,
  [, year = '', month, day]: readonly (string | undefined)[],
): boolean {
  if (parts.date !== undefined) return false;
  return parts.setDate(year, Number(month), Number(day));
}

function takeZone(parts: Parts, text: string): boolean {
  if (parts.zone !== undefined) return false;
  // +0530 has its minutes behind without a colon.
  const offset = parseOffset(text);
  if (offset === undefined) return false;
  if (Math.abs(offset) >= 16 * 3_600) {
    parts.problem = { problem: 'displacement' };
    return false;
  }
  parts.zone = offset;
  return true;
}

function takeWord(parts: Parts, [word = '']: readonly (string | undefined)[]): boolean {
  if (word === 'am' || word === 'pm') {
    parts.half = word;
    return parts.us !== undefined;
  }
  if (word === 'bc' || word === 'ad') {
    parts.isBc = word === 'bc';
    return true;
  }
  if (word === 'allballs') {
    parts.us = 0;
    parts.zone = 0;
    return true;
  }
  if (dayNames.test(word) || word === 'at' || word === 'on') return true;
  // A lone T stands between date and time.
  if (word === 't') {
    parts.hasT = true;
    return parts.date !== undefined;
  }
  const special = specials.get(word);
  if (special !== undefined) {
    if (parts.special !== undefined || parts.date !== undefined) return false;
    parts.special = special;
    return true;
  }
  return takeZoneName(parts, word);
}

function takeZoneName(parts: Parts, word: string): boolean {
  if (parts.zone !== undefined || (parts.us === undefined && parts.date === undefined))
    return false;
  const offset = offsetOfAbbreviation(word);
  if (offset !== undefined) {
    parts.zone = offset;
    return true;
  }
  if (!isZone(word)) {
    if (word.includes('/')) parts.problem = { problem: 'zone', name: word };
    return false;
  }
  parts.zone = word;
  return true;
}

/** Longer text is none. */
const lengthMax = 128;

/** With `isTimeOnly` six digits are a time of day. */
export function readDateTimeParts(
  text: string,
  isTimeOnly = false,
): DateTimeParts | DateTimeProblem {
  const source = text.trim().toLowerCase();
  if (source === '' || source.length > lengthMax) return { problem: 'form' };
  const parts = new Parts(isTimeOnly);
  let at = 0;
  while (at < source.length) {
    if (/[\s,]/.test(source[at] ?? '')) {
      at++;
      continue;
    }
    // 2024-01-01T10:00:00
    if (source[at] === 't' && /\d/.test(source[at + 1] ?? '') && parts.date !== undefined) {
      at++;
      continue;
    }
    const next = takeNext(parts, source, at);
    if (parts.problem !== undefined) return parts.problem;
    if (next === undefined) return { problem: 'form' };
    at = next;
  }
  return finished(parts);
}

/** Where the text goes on after what was taken; undefined where nothing fits. */
function takeNext(parts: Parts, source: string, at: number): number | undefined {
  for (const { pattern, take } of rules) {
    pattern.lastIndex = at;
    const match = pattern.exec(source);
    if (match === null) continue;
    if (take(parts, match)) return at + match[0].length;
    if (parts.problem !== undefined) return undefined;
  }
  return undefined;
}

function finished(parts: Parts): DateTimeParts | DateTimeProblem {
  let { us, date } = parts;
  if (parts.monthDay !== undefined && date === undefined) return { problem: 'form' };
  if (parts.half !== undefined && us !== undefined) {
    const hour = Math.floor(us / 3_600_000_000);
    if (hour > 12 || hour === 0) return { problem: 'field' };
    if (parts.half === 'pm' && hour !== 12) us += usPerDay / 2;
    if (parts.half === 'am' && hour === 12) us -= usPerDay / 2;
  }
  if (date !== undefined) {
    if (parts.isBc) date = { ...date, year: 1 - (parts.shortYear ?? date.year) };
    const { year, month, day } = date;
    const isReal = month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month);
    if (!isReal || (year === 0 && !parts.isBc)) return { problem: 'field' };
  }
  return { special: parts.special, date, us, zone: parts.zone };
}
