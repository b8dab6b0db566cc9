// Comparing the answers of nodes, with answers of all kinds.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CellValue, compareRows, keyColumnsOf } from './compare.ts';

const seed = 11;
const cell: fc.Arbitrary<CellValue> = fc.oneof(
  fc.constant(null),
  fc.integer({ min: 0, max: 2 }),
  fc.constantFrom('', '1', 'null', 'a,b', 'x1 2', 2n ** 60n, '[1,2]'),
  fc.constant<CellValue>([1, 2]),
);
const rows = fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), cell), { maxLength: 8 });
const columns = ['id', 'value'];
const answer = (node: string, list: readonly (readonly CellValue[])[]) => ({
  node,
  columns,
  rows: list,
});

describe('comparing', () => {
  it('finds the same rows equal in any order', () => {
    const shuffled = rows.chain((list) =>
      fc.tuple(
        fc.constant(list),
        fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length }),
        fc.constantFrom<number[]>([], [0], [1], [0, 1]),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([one, other, key]) => {
        const found = compareRows([answer('a', one), answer('b', other)], key);
        expect(found?.isEqual).toBe(true);
        expect(found?.counts.equal).toBe(one.length);
      }),
      { seed },
    );
  });

  it('places every row of every node once, and says the same whatever the order of nodes', () => {
    fc.assert(
      fc.property(rows, rows, rows, (a, b, c) => {
        const lists = [a, b, c];
        const names = ['a', 'b', 'c'];
        const nodes = names.map((name, index) => answer(name, lists[index] ?? []));
        const found = compareRows(nodes, [0]);
        const back = compareRows(nodes.toReversed(), [0]);
        expect(found?.counts).toEqual(back?.counts);
        names.forEach((_, index) => {
          const placed = found?.rows.flatMap((row) => {
            const own = row.rows[index];
            return own === undefined ? [] : [own];
          });
          expect(sorted(placed ?? [])).toEqual(sorted(lists[index] ?? []));
        });
        for (const row of found?.rows ?? []) {
          const isMissing = row.rows.includes(undefined);
          expect(row.state === 'missing').toBe(isMissing);
          expect(row.state === 'equal').toBe(!isMissing && row.differing.length === 0);
        }
      }),
      { seed },
    );
  });

  it('is equal only where the rows are the same as a bag', () => {
    fc.assert(
      fc.property(rows, rows, (a, b) => {
        const isSame = JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
        for (const key of [[], [0], [0, 1]]) {
          expect(compareRows([answer('a', a), answer('b', b)], key)?.isEqual).toBe(isSame);
        }
      }),
      { seed, numRuns: 300 },
    );
  });

  it('tells numbers from texts that look like them, and NULL from the empty text', () => {
    const of = (one: CellValue, other: CellValue) =>
      compareRows([answer('a', [[1, one]]), answer('b', [[1, other]])], [0])?.rows[0];
    expect(of(1, '1')).toMatchObject({ state: 'differs', differing: [1] });
    expect(of(null, '')).toMatchObject({ state: 'differs' });
    expect(of([1, 2], '[1,2]')).toMatchObject({ state: 'differs' });
    expect(of(5, 5n)).toMatchObject({ state: 'equal', differing: [] });
  });

  it('says that a row is missing, and where', () => {
    const found = compareRows([answer('a', [[1, 'x']]), answer('b', [])], [0]);
    expect(found?.rows).toEqual([
      { key: [1], occurrence: 1, state: 'missing', rows: [[1, 'x'], undefined], differing: [] },
    ]);
  });

  it('gives up where the columns are not the same', () => {
    const other = { node: 'b', columns: ['id'], rows: [] };
    expect(compareRows([answer('a', []), other], [])).toBeUndefined();
    expect(compareRows([], [])).toBeUndefined();
  });
});

describe('the key of a result', () => {
  const tables = [
    { name: 'Flights', columns: [key('day', 2), key('id', 1), key('gate', 0)] },
    { name: 'airports', columns: [key('code', 1)] },
  ];

  it('is the primary key where one table is read and all of its key is there', () => {
    expect(keyColumnsOf(['gate', 'ID', 'day'], ['flights'], tables)).toEqual([1, 2]);
    expect(keyColumnsOf(['gate', 'id'], ['flights'], tables)).toEqual([]);
    expect(keyColumnsOf(['id', 'day', 'code'], ['flights', 'airports'], tables)).toEqual([]);
    expect(keyColumnsOf(['id', 'day'], ['nothing'], tables)).toEqual([]);
  });
});

function key(name: string, place: number) {
  return { name, key: place };
}

function sorted(list: readonly (readonly CellValue[])[]): readonly string[] {
  return list
    .map((row) => row.map((value) => `${typeof value} ${String(value)}`).join('|'))
    .toSorted();
}
