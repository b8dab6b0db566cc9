// What sessions ask is carried out, over a node and readers that are fakes.

import { PatinaError } from '@patina/engine/base/errors.ts';
import type { LocalOutcome, LocalTransaction } from '@patina/engine/ports.ts';
import type { TrialRequest } from '@patina/engine/storage/trial-runner.ts';
import { expect, test } from 'vitest';
import { PgError } from '../pg-error.ts';
import type { PgReadRequest } from '../reader/reader-pool.ts';
import type { PgAction } from '../server/pg-access.ts';
import type { RunSettings, SessionAnswer } from '../session/requests.ts';
import type { PlannedQuery, PlannedWrite } from '../sql/planned.ts';
import type { CopyOptions } from '../utility/utility-statement.ts';
import { NotificationHub } from './notifications.ts';
import { executionLimitsDefault } from './ports.ts';
import { SessionExecution, type WorkRequest } from './session-execution.ts';

const settings: RunSettings = {
  statementTimeoutMs: 0,
  timeZone: 'UTC',
  byteaOutput: 'hex',
  extraFloatDigits: 1,
  intervalStyle: 'postgres',
  dateStyle: 'ISO, MDY',
};
const column = { name: 'a', type: { oid: 25, typmod: -1 }, tableOid: 0, columnNumber: 0 };
const query: PlannedQuery = {
  kind: 'query',
  sql: 'SELECT a FROM t',
  params: [],
  columns: [column],
  tablesRead: ['t'],
  notices: [],
  readsCatalog: false,
};
const insert: PlannedWrite = {
  kind: 'write',
  tag: 'INSERT',
  sql: 'INSERT INTO t VALUES (?1)',
  params: [25],
  columns: [],
  tablesRead: [],
  tablesWritten: ['t'],
  notices: [],
};
const copyOptions: CopyOptions = {
  format: 'text',
  delimiter: '\t',
  nullText: '\\N',
  hasHeader: false,
  matchesHeader: false,
  quote: '"',
  escape: '"',
  forceQuote: [],
  forceNotNull: [],
  forceNull: [],
};
const rows = { kind: 'rows', formats: [] } as const;

function run(
  statement: PlannedQuery | PlannedWrite,
  more: Partial<Extract<WorkRequest, { kind: 'run' }>> = {},
): WorkRequest {
  return {
    kind: 'run',
    portal: 1,
    statement,
    params: [],
    output: rows,
    rowsMax: 0,
    autocommit: true,
    isReadOnly: false,
    settings,
    ...more,
  };
}

class World {
  readonly transactions: LocalTransaction[] = [];
  readonly trials: TrialRequest[] = [];
  readonly reads: PgReadRequest[] = [];
  readonly checks: PgAction[] = [];
  readonly cancels: PgError[] = [];
  outcome: LocalOutcome = { ok: true, results: [{ rowsAffected: 1, timeMs: 0 }], version: 1 };
  trial: () => Promise<{ rowsAffected: number; rows: undefined | string[][] }> = async () => ({
    rowsAffected: 1,
    rows: undefined,
  });
  refusal: PgError | undefined;
  readonly #answers: SessionAnswer[] = [];
  #onAnswer: (() => void) | undefined;
  readonly execution = new SessionExecution({
    backend: {
      schemaDdl: async () => [],
      onSchemaChange: () => () => undefined,
      transact: async (transaction) => {
        this.transactions.push(transaction);
        return this.outcome;
      },
      trials: {
        prepare: () => undefined,
        run: (request) => {
          this.trials.push({ ...request, pending: [...request.pending] });
          const { signal } = request;
          return Promise.race([
            this.trial(),
            new Promise<never>((_resolve, reject) => {
              signal?.addEventListener('abort', () => reject(signal.reason));
            }),
          ]);
        },
      },
      applySchema: async () => ['adopted'],
      live: {
        open: () => Promise.reject(new PatinaError('PATINA_SUBSCRIPTION_LIMIT', 'too many')),
        watch: () => Promise.reject(new PatinaError('PATINA_SUBSCRIPTION_LIMIT', 'too many')),
      },
    },
    readers: {
      read: (request) => {
        this.reads.push(request);
        return {
          cancel: (error) => {
            this.cancels.push(error);
            request.onFailed(error);
          },
        };
      },
    },
    hub: new NotificationHub({ live: { watch: () => Promise.reject(new Error('none')) } }),
    limits: executionLimitsDefault,
    principal: { name: 'ann', role: 'writer', revoked: new AbortController().signal },
    check: (_principal, action) => {
      this.checks.push(action);
      if (this.refusal !== undefined) throw this.refusal;
    },
    clientName: 'test',
    processId: 7,
    listener: { notify: () => undefined },
    deliver: (answer) => {
      this.#answers.push(answer);
      if (answer.kind !== 'rows') this.#onAnswer?.();
    },
    onSchemaVersion: () => undefined,
    schemaChanged: async () => undefined,
    explainWrite: () => ['SCAN t'],
    makeCopyDecoder: () => ({
      push: (bytes) => [[Buffer.from(bytes).toString()]],
      end: () => [],
    }),
    nowMs: () => 1_000,
  });

