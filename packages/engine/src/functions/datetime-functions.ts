// Functions of dates, times and zones. A `zone` is a name, an offset, or an interval.

import {
  checkRange,
  dateOf,
  daysInMonth,
  daysOf,
  daysToEpoch2000,
  finite,
  formatDate,
  formatMoment,
  type Moment,
  usPerDay,
} from './calendar.ts';
import { integerOf, numberOf, textOf } from './cells.ts';
import { clockText, currentMoment } from './datetime-input.ts';
import { sqlFault } from './function-error.ts';
import {
  type Answer,
  type Cell,
  type ScalarFunction,
  type SqlFunction,
  scalar,
} from './function-types.ts';
import { formatInterval, type Interval, negateInterval } from './interval.ts';
import { parseInterval } from './interval-input.ts';
import {
  addInterval,
  addIntervalInZone,
  age,
  difference,
  spanBetween,
  type TimeUnit,
  truncateInterval,
  truncateMoment,
  unitOf,
  unknownUnit,
  usByUnit,
} from './moment-arithmetic.ts';
import { clockOf, momentOf, utcText } from './stored-times.ts';
import { microsecondsBetween, toLocal, toUtc } from './time-zones.ts';

const intervalZone = /^[+-]?\d{1,2}:\d{2}:\d{2}$/;

/** Of AT TIME ZONE: `02:00:00`, an interval, is an offset to the east; names with numbers count to the west. */
export function zoneOf(cell: Cell): string {
  const zone = textOf(cell);
  if (!intervalZone.test(zone)) return zone;
  return zone.startsWith('-') ? `+${zone.slice(1)}` : `-${zone.replace('+', '')}`;
}

function interval(cell: Cell): Interval {
  return parseInterval(textOf(cell));
}

function unit(name: Cell, type: string): TimeUnit {
  const found = unitOf(textOf(name));
  if (found === undefined) throw unknownUnit(textOf(name), type);
  return found;
}

/** Microseconds since the origin, down to a multiple of the stride. */
function bin(stride: Interval, moment: Moment, origin: Moment): Moment {
  if (moment.kind !== 'finite') return moment;
  if (origin.kind !== 'finite') throw sqlFault('22008', 'origin out of range');
  if (stride.months !== 0) {
    throw sqlFault(
      '0A000',
      'timestamps cannot be binned into intervals containing months or years',
    );
  }
  const step = BigInt(stride.days) * BigInt(usPerDay) + BigInt(stride.us);
  if (step <= 0n) throw sqlFault('22008', 'stride must be greater than zero');
  const span = spanBetween(moment, origin);
  let count = span / step;
  if (span < 0n && span % step !== 0n) count -= 1n;
  const us = count * step;
  return finite(
    origin.days + Number(us / BigInt(usPerDay)),
    origin.us + Number(us % BigInt(usPerDay)),
  );
}

