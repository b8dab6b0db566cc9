// Times of day with a zone: `10:20:30+02`, kept with the offset that they were given. They sort by the time in
// UTC, then by the offset (timetz_cmp_internal).

import { usPerDay, usPerSecond } from './calendar.ts';
import { textOf } from './cells.ts';
import { zoneOf } from './datetime-functions.ts';
import { clockText, currentMoment } from './datetime-input.ts';
import { type Cell, type SqlFunction, scalar } from './function-types.ts';
import { clockOf, momentOf } from './stored-times.ts';
import { formatOffset, offsetAt, parseOffset, toLocal } from './time-zones.ts';

interface ZonedClock {
  /** Microseconds of the local day. */
  readonly us: number;
  /** Seconds to the east of UTC. */
  readonly offset: number;
}

const offsetPattern = /[+-]\d{2}(?::?\d{2}){0,2}$/;

export function zonedClockOf(cell: Cell): ZonedClock {
  const text = textOf(cell);
  return { us: clockOf(cell), offset: parseOffset(offsetPattern.exec(text)?.[0] ?? '') ?? 0 };
}

function zonedClockText({ us, offset }: ZonedClock): string {
  return `${clockText(us)}${formatOffset(offset)}`;
}

/** Microseconds of the day in UTC, which may be on a day before or after. */
function utcOf({ us, offset }: ZonedClock): number {
  return us - offset * usPerSecond;
}

function compareClocks(a: ZonedClock, b: ZonedClock): bigint {
  const difference = utcOf(a) - utcOf(b) || b.offset - a.offset;
  return BigInt(Math.sign(difference));
}

/** Positive and of one length. */
function key(clock: ZonedClock): string {
  const utc = String(utcOf(clock) + usPerDay).padStart(12, '0');
  return `${utc}${String(86_400 - clock.offset).padStart(6, '0')}`;
}

/** The time of day of a moment in a zone. */
function ofMoment(cell: Cell, zone: string): string | null {
  const moment = momentOf(cell);
  const local = toLocal(moment, zone);
  if (local.kind !== 'finite') return null;
  return zonedClockText({ us: local.us, offset: offsetAt(zone, moment) });
}

/** The same time with the offset that the zone has now. */
function atZone(cell: Cell, zone: string): string {
  const clock = zonedClockOf(cell);
  const offset = offsetAt(zone, currentMoment());
  const us = utcOf(clock) + offset * usPerSecond;
  return zonedClockText({ us: ((us % usPerDay) + usPerDay) % usPerDay, offset });
}

/** A unit of the offset; undefined for other fields. */
export function offsetField(field: string, offset: number): string | undefined {
  if (field === 'timezone') return String(offset);
  if (field === 'timezone_hour') return String(Math.trunc(offset / 3_600));
  return field === 'timezone_minute' ? String(Math.trunc(offset / 60) % 60) : undefined;
}

export const timetzFunctions: readonly SqlFunction[] = [
  scalar('pg_timestamptz_timetz', 2, (moment = null, zone = 'UTC') =>
    ofMoment(moment, textOf(zone)),
  ),
  scalar('pg_timetz_at_zone', 2, (time = null, zone = 'UTC') => atZone(time, zoneOf(zone)), {
    isDeterministic: false,
  }),
  scalar('pg_timetz_time', 1, (time = null) => clockText(clockOf(time))),
  scalar('pg_timetz_cmp', 2, (a = null, b = null) =>
    compareClocks(zonedClockOf(a), zonedClockOf(b)),
  ),
  scalar('pg_timetz_key', 1, (time = null) => key(zonedClockOf(time))),
];