  /** Asks, and gives what is answered, rows before the rest. */
  async ask(request: WorkRequest): Promise<SessionAnswer[]> {
    const answered = new Promise<void>((resolve) => {
      this.#onAnswer = resolve;
    });
    this.execution.handle(request);
    await answered;
    return this.#answers.splice(0);
  }
}

function dataRow(text: string): Buffer {
  const bytes = Buffer.alloc(11 + text.length);
  bytes.write('D');
  bytes.writeInt32BE(10 + text.length, 1);
  bytes.writeInt16BE(1, 5);
  bytes.writeInt32BE(text.length, 7);
  bytes.write(text, 11);
  return bytes;
}

function completed(count: number, hasMore = false): SessionAnswer {
  return { kind: 'completed', rows: count, hasMore, notices: [] };
}

test('a query goes to a reader, after the policy was asked, and its bytes go to the client', async () => {
  const world = new World();
  const answered = world.ask(run(query));
  expect(world.checks).toEqual([{ kind: 'read', tables: ['t'] }]);
  const bytes = dataRow('x');
  void world.reads[0]?.onRows(bytes, 1);
  world.reads[0]?.onEnd({ rows: 1, schemaVersion: 1, residentBytes: 0 });
  expect(await answered).toEqual([{ kind: 'rows', bytes, count: 1 }, completed(1)]);
});

test('what the policy refuses is not run', async () => {
  const world = new World();
  world.refusal = new PgError('42501', 'permission denied for table t');
  const failed = [{ kind: 'failed', error: expect.objectContaining({ sqlState: '42501' }) }];
  expect(await world.ask(run(query))).toEqual(failed);
  expect(await world.ask(run(insert))).toEqual(failed);
  expect(world.reads).toEqual([]);
  expect(world.transactions).toEqual([]);
});

test('a write of its own is one transaction of the node', async () => {
  const world = new World();
  expect(await world.ask(run(insert, { params: ['x'] }))).toEqual([completed(1)]);
  expect(world.transactions).toMatchObject([
    { statements: [{ sql: insert.sql, params: ['x'], keepsRows: false }] },
  ]);
});

test('rows of RETURNING come back as messages', async () => {
  const world = new World();
  world.outcome = {
    ok: true,
    results: [{ rowsAffected: 1, timeMs: 0, rows: [['x']] }],
    version: 1,
  };
  const answers = await world.ask(run({ ...insert, columns: [column] }));
  expect(answers).toEqual([{ kind: 'rows', bytes: dataRow('x'), count: 1 }, completed(1)]);
});

test('a failing write tells its SQLSTATE, and no place in a text that nobody sent', async () => {
  const world = new World();
  const fault = { sqlState: '23505', position: 4, constraint: 't_pkey' };
  world.outcome = {
    ok: false,
    error: new PatinaError('PATINA_SQL_CONSTRAINT', 'duplicate key', { fault }),
  };
  const [answer] = await world.ask(run(insert));
  expect(answer).toMatchObject({
    kind: 'failed',
    error: { sqlState: '23505', fields: { constraint: 't_pkey' } },
  });
  expect(answer?.kind === 'failed' && answer.error.fields.position).toBeUndefined();
});

