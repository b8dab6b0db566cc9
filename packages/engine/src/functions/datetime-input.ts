// From PostgreSQL's input forms to the form in which dates and times are stored. Errors have PostgreSQL's words.

import {
  checkDateRange,
  checkRange,
  dateOf,
  daysOf,
  daysToEpoch2000,
  finite,
  formatDate,
  formatMoment,
  formatTime,
  type Moment,
  usPerDay,
} from './calendar.ts';
import { type DateTimeParts, readDateTimeParts } from './datetime-parts.ts';
import { sqlFault } from './function-error.ts';
import { momentNowMs } from './moment.ts';
import { utcText } from './stored-times.ts';
import { formatOffset, offsetAt, toLocal, toUtc } from './time-zones.ts';

const storedTimestamp = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{0,5}[1-9])?$/;

function partsOf(text: string, type: string): DateTimeParts {
  const parts = readDateTimeParts(text, type.startsWith('time ') || type === 'time');
  if (!('problem' in parts)) return parts;
  if (parts.problem === 'zone') {
    throw sqlFault('22023', `time zone "${parts.name}" not recognized`);
  }
  if (parts.problem === 'displacement') {
    throw sqlFault('22009', `time zone displacement out of range: "${text}"`);
  }
  if (parts.problem === 'field') {
    throw sqlFault('22008', `date/time field value out of range: "${text}"`);
  }
  throw malformed(text, type);
}

function malformed(text: string, type: string): Error {
  return sqlFault('22007', `invalid input syntax for type ${type}: "${text}"`);
}

/** The moment of the transaction, or of the machine, in UTC. */
export function currentMoment(): Moment {
  const ms = momentNowMs();
  const days = Math.floor(ms / 86_400_000);
  return finite(days - daysToEpoch2000, Math.round((ms - days * 86_400_000) * 1_000));
}

/** A local time; `now` and its like in a zone. */
function localOf(parts: DateTimeParts, zone: string, text: string, type: string): Moment {
  const { special, date, us } = parts;
  if (special === 'infinity' || special === '-infinity') return { kind: special };
  if (special === 'epoch') return finite(-daysToEpoch2000, 0);
  if (special !== undefined) {
    const now = toLocal(currentMoment(), zone);
    if (now.kind !== 'finite' || special === 'now') return now;
    const shift = special === 'tomorrow' ? 1 : special === 'yesterday' ? -1 : 0;
    return finite(now.days + shift, us ?? 0);
  }
  if (date === undefined) throw malformed(text, type);
  const moment = finite(daysOf(date), us ?? 0);
  if (moment.kind === 'finite') (type === 'date' ? checkDateRange : checkRange)(moment.days, text);
  return moment;
}

export function readDate(text: string, zone = 'UTC'): string {
  const local = localOf(partsOf(text, 'date'), zone, text, 'date');
  return local.kind === 'finite' ? formatDate(dateOf(local.days)) : local.kind;
}

/** What is said of a zone is passed over, as PostgreSQL does. */
export function readTimestamp(text: string, zone = 'UTC'): string {
  if (storedTimestamp.test(text) && isPlainDay(text)) return text;
  return formatMoment(localOf(partsOf(text, 'timestamp'), zone, text, 'timestamp'));
}

/** Digits that need no look into the calendar: most days of most months. */
function isPlainDay(text: string): boolean {
  const month = Number(text.slice(5, 7));
  const day = Number(text.slice(8, 10));
  const isDay = month >= 1 && month <= 12 && day >= 1 && day <= 28 && text.slice(0, 4) !== '0000';
  return (
    isDay &&
    Number(text.slice(11, 13)) < 24 &&
    text.slice(14, 16) < '60' &&
    text.slice(17, 19) < '60'
  );
}

const storedMoment = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{0,5}[1-9])?\+00$/;

/** In UTC, with `+00`. */
export function readTimestamptz(text: string, zone: string): string {
  if (storedMoment.test(text) && isPlainDay(text)) return text;
  const type = 'timestamp with time zone';
  const parts = partsOf(text, type);
  if (parts.special === 'now') return utcText(currentMoment());
  if (parts.special === 'epoch') return utcText(finite(-daysToEpoch2000, 0));
  const local = localOf(parts, zone, text, type);
  if (local.kind !== 'finite') return local.kind;
  if (typeof parts.zone === 'number') {
    return utcText(finite(local.days, local.us - parts.zone * 1_000_000));
  }
  return utcText(toUtc(local, parts.zone ?? zone));
}

export function readTime(text: string, zone = 'UTC'): string {
  const type = 'time';
  const parts = partsOf(text, type);
  if (parts.special === 'now') {
    const now = localOf(parts, zone, text, type);
    return now.kind === 'finite' ? formatTime(now.us) : '00:00:00';
  }
  if (parts.us === undefined) throw malformed(text, type);
  return clockText(parts.us);
}

/** `24:00:00` is a time of day. */
export function clockText(us: number): string {
  return us === usPerDay ? '24:00:00' : formatTime(us);
}

/** With the offset that was said, or that of the zone now. */
export function readTimetz(text: string, zone: string): string {
  const parts = partsOf(text, 'time with time zone');
  if (parts.us === undefined && parts.special !== 'now') {
    throw malformed(text, 'time with time zone');
  }
  const clock = readTime(text, zone);
  const said = parts.zone ?? zone;
  const offset = typeof said === 'number' ? said : offsetAt(said, momentIn(parts, said));
  return `${clock}${formatOffset(offset)}`;
}

/** Where a date was said the offset of a zone is that of then, else that of now. */
function momentIn({ date, us }: DateTimeParts, zone: string): Moment {
  return date === undefined ? currentMoment() : toUtc(finite(daysOf(date), us ?? 0), zone);
}
