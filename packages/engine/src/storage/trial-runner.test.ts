// Trials on a real file beside a real writer: they tell what would happen, and leave no trace.

import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PatinaError } from '../base/errors.ts';
import type { LocalVersion } from '../ports.ts';
import { openTrialBench, type TrialBench, trialOf } from './testing-trials.ts';
import type { NodeStorage } from './threaded-storage.ts';
import type { TrialRunner, TrialRunnerOptions } from './trial-runner.ts';

const schema = `
  CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INT NOT NULL DEFAULT 0 CHECK (b < 100));
  CREATE TABLE log (id INTEGER PRIMARY KEY, at TEXT DEFAULT CURRENT_TIMESTAMP, r DEFAULT (random()));
`;

let bench: TrialBench;
let path: string;
let storage: NodeStorage;
let runner: TrialRunner;
let commit: TrialBench['commit'];
let versions: LocalVersion[];

async function open(options?: Partial<TrialRunnerOptions>): Promise<void> {
  bench = await openTrialBench(schema, options);
  ({ path, storage, runner, commit } = bench);
  versions = [];
  storage.onLocalVersion((version) => versions.push(version));
}

afterEach(() => bench.close());

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof PatinaError ? error.code : `no PatinaError: ${String(error)}`;
}

function contents(): string {
  const db = new Database(path, { readonly: true });
  const names = db
    .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    .pluck()
    .all();
  const text = names.map((name) => [name, db.prepare(`SELECT * FROM "${name}"`).raw().all()]);
  db.close();
  return JSON.stringify(text);
}

describe('a trial', () => {
  beforeEach(() => open());

  it('tells counts, and rows of RETURNING and SELECT, of the statement after those before it', async () => {
    await commit({ sql: "INSERT INTO t VALUES (1, 'one', 1), (2, 'two', 2)" });
    const before = contents();
    const pending = [{ sql: 'UPDATE t SET b = b + ?', params: [10] }];
    expect(await runner.run(trialOf('DELETE FROM t WHERE b > 11', { pending }))).toEqual({
      rowsAffected: 1,
      rows: undefined,
    });
    expect(await runner.run(trialOf('SELECT id, b FROM t ORDER BY id', { pending }))).toEqual({
      rowsAffected: 0,
      rows: [
        [1, 11],
        [2, 12],
      ],
    });
    const insert = {
      sql: 'INSERT INTO t (id, a) VALUES (?1, ?2) RETURNING id, a, b, 9007199254740993',
      paramRows: [
        [3, 'x'],
        [4, null],
      ],
      keepsRows: true,
    };
    expect(await runner.run(trialOf(insert, { pending }))).toEqual({
      rowsAffected: 2,
      rows: [
        [3, 'x', 0, 9007199254740993n],
        [4, null, 0, 9007199254740993n],
      ],
    });
    expect(contents()).toBe(before);
    await commit({ sql: "INSERT INTO t VALUES (3, 'three', 3)" });
    expect(versions.map(({ version }) => version)).toEqual([1, 2]);
    expect(await storage.verify()).toEqual([]);
  });

  it('fails as the statement would, with what is at fault', async () => {
    await commit({ sql: "INSERT INTO t VALUES (1, 'one', 1)" });
    const failed = (sql: string): Promise<string> => codeOf(runner.run(trialOf(sql)));
    expect(await failed("INSERT INTO t VALUES (1, 'again', 1)")).toBe('PATINA_SQL_CONSTRAINT');
    expect(await failed('UPDATE nowhere SET x = 1')).toBe('PATINA_SQL_ERROR');
    expect(await failed('UPDATE __patina_state SET version = 9')).toBe('PATINA_SQL_REFUSED');
    expect(await failed('SELECT * FROM __patina_state')).toBe('PATINA_SQL_REFUSED');
    expect(await failed("SELECT load_extension('x')")).toBe('PATINA_SQL_REFUSED');
    expect(await failed('DROP TABLE t')).toBe('PATINA_SQL_REFUSED');
    expect(await codeOf(runner.run(trialOf('DELETE FROM t', { isQuery: true })))).toBe(
      'PATINA_SQL_NOT_READONLY',
    );
    const many = "SELECT value FROM json_each('[1,2,3]')";
    expect(await codeOf(runner.run(trialOf(many, { rowsMax: 2 })))).toBe('PATINA_RESULT_TOO_LARGE');
    expect(await codeOf(runner.run(trialOf(many, { bytesMax: 16 })))).toBe(
      'PATINA_RESULT_TOO_LARGE',
    );
  });

  it('notices that what the client was told no longer holds', async () => {
    await commit({ sql: "INSERT INTO t VALUES (1, 'one', 1)" });
    const update = { sql: 'UPDATE t SET a = a WHERE b = 1' };
    const { rowsAffected } = await runner.run(trialOf(update));
    const pending = [{ ...update, expected: { rowsAffected, rows: undefined } }];
    expect((await runner.run(trialOf('SELECT 1', { pending }))).rows).toEqual([[1]]);
    await commit({ sql: 'UPDATE t SET b = 2' });
    expect(await codeOf(runner.run(trialOf('SELECT 1', { pending })))).toBe(
      'PATINA_TRANSACTION_CONFLICT',
    );
    const taken = [{ sql: "INSERT INTO t VALUES (1, 'taken', 0)" }];
    expect(await codeOf(runner.run(trialOf('SELECT 1', { pending: taken })))).toBe(
      'PATINA_TRANSACTION_CONFLICT',
    );
  });

  it('draws the same time and chance as its commit, and another transaction others', async () => {
    const statement = {
      sql:
        'INSERT INTO log (id) VALUES (NULL), (NULL) RETURNING at, r, random(), hex(randomblob(40)), ' +
        "datetime('now'), strftime('%s'), unixepoch('subsec'), date('now', '+1 day'), timediff('now', '2020-01-01')",
      keepsRows: true,
    };
    const moment = { nowMs: Date.UTC(2020, 1, 3, 4, 5, 6, 789), seed: 'one' };
    const again = await runner.run(trialOf(statement, { moment }));
    const pending = [{ ...statement, expected: { ...again, rows: again.rows } }];
    const second = await runner.run(trialOf(statement, { moment, pending }));
    expect(again.rows?.[0]?.slice(4)).toEqual([
      '2020-02-03 04:05:06',
      '1580702706',
      1580702706.789,
      '2020-02-04',
      '+0000-01-02 04:05:06.789',
    ]);
    expect(second.rows?.[0]?.[0]).toBe('2020-02-03 04:05:06');
    expect(new Set([again, second].flatMap(({ rows }) => rows?.map((row) => row[1]))).size).toBe(4);
    const outcome = await storage.transact({
      statements: [...pending, { ...statement, expected: second }],
      moment,
    });
    expect(outcome).toMatchObject({ ok: true, results: [again, second] });
    const other = await runner.run(trialOf(statement, { moment: { ...moment, seed: 'two' } }));
    expect(other.rows?.[0]?.[1]).not.toBe(again.rows?.[0]?.[1]);
    const later = await storage.transact({ statements: [statement] });
    const [result] = later.ok ? later.results : [];
    expect(String(result?.rows?.[0]?.[4]) > '2021').toBe(true);
    expect(String(result?.rows?.[0]?.[0]) > '2021').toBe(true);
  });

  it('sees a schema that was changed after the process had started', async () => {
    await runner.run(trialOf('SELECT * FROM t'));
    await storage.applySchema({
      texts: [schema, 'CREATE TABLE later (id INTEGER PRIMARY KEY, x);'],
      allowDestructive: false,
    });
    expect((await runner.run(trialOf('INSERT INTO later VALUES (1, 1)'))).rowsAffected).toBe(1);
  });
});

