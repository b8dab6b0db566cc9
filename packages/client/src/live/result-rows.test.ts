// The rows that a client holds: what a fresh snapshot changes, who keeps its id, and that a step which
// cannot be leaves everything as it was.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rowMaker } from '../rows.ts';
import type { Cell } from '../values.ts';
import { ResultRows } from './result-rows.ts';
import { reorder, unmoved } from './row-order.ts';
import { matchRows } from './snapshot-match.ts';

type Cells = readonly Cell[];

function filled(cells: readonly Cells[], isOrdered: boolean): ResultRows<Cells> {
  const result = new ResultRows<Cells>(rowMaker<Cells>({ rowMode: 'array' }), 1_000);
  result.fill(['key', 'value'], numbered(cells, 50), isOrdered);
  return result;
}

function numbered(cells: readonly Cells[], from: number) {
  return cells.map((values, index) => ({ rowId: from + index, cells: values }));
}

const cellsArbitrary = fc.array(fc.tuple(fc.nat({ max: 5 }), fc.constantFrom('a', 'b', null)), {
  maxLength: 12,
});

describe('a snapshot in place of what is held', () => {
  it('gives changes that lead from one to the other, as few as there can be', () => {
    fc.assert(
      fc.property(cellsArbitrary, cellsArbitrary, fc.boolean(), (before, after, isOrdered) => {
        const result = filled(before, isOrdered);
        const rows = new Map(result.held.map(({ id, row }) => [id, row]));
        let order = result.held.map(({ id }) => id);
        const changes = result.replace(['key', 'value'], numbered(after, 900), isOrdered);
        const out = new Set<number>();
        const placed = new Map<number, number>();
        for (const [index, { type, rowId, row, changeId, position }] of changes.entries()) {
          expect(changeId).toBe(index + 1);
          expect(rows.has(rowId)).toBe(type !== 'insert');
          if (type === 'delete') rows.delete(rowId);
          else rows.set(rowId, row);
          if (type === 'delete' || position !== undefined) out.add(rowId);
          if (position !== undefined) placed.set(position, rowId);
        }
        const texts = (all: Iterable<Cells>): string[] => [...all].map(String).toSorted();
        expect(texts(rows.values())).toEqual(texts(after));
        expect(texts(result.rows)).toEqual(texts(after));
        if (isOrdered) {
          order = reorder(order, out, placed) ?? [];
          expect(order.map((id) => rows.get(id))).toEqual(after);
          expect(result.rows).toEqual(after);
        } else {
          // Equal rows are left alone, as often as both have them.
          const common = after.length - rest(after, before).length;
          expect(before.length - changes.filter(({ type }) => type !== 'insert').length).toBe(
            common,
          );
        }
        if (String(before) === String(after)) expect(changes).toEqual([]);
      }),
    );
  });

  it('takes a row for the same where a column tells the rows apart', () => {
    const before = [
      { id: 1, cells: ['x', 1, 'old'] },
      { id: 2, cells: ['x', 2, 'same'] },
      { id: 3, cells: ['y', 3, 'gone'] },
    ];
    const after = [
      ['z', 4, 'new'],
      ['x', 2, 'same'],
      ['x', 1, 'changed'],
    ];
    expect(matchRows(before, after)).toEqual([undefined, 2, 1]);
  });

  it('tells all rows anew when the columns are others', () => {
    const result = filled([[1, 'a']], false);
    const changes = result.replace(['key', 'name'], numbered([[1, 'a']], 900), false);
    expect(changes).toMatchObject([{ type: 'update', rowId: 1 }]);
  });
});

/** What is left of `all` without one of each of `taken`. */
function rest(all: readonly Cells[], taken: readonly Cells[]): string[] {
  const left = all.map(String);
  for (const text of taken.map(String)) {
    const index = left.indexOf(text);
    if (index !== -1) left.splice(index, 1);
  }
  return left;
}

describe('order', () => {
  it('moves as few rows as there can be', () => {
    expect([...unmoved([1, 2, 3, 4, 5], [5, 1, 2, 3, 4])].toSorted()).toEqual([1, 2, 3, 4]);
    expect([...unmoved([1, 2, 3], [4, 3, 6, 2, 1])]).toHaveLength(1);
    expect([...unmoved([], [1, 2])]).toEqual([]);
  });

  it('refuses positions that leave holes', () => {
    expect(reorder([1, 2], new Set(), new Map([[5, 3]]))).toBeUndefined();
    expect(reorder([1, 2], new Set([1]), new Map([[1, 1]]))).toEqual([2, 1]);
  });
});

describe('a step that cannot be', () => {
  it.each([
    ['an insert of a row that is there', { type: 'insert', rowId: 50, position: 0 }],
    ['an update of a row that is not', { type: 'update', rowId: 7, position: undefined }],
    ['a delete of a row that is not', { type: 'delete', rowId: 7, position: undefined }],
    ['a place beyond the end', { type: 'insert', rowId: 60, position: 9 }],
  ] as const)('%s changes nothing', (_name, { type, rowId, position }) => {
    const result = filled(
      [
        [1, 'a'],
        [2, 'b'],
      ],
      true,
    );
    const good = { type: 'delete', rowId: 51, cells: [2, 'b'], changeId: 1, position: undefined };
    const bad = { type, rowId, cells: [3, 'c'], changeId: 2, position };
    expect(() => result.apply([{ ...good, type: 'delete' }, bad])).toThrow();
    expect(result.rows).toEqual([
      [1, 'a'],
      [2, 'b'],
    ]);
    expect(result.changeId).toBe(0);
    expect(result.apply([{ ...good, type: 'delete' }])).toMatchObject([{ rowId: 2, changeId: 1 }]);
  });
});
