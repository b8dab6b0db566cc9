// COPY FROM: what was written is read again, however it is cut; what is malformed is told with its line.

import type { SqlValue } from '@patina/engine/base/value.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { copyRowWriter } from '../reader/copy-rows.ts';
import type { CopyOptions } from '../utility/utility-statement.ts';
import { makeCopyDecoder } from './copy-decoder.ts';

const settings = {
  timeZone: 'UTC',
  extraFloatDigits: 1,
  byteaOutput: 'hex',
  intervalStyle: 'postgres',
  statementTimeoutMs: 0,
  dateStyle: 'ISO, MDY',
} as const;

const textOptions: CopyOptions = {
  format: 'text',
  delimiter: '\t',
  nullText: '\\N',
  hasHeader: false,
  matchesHeader: false,
  quote: '"',
  escape: '"',
  forceQuote: [],
  forceNotNull: [],
  forceNull: [],
};
const csvOptions: CopyOptions = { ...textOptions, format: 'csv', delimiter: ',', nullText: '' };
const binaryOptions: CopyOptions = { ...textOptions, format: 'binary' };

const text = 25;

/** The rows of pieces of data. */
function decoded(
  pieces: readonly (string | Uint8Array)[],
  options: CopyOptions,
  types: readonly number[] = [text, text],
): SqlValue[][] {
  const columnNames = types.map((_, index) => `c${index + 1}`);
  const decoder = makeCopyDecoder({ options, columnNames, types, settings });
  const rows = pieces.flatMap((piece) => decoder.push(Buffer.from(piece)));
  return [...rows, ...decoder.end()].map((row) => [...row]);
}

