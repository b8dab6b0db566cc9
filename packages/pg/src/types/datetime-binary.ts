// Dates and times as the numbers of the binary format: days and microseconds since 2000-01-01.

import {
  dateOf,
  formatDate,
  formatMoment,
  formatTime,
  type Moment,
  usPerDay,
} from '@patina/engine/functions/calendar.ts';
import { formatOffset } from '@patina/engine/functions/time-zones.ts';
import { PgError } from '../pg-error.ts';

/** From 4714-11-24 BC, where Julian days begin, to the end of 5874897. */
const daysMin = -2_451_545;
const daysEnd = 2_145_031_949;
/** From 4714-11-24 BC to the end of 294276. */
const usMin = -211_813_488_000_000_000n;
const usEnd = 9_223_371_331_200_000_000n;
const int32Max = 0x7fff_ffff;
const int64Max = 0x7fff_ffff_ffff_ffffn;

/** Days for the binary format of date. */
export function dateToBinary(moment: Moment): number {
  if (moment.kind === 'finite') return moment.days;
  return moment.kind === 'infinity' ? int32Max : -int32Max - 1;
}

/** Throws 22008 for days that PostgreSQL does not have. */
export function dateFromBinary(days: number): string {
  if (days === int32Max) return 'infinity';
  if (days === -int32Max - 1) return '-infinity';
  if (days < daysMin || days >= daysEnd) throw new PgError('22008', 'date out of range');
  return formatDate(dateOf(days));
}

/** Microseconds for the binary format of timestamps. */
export function momentToBinary(moment: Moment): bigint {
  if (moment.kind === 'finite') return BigInt(moment.days) * BigInt(usPerDay) + BigInt(moment.us);
  return moment.kind === 'infinity' ? int64Max : -int64Max - 1n;
}

/** A timestamp from its binary format, as it is stored; without a zone. Throws 22008 beyond PostgreSQL's range. */
export function momentFromBinary(us: bigint): string {
  if (us === int64Max) return 'infinity';
  if (us === -int64Max - 1n) return '-infinity';
  if (us < usMin || us >= usEnd) throw new PgError('22008', 'timestamp out of range');
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

const displacementEndSeconds = 16 * 3_600;

/** The offset of a time with time zone, from seconds to the west. Throws 22009. */
export function offsetFromBinary(secondsWest: number): string {
  if (Math.abs(secondsWest) >= displacementEndSeconds) {
    throw new PgError('22009', 'time zone displacement out of range');
  }
  return formatOffset(-secondsWest);
}
