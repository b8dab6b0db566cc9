// Reads intervals as PostgreSQL does (datetime.c, DecodeInterval and DecodeISO8601Interval): words, times of
// day, years and months with a hyphen, and both forms of ISO 8601.

import { usPerDay, usPerSecond } from './calendar.ts';
import { sqlFault } from './function-error.ts';
import type { Interval } from './interval.ts';

const usPerHour = 3_600 * usPerSecond;
const usPerMinute = 60 * usPerSecond;

interface Unit {
  readonly name: string;
  readonly months?: number;
  readonly days?: number;
  readonly us?: number;
}

const second: Unit = { name: 'second', us: usPerSecond };
const minute: Unit = { name: 'minute', us: usPerMinute };
const hour: Unit = { name: 'hour', us: usPerHour };
const day: Unit = { name: 'day', days: 1 };
const week: Unit = { name: 'week', days: 7 };
const month: Unit = { name: 'month', months: 1 };
const year: Unit = { name: 'year', months: 12 };

const units: ReadonlyMap<string, Unit> = new Map([
  ...names(['millennia', 'millenniums', 'mil', 'mils'], { name: 'millennium', months: 12_000 }),
  ...names(['centuries', 'cent', 'c'], { name: 'century', months: 1_200 }),
  ...names(['decades', 'dec', 'decs'], { name: 'decade', months: 120 }),
  ...names(['years', 'yr', 'yrs', 'y'], year),
  ...names(['months', 'mon', 'mons'], month),
  ...names(['weeks', 'w'], week),
  ...names(['days', 'd'], day),
  ...names(['hours', 'hr', 'hrs', 'h'], hour),
  ...names(['minutes', 'min', 'mins', 'm'], minute),
  ...names(['seconds', 'sec', 'secs', 's'], second),
  ...names(['milliseconds', 'msec', 'msecs', 'ms'], { name: 'millisecond', us: 1_000 }),
  ...names(['microseconds', 'usec', 'usecs', 'us'], { name: 'microsecond', us: 1 }),
]);

function names(all: readonly string[], unit: Unit): [string, Unit][] {
  return [unit.name, ...all].map((name) => [name, unit]);
}

/** What is wrong: no interval at all, a number that is none of its field, or a result that is too long. */
type Problem = 'form' | 'field' | 'range';

class IntervalProblem extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem);
    this.problem = problem;
  }
}

/** PostgreSQL keeps months and days in 32 bits, microseconds in 64. */
const int32Max = 2 ** 31 - 1;
const usMax = 2 ** 63;

class Sum {
  #months = 0;
  #days = 0;
  #us = 0;
  readonly #seen = new Set<string>();

