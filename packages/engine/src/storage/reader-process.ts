// The program of a reader process: opens the database read-only, runs one query after the other and
// writes rows to its pipe. Everything here is synchronous on purpose: a full pipe blocks the query
// (back-pressure), and a query that takes too long is ended from outside by killing the process.

import { readSync, writeSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { SHARE_ENV, Worker } from 'node:worker_threads';
import { must } from '../base/assert.ts';
import { ByteWriter } from '../base/bytes.ts';
import { PatinaError } from '../base/errors.ts';
import { installOnNodeSqlite } from '../functions/install.ts';
import { FrameOutput } from './frame-output.ts';
import {
  decodeRequest,
  encodeError,
  encodeFrame,
  encodeHead,
  encodeSummary,
  frameHeaderBytes,
  frameKinds,
  type ReaderRequest,
  writeRow,
} from './reader-protocol.ts';
import { type RawCell, RowEncoder } from './row-encoder.ts';
import { RowHasher } from './row-hasher.ts';
import type { SqlAuthorizer } from './sql-authorizer.ts';
import { installAuthorizer, refreshKnownTables } from './sql-authorizer.ts';
import { sqlErrorOf } from './sql-error.ts';
import { prepareChecked, sqlLimits } from './sql-statement.ts';
import { narrowInteger, type SqlParam } from './sql-value.ts';

const requestFd = 0;
const answerFd = 1;

/** Rows are handed to the pipe in pieces of about this size, at the latest every few milliseconds. */
const chunkBytes = 32 * 1024;
const flushMs = 10;

/** What SQLite may allocate in this process for sorting, hashing and values. */
const heapBytesMax = 512 * 1024 * 1024;

/** After a result of this size the reader says how large it has become. */
const largeResultBytes = 1024 * 1024;

/** How long a query waits for a lock; readers of a WAL database wait for schema changes only. */
const busyTimeoutMs = 5_000;

function readFully(length: number): Buffer | undefined {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const count = readSync(requestFd, buffer, filled, length - filled, null);
    if (count === 0) return undefined;
    filled += count;
  }
  return buffer;
}

/** Takes rows in one of the formats; counts their bytes. */
interface RowSink {
  readonly bytes: number;
  row(ordinal: number, cells: readonly RawCell[]): void;
  flush(): void;
  /** After the last row. */
  finish(): void;
}

function ndjsonSink(frames: FrameOutput, intsAsStrings: boolean): RowSink {
  let bytes = 0;
  const encoder = new RowEncoder({ intsAsStrings, chunkLength: chunkBytes }, (text) => {
    const chunk = Buffer.from(text, 'utf8');
    bytes += chunk.length;
    frames.add(encodeFrame(frameKinds.rows, chunk));
  });
  return {
    get bytes() {
      return bytes;
    },
    row: (ordinal, cells) => encoder.row(ordinal, cells),
    flush: () => encoder.flush(),
    finish: () => encoder.flush(),
  };
}

function valuesSink(frames: FrameOutput): RowSink {
  let bytes = 0;
  const writer = new ByteWriter();
  function flush(): void {
    if (writer.length === 0) return;
    bytes += writer.length;
    frames.add(encodeFrame(frameKinds.rows, writer.finish()));
    writer.reset();
  }
  return {
    get bytes() {
      return bytes + writer.length;
    },
    row(_ordinal, cells) {
      writeRow(writer, cells.map(narrowCell));
      if (writer.length >= chunkBytes) flush();
    },
    flush,
    finish: flush,
  };
}

/** Keeps no row, and tells the hash of all at the end. */
function hashSink(frames: FrameOutput): RowSink {
  const hasher = new RowHasher();
  return {
    bytes: 0,
    row: (_ordinal, cells) => hasher.add(cells),
    flush: () => undefined,
    finish() {
      const writer = new ByteWriter();
      writeRow(writer, [hasher.digest()]);
      frames.add(encodeFrame(frameKinds.rows, writer.finish()));
    },
  };
}

function sinkOf({ format, intsAsStrings }: ReaderRequest, frames: FrameOutput): RowSink {
  if (format === 'values') return valuesSink(frames);
  return format === 'hash' ? hashSink(frames) : ndjsonSink(frames, intsAsStrings);
}

interface OpenDatabase {
  readonly database: DatabaseSync;
  readonly authorizer: SqlAuthorizer;
  readonly refreshTables: () => void;
}

function openDatabase(path: string): OpenDatabase {
  const database = new DatabaseSync(path, {
    readOnly: true,
    allowExtension: false,
    defensive: true,
    enableForeignKeyConstraints: false,
    timeout: busyTimeoutMs,
    limits: sqlLimits,
  });
  database.exec('PRAGMA query_only = ON');
  // Views may use our functions (docs/decisions/0014).
  database.exec('PRAGMA trusted_schema = ON');
  installOnNodeSqlite(database);
  database.exec(`PRAGMA hard_heap_limit = ${heapBytesMax}`);
  const authorizer = installAuthorizer(database);
  const refreshTables = (): void => refreshKnownTables(database, authorizer);
  refreshTables();
  return { database, authorizer, refreshTables };
}

function iterate(statement: StatementSync, request: ReaderRequest): Iterator<unknown> {
  statement.setReturnArrays(true);
  statement.setReadBigInts(true);
  statement.setAllowBareNamedParameters(false);
  statement.setAllowUnknownNamedParameters(true);
  const { params } = request;
  if (!(params instanceof Map)) return statement.iterate(...listOf(params));
  const named: Record<string, SqlParam> = Object.create(null);
  for (const [name, value] of params) {
    if (/^[:@$]/.test(name)) named[name] = value;
  }
  return statement.iterate(named);
}

