// Readers as they are used: real processes on a real database that another connection writes to.

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { must } from '../base/assert.ts';
import { PatinaError } from '../base/errors.ts';
import { internalSchemaSql, internalViewsSql } from './internal-schema.ts';
import type { ReaderEvent, ReaderPool, ReaderPoolOptions, ReadRequest } from './reader-pool.ts';
import { createReaderPool } from './reader-pool.ts';

const endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)';
const endlessCount = `${endless} SELECT count(*) FROM n`;
const patienceMs = 10_000;

let directory: string;
let path: string;
let writer: Database.Database;
let pools: ReaderPool[];
let events: ReaderEvent[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'patina-readers-'));
  path = join(directory, 'state.db');
  writer = new Database(path);
  writer.pragma('journal_mode = WAL');
  for (const sql of [...internalSchemaSql, ...internalViewsSql]) writer.exec(sql);
  writer.exec('CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT)');
  writer.exec("INSERT INTO notes VALUES (1, 'one'), (2, 'two')");
  pools = [];
  events = [];
});

afterEach(async () => {
  for (const pool of pools) await pool.stop();
  writer.close();
  rmSync(directory, { recursive: true, force: true });
});

function openPool(options: Partial<ReaderPoolOptions> = {}): ReaderPool {
  const onEvent = (event: ReaderEvent): void => void events.push(event);
  const compileCacheDirectory = join(tmpdir(), 'patina-test-compile-cache');
  const pool = createReaderPool({ databasePath: path, onEvent, compileCacheDirectory, ...options });
  pools.push(pool);
  return pool;
}

async function ndjson(pool: ReaderPool, request: Partial<ReadRequest> & { sql: string }) {
  const chunks: Uint8Array[] = [];
  let columns: readonly string[] = [];
  const sink = {
    onHead: (names: readonly string[]) => {
      columns = names;
    },
    onRows: (bytes: Uint8Array) => void chunks.push(bytes),
  };
  const summary = await pool.query({ timeoutMs: patienceMs, ...request }, sink);
  return { columns, summary, text: Buffer.concat(chunks).toString('utf8') };
}

const all = (pool: ReaderPool, sql: string, params: ReadRequest['params'] = []) =>
  pool.all({ sql, params, timeoutMs: patienceMs });

async function failure(promise: Promise<unknown>): Promise<PatinaError> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof PatinaError) return outcome;
  throw new Error(`expected a PatinaError, got ${String(outcome)}`);
}

