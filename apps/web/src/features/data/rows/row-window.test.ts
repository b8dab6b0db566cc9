// A window onto a table shows what is in the table, whatever changes while it is looked at, and asks for no more
// than that takes. Held against SQLite with the statements that are really sent.

import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Browsed, pageStatement, type RowRange } from './page-sql.ts';
import { keyText, pageRows, type RangeAnswer, type Row } from './row-pages.ts';
import { markedMs, RowWindow } from './row-window.ts';

const browsed: Browsed = {
  table: 't',
  columns: ['k', 'v'],
  key: ['k'],
  filters: [{ column: 'v', operator: '>=', value: '0' }],
  isDescending: false,
};

class Table {
  readonly db = new DatabaseSync(':memory:');
  readonly asked: RowRange[] = [];
  answerMs = 5;
  fault: Error | undefined;

  constructor(rows: number) {
    this.db.exec('CREATE TABLE t (k INTEGER PRIMARY KEY, v INTEGER)');
    for (let k = 0; k < rows; k++) this.write(k * 10, 1);
  }

  write(k: number, v: number): void {
    this.db
      .prepare('INSERT INTO t VALUES (?, ?) ON CONFLICT DO UPDATE SET v = excluded.v')
      .run(k, v);
  }

  delete(k: number): void {
    this.db.prepare('DELETE FROM t WHERE k = ?').run(k);
  }

  all(isDescending = false): Row[] {
    const order = isDescending ? 'DESC' : 'ASC';
    const found = this.db.prepare(`SELECT k, v FROM t WHERE v >= 0 ORDER BY k ${order}`).all();
    return found.map((row) => Object.values(row) as number[]);
  }

  /** Reads at once and answers later, as a node does. */
  readonly read = async (of: Browsed, range: RowRange): Promise<RangeAnswer> => {
    this.asked.push(range);
    const [sql, params] = pageStatement(of, range);
    const { fault } = this;
    const rows = this.db
      .prepare(sql)
      .all(...(params as number[]))
      .map((row) => Object.values(row) as number[]);
    await new Promise((resolve) => setTimeout(resolve, this.answerMs));
    if (fault !== undefined) throw fault;
    return { rows, isCut: false };
  };

  open(of = browsed): RowWindow {
    const hasKey = of.key.length > 0;
    return new RowWindow({
      read: (range) => this.read(of, range),
      keyOf: hasKey ? ([k = null]) => [k] : undefined,
    });
  }
}

const settledMs = 20_000;

