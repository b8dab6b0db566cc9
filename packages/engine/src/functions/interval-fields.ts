// Intervals of a type with fields or a precision: INTERVAL YEAR TO MONTH, INTERVAL SECOND(2). The modifier is
// PostgreSQL's: a bit for each field in the upper half, digits behind the seconds in the lower one.

import { numberOf, textOf } from './cells.ts';
import { type SqlFunction, scalar } from './function-types.ts';
import { formatInterval, type Interval } from './interval.ts';
import { parseInterval } from './interval-input.ts';

const month = 1 << 1;
const year = 1 << 2;
const day = 1 << 3;
const hour = 1 << 10;
const minute = 1 << 11;
const second = 1 << 12;

/** All digits. */
const fullPrecision = 0xffff;

function fieldsOf(modifier: number): number {
  return (modifier >> 16) & 0x7fff;
}

/** The smallest of the fields: what a number without a unit counts. */
function smallestUnit(fields: number): string | undefined {
  if (fields === 0x7fff) return undefined;
  if ((fields & second) !== 0) return 'second';
  if ((fields & minute) !== 0) return 'minute';
  if ((fields & hour) !== 0) return 'hour';
  if ((fields & day) !== 0) return 'day';
  if ((fields & month) !== 0) return 'month';
  return (fields & year) === 0 ? undefined : 'year';
}

/** A number alone gets its unit; `10:20` of MINUTE TO SECOND is no time of day. */
function withUnit(text: string, fields: number): string {
  const unit = smallestUnit(fields);
  if (unit !== undefined && /^\s*[+-]?(?:\d+\.?\d*|\.\d+)\s*$/.test(text)) return `${text} ${unit}`;
  if (fields !== (minute | second)) return text;
  return text.replace(/^(\s*[+-]?)(\d+:\d+(?:\.\d*)?\s*)$/, '$100:$2');
}

/** What is smaller than the smallest field is cut off (AdjustIntervalForTypmod). */
function cut({ months, days, us }: Interval, fields: number): Interval {
  const toUnit = (unit: number): Interval => ({ months, days, us: Math.trunc(us / unit) * unit });
  switch (smallestUnit(fields)) {
    case 'year':
      return { months: Math.trunc(months / 12) * 12, days: 0, us: 0 };
    case 'month':
      return { months, days: 0, us: 0 };
    case 'day':
      return { months, days, us: 0 };
    case 'hour':
      return toUnit(3_600_000_000);
    case 'minute':
      return toUnit(60_000_000);
    default:
      return { months, days, us };
  }
}

function fitted(value: Interval, modifier: number): Interval {
  const kept = cut(value, fieldsOf(modifier));
  const digits = modifier & fullPrecision;
  if (digits >= 6) return kept;
  const unit = 10 ** (6 - digits);
  const us = Math.sign(kept.us) * Math.round(Math.abs(kept.us) / unit) * unit;
  return { ...kept, us: us === 0 ? 0 : us };
}

export const intervalFieldFunctions: readonly SqlFunction[] = [
  scalar('pg_interval_read', 2, (text = null, modifier = -1) => {
    const given = numberOf(modifier);
    return formatInterval(fitted(parseInterval(withUnit(textOf(text), fieldsOf(given))), given));
  }),
  scalar('pg_interval_typmod', 2, (value = null, modifier = -1) =>
    formatInterval(fitted(parseInterval(textOf(value)), numberOf(modifier))),
  ),
];
