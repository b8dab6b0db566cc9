// Files of exports against the values that they stand for, wherever the result was cut into pieces.

import { parseExactJson } from '@patina/api/exact-json.ts';
import { type RawCell, RowEncoder } from '@patina/engine/storage/row-encoder.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ExportFormatName, exportFormatByName } from './export-format.ts';

/** The file of these rows, from a result that was cut where `cuts` says, in bytes. */
function fileOf(
  format: ExportFormatName,
  columns: readonly string[],
  rows: readonly (readonly RawCell[])[],
  cuts: readonly number[] = [],
): Buffer {
  const texts: string[] = [];
  const encoder = new RowEncoder({ intsAsStrings: false, chunkLength: 64 }, (text) => {
    texts.push(text);
  });
  rows.forEach((cells, index) => {
    encoder.row(index + 1, cells);
  });
  encoder.flush();
  const result = Buffer.from(texts.join(''));
  const file = exportFormatByName[format].write();
  const parts = [file.head(columns)];
  let start = 0;
  for (let index = 0; start < result.length; index++) {
    const end = start + (cuts[index % cuts.length] ?? result.length);
    parts.push(file.rows(result.subarray(start, end)));
    start = end;
  }
  parts.push(file.end());
  return Buffer.concat(parts);
}

interface CsvCell {
  readonly text: string;
  readonly isQuoted: boolean;
}

/** Reads CSV by the grammar of RFC 4180, and fails where it is broken. */
function parseCsv(text: string): CsvCell[][] {
  const rows: CsvCell[][] = [];
  let at = 0;
  let row: CsvCell[] = [];
  while (at < text.length) {
    const match = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
    match.lastIndex = at;
    const found = match.exec(text);
    if (found === null) throw new Error(`no CSV at ${JSON.stringify(text.slice(at, at + 40))}`);
    const [whole, inside, plain = '', end] = found;
    const isQuoted = inside !== undefined;
    row.push({ text: isQuoted ? inside.replaceAll('""', '"') : plain, isQuoted });
    at += whole.length;
    if (end === ',') continue;
    rows.push(row);
    row = [];
  }
  return rows;
}

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom(
    '',
    ' ',
    '"',
    '""',
    '\\',
    '\\"',
    ',',
    '\r',
    '\n',
    '\r\n',
    'null',
    ']]}',
    '\\u0041',
  ),
  fc.constantFrom(
    '=1+1',
    '@SUM(A1)',
    '\u0000',
    '\ud800',
    'a\udc00',
    '\u2028',
    'ä€😀',
    '{"row":[1,[',
  ),
  fc.constant('long " and, longer '.repeat(400)),
);
const cell: fc.Arbitrary<RawCell> = fc.oneof(
  fc.constant(null),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.double({ noNaN: true }),
  text,
  fc.uint8Array({ maxLength: 300 }),
);
const table = fc.integer({ min: 1, max: 4 }).chain((width) =>
  fc.record({
    columns: fc.array(text, { minLength: width, maxLength: width }),
    rows: fc.array(fc.array(cell, { minLength: width, maxLength: width }), { maxLength: 6 }),
    cuts: fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 20 }),
  }),
);

/** As a CSV reader finds it; halves of surrogates cannot be written in UTF-8. */
function csvOf(value: RawCell): CsvCell['text'] {
  if (value === null) return '';
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value === 'bigint') return String(value);
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : realOf(value);
}

function realOf(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? '9e999' : '-9e999';
  const digits = String(value);
  return Number.isInteger(value) && !digits.includes('e') ? `${digits}.0` : digits;
}

test('CSV holds every value, whatever is in it and wherever the result was cut', () => {
  fc.assert(
    fc.property(table, ({ columns, rows, cuts }) => {
      const file = fileOf('csv', columns, rows, cuts);
      expect(file.equals(fileOf('csv', columns, rows))).toBe(true);
      const [header = [], ...lines] = parseCsv(file.toString('utf8'));
      expect(header.map((each) => each.text)).toEqual(columns.map((name) => name.toWellFormed()));
      expect(lines.map((line) => line.map((each) => each.text))).toEqual(
        rows.map((row) => row.map(csvOf)),
      );
      rows.flat().forEach((value, index) => {
        // NULL is nothing, and empty text is not nothing.
        const isQuoted = lines.flat()[index]?.isQuoted;
        if (value === null) expect(isQuoted).toBe(false);
        if (value === '') expect(isQuoted).toBe(true);
      });
    }),
    { seed: 4180, numRuns: 600 },
  );
});

test.each(['json', 'ndjson'] as const)(
  '%s holds every value, wherever the result was cut',
  (format) => {
    fc.assert(
      fc.property(table, ({ rows, cuts }) => {
        const columns = rows[0]?.map((_, index) => `c${index}`) ?? ['c0'];
        const file = fileOf(format, columns, rows, cuts).toString('utf8');
        expect(file).toBe(fileOf(format, columns, rows).toString('utf8'));
        const found =
          format === 'json'
            ? parseExactJson(file)
            : file
                .split('\n')
                .slice(0, -1)
                .map((line) => parseExactJson(line));
        const wanted = rows.map((row) =>
          Object.fromEntries(row.map((value, index) => [`c${index}`, jsonOf(value)])),
        );
        expect(found).toEqual(wanted);
      }),
      { seed: 8259, numRuns: 400 },
    );
  },
);

function jsonOf(value: RawCell): unknown {
  if (value instanceof Uint8Array) return [...value];
  if (typeof value !== 'bigint') return Object.is(value, -0) ? 0 : value;
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

test('a file without rows is whole too', () => {
  expect(fileOf('csv', ['a', 'b,c'], []).toString()).toBe('a,"b,c"\r\n');
  expect(fileOf('json', ['a'], []).toString()).toBe('[]\n');
  expect(fileOf('ndjson', ['a'], []).toString()).toBe('');
});

test('columns of one name stay apart in objects', () => {
  const columns = ['id', 'id', 'id_2', 'id', '__proto__'];
  expect(fileOf('ndjson', columns, [[1n, 2n, 3n, 4n, 5n]]).toString()).toBe(
    '{"id":1,"id_3":2,"id_2":3,"id_4":4,"__proto__":5}\n',
  );
  expect(fileOf('csv', columns, []).toString()).toBe('id,id,id_2,id,__proto__\r\n');
});