describe('a window onto a table', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('shows the table after any changes, once all of it was in view', async () => {
    const change = fc.oneof(
      fc.record({
        kind: fc.constant('write'),
        k: fc.nat(6_000),
        v: fc.integer({ min: -1, max: 3 }),
      }),
      fc.record({
        kind: fc.constant('delete'),
        k: fc.nat(600).map((k) => k * 10),
        v: fc.constant(0),
      }),
      fc.record({ kind: fc.constant('wait'), k: fc.nat(900), v: fc.constant(0) }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.nat(600),
        fc.array(change, { maxLength: 60 }),
        fc.boolean(),
        async (count, changes, isDescending) => {
          const table = new Table(count);
          const window = table.open({ ...browsed, isDescending });
          window.setView(0, 30);
          for (const { kind, k, v } of changes) {
            if (kind === 'wait') {
              await vi.advanceTimersByTimeAsync(k);
              window.setView(k % 500, (k % 500) + 30);
              window.loadMore();
            } else {
              if (kind === 'write') table.write(k, v);
              else table.delete(k);
              window.invalidate();
            }
          }
          window.setView(0, Number.POSITIVE_INFINITY);
          for (let round = 0; round < 10; round++) {
            window.loadMore();
            await vi.advanceTimersByTimeAsync(settledMs);
          }
          expect(window.state().isComplete).toBe(true);
          expect(window.state().rows).toEqual(table.all(isDescending));
          window.stop();
          table.db.close();
        },
      ),
      { numRuns: 40 },
    );
  });

  it('loads page after page, and only what is wished', async () => {
    const table = new Table(450);
    const window = table.open();
    await vi.advanceTimersByTimeAsync(settledMs);
    expect(window.state().rows.length).toBe(pageRows);
    expect(window.state().isComplete).toBe(false);
    window.loadMore();
    window.loadMore();
    await vi.advanceTimersByTimeAsync(settledMs);
    expect(window.state().rows.length).toBe(2 * pageRows);
    window.loadMore();
    await vi.advanceTimersByTimeAsync(settledMs);
    expect(window.state().rows).toEqual(table.all());
    expect(window.state().isComplete).toBe(true);
    window.loadMore();
    await vi.advanceTimersByTimeAsync(settledMs);
    expect(table.asked.length).toBe(3);
    window.stop();
  });

  it('reads only what is in view again, and not more often than it may', async () => {
    const table = new Table(450);
    const window = table.open();
    for (let page = 0; page < 3; page++) {
      await vi.advanceTimersByTimeAsync(settledMs);
      window.loadMore();
    }
    window.setView(210, 240);
    table.asked.length = 0;
    for (let step = 0; step < 100; step++) {
      window.invalidate();
      await vi.advanceTimersByTimeAsync(100);
    }
    // Ten seconds, with 400 ms between two readings at least.
    expect(table.asked.length).toBeGreaterThan(10);
    expect(table.asked.length).toBeLessThan(27);
    expect(new Set(table.asked.map(({ after }) => keyText(after ?? [])))).toEqual(
      new Set(['[1990]']),
    );
    window.stop();
  });

  it('marks what came and what changed, for a while', async () => {
    const table = new Table(20);
    const window = table.open();
    window.setView(0, 20);
    await vi.advanceTimersByTimeAsync(settledMs);
    table.write(10, 7);
    table.write(15, 1);
    window.invalidate();
    await vi.advanceTimersByTimeAsync(1_000);
    expect([...window.state().changes]).toEqual([
      ['[10]', { tone: 'changed', columns: new Set([1]) }],
      ['[15]', { tone: 'inserted', columns: new Set() }],
    ]);
    await vi.advanceTimersByTimeAsync(markedMs);
    expect(window.state().changes.size).toBe(0);
    window.stop();
  });

  it('shows rows that come into an empty table', async () => {
    const table = new Table(0);
    const window = table.open();
    await vi.advanceTimersByTimeAsync(settledMs);
    expect(window.state()).toMatchObject({ rows: [], isComplete: true });
    table.write(1, 1);
    window.invalidate();
    await vi.advanceTimersByTimeAsync(settledMs);
    expect(window.state().rows).toEqual([[1, 1]]);
    window.stop();
  });

  it('goes on after a failure when it is asked to, and keeps what it has meanwhile', async () => {
    const table = new Table(20);
    const window = table.open();
    window.setView(0, 20);
    await vi.advanceTimersByTimeAsync(settledMs);
    table.write(10, 7);
    table.fault = new Error('gone');
    window.invalidate();
    await vi.advanceTimersByTimeAsync(settledMs);
    expect(window.state().fault?.text).toBe('Gone.');
    expect(window.state().rows.length).toBe(20);
    table.fault = undefined;
    window.invalidate();
    await vi.advanceTimersByTimeAsync(settledMs);
    expect(window.state().fault).toBeUndefined();
    expect(window.state().rows).toEqual(table.all());
    window.stop();
  });

  it('reads rows without a key anew as a whole, when it is asked to', async () => {
    const table = new Table(20);
    const window = table.open({ ...browsed, key: [] });
    await vi.advanceTimersByTimeAsync(settledMs);
    expect(window.state()).toMatchObject({ isComplete: true });
    table.delete(0);
    window.invalidate();
    await vi.advanceTimersByTimeAsync(settledMs);
    expect(window.state().rows).toEqual(table.all());
    window.stop();
  });

  it('reads rows without a key once more where they may have changed while they were read', async () => {
    const table = new Table(20);
    const window = table.open({ ...browsed, key: [] });
    window.setView(0, 20);
    await vi.advanceTimersByTimeAsync(1);
    table.delete(0);
    window.invalidate();
    await vi.advanceTimersByTimeAsync(settledMs);
    expect(window.state().rows).toEqual(table.all());
    expect(table.asked.length).toBe(2);
    window.stop();
  });

  it('asks again where the reason to came while a question failed', async () => {
    const table = new Table(20);
    const window = table.open();
    window.setView(0, 20);
    await vi.advanceTimersByTimeAsync(settledMs);
    table.fault = new Error('gone');
    window.invalidate();
    await vi.advanceTimersByTimeAsync(1);
    table.fault = undefined;
    window.invalidate();
    await vi.advanceTimersByTimeAsync(settledMs);
    expect(window.state().fault).toBeUndefined();
    window.stop();
  });

  it('asks nothing any more once it was stopped', async () => {
    const table = new Table(20);
    const window = table.open();
    await vi.advanceTimersByTimeAsync(1);
    window.stop();
    window.invalidate();
    await vi.advanceTimersByTimeAsync(settledMs);
    expect(table.asked.length).toBe(1);
    expect(window.state().rows).toEqual([]);
  });
});
