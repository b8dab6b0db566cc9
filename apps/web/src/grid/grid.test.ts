// The parts of the grid that compute: order, copies, windows, selection.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { shortText } from './cell-text.ts';
import { copyAs } from './copy-as.ts';
import type { CellValue } from './grid-types.ts';
import { compareValues, sortedRows } from './order.ts';
import { cellsIn, moved, rectangleOf } from './selection.ts';
import { columnsInView, edgesOf, rowHeightPx, rowsInView } from './windowing.ts';

const seed = 20261123;

const values: fc.Arbitrary<CellValue> = fc.oneof(
  fc.constant(null),
  fc.integer(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.double({ noNaN: true }),
  fc.string({ unit: 'binary' }),
  fc.array(fc.integer({ min: 0, max: 255 })),
);

it('orders values as SQLite does: NULL, numbers, texts, BLOBs', () => {
  const mixed: CellValue[] = [[1], 'b', 2, null, 'a', 1.5, 2n ** 62n, [], 'A', -1];
  expect(mixed.toSorted(compareValues)).toEqual([
    null,
    -1,
    1.5,
    2,
    2n ** 62n,
    'A',
    'a',
    'b',
    [],
    [1],
  ]);
});

it('sorts rows in a total order, and keeps the order of equal ones', () => {
  fc.assert(
    fc.property(fc.array(values, { maxLength: 40 }), fc.boolean(), (cells, isUp) => {
      const direction = isUp ? 'ascending' : 'descending';
      const rows = [
        ...sortedRows(cells.length, { column: 0, direction }, (row) => cells[row] ?? null),
      ];
      expect(rows.toSorted((a, b) => a - b)).toEqual(cells.map((_, index) => index));
      for (const [at, row] of rows.entries()) {
        const next = rows[at + 1];
        if (next === undefined) continue;
        const order = compareValues(cells[row] ?? null, cells[next] ?? null);
        expect(isUp ? order : -order).toBeLessThanOrEqual(0);
        if (order === 0) expect(row).toBeLessThan(next);
      }
    }),
    { seed, numRuns: 300 },
  );
});

it('shows any value in one short line without control characters', () => {
  fc.assert(
    fc.property(values, (value) => {
      const text = shortText(value);
      expect(text).not.toMatch(/\p{Cc}/u);
      expect(text.length).toBeLessThanOrEqual(1_100);
    }),
    { seed, numRuns: 500 },
  );
  expect(shortText('x'.repeat(1_000_000)).length).toBeLessThan(300);
});

it('copies cells so that what is special in a form stays part of the cell', () => {
  const cells = {
    titles: ['id', 'te"xt'],
    rows: [
      [1, 'a,"b"\nc'],
      [2n ** 60n, null],
      [[0, 255], "O'Neil|x\ty"],
    ] satisfies CellValue[][],
    tableName: 'ta"ble',
  };
  expect(copyAs('csv', cells)).toBe(
    'id,"te""xt"\r\n1,"a,""b""\nc"\r\n1152921504606846976,\r\n00ff,O\'Neil|x\ty',
  );
  expect(copyAs('text', cells)).toBe('1\ta,"b" c\n1152921504606846976\t\n00ff\tO\'Neil|x y');
  expect(copyAs('markdown', cells)).toContain("| 00ff | O'Neil\\|x y |");
  expect(copyAs('insert', cells).split('\n').at(-1)).toBe(
    'INSERT INTO "ta""ble" ("id", "te""xt") VALUES (X\'00ff\', \'O\'\'Neil|x\ty\');',
  );
  expect(copyAs('json', cells)).toContain('1152921504606846976');
});

it('draws what is in view, whatever the size', () => {
  const sizes = fc.record({
    rowCount: fc.integer({ min: 0, max: 100_000 }),
    top: fc.integer({ min: 0, max: 3_000_000 }),
    height: fc.integer({ min: 0, max: 2_000 }),
  });
  fc.assert(
    fc.property(sizes, ({ rowCount, top, height }) => {
      const { first, end } = rowsInView(top, height, rowCount);
      expect(first).toBeGreaterThanOrEqual(0);
      expect(end).toBeLessThanOrEqual(rowCount);
      expect(end - first).toBeLessThanOrEqual(Math.ceil(height / rowHeightPx) + 18);
      const seen = Math.floor((top + height / 2) / rowHeightPx);
      if (seen < rowCount && height > 0) {
        expect(first).toBeLessThanOrEqual(seen);
        expect(end).toBeGreaterThan(seen);
      }
    }),
    { seed },
  );
  const edges = edgesOf(Array.from({ length: 300 }, () => 100));
  const { first, end } = columnsInView(15_000, 800, edges);
  expect(first).toBeLessThanOrEqual(150);
  expect(end).toBeGreaterThanOrEqual(158);
  expect(end - first).toBeLessThan(16);
});

it('moves inside the grid only, and selects rectangles', () => {
  const size = { rows: 10, columns: 4, pageRows: 5 };
  const at = (row: number, column: number) => ({ row, column });
  const go = (key: string, isControl = false, isShift = false) =>
    moved({ anchor: at(4, 1), active: at(4, 1) }, { key, isControl, isShift }, size);
  expect(go('ArrowDown')?.active).toEqual(at(5, 1));
  expect(go('PageDown')?.active).toEqual(at(9, 1));
  expect(go('End', true)?.active).toEqual(at(9, 3));
  expect(go('Home')?.active).toEqual(at(4, 0));
  expect(go('x')).toBeUndefined();
  const extended = go('PageUp', false, true);
  expect(extended).toEqual({ anchor: at(4, 1), active: at(0, 1) });
  if (extended !== undefined) expect(cellsIn(rectangleOf(extended))).toBe(5);
});
