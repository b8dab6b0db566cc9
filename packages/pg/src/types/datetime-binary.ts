// Dates and times as the numbers of the binary format: days and microseconds since 2000-01-01.

import {
  dateOf,
  formatDate,
  formatMoment,
  formatTime,
  type Moment,
  usPerDay,
} from '@patina/engine/functions/calendar.ts';
import { PgError } from '../pg-error.ts';

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
