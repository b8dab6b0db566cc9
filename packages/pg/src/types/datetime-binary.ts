// Dates and times between their text in the database and the numbers of the binary format: days and
// microseconds since 2000-01-01.

import {
  dateOf,
  daysOf,
  finite,
  formatDate,
  formatMoment,
  formatTime,
  type Moment,
  usPerDay,
} from '@patina/engine/functions/calendar.ts';
import { PgError } from '../pg-error.ts';

const pattern =
  /^(\d{4,6})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6})\d*)?)?)?(?:([+-]\d{2})(?::?(\d{2}))?|Z)?( BC)?$/;

/** A stored date, timestamp or timestamptz; undefined for text that is none. */
export function readMoment(text: string): Moment | undefined {
  if (text === 'infinity' || text === '-infinity') return { kind: text };
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction, zoneHour, zoneMinute, bc] = match;
  const days = daysOf({
    year: bc === undefined ? Number(year) : 1 - Number(year),
    month: Number(month),
    day: Number(day),
  });
  const us = clockUs(hour, minute, second, fraction);
  const offset =
    Number(zoneHour ?? 0) * 3_600 + Math.sign(Number(zoneHour ?? 0)) * Number(zoneMinute ?? 0) * 60;
  return finite(days, us - offset * 1_000_000);
}

function clockUs(
  hour: string | undefined,
  minute: string | undefined,
  second: string | undefined,
  fraction: string | undefined,
): number {
  const seconds = Number(hour ?? 0) * 3_600 + Number(minute ?? 0) * 60 + Number(second ?? 0);
  return seconds * 1_000_000 + Number((fraction ?? '').padEnd(6, '0'));
}

/** A stored time of day in microseconds. */
export function readClock(text: string): number | undefined {
  const match = /^(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?$/.exec(text);
  return match === null ? undefined : clockUs(match[1], match[2], match[3], match[4]);
}

const int32Max = 0x7fff_ffff;
const int64Max = 0x7fff_ffff_ffff_ffffn;

/** Days for the binary format of date. */
export function dateToBinary(moment: Moment): number {
  if (moment.kind === 'finite') return moment.days;
  return moment.kind === 'infinity' ? int32Max : -int32Max - 1;
}

export function dateFromBinary(days: number): string {
  if (days === int32Max) return 'infinity';
  return days === -int32Max - 1 ? '-infinity' : formatDate(dateOf(days));
}

/** Microseconds for the binary format of timestamps. */
export function momentToBinary(moment: Moment): bigint {
  if (moment.kind === 'finite') return BigInt(moment.days) * BigInt(usPerDay) + BigInt(moment.us);
  return moment.kind === 'infinity' ? int64Max : -int64Max - 1n;
}

/** A timestamp from its binary format, as it is stored; without a zone. */
export function momentFromBinary(us: bigint): string {
  if (us === int64Max) return 'infinity';
  if (us === -int64Max - 1n) return '-infinity';
  const perDay = BigInt(usPerDay);
  let days = us / perDay;
  let rest = us % perDay;
  if (rest < 0n) {
    rest += perDay;
    days -= 1n;
  }
  return formatMoment({ kind: 'finite', days: Number(days), us: Number(rest) });
}

/** Throws 22008 for what is no time of day. */
export function clockFromBinary(us: bigint): string {
  if (us < 0n || us > BigInt(usPerDay)) throw new PgError('22008', 'time out of range');
  return us === BigInt(usPerDay) ? '24:00:00' : formatTime(Number(us));
}