async function until(condition: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + patienceMs;
  while (!condition()) {
    if (performance.now() > deadlineMs) throw new Error(`in vain: ${String(condition)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Whether a process has ended; one that nobody has waited for yet counts as ended. */
function isGone(pid: number): boolean {
  try {
    return / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}

const startedPids = (): number[] =>
  events.filter((event) => event.kind === 'started').map((event) => must(event.pid, 'pid'));

test('every kind of value arrives exactly, as NDJSON and as values', async () => {
  const pool = openPool();
  const sql = `SELECT NULL, 1, 9223372036854775807, -9007199254740993, 1.0, 0.1, 1e300, 9e999,
    -9e999, 'a"\\' || char(0) || char(10) || 'é😀', x'', x'00ff', CAST(x'ff41' AS TEXT)`;
  const cells =
    'null,1,9223372036854775807,-9007199254740993,1.0,0.1,1e+300,9e999,-9e999,' +
    '"a\\"\\\\\\u0000\\né😀",[],[0,255],"\ufffdA"';
  const { text, summary } = await ndjson(pool, { sql });
  expect(text).toBe(`{"row":[1,[${cells}]]}\n`);
  expect(summary.rows).toBe(1);
  expect(JSON.parse(text).row[1][7]).toBe(Infinity);
  const strings = await ndjson(pool, { sql, intsAsStrings: true });
  expect(strings.text).toContain('null,1,"9223372036854775807","-9007199254740993",1.0,');
  const { rows } = await all(pool, sql);
  expect(rows[0]?.slice(0, 9)).toEqual([
    ...[null, 1, 9223372036854775807n, -9007199254740993n, 1, 0.1],
    ...[1e300, Infinity, -Infinity],
  ]);
  expect(rows[0]?.[9]).toBe('a"\\\0\né😀');
  expect(rows[0]?.slice(10)).toEqual([Buffer.from([]), Buffer.from([0, 255]), '\ufffdA']);
});

test('parameters bind by position and by name, integers as integers', async () => {
  const pool = openPool();
  const types = 'SELECT typeof(?) a, typeof(?) b, typeof(?) c, typeof(?) d, typeof(?) e, ?, ?';
  const positional = await all(pool, types, [1, 1.5, 2n ** 62n, 'x', new Uint8Array([7]), null]);
  expect(positional.rows).toEqual([['integer', 'real', 'integer', 'text', 'blob', null, null]]);
  const named = new Map<string, string | number>([
    [':a', 1],
    ['@b', 'two'],
    ['$unused', 3],
    ['c', 4],
  ]);
  expect((await all(pool, 'SELECT :a, @b, $c', named)).rows).toEqual([[1, 'two', null]]);
  const surplus = await failure(all(pool, 'SELECT ?', [1, 2]));
  expect(surplus).toMatchObject({ code: 'PATINA_SQL_ERROR', message: 'column index out of range' });
});

test('columns keep their order and their doubles, and a result may be empty', async () => {
  const pool = openPool();
  const result = await all(pool, 'SELECT id, body AS id, id AS "" FROM notes WHERE false');
  expect(result).toMatchObject({ columns: ['id', 'id', ''], rows: [] });
  const { text, columns } = await ndjson(pool, { sql: 'SELECT * FROM notes WHERE id > 9' });
  expect({ text, columns }).toEqual({ text: '', columns: ['id', 'body'] });
});

test('what a reader must not do is refused, and nothing happened', async () => {
  const pool = openPool();
  const stolen = join(directory, 'stolen.db');
  const refused = [
    `ATTACH '${path}' AS other`,
    `VACUUM INTO '${stolen}'`,
    'PRAGMA query_only = OFF',
    'PRAGMA wal_checkpoint(TRUNCATE)',
    "SELECT load_extension('x')",
    'CREATE TEMP TABLE t (a)',
    'SELECT * FROM __patina_state',
    'WITH patina_lag AS (SELECT * FROM __patina_state) SELECT * FROM patina_lag',
    'SELECT 1; SELECT 2',
    "INSERT INTO notes VALUES (3, 'three')",
    'DELETE FROM notes',
    'SELECT * FROM dbstat',
    'BEGIN',
  ];
  for (const sql of refused) {
    const error = await failure(all(pool, sql));
    expect(['PATINA_SQL_REFUSED', 'PATINA_SQL_NOT_READONLY'], sql).toContain(error.code);
  }
  expect(existsSync(stolen)).toBe(false);
  expect((await all(pool, 'SELECT count(*) FROM notes')).rows).toEqual([[2]]);
  expect((await all(pool, 'SELECT count(*) FROM patina_members')).rows).toEqual([[0]]);
  const names = await all(pool, "SELECT name FROM pragma_table_info('notes')");
  expect(names.rows).toEqual([['id'], ['body']]);
  expect(pool.stats()).toMatchObject({ crashes: 0, started: 1 });
});

test('errors while rows are computed come after the rows before them', async () => {
  const pool = openPool();
  const sql = 'SELECT CASE WHEN id = 2 THEN json(body) ELSE body END FROM notes';
  const seen: string[] = [];
  const sink = {
    onHead: () => seen.push('head'),
    onRows: (bytes: Uint8Array) => void seen.push(Buffer.from(bytes).toString()),
  };
  const error = await failure(pool.query({ sql, timeoutMs: patienceMs }, sink));
  expect(error).toMatchObject({ code: 'PATINA_SQL_ERROR', message: 'malformed JSON' });
  expect(seen).toEqual(['head', '{"row":[1,["one"]]}\n']);
});

test('a schema that changes is seen by the next query', async () => {
  const pool = openPool();
  expect((await all(pool, 'SELECT * FROM notes')).columns).toEqual(['id', 'body']);
  writer.exec('ALTER TABLE notes ADD COLUMN author TEXT');
  writer.exec('CREATE TABLE tags (tag TEXT PRIMARY KEY)');
  expect((await all(pool, 'SELECT * FROM notes')).columns).toEqual(['id', 'body', 'author']);
  expect((await all(pool, 'SELECT count(*) FROM tags')).rows).toEqual([[0]]);
  writer.exec('DROP TABLE tags');
  expect((await failure(all(pool, 'SELECT * FROM tags'))).message).toBe('no such table: tags');
});

test('an endless query is killed at its deadline, and the spare takes the next one', async () => {
  const pool = openPool();
  await pool.start();
  const startMs = performance.now();
  const error = await failure(pool.all({ sql: endlessCount, timeoutMs: 400 }));
  expect(error).toMatchObject({
    code: 'PATINA_SQL_TIMEOUT',
    message: 'the query took longer than 0.4 s',
  });
  expect(performance.now() - startMs).toBeLessThan(2_000);
  expect((await all(pool, 'SELECT 1')).rows).toEqual([[1]]);
  const killed = must(events.find((event) => event.kind === 'timeout')?.pid, 'one was killed');
  await until(() => isGone(killed));
  expect(pool.stats()).toMatchObject({ timeouts: 1, crashes: 0, busy: 0 });
});

test('the deadline counts while a query waits for a reader', async () => {
  const pool = openPool({ readersMax: 1 });
  const first = failure(pool.all({ sql: endlessCount, timeoutMs: 600 }));
  const second = await failure(pool.all({ sql: 'SELECT 1', timeoutMs: 100 }));
  expect(second.code).toBe('PATINA_SQL_TIMEOUT');
  expect((await first).code).toBe('PATINA_SQL_TIMEOUT');
  expect((await all(pool, 'SELECT 2')).rows).toEqual([[2]]);
});

test('more queries than may wait are refused, the others are answered', async () => {
  const pool = openPool({ readersMax: 1, queueMax: 3 });
  const outcomes = await Promise.allSettled(
    Array.from({ length: 8 }, (_, index) => all(pool, `SELECT ${index}`)),
  );
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
  expect(refused).toHaveLength(5);
  expect(refused[0]?.reason).toMatchObject({ code: 'PATINA_OVERLOADED' });
  expect(pool.stats().refusals).toBe(5);
});

test('long queries get readers of their own, which end when they are not needed', async () => {
  const pool = openPool({ readersMax: 3, idleMs: 100 });
  const slow = `${endless} SELECT i FROM n LIMIT 1 OFFSET 3000000`;
  await Promise.all([all(pool, slow), all(pool, slow), all(pool, slow)]);
  expect(pool.stats().started).toBeGreaterThan(1);
  expect(pool.stats().readers).toBeLessThanOrEqual(3);
  await until(() => pool.stats().readers === 1);
  expect(events.filter((event) => event.kind === 'idle').length).toBeGreaterThan(0);
});

test('short queries one after the other keep to one reader', async () => {
  const pool = openPool();
  for (let index = 0; index < 200; index++)
    await all(pool, 'SELECT * FROM notes WHERE id = ?', [1]);
  expect(pool.stats()).toMatchObject({ started: 1, queries: 200 });
});

test('a slow taker holds the reader back, and still gets everything', async () => {
  const pool = openPool();
  const rows = 300_000;
  const sql = `${endless} SELECT i, 'some text to fill the pipe' FROM n LIMIT ${rows}`;
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  let received = 0;
  const tail: Uint8Array[] = [];
  const onRows = (bytes: Uint8Array): Promise<void> => {
    received += bytes.length;
    tail.splice(0, Math.max(0, tail.length - 3));
    tail.push(bytes);
    return gate;
  };
  const running = pool.query({ sql, timeoutMs: 0 }, { onHead: () => undefined, onRows });
  await until(() => received > 0);
  const other = performance.now() + 300;
  await until(() => performance.now() > other);
  expect(received).toBeLessThan(200_000);
  expect(pool.stats().busy).toBe(1);
  release();
  expect((await running).rows).toBe(rows);
  expect(Buffer.concat(tail).toString()).toMatch(/\{"row":\[300000,\[300000,.*\]\]\}\n$/);
});

test('a taker that stands still does not hold a snapshot for ever', async () => {
  const pool = openPool({ stallMsMax: 300 });
  const sql = `${endless} SELECT i, n2.id FROM n, notes AS n2`;
  const never = new Promise<void>(() => undefined);
  const sink = { onHead: () => undefined, onRows: () => never };
  const error = await failure(pool.query({ sql, timeoutMs: 0 }, sink));
  expect(error).toMatchObject({
    code: 'PATINA_SQL_TIMEOUT',
    message: 'nobody took the rows of the query for 0.3 s',
  });
  writer.exec("INSERT INTO notes VALUES (3, 'three')");
  await until(() => {
    const [state] = writer.prepare<[], { busy: number }>('PRAGMA wal_checkpoint(TRUNCATE)').all();
    return state?.busy === 0;
  });
});

test('a taker that trickles does not hold a snapshot for ever', async () => {
  const pool = openPool({ heldMsMax: 300 });
  const request = { sql: `${endless} SELECT i, n2.id FROM n, notes AS n2`, timeoutMs: 0 };
  const onRows = () => new Promise<void>((resolve) => setTimeout(resolve, 20));
  const error = await failure(pool.query(request, { onHead: () => undefined, onRows }));
  expect(error).toMatchObject({
    code: 'PATINA_SQL_TIMEOUT',
    message: 'nobody took the rows of the query for 0.3 s',
  });
});

test('a taker that fails ends its own query only', async () => {
  const pool = openPool();
  const thrown = (): never => {
    throw new PatinaError('PATINA_STREAM_CLOSED', 'enough');
  };
  const later = (): Promise<void> => Promise.reject(new PatinaError('PATINA_INTERNAL', 'later'));
  const request = { sql: `${endless} SELECT i FROM n`, timeoutMs: 0 };
  const onHead = (): void => undefined;
  const onRows = (): void => undefined;
  expect((await failure(pool.query(request, { onHead: thrown, onRows }))).message).toBe('enough');
  expect((await failure(pool.query(request, { onHead, onRows: later }))).message).toBe('later');
  expect((await all(pool, 'SELECT 1')).rows).toEqual([[1]]);
  await until(() => pool.stats().busy === 0);
});

test('a caller that goes away ends its query', async () => {
  const pool = openPool();
  await pool.start();
  const gone = new AbortController();
  const running = failure(pool.all({ sql: endlessCount, timeoutMs: 0, signal: gone.signal }));
  await until(() => pool.stats().busy === 1);
  gone.abort();
  expect((await running).code).toBe('PATINA_STREAM_CLOSED');
  const [pid] = startedPids();
  await until(() => isGone(must(pid, 'a reader was started')));
  expect((await all(pool, 'SELECT 1')).rows).toEqual([[1]]);
  const early = await failure(pool.all({ sql: 'SELECT 1', timeoutMs: 0, signal: gone.signal }));
  expect(early.code).toBe('PATINA_STREAM_CLOSED');
});

test('a caller that goes away just before the end costs no reader', async () => {
  const pool = openPool();
  await pool.start();
  for (let index = 0; index < 20; index++) {
    const gone = new AbortController();
    const running = failure(pool.all({ sql: 'SELECT 1', timeoutMs: 0, signal: gone.signal }));
    gone.abort();
    expect((await running).code).toBe('PATINA_STREAM_CLOSED');
    expect((await all(pool, 'SELECT 2')).rows).toEqual([[2]]);
  }
  expect(pool.stats()).toMatchObject({ aborts: 20, started: 1 });
});

test('a reader that is killed amid a query fails that query and is replaced', async () => {
  const pool = openPool();
  await pool.start();
  const [pid] = startedPids();
  const running = failure(pool.all({ sql: endlessCount, timeoutMs: 0 }));
  await until(() => pool.stats().busy === 1);
  process.kill(must(pid, 'a reader was started'), 'SIGKILL');
  const error = await running;
  expect(error.code).toBe('PATINA_INTERNAL');
  expect(error.message).toContain('SIGKILL');
  expect((await all(pool, 'SELECT 1')).rows).toEqual([[1]]);
  expect(pool.stats().crashes).toBe(1);
});

test('a reader that is killed while idle is replaced without anybody noticing', async () => {
  const pool = openPool();
  await pool.start();
  for (let round = 0; round < 3; round++) {
    const pid = must(startedPids().at(-1), 'a reader was started');
    process.kill(pid, 'SIGKILL');
    await until(() => pool.stats().crashes === round + 1);
    expect((await all(pool, 'SELECT 1')).rows).toEqual([[1]]);
  }
});

test('signals to the group of processes do not end readers', async () => {
  const pool = openPool();
  await pool.start();
  const [pid] = startedPids();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.kill(must(pid, 'a reader was started'), signal);
  }
  expect((await all(pool, 'SELECT 1')).rows).toEqual([[1]]);
  expect(pool.stats()).toMatchObject({ crashes: 0, started: 1 });
});

test('results are bounded in rows and in bytes', async () => {
  const pool = openPool({ resultRowsMax: 10, resultBytesMax: 10_000 });
  expect((await all(pool, `${endless} SELECT i FROM n LIMIT 10`)).rows).toHaveLength(10);
  for (const sql of [`${endless} SELECT i FROM n`, 'SELECT zeroblob(20000)']) {
    expect((await failure(all(pool, sql))).code).toBe('PATINA_RESULT_TOO_LARGE');
    expect((await failure(ndjson(pool, { sql }))).code).toBe('PATINA_RESULT_TOO_LARGE');
  }
});

test('a query that needs too much memory fails by itself', async () => {
  const pool = openPool();
  const error = await failure(all(pool, 'SELECT zeroblob(200000000)'));
  expect(error).toMatchObject({ code: 'PATINA_SQL_ERROR', message: 'string or blob too big' });
  const many = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000)';
  const hungry = `${many} SELECT group_concat(printf('%.*c', 100000, 'x')) FROM n`;
  expect((await failure(all(pool, hungry))).message).toMatch(/too big|out of memory/);
  expect((await all(pool, 'SELECT 1')).rows).toEqual([[1]]);
}, 20_000);

test('a large BLOB and a large text pass whole', async () => {
  const pool = openPool();
  const { text } = await ndjson(pool, { sql: 'SELECT zeroblob(3000000)' });
  expect(text.length).toBe('{"row":[1,[[]]]}\n'.length + 3_000_000 * 2 - 1);
  const values = await all(pool, "SELECT zeroblob(8000000), printf('%.*c', 8000000, 'x')");
  expect(values.rows[0]?.map((cell) => (cell instanceof Uint8Array ? cell.length : cell))).toEqual([
    8_000_000,
    'x'.repeat(8_000_000),
  ]);
});

test('a reader that grew large is replaced', async () => {
  const pool = openPool();
  const sql = "SELECT printf('%.*c', 30000000, 'é')";
  expect((await all(pool, sql)).rows[0]?.[0]).toHaveLength(30_000_000);
  await until(() => events.some((event) => event.kind === 'retired'));
  expect((await all(pool, 'SELECT 1')).rows).toEqual([[1]]);
});

test('the first reader fills the compile cache and makes room for a lighter one', async () => {
  const pool = openPool({ compileCacheDirectory: join(directory, 'compiled') });
  await pool.start();
  await until(() => startedPids().length === 2);
  expect(events.map((event) => event.kind)).toEqual(['started', 'retired', 'started']);
  expect((await all(pool, 'SELECT 1')).rows).toEqual([[1]]);
  const later = openPool({ compileCacheDirectory: join(directory, 'compiled') });
  await later.start();
  const thenMs = performance.now() + 1_300;
  await until(() => performance.now() > thenMs);
  expect(later.stats().started).toBe(1);
});

test('a file that cannot be read is told plainly, and a mended one is taken', async () => {
  const missing = openPool({ databasePath: join(directory, 'missing.db') });
  expect((await failure(missing.start())).code).toBe('PATINA_DB_UNUSABLE');
  const garbage = join(directory, 'garbage.db');
  writeFileSync(garbage, 'this is no database, but it is long enough to be looked at'.repeat(50));
  const pool = openPool({ databasePath: garbage });
  expect((await failure(pool.start())).code).toBe('PATINA_DB_NOT_A_DATABASE');
  expect((await failure(all(pool, 'SELECT 1'))).code).toBe('PATINA_DB_NOT_A_DATABASE');
  rmSync(garbage);
  new Database(garbage).exec('CREATE TABLE t (a)').close();
  pool.recycle();
  await until(() => events.some((event) => event.kind === 'started'));
  expect((await all(pool, 'SELECT count(*) FROM t')).rows).toEqual([[0]]);
});

test('recycling ends what runs and reads the new file', async () => {
  const pool = openPool();
  await pool.start();
  const running = failure(pool.all({ sql: endlessCount, timeoutMs: 0 }));
  await until(() => pool.stats().busy === 1);
  pool.recycle();
  expect((await running).code).toBe('PATINA_NOT_READY');
  expect((await all(pool, 'SELECT count(*) FROM notes')).rows).toEqual([[2]]);
});

test('stopping ends all queries and leaves no process', async () => {
  const pool = openPool({ readersMax: 2 });
  const queries = [1, 2, 3, 4].map(() => failure(pool.all({ sql: endlessCount, timeoutMs: 0 })));
  await until(() => pool.stats().busy === 2);
  await pool.stop();
  for (const error of await Promise.all(queries)) expect(error.code).toBe('PATINA_SHUTTING_DOWN');
  expect(startedPids().every(isGone)).toBe(true);
  expect((await failure(pool.all({ sql: 'SELECT 1', timeoutMs: 0 }))).code).toBe(
    'PATINA_SHUTTING_DOWN',
  );
});

test('readers end with a parent that is killed, also amid an endless query', async () => {
  const poolModule = new URL('./reader-pool.ts', import.meta.url).href;
  const program = `
    import { createReaderPool } from ${JSON.stringify(poolModule)};
    const pids = [];
    const onEvent = ({ kind, pid }) => {
      if (kind === 'started') pids.push(pid);
      if (pids.length === 2) console.log(JSON.stringify(pids));
    };
    const databasePath = ${JSON.stringify(path)};
    const pool = createReaderPool({ databasePath, onEvent });
    await pool.start();
    pool.all({ sql: ${JSON.stringify(endlessCount)}, timeoutMs: 0 }).catch(() => {});
  `;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const line = await new Promise<string>((resolve) => {
    parent.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString()));
  });
  const pids: unknown = JSON.parse(line);
  const readers = Array.isArray(pids) ? pids.map(Number) : [];
  expect(readers).toHaveLength(2);
  expect(readers.some(isGone)).toBe(false);
  parent.kill('SIGKILL');
  await until(() => readers.every(isGone));
});
