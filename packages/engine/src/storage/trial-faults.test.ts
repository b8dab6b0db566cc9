// Trials beside a writer under load: a process that dies at any moment leaves the database whole, nobody
// starves, and what a transaction was told statement by statement is what it does at once.

import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterEach, expect, it } from 'vitest';
import { PatinaError } from '../base/errors.ts';
import { seededRng } from '../base/rng.ts';
import type { LocalStatement } from '../ports.ts';
import { openTestReplica, testActor } from './testing.ts';
import { openTrialBench, type TrialBench, trialOf } from './testing-trials.ts';

const schema = `
  CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INT NOT NULL DEFAULT 0 CHECK (b < 100), r DEFAULT (random()));
  CREATE TABLE u (k TEXT NOT NULL PRIMARY KEY, n INT) WITHOUT ROWID;
`;

const seed = process.env['PATINA_SEED'] === 'random' ? Date.now() : 11;

let bench: TrialBench | undefined;

async function open(...args: Parameters<typeof openTrialBench>): Promise<TrialBench> {
  bench = await openTrialBench(...args);
  return bench;
}

afterEach(async () => {
  await bench?.close();
  bench = undefined;
});

function codeOf(error: unknown): string {
  return error instanceof PatinaError ? error.code : String(error);
}

it('a process that is killed at any moment leaves the database whole, and others go on', async () => {
  const pids: number[] = [];
  const { path, runner, storage, commit } = await open(schema, {
    onEvent: ({ kind, pid }) => {
      if (kind === 'started' && pid !== undefined) pids.push(pid);
    },
  });
  // Wide enough for a page cache to spill: uncommitted pages then stand in the log.
  const wide = `INSERT INTO t (a) SELECT hex(zeroblob(2000)) FROM json_each('[${'1,'.repeat(2_000)}1]')`;
  const rng = seededRng(seed);
  const outcomes = new Map<string, number>();
  let commits = 0;
  const count = (outcome: string): void => {
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  };
  for (let round = 0; round < 12; round++) {
    await runner.run(trialOf('SELECT 1'));
    const trials = [wide, 'SELECT count(*) FROM t', wide, 'DELETE FROM t'].map((sql) =>
      runner.run(trialOf(sql)).then(
        () => count('ok'),
        (error: unknown) => count(codeOf(error)),
      ),
    );
    const writes = Array.from({ length: 5 }, () =>
      commit({ sql: 'INSERT INTO u VALUES (?, 1)', params: [`row ${commits++}`] }),
    );
    const rounds = rng.below(40);
    for (let turn = 0; turn < rounds; turn++) await new Promise((done) => setTimeout(done, 1));
    const pid = pids.at(-1);
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
    await Promise.all([...trials, ...writes]);
  }
  // A trial that dies with its process is tried once more.
  expect([...outcomes.keys()].filter((key) => key !== 'PATINA_INTERNAL')).toEqual(['ok']);
  expect(outcomes.get('ok')).toBeGreaterThan(12);
  expect(runner.stats().crashes).toBeGreaterThan(6);
  expect(runner.stats().waiting).toBe(0);
  expect((await runner.run(trialOf('SELECT count(*) FROM t'))).rows).toEqual([[0]]);
  expect(await storage.verify()).toEqual([]);
  const db = new Database(path, { readonly: true });
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
  expect(db.prepare('SELECT count(*) FROM u').pluck().get()).toBe(commits);
  expect(db.prepare('SELECT version FROM __patina_state').pluck().get()).toBe(commits + 1);
  db.close();
}, 60_000);

it('writes go on while sessions try without a pause, and the other way round', async () => {
  const { runner, storage, commit } = await open(schema);
  await commit({ sql: 'INSERT INTO u VALUES (?, 0)', paramRows: [['a'], ['b'], ['c']] });
  await runner.run(trialOf('SELECT 1'));
  let isOver = false;
  let tried = 0;
  const session = async (): Promise<void> => {
    const pending: LocalStatement[] = [];
    while (!isOver) {
      if (pending.length === 5) pending.length = 0;
      const statement = { sql: 'UPDATE u SET n = n + 1' };
      await runner.run(trialOf(statement, { pending }));
      pending.push(statement);
      tried++;
    }
  };
  const sessions = Array.from({ length: 8 }, session);
  const startMs = performance.now();
  for (let id = 1; id <= 200; id++) await commit({ sql: `INSERT INTO t (id) VALUES (${id})` });
  const tookMs = performance.now() - startMs;
  const triedMeanwhile = tried;
  // And as many as fit into the writer's batches at once.
  await Promise.all(
    Array.from({ length: 2_000 }, (_, id) =>
      commit({ sql: `INSERT INTO t (id) VALUES (${id + 1_000})` }),
    ),
  );
  isOver = true;
  await Promise.all(sessions);
  expect(tookMs / 200).toBeLessThan(50);
  expect(triedMeanwhile).toBeGreaterThan(200);
  expect(tried).toBeGreaterThan(triedMeanwhile);
  expect((await storage.identity()).states[0]?.head).toBe(2_201);
}, 60_000);

