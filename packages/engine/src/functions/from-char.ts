// to_timestamp() and to_date(): text read by a template.

import {
  dateOf,
  daysInMonth,
  daysOf,
  finite,
  formatDate,
  formatMoment,
  isLeapYear,
  type Moment,
  weekdayOf,
} from './calendar.ts';
import { textOf } from './cells.ts';
import { sqlFault } from './function-error.ts';
import { type SqlFunction, scalar } from './function-types.ts';
import { utcText } from './stored-times.ts';
import {
  dayNames,
  monthNames,
  parseTimeFormat,
  romanMonths,
  type TimeField,
  type TimeNode,
} from './time-format.ts';
import { offsetOfAbbreviation, toUtc } from './time-zones.ts';

/** Most digits that a field takes. */
const widthByName: Readonly<Record<string, number>> = {
  HH24: 2,
  HH12: 2,
  HH: 2,
  MI: 2,
  SS: 2,
  MS: 3,
  US: 6,
  SSSS: 5,
  SSSSS: 5,
  YYYY: 4,
  YYY: 3,
  YY: 2,
  Y: 1,
  IYYY: 4,
  IYY: 3,
  IY: 2,
  I: 1,
  MM: 2,
  DD: 2,
  DDD: 3,
  IDDD: 3,
  D: 1,
  ID: 1,
  W: 1,
  WW: 2,
  IW: 2,
  CC: 2,
  J: 8,
  Q: 1,
  FF1: 1,
  FF2: 2,
  FF3: 3,
  FF4: 4,
  FF5: 5,
  FF6: 6,
};

class CharReader {
  readonly #text: string;
  readonly #nodes: readonly TimeNode[];
  readonly found = new Map<string, number>();
  isBc = false;
  isPm: boolean | undefined;
  #at = 0;

  constructor(text: string, template: string) {
    this.#text = text;
    this.#nodes = parseTimeFormat(template);
  }

  read(): void {
    for (const [index, node] of this.#nodes.entries()) {
      if (this.#at >= this.#text.length) return;
      if (node.kind === 'text') {
        this.#skip(node);
        continue;
      }
      this.#skipSpace();
      this.#field(node, this.#nodes[index + 1]);
    }
  }

  /** A separator takes any separators or white space; other text as many characters. */
  #skip({ text, isQuoted }: { readonly text: string; readonly isQuoted: boolean }): void {
    if (isQuoted || /[\p{L}\p{N}]/u.test(text)) {
      this.#at += text.length;
      return;
    }
    this.#skipSpace();
    const next = this.#text[this.#at] ?? '';
    // A sign before a number belongs to it unless the template has the same mark here.
    if (!/[\p{L}\p{N}]/u.test(next) && next !== '' && (!/[+-]/.test(next) || next === text))
      this.#at++;
  }

