// Dates and times as columns keep them: `2024-02-29 10:20:30.5`, with `+00` where they are moments in UTC.

import { daysInMonth, daysOf, finite, formatMoment, type Moment, usPerDay } from './calendar.ts';
import { textOf } from './cells.ts';
import { sqlFault } from './function-error.ts';
import type { Cell } from './function-types.ts';

const pattern =
  /^(\d{4,7})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6})\d*)?)?)?(?:([+-])(\d{2})(?::?(\d{2}))?(?::?(\d{2}))?|Z)?( BC)?$/;

/** A stored date, timestamp or timestamptz; undefined for text that is none. */
export function readMoment(text: string): Moment | undefined {
  if (text === 'infinity' || text === '-infinity') return { kind: text };
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, y, mo, d, hour, minute, second, fraction, sign, zoneHour, zoneMinute, zoneSecond, bc] =
    match;
  const year = bc === undefined ? Number(y) : 1 - Number(y);
  const month = Number(mo);
  const day = Number(d);
  const us = clockUs(hour, minute, second, fraction);
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month) || us === undefined) {
    return undefined;
  }
  const east =
    Number(zoneHour ?? 0) * 3_600 + Number(zoneMinute ?? 0) * 60 + Number(zoneSecond ?? 0);
  return finite(daysOf({ year, month, day }), us - (sign === '-' ? -east : east) * 1_000_000);
}

function clockUs(
  hour: string | undefined,
  minute: string | undefined,
  second: string | undefined,
  fraction: string | undefined,
): number | undefined {
  const [h, m, s] = [Number(hour ?? 0), Number(minute ?? 0), Number(second ?? 0)];
  const us = (h * 3_600 + m * 60 + s) * 1_000_000 + Number((fraction ?? '').padEnd(6, '0'));
  return m > 59 || s > 60 || us > usPerDay ? undefined : us;
}

const clockPattern = /^(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6})\d*)?)?$/;

/** A stored time of day in microseconds. */
export function readClock(text: string): number | undefined {
  const match = clockPattern.exec(text);
  return match === null ? undefined : clockUs(match[1], match[2], match[3], match[4]);
}

/** An argument that is a date or timestamp. Throws 22007. */
export function momentOf(cell: Cell): Moment {
  const text = textOf(cell);
  const moment = readMoment(text) ?? readMoment(text.trim());
  if (moment !== undefined) return moment;
  throw sqlFault('22007', `invalid input syntax for type timestamp: "${text}"`);
}

/** An argument that is a time of day, without its zone. Throws 22007. */
export function clockOf(cell: Cell): number {
  const text = textOf(cell);
  const us = readClock(text.replace(/[+-]\d{2}(:?\d{2}){0,2}$/, '')) ?? clockOfMoment(text);
  if (us !== undefined) return us;
  throw sqlFault('22007', `invalid input syntax for type time: "${text}"`);
}

function clockOfMoment(text: string): number | undefined {
  const moment = readMoment(text);
  return moment?.kind === 'finite' ? moment.us : undefined;
}

/** A moment in UTC as it is stored: `2024-02-29 10:20:30+00`. */
export function utcText(moment: Moment): string {
  return withOffset(formatMoment(moment), moment.kind === 'finite' ? '+00' : '');
}

/** BC stands behind the offset. */
export function withOffset(text: string, offset: string): string {
  return text.endsWith(' BC') ? `${text.slice(0, -3)}${offset} BC` : `${text}${offset}`;
}
