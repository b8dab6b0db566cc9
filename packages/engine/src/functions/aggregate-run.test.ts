// Aggregates of ours over groups and over windows whose frames move, in both SQLite libraries.

import { DatabaseSync } from 'node:sqlite';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { faultOfMessage } from './function-error.ts';
import { installOnBetterSqlite, installOnNodeSqlite } from './install.ts';

const node = new DatabaseSync(':memory:');
installOnNodeSqlite(node);
const better = new Database(':memory:');
installOnBetterSqlite(better);

afterAll(() => {
  node.close();
  better.close();
});

/** The first column of all rows. */
type Ask = (sql: string, ...params: string[]) => unknown[];

const libraries: Readonly<Record<string, Ask>> = {
  'node:sqlite': (sql, ...params) =>
    node
      .prepare(sql)
      .all(...params)
      .map((row) => Object.values(row)[0]),
  'better-sqlite3': (sql, ...params) => better.prepare(sql).pluck().all(params),
};

function errorOf(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return faultOfMessage(error instanceof Error ? error.message : String(error)) ?? error;
  }
}

/** Rows of a JSON array, in its order, with numbers from 0. */
const rows = 'json_each(?)';

const aggregates = [
  'pg_numeric_sum(value)',
  'pg_numeric_avg(value)',
  'pg_numeric_stddev_samp(value)',
  'pg_numeric_min(value)',
  'pg_numeric_max(value)',
  'pg_array_agg(value)',
] as const;

describe.each(Object.entries(libraries))('%s', (_library, ask) => {
  it.each(aggregates)('%s over a moving frame is that of the rows in the frame', (call) => {
    const decimals = fc.array(fc.integer({ min: -9_999, max: 9_999 }), { maxLength: 12 });
    const reach = fc.nat({ max: 4 });
    fc.assert(
      fc.property(decimals, reach, reach, (units, before, after) => {
        const list = units.map((value, index) => (value / 10 ** (index % 3)).toFixed(index % 3));
        const got = ask(
          `SELECT ${call} OVER (ORDER BY key ROWS BETWEEN ${before} PRECEDING AND ${after} FOLLOWING)
           FROM ${rows}`,
          JSON.stringify(list),
        );
        const wanted = list.map((_, at) => {
          const frame = list.slice(Math.max(0, at - before), at + after + 1);
          return ask(`SELECT ${call} FROM ${rows}`, JSON.stringify(frame))[0];
        });
        expect(got).toEqual(wanted);
      }),
      { seed: 4, numRuns: 60 },
    );
  });

  it('tells the error of a step', () => {
    const sum = (): unknown => ask(`SELECT pg_numeric_sum(value) FROM ${rows}`, '["1","x","2"]');
    expect(errorOf(sum)).toEqual({
      message: 'invalid input syntax for type numeric: "x"',
      fault: { sqlState: '22P02' },
    });
  });

  it('refuses moving frames of more rows than it keeps, not growing ones', () => {
    const list = JSON.stringify(Array.from({ length: 10_050 }, () => '1'));
    const last = (frame: string): unknown =>
      errorOf(() =>
        ask(`SELECT pg_numeric_sum(value) OVER (ORDER BY key ROWS ${frame}) FROM ${rows}`, list).at(
          -1,
        ),
      );
    expect(last('UNBOUNDED PRECEDING')).toBe('10050');
    expect(last('BETWEEN 10020 PRECEDING AND CURRENT ROW')).toMatchObject({
      fault: { sqlState: '0A000' },
    });
  });

  it('counts the arguments', () => {
    expect(() => ask('SELECT pg_numeric_sum(1, 2)')).toThrow(
      'wrong number of arguments to function pg_numeric_sum()',
    );
  });
});