  #skipSpace(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++;
  }

  #field(field: TimeField, next: TimeNode | undefined): void {
    const name = field.name.toUpperCase();
    if (/^(MONTH|MON|DAY|DY|RM|AM|PM|A\.M\.|P\.M\.|BC|AD|B\.C\.|A\.D\.)$/.test(name)) {
      this.#word(name, field.name);
    } else if (/^(TZ|TZH|TZM|OF)$/.test(name)) this.#zone(name);
    else if (name === 'Y,YYY') {
      const match = this.#take(/\d+,\d{3}/y, name);
      this.#set('YYYY', Number(match.replace(',', '')));
    } else this.#number(name, field.name, next);
    if (field.ordinal !== undefined) this.#at += 2;
  }

  #number(name: string, shownName: string, next: TimeNode | undefined): void {
    const width = widthByName[name] ?? 1;
    // Digits that stand against the next field are counted; else all of them are taken.
    const isTight =
      next?.kind === 'field' && !/^(MONTH|MON|DAY|DY|AM|PM|TZ.?|OF)$/i.test(next.name);
    const isYear = /^I?Y+$/.test(name);
    const pattern = isTight
      ? new RegExp(`[+-]?\\d{1,${width}}`, 'y')
      : isYear || name === 'J'
        ? /[+-]?\d+/y
        : new RegExp(`[+-]?\\d{1,${width}}`, 'y');
    const text = this.#take(pattern, name, shownName);
    const digits = text.replace(/^[+-]/, '');
    if (name === 'MS') this.#set('MS', Number(`0.${digits}`) * 1e6);
    else if (/^(US|FF\d)$/.test(name)) this.#set('US', Number(`0.${digits}`) * 1e6);
    else if (isYear)
      this.#set(
        name.startsWith('I') ? 'IYYY' : 'YYYY',
        name.length === 4 ? Number(text) : yearOf(Number(text), digits.length),
      );
    else this.#set(/^SSSS/.test(name) ? 'SSSS' : name, Number(text));
  }

  #take(pattern: RegExp, name: string, shownName = name): string {
    pattern.lastIndex = this.#at;
    const text = pattern.exec(this.#text)?.[0];
    if (text === undefined) {
      const shown = this.#text.slice(this.#at, this.#at + (widthByName[name] ?? 4));
      throw sqlFault(
        '22007',
        `invalid value "${shown}" for "${shownName}"`,
        'Value must be an integer.',
      );
    }
    this.#at += text.length;
    return text;
  }

  #word(name: string, shownName: string): void {
    const rest = this.#text.slice(this.#at);
    const match = (words: readonly string[]): number => {
      const index = words.findIndex((word) => rest.toLowerCase().startsWith(word.toLowerCase()));
      if (index < 0) {
        const shown = /^\S+/.exec(rest)?.[0] ?? '';
        throw sqlFault(
          '22007',
          `invalid value "${shown}" for "${shownName}"`,
          'The given value did not match any of the allowed values for this field.',
        );
      }
      this.#at += (words[index] ?? '').length;
      return index;
    };
    if (name === 'MONTH' || name === 'MON') {
      const isShort = name === 'MON';
      this.#set('MM', match(monthNames.map((each) => (isShort ? each.slice(0, 3) : each))) + 1);
    } else if (name === 'DAY' || name === 'DY') {
      const isShort = name === 'DY';
      match(dayNames.map((each) => (isShort ? each.slice(0, 3) : each)));
    } else if (name === 'RM') {
      // Longer numerals first: VIII before V.
      const sorted = [...romanMonths].sort((a, b) => b.length - a.length);
      this.#set('MM', romanMonths.indexOf(sorted[match(sorted)] ?? 'I') + 1);
    } else if (/M/.test(name)) this.isPm = match(['a.m.', 'am', 'p.m.', 'pm']) >= 2;
    else this.isBc = match(['a.d.', 'ad', 'b.c.', 'bc']) >= 2;
  }

  #zone(name: string): void {
    const offset = /^([+-])(\d{1,2})(?::?(\d{2}))?/.exec(this.#text.slice(this.#at));
    if (name === 'TZM') {
      this.#set('TZM', Number(this.#take(/\d{1,2}/y, name)));
    } else if (offset !== null && (name !== 'TZ' || offset !== null)) {
      const [all, sign, hours, minutes] = offset;
      const isHoursOnly = name === 'TZH';
      this.#at += isHoursOnly ? `${sign}${hours}`.length : all.length;
      const seconds = Number(hours) * 3_600 + (isHoursOnly ? 0 : Number(minutes ?? 0) * 60);
      this.#set('TZ', sign === '-' ? -seconds : seconds);
    } else {
      const word = this.#take(/[a-z]+/iy, name);
      const known = offsetOfAbbreviation(word);
      if (known === undefined) throw sqlFault('22007', `invalid value "${word}" for "${name}"`);
      this.#set('TZ', known);
    }
  }

  #set(name: string, value: number): void {
    const before = this.found.get(name);
    if (before !== undefined && before !== value) {
      throw sqlFault(
        '22007',
        `conflicting values for "${name}" field in formatting string`,
        'This value contradicts a previous setting for the same field type.',
      );
    }
    this.found.set(name, value);
  }
}

/** Years of less than four digits are the nearest to 2020. */
function yearOf(year: number, digits: number): number {
  if (digits >= 4 || year < 0) return year;
  if (digits === 3) return year + (year < 100 ? 2_000 : year < 520 ? 2_000 : 1_000);
  return year + (year < 70 ? 2_000 : 1_900);
}

interface ReadMoment {
  readonly moment: Extract<Moment, { kind: 'finite' }>;
  readonly offset: number | undefined;
}