function listOf(params: ReaderRequest['params']): readonly SqlParam[] {
  return Array.isArray(params) ? params : [];
}

/** A row as node:sqlite yields it when told to return arrays. */
function cellsOf(row: unknown): readonly RawCell[] {
  return must(Array.isArray(row) ? row : undefined, 'rows come as arrays');
}

/**
 * Runs one query and writes its answer. The columns are asked for after the first step: SQLite may
 * have prepared the statement anew by then, for a schema that changed a moment ago.
 */
function answer(open: OpenDatabase, request: ReaderRequest, frames: FrameOutput): void {
  const startMs = performance.now();
  const { authorizer } = open;
  const statement = prepare(open, request);
  const rows = iterate(statement, request);
  const sink = sinkOf(request, frames);
  let ordinal = 0;
  let flushedMs = startMs;
  try {
    let next = rows.next();
    frames.add(
      encodeFrame(frameKinds.head, encodeHead(statement.columns().map((column) => column.name))),
    );
    for (; next.done !== true; next = rows.next()) {
      ordinal++;
      if (ordinal > request.rowsMax) throw tooLarge(`${request.rowsMax} rows`);
      sink.row(ordinal, cellsOf(next.value));
      if (sink.bytes > request.resultBytesMax) throw tooLarge(`${request.resultBytesMax} bytes`);
      const nowMs = performance.now();
      if (nowMs - flushedMs < flushMs) continue;
      flushedMs = nowMs;
      sink.flush();
      frames.flush();
    }
  } catch (error) {
    sink.flush();
    throw authorizer.refusal ?? sqlErrorOf(error);
  } finally {
    // Ends the read transaction: a statement left open would hold its snapshot, and the WAL grows.
    rows.return?.();
  }
  sink.finish();
  const residentBytes = sink.bytes > largeResultBytes ? process.memoryUsage.rss() : 0;
  const timeMs = performance.now() - startMs;
  frames.add(encodeFrame(frameKinds.end, encodeSummary({ rows: ordinal, timeMs, residentBytes })));
}

/** The database is open for reading only, so that not even our own SQL can write. */
function prepare(open: OpenDatabase, { sql, isOwn }: ReaderRequest): StatementSync {
  const { database, authorizer, refreshTables } = open;
  if (isOwn) return database.prepare(sql);
  return prepareChecked(database, authorizer, sql, 'read', refreshTables).statement;
}

function narrowCell(cell: RawCell): RawCell {
  return typeof cell === 'bigint' ? narrowInteger(cell) : cell;
}

function tooLarge(limit: string): PatinaError {
  return new PatinaError('PATINA_RESULT_TOO_LARGE', `the result is larger than ${limit}`, {
    hint: 'ask for less with WHERE or LIMIT, or page by key',
  });
}

/** Serves until the pool closes the pipe. */
function serve(open: OpenDatabase): void {
  for (;;) {
    const header = readFully(frameHeaderBytes);
    const payload = header === undefined ? undefined : readFully(header.readUInt32LE(0));
    if (payload === undefined) return;
    const frames = new FrameOutput(answerFd, chunkBytes);
    try {
      const request = decodeRequest(payload);
      // SQLite may prepare it anew while it runs: our own is trusted to its end.
      if (request.isOwn) open.authorizer.trust(() => answer(open, request, frames));
      else answer(open, request, frames);
    } catch (error) {
      frames.add(encodeFrame(frameKinds.error, encodeError(sqlErrorOf(error))));
    }
    frames.flush();
  }
}

/**
 * Ends this process when the parent is gone, also in the midst of a query: the parent holds the
 * other end of a pipe that carries nothing, and a thread waits for its end.
 */
function watchParent(): void {
  const program = `
    const { readSync } = require('node:fs');
    for (;;) {
      try { if (readSync(3, Buffer.alloc(1)) === 0) break; }
      catch (error) { if (error.code !== 'EINTR') break; }
    }
    process.kill(process.pid, 'SIGKILL');
  `;
  const watcher = new Worker(program, {
    eval: true,
    env: SHARE_ENV,
    // Forwarding the thread's output would open our own stdout as a stream, and make it non-blocking.
    stdout: true,
    stderr: true,
    resourceLimits: { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 8, stackSizeMb: 1 },
  });
  watcher.unref();
}

/**
 * Whether this process had to load the compiler of TypeScript, which then stays in its memory. With a
 * filled compile cache it does not.
 */
function hasCompiler(): boolean {
  const loaded: unknown = 'moduleLoadList' in process ? process.moduleLoadList : undefined;
  return Array.isArray(loaded) && loaded.some((name) => String(name).includes('deps/amaro'));
}

function main(): void {
  process.title = 'patina-reader';
  // Signals to the process group are for the node, which ends its readers when it is done.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => undefined);
  const path = must(process.argv[2], 'a reader is told which database to open');
  watchParent();
  const frames = new FrameOutput(answerFd, chunkBytes);
  try {
    const open = openDatabase(path);
    frames.add(encodeFrame(frameKinds.ready, Uint8Array.of(hasCompiler() ? 1 : 0)));
    frames.flush();
    flushCompileCache();
    serve(open);
  } catch (error) {
    frames.add(encodeFrame(frameKinds.error, encodeError(sqlErrorOf(error))));
    frames.flush();
  }
}

try {
  main();
} catch (error) {
  // Most likely the pool is gone and its pipe is closed: then nobody reads this either.
  writeSync(2, `${error instanceof Error ? error.stack : String(error)}\n`);
} finally {
  // The watching thread is blocked, and a normal exit would wait for it.
  process.kill(process.pid, 'SIGKILL');
}
