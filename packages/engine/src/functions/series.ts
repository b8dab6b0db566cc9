// Sets as JSON arrays, for json_each: generate_series() of each type, subscripts.

import { type ArrayItem, arrayJson } from './array-form.ts';
import { formatMoment, type Moment } from './calendar.ts';
import { bigintOf, textOf } from './cells.ts';
import { add, compare, decimalOf, formatDecimal } from './decimal.ts';
import { sqlFault } from './function-error.ts';
import { type Cell, type SqlFunction, scalar } from './function-types.ts';
import { type Interval, spanOf } from './interval.ts';
import { parseInterval } from './interval-input.ts';
import { addInterval, addIntervalInZone, spanBetween } from './moment-arithmetic.ts';
import { momentOf, utcText } from './stored-times.ts';

/** A series is made whole before its first row: longer ones are refused. */
const itemsMax = 10_000_000;

function checkCount(count: number): void {
  if (count <= itemsMax) return;
  throw sqlFault('54000', `generate_series() makes at most ${itemsMax} rows here`);
}

function zeroStep(): Error {
  return sqlFault('22023', 'step size cannot equal zero');
}

function integers(from: bigint, to: bigint, step: bigint): string {
  if (step === 0n) throw zeroStep();
  const span = (to - from) / step;
  if ((step > 0n && from > to) || (step < 0n && from < to)) return '[]';
  checkCount(Number(span));
  const items: string[] = [];
  // Plain numbers are faster where they are exact.
  const isSafe = Number.isSafeInteger(Number(from)) && Number.isSafeInteger(Number(to));
  if (isSafe) {
    const [start, by] = [Number(from), Number(step)];
    for (let index = 0; index <= Number(span); index++) items.push(String(start + index * by));
  } else for (let at = from; step > 0n ? at <= to : at >= to; at += step) items.push(String(at));
  return `[${items.join(',')}]`;
}

function decimals(from: Cell, to: Cell, step: Cell): string {
  const by = decimalOf(step);
  if (by.units === 0n) throw zeroStep();
  const end = decimalOf(to);
  const past = by.units > 0n ? 1 : -1;
  const items: ArrayItem[] = [];
  for (let at = decimalOf(from); compare(at, end) !== past; at = add(at, by)) {
    items.push(formatDecimal(at));
    checkCount(items.length);
  }
  return arrayJson(items);
}

function moments(
  from: Moment,
  to: Moment,
  step: Interval,
  { next, write }: { next: (at: Moment, step: Interval) => Moment; write: (at: Moment) => string },
): string {
  const span = spanOf(step);
  if (span === 0n) throw zeroStep();
  if (from.kind !== 'finite' || to.kind !== 'finite') {
    throw sqlFault('22023', 'start and end of a series must be finite');
  }
  const items: string[] = [];
  for (let at: Moment = from; ; at = next(at, step)) {
    const left = spanBetween(to, at);
    if (span > 0n ? left < 0n : left > 0n) break;
    items.push(write(at));
    checkCount(items.length);
  }
  return arrayJson(items);
}

export const seriesFunctions: readonly SqlFunction[] = [
  scalar('pg_series_int', [2, 3], (from = null, to = null, step = 1) =>
    integers(bigintOf(from), bigintOf(to), bigintOf(step)),
  ),
  scalar('pg_series_numeric', [2, 3], (from = null, to = null, step = 1) =>
    decimals(from, to, step),
  ),
  scalar('pg_series_timestamp', 3, (from = null, to = null, step = null) =>
    moments(momentOf(from), momentOf(to), parseInterval(textOf(step)), {
      next: addInterval,
      write: formatMoment,
    }),
  ),
  scalar('pg_series_timestamptz', [3, 4], (from = null, to = null, step = null, zone = 'UTC') =>
    moments(momentOf(from), momentOf(to), parseInterval(textOf(step)), {
      next: (at, by) => addIntervalInZone(at, by, textOf(zone)),
      write: utcText,
    }),
  ),
];