describe('text', () => {
  test('backslashes stand for NULL, controls, bytes and themselves', () => {
    const data = 'a\\tb\t\\N\n\\\\\t\n\\303\\251\\xc3\\xA9\tx\\\ny\n';
    expect(decoded([data], textOptions)).toEqual([
      ['a\tb', null],
      ['\\', ''],
      ['éé', 'x\ny'],
    ]);
  });

  test.each(['\n', '\r\n', '\r'])('all lines end as the first does: %j', (lineEnd) => {
    expect(decoded([`a\tb${lineEnd}c\td${lineEnd}`], textOptions)).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
  });

  test.each([
    ['a\tb\nc\rd\te\n', 'literal carriage return found in data'],
    ['a\tb\r\nc\nd\te\r\n', 'literal newline found in data'],
    ['a\tb\tc\n', 'extra data after last expected column'],
    ['a\n', 'missing data for column "c2"'],
  ])('%j is refused: %s', (data, message) => {
    expect(() => decoded([data], textOptions)).toThrow(
      expect.objectContaining({ sqlState: '22P04', message }),
    );
  });

  test('the mark of the end ends it, and what follows is passed over', () => {
    expect(decoded(['a\tb\n\\.\nany', 'thing\n'], textOptions)).toEqual([['a', 'b']]);
  });

  // As PostgreSQL 15 answers them.
  test.each<[data: string, rows: SqlValue[][]]>([
    ['a\tb\\.\n', [['a', 'b']]],
    [
      'a\tb\r\nc\td\\.\r\n',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['\\.\r', []],
    ['a\t\\\\.\n', [['a', '\\.']]],
  ])('the mark ends the data in the middle of a line too: %j', (data, rows) => {
    expect(decoded([data], textOptions)).toEqual(rows);
  });

  test.each([
    ['a\tb\\.c\n', 'end-of-copy marker corrupt'],
    ['a\tb\n\\.', 'end-of-copy marker corrupt'],
    ['a\tb\r\n\\.\rx', 'end-of-copy marker corrupt'],
    ['a\tb\r\n\\.\n', 'end-of-copy marker does not match previous newline style'],
    ['a\tb\n\\.\r\n', 'end-of-copy marker does not match previous newline style'],
  ])('%j has no such mark: %s', (data, message) => {
    for (const pieces of [[data], [...data]]) {
      expect(() => decoded(pieces, textOptions)).toThrow(
        expect.objectContaining({ sqlState: '22P04', message }),
      );
    }
  });

  test.each<[data: string | Buffer, what: string]>([
    ['a\0\tb\n', 'a zero byte'],
    ['a\\000\tb\n', 'a zero byte by its number'],
    [Buffer.from([0xc3, 0x28, 9, 0x61, 10]), 'a broken letter'],
    ['\\xff\ta\n', 'a broken letter by its number'],
    [Buffer.from([0x61, 9, 0xc3]), 'a letter that lacks bytes'],
  ])('%j is no text in UTF-8: %s', (data) => {
    expect(() => decoded([data], textOptions)).toThrow(
      expect.objectContaining({ sqlState: '22021' }),
    );
  });

  test('a value that its type refuses tells line and column', () => {
    expect(() => decoded(['1\ta\nx\tb\n'], textOptions, [23, text])).toThrow(
      expect.objectContaining({
        sqlState: '22P02',
        fields: expect.objectContaining({ where: 'COPY, line 2, column c1: "x"' }),
      }),
    );
  });

  test('the header is passed over, or has to match', () => {
    const options = { ...textOptions, hasHeader: true };
    expect(decoded(['what\tever\na\tb\n'], options)).toEqual([['a', 'b']]);
    const matching = { ...options, matchesHeader: true };
    expect(decoded(['c1\tc2\na\tb\n'], matching)).toEqual([['a', 'b']]);
    expect(() => decoded(['c1\tother\n'], matching)).toThrow(
      'column name mismatch in header line field 2: got "other", expected "c2"',
    );
    expect(() => decoded(['c1\n'], matching)).toThrow(
      'wrong number of fields in header line: field count is 1, expected 2',
    );
  });
});

describe('CSV', () => {
  test('quotes hold anything, and tell the empty text from NULL', () => {
    const data = 'a,"b ""c"", d"\n,""\n"two\r\nlines",x"y"z\n';
    expect(decoded([data], csvOptions)).toEqual([
      ['a', 'b "c", d'],
      [null, ''],
      ['two\r\nlines', 'xyz'],
    ]);
  });

  test('another escape, another NULL, and columns that are never or always NULL', () => {
    const options = { ...csvOptions, escape: '\\', nullText: 'nil' };
    expect(decoded(['"a\\"\\\\\\b",nil\n"nil",\n'], options)).toEqual([
      ['a"\\\\b', null],
      ['nil', ''],
    ]);
    const forced: CopyOptions = { ...csvOptions, forceNotNull: [0], forceNull: [1] };
    expect(decoded([',""\n'], forced)).toEqual([['', null]]);
  });

  test('the mark of the end counts only alone and without quotes', () => {
    expect(decoded(['"\\."\na\n\\.\nrest\n'], csvOptions, [text])).toEqual([['\\.'], ['a']]);
    expect(decoded(['a\n\\.'], csvOptions, [text])).toEqual([['a'], ['\\.']]);
  });

  test.each([
    ['a,"b\n', 'unterminated CSV quoted field'],
    ['a,b\r\nc,d\n', 'unquoted newline found in data'],
    ['a,b\nc\r,d\n', 'unquoted carriage return found in data'],
  ])('%j is refused: %s', (data, message) => {
    expect(() => decoded([data], csvOptions)).toThrow(
      expect.objectContaining({ sqlState: '22P04', message }),
    );
  });
});

describe('binary', () => {
  const written = (rows: readonly (bigint | string | null)[][]): Buffer => payloads(rows, 'binary');

  test('what is no such data is refused', () => {
    const whole = written([[1n, 'a']]);
    const cases: [Buffer, string][] = [
      [Buffer.alloc(40), 'COPY file signature not recognized'],
      [whole.subarray(0, 10), 'COPY file signature not recognized'],
      [whole.subarray(0, 25), 'unexpected EOF in COPY data'],
      [Buffer.concat([whole, whole]), 'received copy data after EOF marker'],
    ];
    for (const [data, message] of cases) {
      expect(() => decoded([data], binaryOptions, [20, text])).toThrow(
        expect.objectContaining({ sqlState: '22P04', message }),
      );
    }
    expect(() => decoded([whole], binaryOptions, [20])).toThrow('row field count is 2, expected 1');
  });
});

describe('every format', () => {
  const anyText = fc.oneof(
    fc.string({ unit: 'binary' }).filter((each) => !each.includes('\0')),
    fc
      .array(fc.constantFrom('a', '\\', '"', ',', '\t', '\n', '\r', 'N', '.', 'é', '🦆'))
      .map((letters) => letters.join('')),
  );
  const rowsOf = fc.array(
    fc.tuple(
      fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
      fc.option(anyText.filter((each) => each.isWellFormed())),
    ),
  );

  test.each(['text', 'csv', 'binary'] as const)(
    '%s: what COPY TO writes, COPY FROM reads, wherever the bytes are cut',
    (format) => {
      const options = { text: textOptions, csv: csvOptions, binary: binaryOptions }[format];
      fc.assert(
        fc.property(rowsOf, fc.array(fc.nat()), (rows, places) => {
          const bytes = payloads(rows, format);
          const cuts = places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b);
          const pieces = [0, ...cuts].map((start, n) =>
            bytes.subarray(start, cuts[n] ?? bytes.length),
          );
          expect(decoded(pieces, options, [20, text]).map(String)).toEqual(rows.map(String));
        }),
        { seed: 4, numRuns: 300 },
      );
    },
  );

  test('a field that comes in many pieces takes time by its length', () => {
    const piece = Buffer.alloc(1024, 'x');
    for (const [options, begin, end] of [
      [textOptions, '', '\n'],
      [csvOptions, '"', '"\n'],
    ] as const) {
      const pieces = [Buffer.from(begin), ...Array(20_000).fill(piece), Buffer.from(end)];
      const [row] = decoded(pieces, options, [text]);
      expect(String(row?.[0]).length).toBe(20_000 * 1024);
    }
    // Line ends within a field begin nothing anew.
    const escaped = [...Array(20_000).fill(Buffer.from(`${'x'.repeat(1022)}\\\n`)), '\n'];
    expect(String(decoded(escaped, textOptions, [text])[0]?.[0]).length).toBe(20_000 * 1023);
  });
});

/** What COPY TO writes for rows of a bigint and a text. */
function payloads(
  rows: readonly (readonly (bigint | string | null)[])[],
  format: CopyOptions['format'],
): Buffer {
  const options = { text: textOptions, csv: csvOptions, binary: binaryOptions }[format];
  const columns = [20, text].map((oid, n) => ({ name: `c${n + 1}`, type: { oid, typmod: -1 } }));
  const writer = copyRowWriter(columns, options, settings);
  writer.begin();
  for (const row of rows) writer.row(row);
  writer.end();
  const messages = Buffer.from(writer.view());
  const parts: Buffer[] = [];
  for (let at = 0; at < messages.length; at += 1 + messages.readInt32BE(at + 1)) {
    parts.push(messages.subarray(at + 5, at + 1 + messages.readInt32BE(at + 1)));
  }
  return Buffer.concat(parts);
}
