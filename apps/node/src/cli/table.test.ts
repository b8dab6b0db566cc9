// Cells and tables: nothing that a terminal obeys gets through, and columns line up.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { escapeControls, showCell, widthOf } from './cells.ts';
import { printTable } from './table.ts';
import { Capture } from './testing/harness.ts';

it.each([
  [null, 'NULL'],
  ['NULL', "'NULL'"],
  ['null', 'null'],
  ['', ''],
  [9_223_372_036_854_775_807n, '9223372036854775807'],
  [1.5, '1.5'],
  [[], "x''"],
  [[1, 255], "x'01ff'"],
  [Array.from({ length: 40 }, () => 0), `x'${'00'.repeat(32)}'... (40 bytes)`],
  ['a\tb\r\n', 'a\\tb\\r\\n'],
  ['\u001b]0;title\u0007', '\\x1b]0;title\\x07'],
  ['\u009b31m', '\\x9b31m'],
  ['\u202eevil', '\\u202eevil'],
  ['\ud800', '\\ud800'],
  ['tab\\t', 'tab\\t'],
])('shows value %# so that it can be told apart', (cell, text) => {
  expect(showCell(cell)).toBe(text);
});

it('lets no control character through, whatever the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(escapeControls(text)).not.toMatch(/[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e]/u);
    }),
  );
});

it.each([
  ['abc', 3],
  ['日本', 4],
  ['한', 2],
  ['é', 1],
  ['e\u0301', 1],
  ['👩\u200d👩\u200d👧', 2],
  ['❤\ufe0f', 2],
  ['ﬀ', 1],
])('counts the columns of %s', (text, columns) => {
  expect(widthOf(text)).toBe(columns);
});

it('lines up columns, numbers to the right, without trailing blanks', async () => {
  const stream = new Capture();
  await printTable(
    stream,
    ['name', 'n'],
    [
      ['日本', 7],
      ['x', 1200],
      ['yy', null],
    ],
  );
  expect(stream.text).toBe('name     n\n----  ----\n日本     7\nx     1200\nyy    NULL\n');
});

it('pads no column beyond its limit', async () => {
  const stream = new Capture();
  await printTable(
    stream,
    ['long', 'b'],
    [
      ['x'.repeat(300), 'end'],
      ['y', 'end'],
    ],
  );
  const lines = stream.text.trimEnd().split('\n');
  expect(lines.at(-1)).toBe(`y${' '.repeat(79)}  end`);
  expect(lines.at(-2)).toBe(`${'x'.repeat(300)}  end`);
});