it('a hold waits for what is being written, keeps others waiting, and ends once', async () => {
  const { storage, commit } = await open(schema);
  const log: string[] = [];
  const write = (id: number): Promise<void> =>
    commit({ sql: `INSERT INTO t (id) VALUES (${id})` }).then(() => void log.push(`write ${id}`));
  const first = write(1);
  // It is sent at the end of this turn; a hold that waits by then would go first.
  await new Promise((sent) => setImmediate(sent));
  const release = await storage.hold();
  expect(storage.queued()).toBe(0);
  const second = write(2);
  const next = storage.hold().then((end) => {
    log.push('next hold');
    return end;
  });
  await first;
  // What needs no writer passes; a write does not.
  const { actorId } = storage.opened.identity;
  await storage.read({ kind: 'full', actorId, start: 1, end: 1 }, 1_000);
  expect(log).toEqual(['write 1']);
  release();
  release();
  await second;
  (await next)();
  await write(3);
  expect(log.slice(1).toSorted()).toEqual(['next hold', 'write 2', 'write 3']);
  expect(log.at(-1)).toBe('write 3');
});

const id = fc.integer({ min: 1, max: 6 });
const text = fc.constantFrom('x', 'yy', null, 9_007_199_254_740_993n, 1.5);
const statement: fc.Arbitrary<LocalStatement> = fc.oneof(
  fc.tuple(id, text).map((params) => ({
    sql: 'INSERT INTO t (id, a) VALUES (?1, ?2) RETURNING id, a, b, r',
    params,
    keepsRows: true,
  })),
  fc.tuple(id, text).map((params) => ({
    sql: 'INSERT OR REPLACE INTO t (id, a, b) VALUES (?, ?, random() % 100)',
    params,
  })),
  id.map((b) => ({ sql: 'UPDATE t SET b = b + ? RETURNING *', params: [b * 10], keepsRows: true })),
  id.map((key) => ({ sql: 'UPDATE t SET id = id + 3 WHERE id = ?', params: [key] })),
  id.map((key) => ({
    sql: 'DELETE FROM t WHERE id >= ? RETURNING id',
    params: [key],
    keepsRows: true,
  })),
  fc.array(fc.tuple(fc.constantFrom('k', 'l', 'm'), id), { maxLength: 3 }).map((paramRows) => ({
    sql: 'INSERT INTO u VALUES (?, ?) ON CONFLICT (k) DO UPDATE SET n = n + excluded.n RETURNING n',
    paramRows,
    keepsRows: true,
  })),
  fc.constant({ sql: 'INSERT INTO u SELECT a, b FROM t WHERE a IS NOT NULL' }),
);

it('a transaction that was tried statement by statement does the same at once', async () => {
  const { path, runner, storage } = await open(schema);
  const reference = openTestReplica({ actor: testActor('b'), schema });
  const tables = ['t', 'u'];
  const rowsOf = (db: Database.Database): unknown[] =>
    tables.map((name) => db.prepare(`SELECT * FROM ${name}`).raw().safeIntegers().all());
  const db = new Database(path, { readonly: true });
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(statement, { minLength: 1, maxLength: 8 }), async (statements) => {
      const moment = { nowMs: 1_700_000_000_000, seed: `run ${run++}` };
      const pending: LocalStatement[] = [];
      for (const one of statements) {
        try {
          const { rowsAffected, rows } = await runner.run(trialOf(one, { moment, pending }));
          pending.push({ ...one, expected: { rowsAffected, rows } });
        } catch (error) {
          // As after ROLLBACK TO a savepoint: the transaction goes on without it.
          expect(codeOf(error)).toBe('PATINA_SQL_CONSTRAINT');
        }
      }
      const told = pending.map(({ expected }) => expected);
      const committed = await storage.transact({ statements: pending, moment });
      const atOnce = reference.replica.transact([
        { statements: pending.map(({ expected: _told, ...one }) => one), moment },
      ]);
      for (const outcome of [committed, ...atOnce.outcomes]) {
        expect(outcome.ok).toBe(true);
        const results = outcome.ok ? outcome.results : [];
        expect(results.map(({ rowsAffected, rows }) => ({ rowsAffected, rows }))).toEqual(told);
      }
      expect(rowsOf(db)).toEqual(rowsOf(reference.replica.db));
    }),
    { seed, numRuns: 60 },
  );
  db.close();
  expect(await storage.verify()).toEqual([]);
});
