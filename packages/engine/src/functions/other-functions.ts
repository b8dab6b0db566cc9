// What belongs to no other family: identifiers, sizes, counts of NULLs, errors, records as text.

import { textOf } from './cells.ts';
import { decimalOf, round } from './decimal.ts';
import { sqlFault } from './function-error.ts';
import { type Cell, type SqlFunction, scalar } from './function-types.ts';
import { momentNowMs, momentRandomBytes } from './moment.ts';

/** RFC 9562: version and variant among random bits; version 7 begins with the time. */
function uuid(version: 4 | 7): string {
  const bytes = Buffer.from(momentRandomBytes(16));
  if (version === 7) bytes.writeUIntBE(Math.floor(momentNowMs()), 0, 6);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | (version << 4);
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

const sizeUnits = [
  { name: 'bytes', limit: 10n * 1_024n, isRounded: false, bits: 0n },
  { name: 'kB', limit: 20n * 1_024n - 1n, isRounded: true, bits: 10n },
  { name: 'MB', limit: 20n * 1_024n - 1n, isRounded: true, bits: 20n },
  { name: 'GB', limit: 20n * 1_024n - 1n, isRounded: true, bits: 30n },
  { name: 'TB', limit: 20n * 1_024n - 1n, isRounded: true, bits: 40n },
  { name: 'PB', limit: 20n * 1_024n - 1n, isRounded: true, bits: 50n },
] as const;

/** Half a unit is kept on the way, to be rounded at the end (dbsize.c). */
function sizePretty(bytes: bigint): string {
  let size = bytes;
  for (const [index, unit] of sizeUnits.entries()) {
    const next = sizeUnits[index + 1];
    const magnitude = size < 0n ? -size : size;
    if (next === undefined || magnitude < unit.limit) {
      const shown = unit.isRounded ? (size + (size < 0n ? -1n : 1n)) / 2n : size;
      return `${shown} ${unit.name}`;
    }
    const bits = next.bits - unit.bits - (next.isRounded ? 1n : 0n) + (unit.isRounded ? 1n : 0n);
    size /= 1n << bits;
  }
  return `${size} bytes`;
}

function sizeBytes(text: string): bigint {
  const [, number, unit = ''] =
    /^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*([a-z]*)\s*$/i.exec(text) ?? [];
  if (number === undefined) throw sqlFault('22023', `invalid size: "${text}"`);
  const name = unit.toLowerCase();
  const known = sizeUnits.find(
    (each) => each.name.toLowerCase() === (name === '' || name === 'b' ? 'bytes' : name),
  );
  if (known === undefined) {
    throw sqlFault('22023', `invalid size: "${text}"`, `Invalid size unit: "${unit}".`);
  }
  const decimal = decimalOf(number);
  return round({ units: decimal.units * (1n << known.bits), scale: decimal.scale }, 0).units;
}

/** A row in the text form of composite types: `(1,"a b",)`. */
function recordText(...fields: readonly Cell[]): string {
  const parts = fields.map((field) => {
    if (field === null) return '';
    const text =
      field instanceof Uint8Array ? `\\x${Buffer.from(field).toString('hex')}` : textOf(field);
    const isPlain = text !== '' && !/[\s(),"\\]/.test(text);
    return isPlain ? text : `"${text.replaceAll(/["\\]/g, '$&$&')}"`;
  });
  return `(${parts.join(',')})`;
}

const soundexCodes = '01230120022455012623010202';

/** Of the extension fuzzystrmatch. */
function soundex(text: string): string {
  const letters = text.toUpperCase().replaceAll(/[^A-Z]/g, '');
  if (letters === '') return '';
  const code = (letter: string): string => soundexCodes[letter.charCodeAt(0) - 65] ?? '0';
  let out = letters.slice(0, 1);
  let before = code(out);
  for (const letter of letters.slice(1)) {
    const next = code(letter);
    if (next !== before && next !== '0') out += next;
    before = next;
    if (out.length === 4) break;
  }
  return out.padEnd(4, '0');
}

const withNulls = { isStrict: false } as const;
const changing = { isDeterministic: false } as const;

export const otherFunctions: readonly SqlFunction[] = [
  scalar('gen_random_uuid', 0, () => uuid(4), changing),
  scalar('uuidv7', 0, () => uuid(7), changing),
  scalar(
    'pg_num_nulls',
    'any',
    (...args) => BigInt(args.filter((arg) => arg === null).length),
    withNulls,
  ),
  scalar(
    'pg_num_nonnulls',
    'any',
    (...args) => BigInt(args.filter((arg) => arg !== null).length),
    withNulls,
  ),
  scalar(
    'pg_raise',
    [1, 2],
    (sqlState = 'P0001', message = '') => {
      throw sqlFault(textOf(sqlState), textOf(message));
    },
    withNulls,
  ),
  scalar('pg_size_pretty', 1, (bytes = 0) => sizePretty(round(decimalOf(bytes), 0).units)),
  scalar('pg_size_bytes', 1, (text = null) => sizeBytes(textOf(text))),
  scalar('pg_record_text', 'any', recordText, withNulls),
  scalar('soundex', 1, (text = null) => soundex(textOf(text))),
  scalar('difference', 2, (a = null, b = null) => {
    const [one, other] = [soundex(textOf(a)), soundex(textOf(b))];
    return BigInt([...one].filter((letter, index) => letter === other[index]).length);
  }),
  scalar('pg_timestamp_date', 1, (moment = null) =>
    textOf(moment).replace(/[ T]\d\d:.*?( BC)?$/, '$1'),
  ),
  scalar('pg_date_timestamp', 1, (date = null) => timestampOfDate(textOf(date))),
];

function timestampOfDate(date: string): string {
  if (/infinity/.test(date)) return date;
  return date.endsWith(' BC') ? `${date.slice(0, -3)} 00:00:00 BC` : `${date} 00:00:00`;
}