function fieldOutOfRange(type: string, shown: string): Error {
  return sqlFault('22008', `${type} field value out of range: ${shown}`);
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

function makeDate(year: number, month: number, day: number): string {
  // Negative years are BC.
  const civil = year < 0 ? year + 1 : year;
  const isReal =
    year !== 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(civil, month);
  if (!isReal) throw fieldOutOfRange('date', `${year}-${two(month)}-${two(day)}`);
  checkRange(daysOf({ year: civil, month, day }));
  return formatDate({ year: civil, month, day });
}

function makeClock(hour: number, minute: number, second: number): number {
  const us = Math.round(((hour * 60 + minute) * 60 + second) * 1e6);
  const isReal =
    hour >= 0 && minute >= 0 && minute <= 59 && second >= 0 && second <= 60 && us <= usPerDay;
  if (!isReal) {
    const shown = Number.isInteger(second) ? two(second) : String(second).padStart(5, '0');
    throw fieldOutOfRange('time', `${hour}:${two(minute)}:${shown}`);
  }
  return us;
}

function makeTimestamp(...args: readonly Cell[]): Answer {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = args.map((arg) =>
    numberOf(arg),
  );
  const civil = year < 0 ? year + 1 : year;
  makeDate(year, month, day);
  return formatMoment(finite(daysOf({ year: civil, month, day }), makeClock(hour, minute, second)));
}

function makeInterval(...args: readonly Cell[]): Answer {
  const [years = 0, months = 0, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] =
    args.map((arg) => numberOf(arg));
  return formatInterval({
    months: years * 12 + months,
    days: weeks * 7 + days,
    us: hours * 3_600_000_000 + minutes * 60_000_000 + Math.round(seconds * 1e6),
  });
}

function ofEpoch(seconds: number): Moment {
  if (seconds === Number.POSITIVE_INFINITY) return { kind: 'infinity' };
  if (seconds === Number.NEGATIVE_INFINITY) return { kind: '-infinity' };
  const days = Math.floor(seconds / 86_400);
  const moment = finite(days - daysToEpoch2000, Math.round((seconds - days * 86_400) * 1e6));
  if (moment.kind === 'finite') checkRange(moment.days);
  return moment;
}

/** Whether two spans share a moment; ends may stand in any order, NULL is an unknown one. */
function overlaps(a: Cell, b: Cell, c: Cell, d: Cell): Answer {
  const [first, second] = [ordered(a, b), ordered(c, d)];
  if (first === undefined || second === undefined) return null;
  const [[s1, e1], [s2, e2]] = [first, second];
  if (s1 === s2) return e1 === null || e2 === null ? null : true;
  if (s1 > s2) return e2 === null ? null : s1 < e2 ? true : e2 < s1 || e2 === s1 ? false : null;
  return e1 === null ? null : s2 < e1;
}

function ordered(a: Cell, b: Cell): readonly [string, string | null] | undefined {
  if (a === null && b === null) return undefined;
  if (a === null) return [textOf(b), null];
  if (b === null) return [textOf(a), null];
  const [start, end] = [textOf(a), textOf(b)];
  return start <= end ? [start, end] : [end, start];
}

function timestampSum(name: string, sign: 1 | -1): ScalarFunction {
  return scalar(name, 2, (value = null, by = null) => {
    const given = interval(by);
    return formatMoment(addInterval(momentOf(value), sign === 1 ? given : negateInterval(given)));
  });
}

function zonedSum(name: string, sign: 1 | -1): ScalarFunction {
  return scalar(name, [2, 3], (value = null, by = null, zone = 'UTC') => {
    const given = interval(by);
    const moment = momentOf(value);
    return utcText(
      addIntervalInZone(moment, sign === 1 ? given : negateInterval(given), textOf(zone)),
    );
  });
}

/** Around the clock. */
function timeSum(name: string, sign: 1 | -1): ScalarFunction {
  return scalar(name, 2, (value = null, by = null) => {
    const us = clockOf(value) + sign * (interval(by).us % usPerDay);
    const offset = /[+-]\d{2}(:?\d{2}){0,2}$/.exec(textOf(value))?.[0] ?? '';
    return clockText(((us % usPerDay) + usPerDay) % usPerDay) + offset;
  });
}

/** Differs from call to call. */
const changing = { isDeterministic: false } as const;

const arithmetic: readonly SqlFunction[] = [
  timestampSum('pg_timestamp_add', 1),
  timestampSum('pg_timestamp_sub', -1),
  zonedSum('pg_timestamptz_add', 1),
  zonedSum('pg_timestamptz_sub', -1),
  timeSum('pg_time_add', 1),
  timeSum('pg_time_sub', -1),
  scalar('pg_time_diff', 2, (a = null, b = null) =>
    formatInterval({ months: 0, days: 0, us: clockOf(a) - clockOf(b) }),
  ),
  scalar('pg_timestamp_diff', 2, (a = null, b = null) =>
    formatInterval(difference(momentOf(a), momentOf(b))),
  ),
  scalar('pg_age', 2, (a = null, b = null) => formatInterval(age(momentOf(a), momentOf(b)))),
  scalar('pg_date_add', 2, (date = null, days = 0) => {
    const moment = momentOf(date);
    if (moment.kind !== 'finite') return moment.kind;
    const result = moment.days + integerOf(days);
    checkRange(result);
    return formatDate(dateOf(result));
  }),
  scalar('pg_date_diff', 2, (a = null, b = null) => {
    const [one, other] = [momentOf(a), momentOf(b)];
    if (one.kind === 'finite' && other.kind === 'finite') return BigInt(one.days - other.days);
    throw sqlFault('22008', 'cannot subtract infinite dates');
  }),
  scalar('pg_overlaps', 4, (a = null, b = null, c = null, d = null) => overlaps(a, b, c, d), {
    isStrict: false,
  }),
  scalar('date_bin', 3, (stride = null, moment = null, origin = null) => {
    const result = bin(interval(stride), momentOf(moment), momentOf(origin));
    return /[+-]\d\d$/.test(textOf(moment)) && textOf(moment).length > 12
      ? utcText(result)
      : formatMoment(result);
  }),
];

const rounding: readonly SqlFunction[] = [
  scalar('date_trunc', [2, 3], (name = null, moment = null, zone) =>
    zone === undefined
      ? formatMoment(truncateMoment(momentOf(moment), unit(name, 'timestamp without time zone')))
      : truncatedInZone(name, moment, zone),
  ),
  scalar('pg_date_trunc_tz', 3, (name = null, moment = null, zone = null) =>
    truncatedInZone(name, moment, zone),
  ),
  scalar('pg_interval_trunc', 2, (name = null, value = null) =>
    formatInterval(truncateInterval(interval(value), unit(name, 'interval'))),
  ),
];

function truncatedInZone(name: Cell, value: Cell, zone: Cell): string {
  const moment = momentOf(value);
  const given = unit(name, 'timestamp with time zone');
  // Hours and less do not move the zone's offset, which may be told apart twice a year.
  if (usByUnit[given] !== undefined && moment.kind === 'finite') {
    const local = toLocal(moment, zoneOf(zone));
    const back = local.kind === 'finite' ? microsecondsBetween(truncated(local, given), local) : 0;
    return utcText(finite(moment.days, moment.us + back));
  }
  return utcText(toUtc(truncateMoment(toLocal(moment, zoneOf(zone)), given), zoneOf(zone)));
}

function truncated(
  moment: Extract<Moment, { kind: 'finite' }>,
  given: TimeUnit,
): Extract<Moment, { kind: 'finite' }> {
  const result = truncateMoment(moment, given);
  return result.kind === 'finite' ? result : moment;
}

const zones: readonly SqlFunction[] = [
  scalar('pg_timestamptz_local', 2, (moment = null, zone = null) =>
    formatMoment(toLocal(momentOf(moment), zoneOf(zone))),
  ),
  scalar('pg_timestamp_at_zone', 2, (moment = null, zone = null) =>
    utcText(toUtc(momentOf(moment), zoneOf(zone))),
  ),
];

const makers: readonly SqlFunction[] = [
  scalar('make_date', 3, (year = 0, month = 0, day = 0) =>
    makeDate(integerOf(year), integerOf(month), integerOf(day)),
  ),
  scalar('make_time', 3, (hour = 0, minute = 0, second = 0) =>
    clockText(makeClock(integerOf(hour), integerOf(minute), numberOf(second))),
  ),
  scalar('make_timestamp', 6, makeTimestamp),
  scalar('make_interval', [0, 1, 2, 3, 4, 5, 6, 7], makeInterval),
  scalar('pg_epoch_timestamptz', 1, (seconds = 0) => utcText(ofEpoch(numberOf(seconds)))),
  scalar('isfinite', 1, (value = null) => !/infinity/i.test(textOf(value))),
];

const clock: readonly SqlFunction[] = [
  scalar('pg_now', 0, () => utcText(currentMoment()), changing),
  scalar('pg_clock_timestamp', 0, () => utcText(currentMoment()), changing),
  scalar('pg_current_date', [0, 1], (zone = 'UTC') => localNow(zone).slice(0, 10), changing),
  scalar('pg_local_timestamp', [0, 1], (zone = 'UTC') => localNow(zone), changing),
  scalar('pg_local_time', [0, 1], (zone = 'UTC') => localNow(zone).slice(11), changing),
];

function localNow(zone: Cell): string {
  return formatMoment(toLocal(currentMoment(), textOf(zone)));
}

export const datetimeFunctions: readonly SqlFunction[] = [
  ...arithmetic,
  ...rounding,
  ...zones,
  ...makers,
  ...clock,
];