function readByTemplate(text: string, template: string): ReadMoment {
  const reader = new CharReader(text, template);
  reader.read();
  const { found, isBc, isPm } = reader;
  let hour = found.get('HH24') ?? found.get('HH12') ?? found.get('HH') ?? 0;
  const isTwelve = found.has('HH12') || found.has('HH');
  if (isTwelve && (hour < 1 || hour > 12)) {
    throw sqlFault('22007', `hour "${hour}" is invalid for the 12-hour clock`);
  }
  if (isPm === true && hour < 12) hour += 12;
  if (isPm === false && hour === 12) hour = 0;
  const minute = found.get('MI') ?? 0;
  const second = found.get('SS') ?? 0;
  const outOfRange = (): Error =>
    sqlFault('22008', `date/time field value out of range: "${text}"`);
  if (hour > 23 || minute > 59 || second > 59) throw outOfRange();
  const seconds = found.get('SSSS') ?? (hour * 60 + minute) * 60 + second;
  const us = seconds * 1_000_000 + Math.round((found.get('MS') ?? 0) + (found.get('US') ?? 0));
  const days = daysOfFields(found, isBc);
  if (days === undefined) throw outOfRange();
  const zone = found.get('TZ');
  const minutes = found.get('TZM') ?? 0;
  const offset = zone === undefined ? undefined : zone + (zone < 0 ? -minutes : minutes) * 60;
  const moment = finite(days, us);
  return { moment: moment.kind === 'finite' ? moment : { kind: 'finite', days, us }, offset };
}

/** Fields of ISO weeks and those of months don't go together. */
function checkConventions(found: ReadonlyMap<string, number>): void {
  const has = (names: readonly string[]): boolean => names.some((name) => found.has(name));
  if (has(['IYYY', 'IW', 'ID', 'IDDD']) && has(['YYYY', 'MM', 'DD', 'DDD', 'WW', 'W', 'CC'])) {
    throw sqlFault('22007', 'invalid combination of date conventions');
  }
}

function daysOfFields(found: ReadonlyMap<string, number>, isBc: boolean): number | undefined {
  const julian = found.get('J');
  if (julian !== undefined) return julian - 2_451_545;
  checkConventions(found);
  const isoYear = found.get('IYYY');
  const isoWeek = found.get('IW');
  if (isoYear !== undefined && isoWeek !== undefined) {
    const fourth = daysOf({ year: isoYear, month: 1, day: 4 });
    return fourth - ((weekdayOf(fourth) + 6) % 7) + (isoWeek - 1) * 7 + (found.get('ID') ?? 1) - 1;
  }
  const century = found.get('CC');
  let year = found.get('YYYY') ?? (century === undefined ? 0 : (century - 1) * 100 + 1);
  const isYearGiven = found.has('YYYY') || century !== undefined;
  if (isBc && year > 0) year = 1 - year;
  else if (!isYearGiven) year = 0;
  const yearWeek = found.get('WW');
  const dayOfYear = found.get('DDD') ?? (yearWeek === undefined ? undefined : yearWeek * 7 - 6);
  if (dayOfYear !== undefined && !found.has('MM')) {
    if (dayOfYear < 1 || dayOfYear > (isLeapYear(year) ? 366 : 365)) return undefined;
    return daysOf({ year, month: 1, day: 1 }) + dayOfYear - 1;
  }
  // 0 is taken for what was not said.
  const month = found.get('MM') || 1;
  const week = found.get('W');
  const day = found.get('DD') || (week === undefined ? 1 : (week - 1) * 7 + 1);
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  return daysOf({ year, month, day });
}

export const fromCharFunctions: readonly SqlFunction[] = [
  scalar('pg_to_timestamp', 3, (text = null, template = null, zone = null) => {
    const { moment, offset } = readByTemplate(textOf(text), textOf(template));
    if (offset !== undefined) return utcText(finite(moment.days, moment.us - offset * 1_000_000));
    return utcText(toUtc(moment, textOf(zone)));
  }),
  scalar('pg_to_timestamp_local', 2, (text = null, template = null) =>
    formatMoment(readByTemplate(textOf(text), textOf(template)).moment),
  ),
  scalar('to_date', 2, (text = null, template = null) =>
    formatDate(dateOf(readByTemplate(textOf(text), textOf(template)).moment.days)),
  ),
];
