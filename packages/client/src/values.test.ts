// Values keep all that they are on the way to a node and back, and into a saved state and back.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ResultRows } from './live/result-rows.ts';
import { readState, writeState } from './live/saved-state.ts';
import { type RowObject, rowMaker } from './rows.ts';
import {
  base64Of,
  bytesOfBase64,
  type Cell,
  cellsKey,
  decodeCells,
  parseJson,
  statementJson,
} from './values.ts';

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const cell: fc.Arbitrary<Cell> = fc.oneof(
  fc.constant(null),
  fc.maxSafeInteger(),
  int64.filter((value) => !Number.isSafeInteger(Number(value))),
  fc.double({ noNaN: true, noInteger: true }),
  fc.string({ unit: 'binary' }),
  fc.uint8Array({ maxLength: 40 }),
);

/** As a node writes a cell. */
function nodeJson(value: Cell): string {
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return `[${value.join(',')}]`;
  if (value === Number.POSITIVE_INFINITY) return '9e999';
  if (value === Number.NEGATIVE_INFINITY) return '-9e999';
  return JSON.stringify(value);
}

describe('cells', () => {
  it('are what the node had', () => {
    fc.assert(
      fc.property(fc.array(cell), (cells) => {
        const text = `{"row":[1,[${cells.map(nodeJson).join(',')}]]}`;
        const line: unknown = parseJson(text, 'exact');
        const row = typeof line === 'object' && line && 'row' in line ? line.row : undefined;
        const decoded = decodeCells(Array.isArray(row) ? row[1] : undefined);
        expect(decoded).toEqual(cells);
        expect(cellsKey(decoded)).toBe(cellsKey(cells));
      }),
    );
  });

  it('have equal keys only when they are equal', () => {
    const different: Cell[][] = [
      [],
      [null],
      ['null'],
      ['n'],
      [''],
      ['a', 'b'],
      ['a\u0000"b'],
      [1],
      ['1'],
      [1, null],
      [new Uint8Array([1])],
      [new Uint8Array()],
      ['b1'],
      [2 ** 53],
      [2n ** 53n + 1n],
    ];
    expect(new Set(different.map(cellsKey)).size).toBe(different.length);
    expect(cellsKey([1n])).toBe(cellsKey([1]));
  });

  it('are whole numbers beyond 64 bits only as reals', () => {
    expect(parseJson('[100000000000000000000, 9223372036854775807]', 'bigint')).toEqual([
      1e20,
      2n ** 63n - 1n,
    ]);
    expect(parseJson('[1, 1.0, 1e3]', 'bigint')).toEqual([1n, 1, 1000]);
  });

  it('pass through base64', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(base64Of(bytes)).toBe(Buffer.from(bytes).toString('base64'));
        expect(bytesOfBase64(base64Of(bytes))).toEqual(bytes);
      }),
    );
    const long = new Uint8Array(100_000).fill(7);
    expect(bytesOfBase64(base64Of(long))).toEqual(long);
  });

  it('pass through a saved state', () => {
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 2 })), (cells) => {
        const rows = cells.map((values, index) => ({ rowId: 10 + index, cells: values }));
        const result = new ResultRows(rowMaker<readonly Cell[]>({ rowMode: 'array' }), 1_000);
        result.fill(['a', 'b'], rows, false);
        const statement = statementJson('SELECT 1', []);
        const text = JSON.stringify(writeState(result, { statement, cursor: undefined }));
        const saved = readState(JSON.parse(text), statement);
        expect(saved.rows).toEqual(rows);
        expect(saved.ids).toEqual(rows.map((_row, index) => index + 1));
        expect(() => readState(JSON.parse(text), '"SELECT 2"')).toThrow('another statement');
      }),
    );
  });
});

describe('rows', () => {
  it('have a property for every column, whatever its name', () => {
    const row = rowMaker<RowObject>({})(['__proto__', 'a', 'a'], [1, 2, 3]);
    expect(Object.entries(row)).toEqual([
      ['__proto__', 1],
      ['a', 3],
    ]);
    expect(() => rowMaker({ rowMode: 'array', parse: (given) => given })).toThrow('parser');
  });
});
