// The program of a reader process: runs queries one after the other in the order in which they come and
// writes rows as the client is to get them. Everything is synchronous on purpose: a full pipe blocks the
// query (back-pressure), and a query that takes too long is ended from outside by killing the process.

import { readSync, writeSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { fixNow } from '@patina/engine/functions/moment.ts';
import { FrameOutput } from '@patina/engine/storage/frame-output.ts';
import { FrameReader } from '@patina/engine/storage/frame-reader.ts';
import { encodeFrame } from '@patina/engine/storage/reader-protocol.ts';
import { watchParent } from '@patina/engine/storage/watch-parent.ts';
import { asPgError, PgError } from '../pg-error.ts';
import { ReaderDatabase } from './reader-database.ts';
import {
  answerKinds,
  decodeFacts,
  decodeRun,
  encodeError,
  encodeSummary,
  requestKinds,
} from './reader-protocol.ts';
import type { RawRow } from './row-output.ts';
import { type KeptStatement, StatementCache } from './statement-cache.ts';

const requestFd = 0;
const answerFd = 1;
const parentFd = 3;

/** What is read from the pipe at once. */
const requestBytes = 64 * 1024;

/** Rows are handed to the pipe in pieces of about this size, at the latest every few milliseconds. */
const chunkBytes = 64 * 1024;
const flushMs = 10;

/** Answers wait for those of the requests behind them, unless a statement is known to take longer. */
const quickMs = 1;

/** After a query that took longer, what came in behind it is dropped: others may have answered it. */
const longMs = 20;

/** After a result of this size the reader says how large it has become. */
const largeResultBytes = 4 * 1024 * 1024;

class Reader {
  readonly #database: ReaderDatabase;
  readonly #statements: StatementCache;
  readonly #frames: FrameOutput;
  readonly #input = new FrameReader(() => process.kill(process.pid, 'SIGKILL'));
  readonly #chunk = Buffer.allocUnsafeSlow(requestBytes);

  constructor(database: ReaderDatabase, frames: FrameOutput) {
    this.#database = database;
    this.#statements = new StatementCache(database);
    this.#frames = frames;
  }

  /** Serves until the endpoint closes the pipe. */
  serve(): void {
    let isPaused = false;
    for (;;) {
      const frame = this.#input.next();
      if (frame === undefined) {
        this.#frames.flush();
        if (!this.#readMore()) return;
        continue;
      }
      if (isPaused) isPaused = frame.kind !== requestKinds.resume;
      else if (frame.kind === requestKinds.run) isPaused = this.#run(frame.payload);
      if (frame.kind === requestKinds.facts) this.#database.setFacts(decodeFacts(frame.payload));
    }
  }

  #readMore(): boolean {
    const count = readSync(requestFd, this.#chunk, 0, requestBytes, null);
    if (count === 0) return false;
    this.#input.push(Buffer.from(this.#chunk.subarray(0, count)));
    if (this.#database.refresh()) this.#statements.clear();
    return true;
  }

  /** Runs one query and writes its answer; returns whether it took long. */
  #run(payload: Uint8Array): boolean {
    const startMs = performance.now();
    let kept: KeptStatement | undefined;
    try {
      const { statement: key, params, nowMs } = decodeRun(payload);
      fixNow(nowMs);
      kept = this.#statements.get(key);
      if (kept.slowestMs > quickMs) this.#frames.flush();
      this.#answer(kept, params);
    } catch (error) {
      if (kept !== undefined) kept.output.discard();
      this.#frames.add(encodeFrame(answerKinds.error, encodeError(this.#database.errorOf(error))));
    }
    const timeMs = performance.now() - startMs;
    if (kept !== undefined) kept.slowestMs = timeMs;
    if (timeMs < longMs) return false;
    this.#frames.add(encodeFrame(answerKinds.paused, new Uint8Array(0)));
    this.#frames.flush();
    return true;
  }

  #answer(kept: KeptStatement, params: RawRow): void {
    const { output } = kept;
    let bytes = 0;
    let rows = 0;
    let flushedMs = performance.now();
    output.begin();
    const iterator = kept.statement.iterate(...params);
    try {
      for (let next = iterator.next(); next.done !== true; next = iterator.next()) {
        rows++;
        // Rows come as arrays, for the statement was told so.
        output.row(next.value as unknown as RawRow);
        if (output.length >= chunkBytes) {
          bytes += this.#send(kept);
          flushedMs = performance.now();
        } else if ((rows & 63) === 0 && performance.now() - flushedMs > flushMs) {
          bytes += this.#send(kept);
          this.#frames.flush();
          flushedMs = performance.now();
        }
      }
    } finally {
      // Ends the read transaction: a statement left open would hold its snapshot, and the WAL grows.
      iterator.return?.();
    }
    output.end();
    bytes += this.#send(kept);
    const residentBytes = bytes > largeResultBytes ? process.memoryUsage.rss() : 0;
    const { schemaVersion } = this.#database;
    const summary = encodeSummary({ rows, schemaVersion, residentBytes });
    this.#frames.add(encodeFrame(answerKinds.end, summary));
  }

  /** Hands on what has gathered; returns how much that was. */
  #send({ output }: KeptStatement): number {
    const { length } = output;
    if (length > 0) this.#frames.add(rowsFrame(output.rows, output.view()));
    output.discard();
    return length;
  }
}

/** Length, kind, number of rows, then the rows. */
function rowsFrame(rows: number, bytes: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(9 + bytes.length);
  frame.writeUInt32LE(4 + bytes.length, 0);
  frame[4] = answerKinds.rows;
  frame.writeUInt32LE(rows, 5);
  frame.set(bytes, 9);
  return frame;
}

function main(): void {
  process.title = 'patina-pg-reader';
  // Signals to the process group are for the node, which ends its readers when it is done.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => undefined);
  watchParent(parentFd);
  const frames = new FrameOutput(answerFd, chunkBytes);
  try {
    const path = process.argv[2];
    if (path === undefined) throw new PgError('58000', 'a reader is told which database to open');
    const reader = new Reader(new ReaderDatabase(path), frames);
    frames.add(encodeFrame(answerKinds.ready, new Uint8Array(0)));
    frames.flush();
    flushCompileCache();
    reader.serve();
  } catch (error) {
    frames.add(encodeFrame(answerKinds.error, encodeError(asPgError(error))));
    frames.flush();
  }
}

try {
  main();
} catch (error) {
  // Most likely the endpoint is gone and its pipe is closed: then nobody reads this either.
  writeSync(2, `${error instanceof Error ? error.stack : String(error)}\n`);
} finally {
  // The watching thread is blocked, and a normal exit would wait for it.
  process.kill(process.pid, 'SIGKILL');
}
