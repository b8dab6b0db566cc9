// How the values of settings are read and shown: what PostgreSQL's settings take, and its words for the rest.

import { PgError } from '../pg-error.ts';

/** The value as it is shown; throws PgError 22023. */
export type ParseSetting = (name: string, value: string) => string;

export const anyText = (_name: string, value: string): string => value;

export function oneOf(...allowed: readonly string[]): ParseSetting {
  return (name, value) => {
    const found = allowed.find((entry) => entry.toLowerCase() === value.toLowerCase());
    if (found !== undefined) return found;
    throw invalid(name, value, `Available values: ${allowed.join(', ')}.`);
  };
}

const trueWords = new Set(['on', 'true', 't', 'yes', 'y', '1']);
const falseWords = new Set(['off', 'false', 'f', 'no', 'n', '0']);

export function flag(name: string, value: string): string {
  const word = value.toLowerCase();
  if (trueWords.has(word)) return 'on';
  if (falseWords.has(word)) return 'off';
  throw new PgError('22023', `parameter "${name}" requires a Boolean value`);
}

export function integer(min: number, max: number): ParseSetting {
  return (name, value) => {
    const number = Number(value);
    if (!/^\s*[+-]?\d+\s*$/.test(value)) throw invalid(name, value, undefined);
    if (number < min || number > max) {
      throw new PgError(
        '22023',
        `${number} is outside the valid range for parameter "${name}" (${min} .. ${max})`,
      );
    }
    return String(number);
  };
}

/** Only what is so anyway. */
export function alwaysOn(name: string, value: string): string {
  if (flag(name, value) === 'on') return 'on';
  throw invalid(
    name,
    value,
    "Backslashes in strings are always plain here; write E'…' for escapes.",
  );
}

const msByUnit: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['us', 0.001],
  ['ms', 1],
  ['s', 1_000],
  ['min', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

/** Greatest time of PostgreSQL's settings, milliseconds. */
const timeMsMax = 2_147_483_647;

/** A time with a unit, or milliseconds; shown with the largest unit that leaves it whole. */
export function time(name: string, value: string): string {
  const [, digits, unit] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/.exec(value) ?? [];
  const factor = msByUnit.get(unit ?? '?');
  if (digits === undefined || factor === undefined) {
    const units = 'Valid units for this parameter are "us", "ms", "s", "min", "h", and "d".';
    throw invalid(name, value, units);
  }
  const ms = Math.round(Number(digits) * factor);
  if (ms > timeMsMax) {
    throw new PgError(
      '22023',
      `${ms} ms is outside the valid range for parameter "${name}" (0 ms .. ${timeMsMax} ms)`,
    );
  }
  return timeText(ms);
}

/** A time as PostgreSQL shows it. */
export function timeText(ms: number): string {
  if (ms === 0) return '0';
  for (const unit of ['d', 'h', 'min', 's']) {
    const factor = msByUnit.get(unit) ?? 1;
    if (ms % factor === 0) return `${ms / factor}${unit}`;
  }
  return `${ms}ms`;
}

/** Milliseconds of a time as {@link timeText} writes it. */
export function timeMs(shown: string): number {
  if (shown === '0') return 0;
  const [, digits, unit] = /^(\d+)([a-z]*)$/.exec(shown) ?? [];
  return Number(digits ?? 0) * (msByUnit.get(unit ?? '') ?? 1);
}

const utf8Names = new Set(['utf8', 'unicode', 'sqlascii']);

export function encoding(name: string, value: string): string {
  const word = value.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  if (!utf8Names.has(word)) {
    throw invalid(name, value, 'Patina speaks UTF8 only.');
  }
  return word === 'sqlascii' ? 'SQL_ASCII' : 'UTF8';
}

/** ISO output; the order of day and month in input is kept as the client wants it. */
export function dateStyle(name: string, value: string): string {
  let order = 'MDY';
  for (const part of value.split(',')) {
    const word = part.trim().toLowerCase();
    if (word === 'iso' || word === '' || word === 'default') continue;
    if (word === 'mdy' || word === 'us' || word === 'noneuro' || word === 'noneuropean')
      order = 'MDY';
    else if (word === 'dmy' || word === 'euro' || word === 'european') order = 'DMY';
    else if (word === 'ymd') order = 'YMD';
    else throw invalid(name, value, 'Dates are written in ISO style only.');
  }
  return `ISO, ${order}`;
}

export function timeZone(name: string, value: string): string {
  const word = value.trim();
  if (/^(utc|gmt|zulu|z|default|local)$/i.test(word)) return /^gmt$/i.test(word) ? 'GMT' : 'UTC';
  const hours = /^[+-]?\d{1,2}(?:\.\d+)?$/.exec(word);
  if (hours !== null) {
    const number = Number(word);
    if (number === 0) return 'UTC';
    if (Number.isInteger(number) && Math.abs(number) <= 14) {
      // POSIX counts to the west; SET TIME ZONE 2 is two hours to the east.
      return `Etc/GMT${number > 0 ? '-' : '+'}${Math.abs(number)}`;
    }
  }
  // As JDBC sends the zone of a machine that has only an offset; it counts to the west.
  if (/^(?:gmt|utc)[+-]\d{1,2}(?::?\d{2})?$/i.test(word)) return word.toUpperCase();
  try {
    return new Intl.DateTimeFormat('en', { timeZone: word }).resolvedOptions().timeZone === ''
      ? word
      : properZone(word);
  } catch (cause) {
    throw new PgError('22023', `invalid value for parameter "${name}": "${value}"`, { cause });
  }
}

/** As it was written, with the capitals of names of zones. */
function properZone(word: string): string {
  return word
    .split('/')
    .map((part) =>
      part === part.toLowerCase() ? part.replaceAll(/(^|[_-])([a-z])/g, capital) : part,
    )
    .join('/');
}

function capital(_all: string, before: string, letter: string): string {
  return `${before}${letter.toUpperCase()}`;
}

function invalid(name: string, value: string, hint: string | undefined): PgError {
  return new PgError('22023', `invalid value for parameter "${name}": "${value}"`, { hint });
}
