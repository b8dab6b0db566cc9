// Values on the wire: texts and bytes as PostgreSQL 15 sent them, and the way back.

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PgError } from '../pg-error.ts';
import type { RunSettings } from '../session/requests.ts';
import { decodeBinary, decodeParam, decodeText } from './decode.ts';
import { binaryEncoder, type PresentCell, textEncoder } from './encode.ts';
import { valueExamples } from './testing/value-examples.ts';

const seed = process.env['PATINA_SEED'] === 'random' ? Date.now() | 0 : 4;

const settings: RunSettings = {
  statementTimeoutMs: 0,
  timeZone: 'Europe/Berlin',
  byteaOutput: 'hex',
  extraFloatDigits: 1,
  intervalStyle: 'postgres',
  dateStyle: 'ISO, MDY',
};

interface Recorded {
  readonly oid: number;
  readonly input: string;
  readonly text: string;
  readonly binary: string;
}

const recorded = readFileSync(new URL('./testing/values.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Recorded);

/** char(5). */
function typmodOf(oid: number): number {
  return oid === 1042 ? 9 : -1;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** Bytes of any class. */
function plain(value: unknown): unknown {
  return value instanceof Uint8Array ? hex(value) : value;
}

function present(value: unknown): PresentCell {
  const isPresent =
    typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint';
  if (isPresent || value instanceof Uint8Array) return value;
  throw new Error(`no value: ${String(value)}`);
}

describe('values that PostgreSQL sent', () => {
  it('are recorded for every example', () => {
    const inputs = valueExamples.flatMap(({ oid, inputs }) => inputs.map((input) => [oid, input]));
    expect(recorded.map(({ oid, input }) => [oid, input])).toEqual(inputs);
  });

  it.each(recorded)('type $oid reads $input and writes $text', ({ oid, input, text, binary }) => {
    const type = { oid, typmod: typmodOf(oid) };
    const cell = decodeText(oid, input, settings);
    expect(textEncoder(type, settings)(cell)).toBe(text);
    // char(5) is kept without its padding, and sent with it.
    expect(hex(binaryEncoder(type, settings)(cell))).toBe(binary);
    expect(plain(decodeBinary(oid, Buffer.from(binary, 'hex')))).toEqual(plain(cell));
    // What was written reads back the same.
    expect(plain(decodeText(oid, text, settings))).toEqual(plain(cell));
  });
});

describe('other settings', () => {
  it('write bytea in the escape form', () => {
    const write = textEncoder({ oid: 17, typmod: -1 }, { ...settings, byteaOutput: 'escape' });
    expect(write(Buffer.from([0x61, 0x5c, 0x00, 0xff]))).toBe('a\\\\\\000\\377');
  });

  it.each([
    [0, '0.1', '0.3'],
    [-5, '0.1', '0.3'],
    [1, '0.1', '0.30000000000000004'],
  ])('round to extra_float_digits %i', (extraFloatDigits, first, second) => {
    const write = textEncoder({ oid: 701, typmod: -1 }, { ...settings, extraFloatDigits });
    expect(write(0.1)).toBe(first);
    expect(write(0.1 + 0.2)).toBe(second);
  });

  // As PostgreSQL 15 wrote them.
  it.each([
    [
      '1 year 2 mons 3 days 04:05:06.7',
      '+1-2 +3 +4:05:06.7',
      '@ 1 year 2 mons 3 days 4 hours 5 mins 6.7 secs',
    ],
    [
      '-1 years -2 mons +3 days -04:05:06.7',
      '-1-2 +3 -4:05:06.7',
      '@ 1 year 2 mons -3 days 4 hours 5 mins 6.7 secs ago',
    ],
    ['00:00:00', '0', '@ 0'],
    ['1 mon', '0-1', '@ 1 mon'],
    ['-1 days', '-1 0:00:00', '@ 1 day ago'],
    ['00:00:00.000001', '0:00:00.000001', '@ 0.000001 secs'],
    ['-00:00:00.5', '-0:00:00.5', '@ 0.5 secs ago'],
    ['3 days -00:00:01', '+0-0 +3 -0:00:01', '@ 3 days -1 sec'],
    ['-1 mons +1 day', '-0-1 +1 +0:00:00', '@ 1 mon -1 days ago'],
    ['7 days 02:00:00', '7 2:00:00', '@ 7 days 2 hours'],
    ['-1 years -6 mons', '-1-6', '@ 1 year 6 mons ago'],
    ['1 year 04:00:00', '+1-0 +0 +4:00:00', '@ 1 year 4 hours'],
  ])('write the interval %s as sql_standard and postgres_verbose', (cell, sql, verbose) => {
    const type = { oid: 1186, typmod: -1 };
    const write = (intervalStyle: string) =>
      textEncoder(type, { ...settings, intervalStyle })(cell);
    expect(write('sql_standard')).toBe(sql);
    expect(write('postgres_verbose')).toBe(verbose);
  });

  it('write intervals in ISO 8601', () => {
    const write = textEncoder(
      { oid: 1186, typmod: -1 },
      { ...settings, intervalStyle: 'iso_8601' },
    );
    expect(write('1 year 2 mons 3 days 04:05:06.7')).toBe('P1Y2M3DT4H5M6.7S');
  });
});

/** Anything that a column of SQLite may hold. */
const cells = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.double({ noNaN: true }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.uint8Array({ maxLength: 20 }),
  fc.constantFrom(
    '[1,2',
    '[[1],[2,3]]',
    '{"a":1}',
    '2024-13-01',
    '25:61:00',
    'infinity',
    '[{"a":1}]',
  ),
);
const types = fc.constantFrom(...valueExamples.map(({ oid }) => ({ oid, typmod: -1 })));

describe(`cells that do not fit their type (seed ${seed})`, () => {
  it('have a text', () => {
    fc.assert(
      fc.property(types, cells, (type, cell) => {
        expect(typeof textEncoder(type, settings)(cell)).toBe('string');
      }),
      { seed, numRuns: 2_000 },
    );
  });

  it('have bytes, or are refused as what they are', () => {
    fc.assert(
      fc.property(types, cells, (type, cell) => {
        try {
          expect(binaryEncoder(type, settings)(cell)).toBeInstanceOf(Buffer);
        } catch (error) {
          expect(error).toBeInstanceOf(PgError);
          expect(error).toMatchObject({ sqlState: '22P03' });
        }
      }),
      { seed, numRuns: 2_000 },
    );
  });
});

describe('bytes that PostgreSQL refuses', () => {
  const noText = 'invalid byte sequence for encoding "UTF8": 0x00';
  const oneInteger = '00000001000000000000001700000001000000010000000400000001';

  it.each<[oid: number, format: 0 | 1, hex: string, sqlState: string, message: string]>([
    [25, 0, '610062', '22021', noText],
    [25, 1, '610062', '22021', noText],
    [1082, 1, '7fda970d', '22008', 'date out of range'],
    [1082, 1, 'ffda97a6', '22008', 'date out of range'],
    [1114, 1, '7fffff5bb3b2a000', '22008', 'timestamp out of range'],
    [1184, 1, 'fd0f7cc1411f9fff', '22008', 'timestamp out of range'],
    [1266, 1, '00000000000000000000e100', '22009', 'time zone displacement out of range'],
    [1700, 1, '0000000010000000', '22P03', 'incorrect binary data format for numeric'],
    [1700, 1, '0000000000004001', '22P03', 'incorrect binary data format for numeric'],
    [1007, 1, `${oneInteger}00`, '22P03', 'incorrect binary data format for type integer[]'],
    [
      1009,
      1,
      oneInteger,
      '42804',
      'binary data has array element type 23 (integer) instead of expected 25 (text)',
    ],
  ])('type %i in format %i: %s', (oid, format, bytes, sqlState, message) => {
    expect(() => decodeParam(oid, format, Buffer.from(bytes, 'hex'), settings)).toThrow(
      expect.objectContaining({ sqlState, message }),
    );
  });

  it.each<[oid: number, hex: string, stored: string]>([
    [1082, '7fda970c', '5874897-12-31'],
    [1082, 'ffda97a7', '4714-11-24 BC'],
    [1114, '7fffff5bb3b29fff', '294276-12-31 23:59:59.999999'],
    [1114, 'fd0f7cc1411fa000', '4714-11-24 00:00:00 BC'],
  ])('not the last and the first of type %i: %s', (oid, bytes, stored) => {
    expect(decodeBinary(oid, Buffer.from(bytes, 'hex'))).toBe(stored);
  });
});

describe(`bytes from clients (seed ${seed})`, () => {
  it('are values or refused, whatever they are', () => {
    const formats = fc.constantFrom<0 | 1>(0, 1);
    fc.assert(
      fc.property(types, formats, fc.uint8Array({ maxLength: 64 }), ({ oid }, format, bytes) => {
        try {
          decodeParam(oid, format, bytes, settings);
        } catch (error) {
          expect(error).toBeInstanceOf(PgError);
        }
      }),
      { seed, numRuns: 5_000 },
    );
  });

  it('cannot ask for an array larger than they are', () => {
    const head = Buffer.alloc(12 + 3 * 8 + 1_000_000);
    head.writeInt32BE(3, 0);
    head.writeInt32BE(23, 8);
    for (const [index, size] of [1_000_000, 1_000_000, 0].entries()) {
      head.writeInt32BE(size, 12 + index * 8);
    }
    expect(() => decodeBinary(1007, head)).toThrow(PgError);
  });

  it('round-trip through both formats', () => {
    const integers = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    const floats = fc.double({ noNaN: true });
    fc.assert(
      fc.property(integers, floats, (integer, float) => {
        for (const [oid, cell] of [
          [20, integer],
          [701, float],
        ] as const) {
          const type = { oid, typmod: -1 };
          expect(decodeText(oid, textEncoder(type, settings)(cell), settings)).toEqual(cell);
          expect(present(decodeBinary(oid, binaryEncoder(type, settings)(cell)))).toEqual(cell);
        }
      }),
      { seed, numRuns: 1_000 },
    );
  });
});
