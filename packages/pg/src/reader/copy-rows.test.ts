// Rows in the formats of COPY TO, byte for byte.

import { describe, expect, test } from 'vitest';
import type { CopyOptions } from '../utility/utility-statement.ts';
import { copyRowWriter } from './copy-rows.ts';
import type { RawRow } from './row-output.ts';

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

/** The payloads of the messages, each a Buffer. */
function copied(rows: readonly RawRow[], options: CopyOptions, columns = ['id', 't']): Buffer[] {
  const types = [{ oid: 23, typmod: -1 }, ...columns.slice(1).map(() => ({ oid: 25, typmod: -1 }))];
  const writer = copyRowWriter(
    columns.map((name, i) => ({ name, type: types[i] ?? { oid: 25, typmod: -1 } })),
    options,
    settings,
  );
  writer.begin();
  for (const row of rows) writer.row(row);
  writer.end();
  expect(writer.rows).toBe(rows.length);
  const bytes = Buffer.from(writer.view());
  const messages: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    expect(String.fromCharCode(bytes[at] ?? 0)).toBe('d');
    const end = at + 1 + bytes.readInt32BE(at + 1);
    messages.push(bytes.subarray(at + 5, end));
    at = end;
  }
  return messages;
}

const lines = (...args: Parameters<typeof copied>): string[] => copied(...args).map(String);

describe('text', () => {
  test('a line for each row, NULL as \\N, controls and backslashes escaped', () => {
    expect(
      lines(
        [
          [1n, 'plain'],
          [2n, null],
          [3n, 'a\tb\nc\\d\r\b\f\v é'],
          [4n, ''],
        ],
        textOptions,
      ),
    ).toEqual(['1\tplain\n', '2\t\\N\n', '3\ta\\tb\\nc\\\\d\\r\\b\\f\\v é\n', '4\t\n']);
  });

  test('another delimiter is escaped by itself, and the header is a line', () => {
    const options = { ...textOptions, delimiter: '|', nullText: 'nil', hasHeader: true };
    expect(
      lines(
        [
          [1n, 'a|b\t'],
          [null, 'nil'],
        ],
        options,
        ['id', 't|u'],
      ),
    ).toEqual(['id|t\\|u\n', '1|a\\|b\\t\n', 'nil|nil\n']);
  });
});

describe('CSV', () => {
  test('quotes where delimiters, quotes, line ends or the text of NULL stand', () => {
    const rows: RawRow[] = [
      [1n, 'plain'],
      [2n, null],
      [3n, ''],
      [4n, 'a,b'],
      [5n, 'say "x"'],
      [6n, 'two\nlines\r'],
      [7n, '\\.'],
    ];
    expect(lines(rows, { ...csvOptions, hasHeader: true })).toEqual([
      'id,t\n',
      '1,plain\n',
      '2,\n',
      '3,""\n',
      '4,"a,b"\n',
      '5,"say ""x"""\n',
      '6,"two\nlines\r"\n',
      '7,\\.\n',
    ]);
  });

  test('the mark of the end is quoted where it is alone; quotes can be forced and escaped', () => {
    expect(lines([['\\.']], csvOptions, ['t'])).toEqual(['"\\."\n']);
    const options: CopyOptions = { ...csvOptions, forceQuote: 'all', escape: '\\' };
    expect(
      lines(
        [
          [1n, 'a"\\'],
          [2n, null],
        ],
        options,
      ),
    ).toEqual(['"1","a\\"\\\\"\n', '"2",\n']);
    expect(lines([[1n, 'a']], { ...csvOptions, forceQuote: [1] })).toEqual(['1,"a"\n']);
  });
});

describe('binary', () => {
  const options: CopyOptions = { ...textOptions, format: 'binary' };
  const header = '5047434f50590aff0d0a000000000000000000';

  test('the header goes with the first row, the trailer by itself', () => {
    expect(
      copied(
        [
          [7n, 'é'],
          [null, ''],
        ],
        options,
      ).map((each) => each.toString('hex')),
    ).toEqual([`${header}0002000000040000000700000002c3a9`, '0002ffffffff00000000', 'ffff']);
  });

  test('without rows there are header and trailer', () => {
    expect(copied([], options).map((each) => each.toString('hex'))).toEqual([`${header}ffff`]);
  });
});