  /** Each field may come once. Throws IntervalProblem. */
  claim(...fields: readonly string[]): void {
    for (const field of fields) {
      if (this.#seen.has(field)) throw new IntervalProblem('form');
      this.#seen.add(field);
    }
  }

  /** Adds `count` of a unit; what is not whole goes on to the smaller parts, 30 days to a month. */
  add(count: number, { months = 0, days = 0, us = 0 }: Unit): void {
    const allMonths = count * months;
    const wholeMonths = Math.trunc(allMonths + Math.sign(allMonths) * 1e-9);
    const monthsLeft = months >= 12 ? Math.round(allMonths) - wholeMonths : 0;
    this.#months += wholeMonths + monthsLeft;
    const dayCount = count * days + (months === 1 ? (allMonths - wholeMonths) * 30 : 0);
    const wholeDays = Math.trunc(dayCount + Math.sign(dayCount) * 1e-9);
    this.#days += wholeDays;
    this.#us += Math.round(count * us + (dayCount - wholeDays) * usPerDay);
    if (Math.abs(this.#days) > int32Max || Math.abs(this.#us) >= usMax) {
      throw new IntervalProblem('field');
    }
  }

  result(isAgo: boolean): Interval {
    if (this.#seen.size === 0) throw new IntervalProblem('form');
    if (Math.abs(this.#months) > int32Max) throw new IntervalProblem('range');
    const signed = (value: number): number => (value === 0 ? 0 : isAgo ? -value : value);
    return { months: signed(this.#months), days: signed(this.#days), us: signed(this.#us) };
  }
}

/** Reads an interval. Throws 22007, 22008 or 22015. */
export function parseInterval(text: string): Interval {
  const source = text.trim().toLowerCase();
  try {
    return source.startsWith('p') ? parseIso(source) : parseWords(source);
  } catch (error) {
    if (!(error instanceof IntervalProblem)) throw error;
    switch (error.problem) {
      case 'form':
        throw sqlFault('22007', `invalid input syntax for type interval: "${text}"`);
      case 'field':
        throw sqlFault('22015', `interval field value out of range: "${text}"`);
      default:
        throw sqlFault('22008', 'interval out of range');
    }
  }
}

const time = /^([+-]?)(\d+):(\d+)(?::(\d+)(\.\d*)?|(\.\d*))?$/;
const yearAndMonth = /^([+-]?)(\d+)-(\d+)$/;
const number = /^[+-]?(?:\d+\.?\d*|\.\d+)$/;
/** A token is followed by a space, a comma, the end, or is a number before a word. */
const token = /[\s,@]*(?:([+-]?)\s*(\d[\d:.-]*|\.\d+)(?=[\s,a-z]|$)|([a-z]+)(?=[\s,]|$))[\s,]*/y;

function tokensOf(source: string): string[] {
  const tokens: string[] = [];
  for (let at = 0; at < source.length; at = token.lastIndex) {
    token.lastIndex = at;
    const match = token.exec(source);
    if (match === null) throw new IntervalProblem('form');
    tokens.push(match[3] ?? `${match[1] ?? ''}${match[2] ?? ''}`);
  }
  return tokens;
}

function parseWords(source: string): Interval {
  const tokens = tokensOf(source);
  const isAgo = tokens.at(-1) === 'ago';
  while (tokens.at(-1) === 'ago') tokens.pop();
  const sum = new Sum();
  for (let at = 0; at < tokens.length; at++) {
    const text = tokens[at] ?? '';
    const next = tokens[at + 1];
    if (number.test(text)) {
      const unit = next === undefined ? undefined : units.get(next);
      addNumber(sum, text, unit ?? unitBefore(next));
      if (unit !== undefined) at++;
    } else if (time.test(text)) addTime(sum, text);
    else if (yearAndMonth.test(text)) addYearAndMonth(sum, text);
    else throw new IntervalProblem('form');
  }
  return sum.result(isAgo);
}

/** A number without a unit counts days before a time of day, and seconds at the end. */
function unitBefore(next: string | undefined): Unit {
  if (next === undefined) return second;
  if (time.test(next)) return day;
  throw new IntervalProblem('form');
}

function addNumber(sum: Sum, text: string, unit: Unit): void {
  // A second with a fraction is its milliseconds and microseconds too.
  const isAll = unit === second && text.includes('.');
  sum.claim(...(isAll ? ['second', 'millisecond', 'microsecond'] : [unit.name]));
  sum.add(Number(text), unit);
}

/** `h:m`, `h:m:s.f`, and `m:s.f` where a fraction tells that it begins with minutes. */
function addTime(sum: Sum, text: string): void {
  const [, sign, one, two, three, fraction, shortFraction] = time.exec(text) ?? [];
  const hours = shortFraction === undefined ? Number(one) : 0;
  const minutes = Number(shortFraction === undefined ? two : one);
  const seconds = Number(
    `${shortFraction === undefined ? (three ?? '0') : two}${fraction ?? shortFraction ?? ''}`,
  );
  if (minutes > 59 || seconds > 60) throw new IntervalProblem('field');
  sum.claim('hour', 'minute', 'second', 'millisecond', 'microsecond');
  const factor = sign === '-' ? -1 : 1;
  sum.add(factor * hours, hour);
  sum.add(factor * minutes, minute);
  sum.add(factor * seconds, second);
}

function addYearAndMonth(sum: Sum, text: string): void {
  const [, sign, years, months] = yearAndMonth.exec(text) ?? [];
  if (Number(months) > 11) throw new IntervalProblem('field');
  sum.claim('year', 'month');
  const factor = sign === '-' ? -1 : 1;
  sum.add(factor * Number(years), year);
  sum.add(factor * Number(months), month);
}

const isoDate: ReadonlyMap<string, Unit> = new Map([
  ['y', year],
  ['m', month],
  ['w', week],
  ['d', day],
]);
const isoTime: ReadonlyMap<string, Unit> = new Map([
  ['h', hour],
  ['m', minute],
  ['s', second],
]);

/** P1Y2M3DT4H5M6.7S with designators, P0001-02-03T04:05:06 and P00010203T040506 without. */
function parseIso(source: string): Interval {
  const [, date = '', clock] = /^p([^t]*)(?:t(.*))?$/.exec(source) ?? [];
  if (date === '' && (clock === undefined || clock === '')) throw new IntervalProblem('form');
  const sum = new Sum();
  const plainDate = /^(\d{4})(\d{2})(\d{2})$/.exec(date) ?? /^(-?\d+)-(\d+)-(\d+)$/.exec(date);
  if (plainDate === null) addDesignated(sum, date, isoDate);
  else addFields(sum, plainDate, [year, month, day]);
  const plainClock =
    /^(\d{2})(\d{2})(\d{2})$/.exec(clock ?? '') ??
    /^(-?\d+):(\d+)(?::(\d+(?:\.\d*)?))?$/.exec(clock ?? '');
  if (plainClock === null) addDesignated(sum, clock ?? '', isoTime);
  else addFields(sum, plainClock, [hour, minute, second]);
  return sum.result(false);
}

function addFields(sum: Sum, match: RegExpExecArray, fields: readonly Unit[]): void {
  for (const [index, unit] of fields.entries()) {
    sum.claim(`${unit.name} of ISO 8601`);
    sum.add(Number(match[index + 1] ?? 0), unit);
  }
}

function addDesignated(sum: Sum, text: string, designators: ReadonlyMap<string, Unit>): void {
  const part = /([+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+))([a-z])/y;
  for (let at = 0; at < text.length; at = part.lastIndex) {
    part.lastIndex = at;
    const [, count = '', letter = ''] = part.exec(text) ?? [];
    const unit = designators.get(letter);
    if (unit === undefined) throw new IntervalProblem('form');
    sum.claim(`${unit.name} of ISO 8601 ${at}`);
    sum.add(Number(count.replace(',', '.')), unit);
  }
}
