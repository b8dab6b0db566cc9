// A service for the contract tests: one real database in a temporary directory, written through the
// vetter and read through real reader processes, without replication. Its live queries do as a test
// tells them.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unansweredParts } from '@patina/api/insights/unanswered.ts';
import type { Health } from '@patina/api/schemas.ts';
import type { DryRunResult, PatinaService } from '@patina/api/service.ts';
import type { Statement } from '@patina/api/statement.ts';
import { isActorId } from '@patina/engine/base/actor-id.ts';
import { must } from '@patina/engine/base/assert.ts';
import { createReaderPool, type ReaderPool } from '@patina/engine/storage/reader-pool.ts';
import { sqlErrorOf } from '@patina/engine/storage/sql-error.ts';
import { bindable } from '@patina/engine/storage/sql-value.ts';
import { createSqlVetter } from '@patina/engine/storage/sql-vetter.ts';
import Database from 'better-sqlite3';
import { createFakeLiveQueries, type FakeLiveQueries } from './fake-live-queries.ts';

const actorText = '00112233445566778899aabbccddeeff';
export const testActor = must(isActorId(actorText) ? actorText : undefined, 'a well-formed id');

const internalSchema = ['CREATE TABLE __patina_state (id INTEGER PRIMARY KEY, secret TEXT)'];
const userSchema = [
  'CREATE TABLE notes (id INTEGER PRIMARY KEY, body, amount REAL)',
  "CREATE TABLE strict_notes (id INTEGER PRIMARY KEY, body TEXT NOT NULL CHECK (body <> 'no'))",
];

export interface TestService extends PatinaService {
  readonly pool: ReaderPool;
  readonly database: Database.Database;
  readonly directory: string;
  readonly live: FakeLiveQueries;
  healthNow: Health;
  /** Runs before every transaction. */
  beforeTransact: () => Promise<void>;
  close(): Promise<void>;
}

export function createTestService(): TestService {
  const directory = mkdtempSync(join(tmpdir(), 'patina-http-'));
  const database = new Database(join(directory, 'state.db'));
  database.pragma('journal_mode = WAL');
  const vetter = createSqlVetter();
  for (const sql of [...internalSchema, ...userSchema]) database.exec(sql);
  vetter.setSchema([...internalSchema, ...userSchema]);
  const compileCacheDirectory = join(tmpdir(), 'patina-test-compile-cache');
  const pool = createReaderPool({ databasePath: database.name, compileCacheDirectory });
  const live = createFakeLiveQueries();
  let version = 0;

  function run(statement: Statement): { rows_affected: number; time: number } {
    const startMs = performance.now();
    const prepared = database.prepare(vetter.vet(statement.sql, 'write').sql);
    const { params } = statement;
    const bound =
      params instanceof Map
        ? [Object.fromEntries([...params].map(([name, value]) => [name.slice(1), bindable(value)]))]
        : [...params.values()].map(bindable);
    if (prepared.reader) prepared.all(...bound);
    const changes = prepared.reader ? 0 : prepared.run(...bound).changes;
    return { rows_affected: changes, time: (performance.now() - startMs) / 1000 };
  }

  const service: TestService = {
    pool,
    database,
    directory,
    healthNow: { gaps: 0, members: 1, p99_lag: 0.01, queue_size: 0 },
    beforeTransact: () => Promise.resolve(),
    actorId: () => testActor,
    async transact(statements) {
      await service.beforeTransact();
      try {
        const results = database.transaction(() => statements.map(run))();
        const changed = results.some((result) => result.rows_affected > 0);
        if (changed) version++;
        return { results, time: 0.5, version: changed ? version : null, actor_id: testActor };
      } catch (error) {
        throw sqlErrorOf(error);
      }
    },
    dryRun: async (statements) => ({ results: dryRun(database, statements, run), timeMs: 1 }),
    query: ({ statement, ...request }, sink) => pool.query({ ...statement, ...request }, sink),
    live,
    ...unansweredParts,
    async tableStats(tables) {
      const known = ['notes', 'strict_notes'];
      return {
        total_row_count: tables.filter((table) => known.includes(table)).length,
        invalid_tables: tables.filter((table) => !known.includes(table)),
      };
    },
    health: async () => service.healthNow,
    members: async () => [
      {
        actor_id: testActor,
        address: '127.0.0.1:4001',
        state: 'alive',
        incarnation: 3,
        rtt_ms: null,
        ring: null,
        is_self: true,
      },
    ],
    lag: async () => [{ actor_id: testActor, head: 7, versions: 0, ms: 0 }],
    waitFor: (actorId, wanted, waitMs) =>
      actorId === testActor && wanted <= version
        ? Promise.resolve(true)
        : new Promise((resolve) => setTimeout(resolve, waitMs, false)),
    metricsText: async () => 'patina_test_total 1\n',
    async close() {
      await pool.stop();
      vetter.close();
      database.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
  return service;
}

/** Runs statements up to the first that fails, and takes them back. */
function dryRun(
  database: Database.Database,
  statements: readonly Statement[],
  run: (statement: Statement) => { readonly rows_affected: number },
): DryRunResult[] {
  const results: DryRunResult[] = [];
  database.exec('BEGIN');
  try {
    for (const statement of statements) {
      results.push({ ok: true, rowsAffected: run(statement).rows_affected });
    }
  } catch (error) {
    results.push({ ok: false, error: sqlErrorOf(error) });
  } finally {
    database.exec('ROLLBACK');
  }
  return results;
}
