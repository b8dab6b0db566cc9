// What is typed becomes the value that its kind says, or is refused with a sentence.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { CellValue } from '../../../grid/grid-types.ts';
import type { EditedColumn } from './staged-edits.ts';
import { draftOf, kindOf, parseDraft } from './value-draft.ts';

const column: EditedColumn = {
  name: 'c',
  type: 'INTEGER',
  isNotNull: false,
  isKey: false,
  isGenerated: false,
  default: null,
};

it('gives every value back that is not touched', () => {
  const value: fc.Arbitrary<CellValue> = fc.oneof(
    fc.constant(null),
    fc.string({ unit: 'binary' }),
    fc.maxSafeInteger(),
    // Reals that are whole numbers, and too large for integers.
    fc.constantFrom(2 ** 53, 2 ** 60, -(2 ** 63), 1e20, -1e300),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((real) => (real === 0 ? 0 : real)),
    fc.bigInt({ min: 2n ** 60n, max: 2n ** 63n - 1n }),
    fc.uint8Array().map((bytes) => [...bytes]),
  );
  fc.assert(
    fc.property(value, (each) => {
      expect(parseDraft(draftOf(each, column))).toEqual({ kind: 'value', value: each });
    }),
  );
});

it.each([
  ['42', 42],
  [' -7 ', -7],
  ['+1', 1],
  ['9007199254740993', 9_007_199_254_740_993n],
  ['1e3', 1_000],
  ['.5', 0.5],
])('takes %s as a number', (text, wanted) => {
  expect(parseDraft({ kind: 'number', text })).toEqual({ kind: 'value', value: wanted });
});

it.each(['', 'x', '1,5', '0x10', '9223372036854775808', '1e999', 'NaN', '--1'])(
  'refuses %s as a number',
  (text) => {
    expect(parseDraft({ kind: 'number', text }).kind).toBe('wrong');
  },
);

it('holds JSON and bytes to their forms, and text to none', () => {
  expect(parseDraft({ kind: 'json', text: '{"a": 1}' })).toEqual({
    kind: 'value',
    value: '{"a": 1}',
  });
  expect(parseDraft({ kind: 'json', text: '{a: 1}' }).kind).toBe('wrong');
  expect(parseDraft({ kind: 'blob', text: '00 FF\n1a' })).toEqual({
    kind: 'value',
    value: [0, 255, 26],
  });
  expect(parseDraft({ kind: 'blob', text: '0' }).kind).toBe('wrong');
  expect(parseDraft({ kind: 'blob', text: 'zz' }).kind).toBe('wrong');
  expect(parseDraft({ kind: 'text', text: '42' })).toEqual({ kind: 'value', value: '42' });
  expect(parseDraft({ kind: 'null', text: 'left over' })).toEqual({ kind: 'value', value: null });
});

it('writes numbers as people do', () => {
  expect(draftOf(0.1, column).text).toBe('0.1');
  expect(draftOf(1_500, column).text).toBe('1500');
  expect(draftOf(1e20, column).text).toBe('1e+20');
});

it('begins with what the column most likely holds', () => {
  expect(kindOf('BIGINT')).toBe('number');
  expect(kindOf('double precision')).toBe('number');
  expect(kindOf('jsonb')).toBe('json');
  expect(kindOf('BLOB')).toBe('blob');
  expect(kindOf('VARCHAR(3)')).toBe('text');
  expect(draftOf(null, column).kind).toBe('null');
  expect(draftOf(null, { ...column, isNotNull: true }).kind).toBe('number');
});
