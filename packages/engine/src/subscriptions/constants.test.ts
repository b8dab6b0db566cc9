// Constants and filters of a plan: which there are, and that they never leave out a row that counts.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { must } from '../base/assert.ts';
import { openTestDatabase, rowsOf, type TestDatabase, textOf } from './testing/database.ts';

let opened: TestDatabase;
beforeAll(() => {
  opened = openTestDatabase();
});
afterAll(() => opened.close());

function constantsOf(sql: string): string[] {
  const keyed = must(opened.analyse(sql).plan.keyed, 'rows have keys');
  return keyed.constants.map(({ source, column, parameter }) => {
    return `${keyed.sources[source]?.alias}.${column} = ?${parameter}`;
  });
}

describe('constants', () => {
  it('are columns that every row has equal to a parameter', () => {
    expect(constantsOf("SELECT * FROM a WHERE x = 5 AND y = 'k'")).toEqual([
      'a.x = ?1',
      'a.y = ?2',
    ]);
    expect(constantsOf('SELECT * FROM a WHERE 5 = x AND x = 6')).toEqual(['a.x = ?1']);
    expect(constantsOf('SELECT * FROM a JOIN b ON b.aid = a.id WHERE b.w = 1')).toEqual([
      'b.w = ?1',
    ]);
    expect(
      constantsOf('SELECT a.x, count(*) FROM a JOIN b USING (x) WHERE y = 1 GROUP BY 1'),
    ).toEqual(['a.y = ?1']);
    expect(constantsOf('SELECT * FROM a LEFT JOIN b ON b.aid = a.id WHERE b.w = 1')).toEqual([
      'b.w = ?1',
    ]);
  });

  it('are not taken where they would be wrong or dear', () => {
    for (const sql of [
      "SELECT * FROM a WHERE z = 'k'",
      'SELECT * FROM a WHERE x = 5 OR x = 6',
      'SELECT * FROM a LEFT JOIN b ON b.aid = a.id WHERE a.x = 1',
      'SELECT * FROM a, b WHERE a.x = 1 AND b.w = 1',
      'SELECT * FROM a WHERE x + 1 = 5',
    ]) {
      expect(constantsOf(sql), sql).toEqual([]);
    }
  });

  it('are as the column would hold them: what compares equal is the same value', () => {
    const types = ['INTEGER', 'INT', 'TEXT', 'VARCHAR(9)', 'REAL', 'NUMERIC', 'UUID', 'BLOB', ''];
    const values = [
      ...['5', '5.0', ' 5 ', '5e0', '0x5', '5abc', '', 'abc', '-0', '1e20', '9007199254740993'],
      ...['9223372036854775807', '9223372036854775808', '0.1', 'inf', '1_0'],
      ...[5n, 5.0, 0.1, -0.0, 9_007_199_254_740_993n, 9_007_199_254_740_992, 2 ** 63, 2 ** 60],
      ...[9_223_372_036_854_775_807n, 2n ** 60n, Buffer.from('5'), Buffer.from(''), 1e20, null],
    ];
    for (const type of types) {
      const database = openTestDatabase();
      database.db.exec(`CREATE TABLE t (id INTEGER PRIMARY KEY, v ${type})`);
      const columns = [
        { name: 'id', type: 'INTEGER', collation: 'BINARY', isGenerated: false },
        { name: 'v', type, collation: 'BINARY', isGenerated: false },
      ];
      const table = { name: 't', kind: 'replicated', key: ['id'], columns } as const;
      const { keyed } = database.planIn(
        new Map([['t', table]]),
        'SELECT id FROM t WHERE v = ?',
        't',
      );
      const { constants, sources } = must(keyed, 'rows have keys');
      const asStored = must(constants[0], `${type} has constants`).asStored;
      const byKey = must(sources[0]?.constantsByKey, 'a row has constants');
      const insert = database.db.prepare('INSERT INTO t (id, v) VALUES (?, ?)');
      values.forEach((value, index) => {
        insert.run(BigInt(index), value);
      });
      for (const value of values) {
        const [constant] = database.db.prepare(asStored).raw().all({ 1: value }) as never[];
        const equal = database.db.prepare('SELECT id FROM t WHERE v = ?').raw().all(value) as [
          bigint,
        ][];
        for (const [id] of equal) {
          const [held] = rowsOf(database.db, byKey, [id]);
          const message = `${type} ${String(value)}`;
          expect(textOf(must(held, 'the row is there')), message).toBe(textOf(constant as never));
        }
      }
      database.close();
    }
  });
});

describe('filters', () => {
  function filterOf(sql: string, source = 0): string | undefined {
    const keyed = must(opened.analyse(sql).plan.keyed, 'rows have keys');
    return keyed.sources[source]?.filter
      ?.map((piece) => (typeof piece === 'number' ? `?${piece}` : piece))
      .join('');
  }

  it('are what is said of one table alone', () => {
    const sql = `SELECT 1 FROM a JOIN b ON a.id = b.aid AND w > 2
      WHERE a.x = 5 AND (y LIKE 'k%' OR "y" IS NULL) AND a.x < b.w`;
    expect(filterOf(sql)).toBe('("r"."x" = ?1) AND ("r"."y" LIKE \'k%\' OR "r"."y" IS NULL)');
    expect(filterOf(sql, 1)).toBe('("r"."w" > 2)');
  });

  it('may fail on a row', () => {
    expect(filterOf('SELECT 1 FROM a WHERE abs(x) > 1')).toBe('(abs("r"."x") > 1)');
    expect(filterOf("SELECT 1 FROM a WHERE y ->> 'a' = 1")).toBe(`("r"."y" ->> 'a' = 1)`);
  });

  it('leave out what changes by itself, or reads more', () => {
    for (const condition of [
      "y > datetime('now')",
      'x IN (SELECT x FROM b)',
      'rowid > 1',
      '1 = 1',
    ]) {
      expect(filterOf(`SELECT 1 FROM a WHERE ${condition}`), condition).toBeUndefined();
    }
    expect(filterOf('SELECT 1 FROM a LEFT JOIN b ON b.w = 1', 1)).toBeUndefined();
  });
});
