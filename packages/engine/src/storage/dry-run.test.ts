// Dry runs on a real file beside a real writer: they count what the transaction would change, stop where it
// would fail, and leave nothing behind, neither rows nor clocks nor versions.

import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { LocalStatement, LocalVersion } from '../ports.ts';
import { openTrialBench, type TrialBench } from './testing-trials.ts';
import type { DryRunOutcome } from './trial-runner.ts';

const schema = `
  CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INT NOT NULL DEFAULT 0 CHECK (b < 100));
  CREATE TABLE log (id TEXT NOT NULL PRIMARY KEY, v REAL);
`;

const timeoutMs = 20_000;

let bench: TrialBench;
let versions: LocalVersion[];

beforeEach(async () => {
  bench = await openTrialBench(schema);
  versions = [];
  bench.storage.onLocalVersion((version) => versions.push(version));
});
afterEach(() => bench.close());

function contents(): string {
  const db = new Database(bench.path, { readonly: true });
  const tables = db
    .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    .pluck()
    .all();
  const text = tables.map((name) => [name, db.prepare(`SELECT * FROM "${name}"`).raw().all()]);
  db.close();
  return JSON.stringify(text);
}

function told(outcomes: readonly DryRunOutcome[]): (number | string)[] {
  return outcomes.map((outcome) => (outcome.ok ? outcome.rowsAffected : outcome.error.code));
}

const insert: LocalStatement = {
  sql: 'INSERT INTO t (id, a) VALUES (?, ?), (?, ?)',
  params: [1, 'x', 2, 'y'],
};

it('counts each statement after those before it, and stops at the first that fails', async () => {
  await bench.commit({ sql: 'INSERT INTO t (id, b) VALUES (9, 9)' });
  const before = contents();
  const made = versions.length;
  const fine = [insert, { sql: 'UPDATE t SET b = b + 1' }, { sql: 'DELETE FROM t WHERE id > 1' }];
  expect(told(await bench.runner.dryRun({ statements: fine, timeoutMs }))).toEqual([2, 3, 2]);
  const failing = [insert, { sql: 'UPDATE t SET b = 200' }, insert];
  expect(told(await bench.runner.dryRun({ statements: failing, timeoutMs }))).toEqual([
    2,
    'PATINA_SQL_CONSTRAINT',
  ]);
  for (const sql of ['DROP TABLE t', 'UPDATE __patina_state SET version = 7', 'COMMIT']) {
    const [outcome] = await bench.runner.dryRun({ statements: [{ sql }], timeoutMs });
    expect(outcome, sql).toMatchObject({ ok: false, error: { code: 'PATINA_SQL_REFUSED' } });
  }
  expect(contents()).toBe(before);
  expect(versions.length).toBe(made);
  // The keys that were tried are free.
  await bench.commit(insert);
  expect(versions.length).toBe(made + 1);
});

it('tells what the transaction then does, statement by statement, and leaves no trace', async () => {
  const id = fc.integer({ min: 1, max: 5 });
  const statement = fc.oneof(
    fc.record({
      sql: fc.constant('INSERT OR IGNORE INTO t (id) VALUES (?)'),
      params: fc.tuple(id),
    }),
    fc.record({
      sql: fc.constant('INSERT INTO log VALUES (?, ?)'),
      params: fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom(0.5, 2 ** 60, null)),
    }),
    fc.record({ sql: fc.constant('UPDATE t SET b = b + ?'), params: fc.tuple(fc.nat(40)) }),
    fc.record({ sql: fc.constant('DELETE FROM t WHERE id >= ?'), params: fc.tuple(id) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(statement, { minLength: 1, maxLength: 6 }), async (statements) => {
      const before = contents();
      const tried = await bench.runner.dryRun({ statements, timeoutMs });
      expect(contents()).toBe(before);
      const outcome = await bench.storage.transact({ statements });
      if (outcome.ok) {
        expect(told(tried)).toEqual(outcome.results.map(({ rowsAffected }) => rowsAffected));
      } else expect(told(tried).at(-1)).toBe(outcome.error.code);
    }),
    { seed: 7, numRuns: 60 },
  );
});

it('is ended at its time limit, and writes go on', async () => {
  const numbers = Array.from({ length: 40 }, (_, index) => `(${index + 100})`).join(', ');
  await bench.commit({ sql: `INSERT INTO t (id) VALUES ${numbers}` });
  const slow = {
    sql: `UPDATE t SET a = (SELECT count(*) FROM t AS u, t AS v, t AS w, t AS x, t AS y)`,
  };
  await expect(bench.runner.dryRun({ statements: [slow], timeoutMs: 300 })).rejects.toMatchObject({
    code: 'PATINA_SQL_TIMEOUT',
  });
  await bench.commit({ sql: 'UPDATE t SET b = 1 WHERE id = 100' });
  const db = new Database(bench.path, { readonly: true });
  expect(db.prepare('SELECT count(*) FROM t WHERE a IS NOT NULL').pluck().get()).toBe(0);
  db.close();
});