test('writes of a transaction are tried on top of one another and applied at once', async () => {
  const world = new World();
  await world.ask({ kind: 'begin', isReadOnly: false });
  await world.ask(run(insert, { params: ['1'], autocommit: false }));
  await world.ask({ kind: 'savepoint', name: 's' });
  await world.ask(run(insert, { params: ['2'], autocommit: false }));
  expect(world.trials.map(({ pending }) => pending.length)).toEqual([0, 1]);
  expect(world.transactions).toEqual([]);
  await world.ask({ kind: 'rollback-to', name: 's' });
  await world.ask(run(insert, { params: ['3'], autocommit: false }));
  world.trial = async () => ({ rowsAffected: 0, rows: [['1'], ['3']] });
  // A query sees what the transaction wrote.
  const seen = await world.ask(run(query, { autocommit: false }));
  expect(seen.at(-1)).toEqual(completed(2));
  expect(world.trials.at(-1)).toMatchObject({ isQuery: true, pending: [{}, {}] });
  expect(world.reads).toEqual([]);
  expect(await world.ask({ kind: 'commit' })).toEqual([completed(0)]);
  const expected = { rowsAffected: 1, rows: undefined };
  expect(world.transactions).toMatchObject([
    {
      statements: [
        { params: ['1'], expected },
        { params: ['3'], expected },
      ],
      moment: { nowMs: 1_000 },
    },
  ]);
  expect(world.execution.holds).toEqual({ portals: 0, pending: 0, isBusy: false });
});

test('a statement that fails in a transaction is no part of it', async () => {
  const world = new World();
  await world.ask({ kind: 'begin', isReadOnly: false });
  world.trial = () => Promise.reject(new PatinaError('PATINA_SQL_CONSTRAINT', 'no'));
  const [failed] = await world.ask(run(insert, { autocommit: false }));
  expect(failed?.kind).toBe('failed');
  expect(world.execution.holds.pending).toBe(0);
  expect(await world.ask({ kind: 'release', name: 'none' })).toMatchObject([
    { kind: 'failed', error: { sqlState: '3B001' } },
  ]);
});

test('a commit that would come out otherwise fails, and the transaction is over', async () => {
  const world = new World();
  await world.ask({ kind: 'begin', isReadOnly: false });
  await world.ask(run(insert, { autocommit: false }));
  world.outcome = { ok: false, error: new PatinaError('PATINA_TRANSACTION_CONFLICT', 'changed') };
  expect(await world.ask({ kind: 'commit' })).toMatchObject([
    { kind: 'failed', error: { sqlState: '40001' } },
  ]);
  expect(world.execution.holds.pending).toBe(0);
});

test('nothing is written where only reading is allowed', async () => {
  const world = new World();
  expect(await world.ask(run(insert, { isReadOnly: true }))).toMatchObject([
    { kind: 'failed', error: { sqlState: '25006', message: expect.stringContaining('INSERT') } },
  ]);
});

test('a timeout and a cancel end a query, each with its words', async () => {
  const world = new World();
  const slow = { ...settings, statementTimeoutMs: 5 };
  expect(await world.ask(run(query, { settings: slow }))).toMatchObject([
    { kind: 'failed', error: { message: 'canceling statement due to statement timeout' } },
  ]);
  const answered = world.ask(run(query));
  world.execution.cancel();
  expect(await answered).toMatchObject([
    { error: { sqlState: '57014', message: 'canceling statement due to user request' } },
  ]);
  // With nothing running there is nothing to cancel.
  world.execution.cancel();
  expect(world.cancels).toHaveLength(2);
});

test('a cancel ends a trial too', async () => {
  const world = new World();
  await world.ask({ kind: 'begin', isReadOnly: false });
  world.trial = () => new Promise(() => undefined);
  const answered = world.ask(run(insert, { autocommit: false }));
  world.execution.cancel();
  expect(await answered).toMatchObject([{ kind: 'failed', error: { sqlState: '57014' } }]);
  expect(world.execution.holds).toMatchObject({ pending: 0, isBusy: false });
});

