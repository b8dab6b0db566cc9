// Applying the events of a stream gives what the query would give afresh, after each step, ordered or not.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LiveResult, StepMismatch, type TellsOfRow } from './live-result.ts';

const opened = (ordered: boolean, start: 'snapshot' | 'resumed' = 'snapshot') =>
  ({
    kind: 'opened',
    id: 'q',
    hash: 'h',
    columns: ['id', 'value'],
    ordered,
    start,
    reason: null,
  }) as const;

function filled(rows: readonly Row[], isOrdered: boolean): LiveResult {
  const result = new LiveResult();
  result.begin(opened(isOrdered));
  result.fill(rows.map(([id, value]) => [id, [id, value]]));
  result.endFill(0);
  return result;
}

type Row = readonly [id: number, value: number];

const rowsArbitrary = fc.uniqueArray(fc.tuple(fc.nat({ max: 12 }), fc.nat({ max: 3 })), {
  selector: ([id]) => id,
  maxLength: 12,
});

/** The ids that keep their order, as a longest common subsequence. */
function common(before: readonly number[], after: readonly number[]): number[] {
  const [first, ...rest] = before;
  if (first === undefined || after.length === 0) return [];
  const at = after.indexOf(first);
  const without = common(rest, after);
  if (at === -1) return without;
  const withFirst = [first, ...common(rest, after.slice(at + 1))];
  return withFirst.length > without.length ? withFirst : without;
}

/** What a node tells to bring one result to another. */
function stepBetween(
  before: readonly Row[],
  after: readonly Row[],
  isOrdered: boolean,
  from: number,
) {
  const unmoved = new Set(
    common(
      before.map(([id]) => id),
      after.map(([id]) => id),
    ),
  );
  const values = new Map(before);
  const here = new Set(after.map(([id]) => id));
  const changes: Omit<TellsOfRow, 'change_id'>[] = before
    .filter(([id]) => !here.has(id))
    .map(([id, value]) => ({ type: 'delete', row_id: id, cells: [id, value] }));
  for (const [position, [id, value]] of after.entries()) {
    const isPlaced = isOrdered && !unmoved.has(id);
    if (values.has(id) && values.get(id) === value && !isPlaced) continue;
    changes.push({
      type: values.has(id) ? 'update' : 'insert',
      row_id: id,
      cells: [id, value],
      ...(isPlaced ? { position } : {}),
    });
  }
  return changes.map((change, at) => ({ ...change, change_id: from + at + 1 }));
}

const cellsOf = (result: LiveResult) => result.rows.map(({ cells }) => cells);
const byId = (rows: readonly (readonly unknown[])[]) =>
  rows.toSorted((a, b) => Number(a[0]) - Number(b[0]));

describe('steps', () => {
  test.each([true, false])('lead to the fresh result (ordered: %s)', (isOrdered) => {
    fc.assert(
      fc.property(fc.array(rowsArbitrary, { minLength: 1, maxLength: 6 }), (states) => {
        const [first = [], ...rest] = states;
        const result = filled(first, isOrdered);
        let before: readonly Row[] = first;
        for (const after of rest) {
          const changes = stepBetween(before, after, isOrdered, result.changeId);
          const order = result.rows.map(({ id }) => id);
          const made = result.apply(changes);
          for (const { type, row, index } of made) {
            if (type === 'delete') expect(order[index ?? -1]).toBe(row.id);
          }
          if (isOrdered) expect(cellsOf(result)).toEqual(after);
          else expect(byId(cellsOf(result))).toEqual(byId(after));
          before = after;
        }
      }),
      { seed: 11 },
    );
  });

  test('that are told again change nothing', () => {
    const result = filled([[1, 0]], false);
    const changes = stepBetween([[1, 0]], [[2, 5]], false, 0);
    expect(result.apply(changes)).toHaveLength(2);
    expect(result.apply(changes)).toEqual([]);
    expect(cellsOf(result)).toEqual([[2, 5]]);
  });

  test('that can’t be are refused', () => {
    const change = { type: 'update', row_id: 9, cells: [9, 9], change_id: 1 } as const;
    expect(() => filled([[1, 0]], false).apply([change])).toThrow(StepMismatch);
    const beyond = { type: 'insert', row_id: 9, cells: [9, 9], change_id: 1, position: 4 } as const;
    expect(() => filled([[1, 0]], true).apply([beyond])).toThrow(StepMismatch);
  });

  test('tell the cells before', () => {
    const [made] = filled([[1, 0]], false).apply(stepBetween([[1, 0]], [[1, 7]], false, 0));
    expect(made).toMatchObject({ type: 'update', former: [1, 0], row: { cells: [1, 7] } });
  });
});

describe('a stream that begins anew', () => {
  test('keeps the rows when it goes on, and until a whole snapshot is here', () => {
    const result = filled([[1, 0]], false);
    result.begin(opened(false, 'resumed'));
    expect(cellsOf(result)).toEqual([[1, 0]]);
    result.begin(opened(false));
    result.fill([[5, [5, 5]]]);
    expect(cellsOf(result)).toEqual([[1, 0]]);
    result.endFill(40);
    expect(cellsOf(result)).toEqual([[5, 5]]);
    expect(result.changeId).toBe(40);
  });
});