const endless =
  'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n';

describe('limits', () => {
  it('a trial that takes too long is ended, and those behind it are run', async () => {
    await open();
    const slow = codeOf(runner.run(trialOf(endless, { timeoutMs: 400 })));
    const others = [1, 2, 3].map((value) => runner.run(trialOf(`SELECT ${value}`)));
    expect(await slow).toBe('PATINA_SQL_TIMEOUT');
    expect((await Promise.all(others)).map(({ rows }) => rows)).toEqual([[[1]], [[2]], [[3]]]);
    expect(runner.stats()).toMatchObject({ waiting: 0, timeouts: 1, crashes: 0 });
  });

  it('a cancelled trial is ended with the reason, wherever it is', async () => {
    await open();
    await runner.run(trialOf('SELECT 1'));
    const controller = new AbortController();
    const { signal } = controller;
    const running = codeOf(runner.run(trialOf(endless, { signal })));
    const waiting = codeOf(runner.run(trialOf('SELECT 1', { signal })));
    const other = runner.run(trialOf('SELECT 2'));
    controller.abort(new PatinaError('PATINA_SQL_TIMEOUT', 'canceled'));
    expect(await running).toBe('PATINA_SQL_TIMEOUT');
    expect(await waiting).toBe('PATINA_SQL_TIMEOUT');
    expect((await other).rows).toEqual([[2]]);
  });

  it('more than may wait are refused', async () => {
    await open({ queueMax: 2 });
    const codes = await Promise.all(
      Array.from({ length: 4 }, () =>
        runner.run(trialOf('SELECT 1')).then(
          () => 'ok',
          (error: PatinaError) => error.code,
        ),
      ),
    );
    expect(codes).toEqual(['ok', 'ok', 'PATINA_OVERLOADED', 'PATINA_OVERLOADED']);
  });

  it('what waits is told when it stops, and nothing is taken after', async () => {
    await open();
    const waiting = [codeOf(runner.run(trialOf(endless))), codeOf(runner.run(trialOf('SELECT 1')))];
    await runner.stop();
    expect(await Promise.all(waiting)).toEqual(['PATINA_SHUTTING_DOWN', 'PATINA_SHUTTING_DOWN']);
    expect(await codeOf(runner.run(trialOf('SELECT 1')))).toBe('PATINA_SHUTTING_DOWN');
  });

  it('the process ends when there is nothing to do, and comes back', async () => {
    const events: string[] = [];
    await open({ idleMs: 20, onEvent: ({ kind }) => events.push(kind) });
    await runner.run(trialOf('SELECT 1'));
    await vi.waitFor(() => expect(events).toEqual(['started', 'idle']));
    expect((await runner.run(trialOf('SELECT 1'))).rows).toEqual([[1]]);
  });
});