test('a portal that is suspended hands out the rest later', async () => {
  const world = new World();
  await world.ask({ kind: 'begin', isReadOnly: false });
  await world.ask(run(insert, { autocommit: false }));
  world.trial = async () => ({ rowsAffected: 0, rows: [['1'], ['2'], ['3']] });
  const first = await world.ask(run(query, { rowsMax: 2, autocommit: false }));
  expect(first).toEqual([
    { kind: 'rows', bytes: Buffer.concat([dataRow('1'), dataRow('2')]), count: 2 },
    completed(2, true),
  ]);
  expect(world.execution.holds.portals).toBe(1);
  const rest = await world.ask({
    kind: 'fetch',
    portal: 1,
    direction: { kind: 'forward', count: 2 },
    output: rows,
    waitMs: undefined,
    settings,
  });
  expect(rest).toEqual([{ kind: 'rows', bytes: dataRow('3'), count: 1 }, completed(1, false)]);
  world.execution.handle({ kind: 'close-portal', portal: 1 });
  expect(world.execution.holds.portals).toBe(0);
});

test('COPY writes all its rows as one version, and nothing when it is given up', async () => {
  const world = new World();
  const copy: WorkRequest = {
    kind: 'copy-in',
    insert,
    columnNames: ['a'],
    options: copyOptions,
    autocommit: true,
    isReadOnly: false,
    settings,
  };
  const data = (text: string): WorkRequest => ({ kind: 'copy-data', bytes: Buffer.from(text) });
  await world.ask(copy);
  await world.ask(data('one'));
  await world.ask({ kind: 'copy-abort' });
  expect(world.transactions).toEqual([]);
  await world.ask(copy);
  await world.ask(data('one'));
  await world.ask(data('two'));
  world.outcome = { ok: true, results: [{ rowsAffected: 2, timeMs: 0 }], version: 1 };
  expect(await world.ask({ kind: 'copy-done' })).toEqual([completed(2)]);
  expect(world.transactions).toMatchObject([
    { statements: [{ sql: insert.sql, paramRows: [['one'], ['two']] }] },
  ]);
});

test('EXPLAIN shows the plan and the SQL that runs', async () => {
  const world = new World();
  const explain = { kind: 'explain', params: [], runsIt: false, settings } as const;
  expect(await world.ask({ ...explain, statement: insert })).toEqual([
    { kind: 'lines', lines: ['SCAN t', 'SQLite: INSERT INTO t VALUES (?1)'] },
  ]);
});

test('a change of the schema is allowed by its own right, and tells its notices', async () => {
  const world = new World();
  const change = { kind: 'declare', sql: 'CREATE TABLE t (a)', isDestructive: false } as const;
  const statement = { kind: 'schema', tag: 'CREATE TABLE', change, notices: [] } as const;
  const request = { kind: 'change-schema', statement, isReadOnly: false } as const;
  expect(await world.ask(request)).toEqual([
    { kind: 'completed', rows: 0, hasMore: false, notices: ['adopted'] },
  ]);
  expect(world.checks).toEqual([{ kind: 'schema', statement: 'CREATE TABLE' }]);
});

test('a client that goes leaves nothing: no query, no transaction, no portal', async () => {
  const world = new World();
  await world.ask({ kind: 'begin', isReadOnly: false });
  await world.ask(run(insert, { autocommit: false }));
  world.trial = async () => ({ rowsAffected: 0, rows: [['1'], ['2']] });
  await world.ask(run(query, { rowsMax: 1, autocommit: false }));
  world.trial = () => new Promise(() => undefined);
  world.execution.handle(run(insert, { autocommit: false }));
  expect(world.execution.holds).toEqual({ portals: 1, pending: 1, isBusy: true });
  world.execution.close();
  await expect.poll(() => world.execution.holds).toEqual({ portals: 0, pending: 0, isBusy: false });
});
