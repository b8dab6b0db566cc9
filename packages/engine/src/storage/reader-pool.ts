// Runs queries from outside in reader processes: a few at a time, each with a deadline that is kept
// by killing the process. One warm reader stays ready; others are started when there is work and
// ended when there is none, for each costs memory.

import { assert } from '../base/assert.ts';
import { asPatinaError, PatinaError } from '../base/errors.ts';
import { ReaderChild } from './reader-child.ts';
import { decodeRows, type ReaderSummary, type RowFormat } from './reader-protocol.ts';
import type { SqlCell, SqlParams } from './sql-value.ts';

/** Something that happened to a reader process, for logs. */
export interface ReaderEvent {
  readonly kind:
    | 'started'
    | 'idle'
    | 'retired'
    | 'timeout'
    | 'aborted'
    | 'stalled'
    | 'crashed'
    | 'recycled';
  readonly pid: number | undefined;
  /** Time to start, milliseconds, for `started`; the reason of a crash. */
  readonly detail: string;
}

export interface ReaderPoolOptions {
  readonly databasePath: string;
  /** Reader processes at most; as many queries run at once. Default 4. */
  readonly readersMax?: number;
  /** Idle readers that are kept ready. Default 1. */
  readonly sparesMin?: number;
  /** Queries that may wait for a reader; more are refused with PATINA_OVERLOADED. Default 512. */
  readonly queueMax?: number;
  /** An idle reader beyond the spares ends after this time, milliseconds. Default 30 s. */
  readonly idleMs?: number;
  /** A query ends when nobody took rows that are ready for this long, milliseconds. Default 30 s. */
  readonly stallMsMax?: number;
  /**
   * A query ends when its rows were ready and not taken for this long in all, milliseconds: a taker
   * that trickles must not hold a snapshot for ever. Default 10 minutes.
   */
  readonly heldMsMax?: number;
  /** Rows of one result at most. Default 1,000,000. */
  readonly resultRowsMax?: number;
  /** Encoded bytes of one result at most. Default 1 GiB. */
  readonly resultBytesMax?: number;
  /** Where readers keep compiled code, which saves 50 ms and 16 MB each; default: nowhere. */
  readonly compileCacheDirectory?: string;
  readonly onEvent?: (event: ReaderEvent) => void;
}

/** One query. */
export interface ReadRequest {
  readonly sql: string;
  readonly params?: SqlParams;
  /** From the call to the last row taken, milliseconds; 0 is no limit. */
  readonly timeoutMs: number;
  /** Write integers beyond 2^53 as strings in NDJSON. */
  readonly intsAsStrings?: boolean;
  /**
   * SQL of our own, never of anybody else: it may read Patina's tables, and is not judged.
   */
  readonly isOwn?: boolean;
  /** The caller has gone away: the query is ended, and the promise rejects. */
  readonly signal?: AbortSignal;
}

/** Takes a result as NDJSON. */
export interface RowsSink {
  /** Called once, before any rows. */
  onHead(columns: readonly string[]): void;
  /** Bytes of `{"row":[n,[…]]}` lines; they may end anywhere. A pending promise holds the query. */
  onRows(bytes: Uint8Array): void | Promise<void>;
}

/** A whole result as values. */
export interface ReadResult {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly SqlCell[])[];
  /** From the start in the reader to the last row, milliseconds. */
  readonly timeMs: number;
}

/** All rows of a result as one hash. */
export interface RowsHash {
  readonly rows: number;
  /** SHA-256, hex. */
  readonly hash: string;
  readonly timeMs: number;
}

/** Counts since the start, and the present. */
export interface ReaderPoolStats {
  readonly readers: number;
  readonly busy: number;
  readonly queued: number;
  readonly started: number;
  readonly queries: number;
  readonly timeouts: number;
  readonly aborts: number;
  readonly crashes: number;
  readonly refusals: number;
}

export interface ReaderPool {
  /** Starts the first reader; rejects when the database can't be opened. */
  start(): Promise<void>;
  /** Streams a result. Rejects with a PatinaError, before the head or amid the rows. */
  query(request: ReadRequest, sink: RowsSink): Promise<ReaderSummary>;
  /** Collects a result, which is bounded by the pool's limits. */
  all(request: ReadRequest): Promise<ReadResult>;
  /** Hashes a result of any size in the reader, row by row in its order. */
  hash(request: ReadRequest): Promise<RowsHash>;
  stats(): ReaderPoolStats;
  /** Ends all readers and starts afresh, for a database file that was replaced. */
  recycle(): void;
  /** Ends all readers; queries that run or wait reject with PATINA_SHUTTING_DOWN. */
  stop(): Promise<void>;
}

/** A query from its call to its end. */
interface Job {
  readonly request: ReadRequest;
  readonly format: RowFormat;
  readonly onHead: (columns: readonly string[]) => void;
  readonly onRows: (payload: Uint8Array) => void | Promise<void>;
  readonly settle: (outcome: ReaderSummary | PatinaError) => void;
  reader: ReaderChild | undefined;
  done: boolean;
  /** When it began to wait, then when it began to run; monotonic milliseconds. */
  sinceMs: number;
  /** How long its rows were held back by their taker so far. */
  heldMs: number;
}

/** A query that waits for longer makes the pool start another reader, if there may be more. */
const growAfterMs = 25;

/** A query that keeps the last idle reader busy for longer makes the pool start a spare. */
const spareAfterMs = 50;

/** The longest delay that timers take, milliseconds. */
const timerMsMax = 2 ** 31 - 1;

/** How long after its start a reader that compiled its program is replaced, when it is idle. */
const replaceAfterMs = 1_000;

/** A query whose caller went away may end by itself within this time before it is killed. */
const abandonGraceMs = 50;

/** A reader that large results made bigger than this is replaced: memory hardly shrinks again. */
const residentBytesMax = 192 * 1024 * 1024;

/** Waits between attempts to start a reader after one failed to. */
const restartMsMin = 100;
const restartMsMax = 5_000;

/** Creates a pool; it starts its first reader with the first query, or with `start`. */
export function createReaderPool(options: ReaderPoolOptions): ReaderPool {
  return new Pool(options);
}

class Pool implements ReaderPool {
  readonly #options: Required<Omit<ReaderPoolOptions, 'compileCacheDirectory' | 'onEvent'>>;
  readonly #compileCacheDirectory: string | undefined;
  readonly #onEvent: (event: ReaderEvent) => void;
  readonly #readers = new Set<ReaderChild>();
  /** Readers that were told to end and have not ended yet. */
  readonly #ending = new Set<ReaderChild>();
  /** Readers that can take a query now; the one used last is taken first, so that others age. */
  readonly #idle: ReaderChild[] = [];
  readonly #queue: Job[] = [];
  readonly #running = new Set<Job>();
  readonly #counts = { started: 0, queries: 0, timeouts: 0, aborts: 0, crashes: 0, refusals: 0 };
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #exitListeners = new Set<() => void>();
  #startError: PatinaError | undefined;
  #restartMs = restartMsMin;
  #restartAtMs = 0;
  #trimming = false;
  #replacing: ReaderChild | undefined;
  #growing = false;
  #stopped = false;

  constructor(options: ReaderPoolOptions) {
    this.#options = {
      databasePath: options.databasePath,
      readersMax: options.readersMax ?? 4,
      sparesMin: options.sparesMin ?? 1,
      queueMax: options.queueMax ?? 512,
      idleMs: options.idleMs ?? 30_000,
      stallMsMax: options.stallMsMax ?? 30_000,
      heldMsMax: options.heldMsMax ?? 600_000,
      resultRowsMax: options.resultRowsMax ?? 1_000_000,
      resultBytesMax: options.resultBytesMax ?? 1024 ** 3,
    };
    this.#compileCacheDirectory = options.compileCacheDirectory;
    this.#onEvent = options.onEvent ?? (() => undefined);
  }

  async start(): Promise<void> {
    await this.all({ sql: 'SELECT 1', timeoutMs: 0 });
  }

  query(request: ReadRequest, sink: RowsSink): Promise<ReaderSummary> {
    return this.#submit(
      request,
      'ndjson',
      (columns) => sink.onHead(columns),
      (bytes) => sink.onRows(bytes),
    );
  }

  async all(request: ReadRequest): Promise<ReadResult> {
    let columns: readonly string[] = [];
    const rows: SqlCell[][] = [];
    const summary = await this.#submit(
      request,
      'values',
      (names) => {
        columns = names;
      },
      (payload) => {
        for (const row of decodeRows(payload)) rows.push(row);
      },
    );
    return { columns, rows, timeMs: summary.timeMs };
  }

  async hash(request: ReadRequest): Promise<RowsHash> {
    let hash: SqlCell | undefined;
    const { rows, timeMs } = await this.#submit(
      request,
      'hash',
      () => undefined,
      (payload) => {
        hash = decodeRows(payload)[0]?.[0];
      },
    );
    assert(typeof hash === 'string', 'a reader answers with the hash');
    return { rows, hash, timeMs };
  }

  stats(): ReaderPoolStats {
    return {
      ...this.#counts,
      readers: this.#readers.size,
      busy: this.#running.size,
      queued: this.#queue.length,
    };
  }

  recycle(): void {
    const message = 'the database was replaced while the query ran';
    for (const job of this.#running) {
      this.#finish(job, new PatinaError('PATINA_NOT_READY', message));
    }
    this.#restartAtMs = 0;
    for (const reader of [...this.#readers]) this.#end(reader, 'recycled');
    this.#fill();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    const error = new PatinaError('PATINA_SHUTTING_DOWN', 'the node is shutting down');
    for (const job of [...this.#queue, ...this.#running]) this.#finish(job, error);
    this.#queue.length = 0;
    for (const reader of this.#readers) reader.kill();
    while (this.#readers.size + this.#ending.size > 0) {
      await new Promise<void>((resolve) => this.#exitListeners.add(resolve));
    }
  }

  #submit(
    request: ReadRequest,
    format: RowFormat,
    onHead: Job['onHead'],
    onRows: Job['onRows'],
  ): Promise<ReaderSummary> {
    const refusal = this.#refusal(request);
    if (refusal !== undefined) return Promise.reject(refusal);
    return new Promise((resolve, reject) => {
      const settle = (outcome: ReaderSummary | PatinaError): void => {
        stopWatching();
        if (outcome instanceof PatinaError) reject(outcome);
        else resolve(outcome);
      };
      const state = { reader: undefined, done: false, sinceMs: performance.now(), heldMs: 0 };
      const job: Job = { request, format, onHead, onRows, settle, ...state };
      const stopWatching = this.#watch(job);
      this.#queue.push(job);
      this.#fill();
    });
  }

  #refusal(request: ReadRequest): PatinaError | undefined {
    if (this.#stopped) {
      return new PatinaError('PATINA_SHUTTING_DOWN', 'the node is shutting down');
    }
    if (request.signal?.aborted === true) return gone();
    if (this.#queue.length < this.#options.queueMax) return undefined;
    this.#counts.refusals++;
    return new PatinaError('PATINA_OVERLOADED', 'too many queries are waiting for a reader', {
      hint: 'try again in a moment, or at another node',
    });
  }

  /** Ends the job at its deadline or when its caller goes away; returns how to stop watching. */
  #watch(job: Job): () => void {
    const { timeoutMs, signal } = job.request;
    const delayMs = Math.min(timeoutMs, timerMsMax);
    const deadline = timeoutMs > 0 ? setTimeout(() => this.#expire(job), delayMs) : undefined;
    const abort = (): void => {
      this.#counts.aborts++;
      this.#abandon(job, gone());
    };
    signal?.addEventListener('abort', abort);
    return () => {
      clearTimeout(deadline);
      signal?.removeEventListener('abort', abort);
    };
  }

  #expire(job: Job): void {
    this.#counts.timeouts++;
    const seconds = job.request.timeoutMs / 1000;
    const { reader } = job;
    const error = new PatinaError('PATINA_SQL_TIMEOUT', `the query took longer than ${seconds} s`, {
      hint: 'allow more with ?timeout=<seconds>, or help it with an index',
    });
    this.#finish(job, error);
    if (reader !== undefined) this.#end(reader, 'timeout');
  }

  /** Ends a query whose rows nobody wants; it may run to its end if that is near. */
  #abandon(job: Job, error: PatinaError): void {
    if (job.done) return;
    const { reader } = job;
    this.#finish(job, error);
    if (reader === undefined) return;
    const overdue = this.#after(abandonGraceMs, () => this.#end(reader, 'aborted'));
    const ended = (): void => {
      this.#cancel(overdue);
      this.#release(reader);
    };
    const onRows = (): void => undefined;
    reader.redirect({ onHead: () => undefined, onRows, onEnd: ended, onFailed: ended });
  }

  #finish(job: Job, outcome: ReaderSummary | PatinaError): void {
    if (job.done) return;
    job.done = true;
    this.#running.delete(job);
    const waiting = this.#queue.indexOf(job);
    if (waiting >= 0) this.#queue.splice(waiting, 1);
    job.settle(outcome);
  }

  /** Gives waiting queries to idle readers, and starts readers when those run out. */
  #fill(): void {
    while (this.#queue.length > 0) {
      const reader = this.#idle.pop();
      if (reader === undefined) break;
      if (!reader.isReady) continue;
      const job = this.#queue.shift();
      if (job !== undefined) this.#run(job, reader);
    }
    if (this.#stopped) return;
    if (this.#readers.size === 0 && (this.#queue.length > 0 || this.#options.sparesMin > 0)) {
      if (!this.#start() && this.#queue.length > 0) this.#failQueue();
    }
    if (this.#queue.length > 0) this.#grow();
  }

  /**
   * Starts another reader, one at a time, while a query waits for long or a long one leaves no
   * spare. Short queries never get that far: a start costs more than many of them.
   */
  #grow(): void {
    if (this.#growing || this.#stopped) return;
    this.#growing = true;
    this.#after(growAfterMs, () => {
      this.#growing = false;
      if (this.#starting() === 0 && this.#needsReader()) this.#start();
      const spared = this.#idle.length >= this.#options.sparesMin;
      if (this.#queue.length > 0 || (this.#running.size > 0 && !spared)) this.#grow();
    });
  }

  #needsReader(): boolean {
    const nowMs = performance.now();
    const first = this.#queue[0];
    if (first !== undefined && nowMs - first.sinceMs >= growAfterMs) return true;
    if (this.#idle.length >= this.#options.sparesMin) return false;
    for (const job of this.#running) if (nowMs - job.sinceMs >= spareAfterMs) return true;
    return false;
  }

  #starting(): number {
    let starting = 0;
    for (const reader of this.#readers) if (!reader.isReady) starting++;
    return starting;
  }

  /** Starts a reader unless there are enough or the last attempt has just failed. */
  #start(): boolean {
    if (this.#stopped || this.#readers.size >= this.#options.readersMax) return false;
    if (performance.now() < this.#restartAtMs) return false;
    this.#counts.started++;
    const reader: ReaderChild = new ReaderChild({
      databasePath: this.#options.databasePath,
      compileCacheDirectory: this.#compileCacheDirectory,
      onReady: (startMs, heavy) => {
        this.#restartMs = restartMsMin;
        this.#startError = undefined;
        this.#emit('started', reader, `${startMs.toFixed(0)} ms`);
        this.#release(reader);
        if (heavy && this.#compileCacheDirectory !== undefined) this.#replaceOnce(reader);
      },
      onExit: (error) => this.#exited(reader, error),
    });
    this.#readers.add(reader);
    return true;
  }

  #run(job: Job, reader: ReaderChild): void {
    const { request } = job;
    this.#counts.queries++;
    this.#running.add(job);
    job.reader = reader;
    job.sinceMs = performance.now();
    const failed = (error: PatinaError): void => {
      this.#finish(job, error);
      this.#release(reader);
    };
    reader.run(
      {
        sql: request.sql,
        params: request.params ?? [],
        format: job.format,
        intsAsStrings: request.intsAsStrings ?? false,
        isOwn: request.isOwn ?? false,
        // Of a hash nothing but itself is handed over.
        rowsMax: job.format === 'hash' ? Number.MAX_SAFE_INTEGER : this.#options.resultRowsMax,
        resultBytesMax: this.#options.resultBytesMax,
      },
      {
        onHead: (columns) => this.#guard(job, () => job.onHead(columns)),
        onRows: (payload) => this.#handOn(job, reader, payload),
        onFailed: failed,
        onEnd: (summary) => {
          this.#finish(job, summary);
          if (summary.residentBytes > residentBytesMax) this.#end(reader, 'retired');
          else this.#release(reader);
        },
      },
    );
    if (this.#idle.length < this.#options.sparesMin) this.#grow();
  }

  /** Gives rows to the caller, who may hold the query for a while but not for ever. */
  #handOn(job: Job, reader: ReaderChild, payload: Uint8Array): Promise<void> | undefined {
    const pending = this.#guard(job, () => job.onRows(payload));
    if (pending === undefined) return undefined;
    const heldSinceMs = performance.now();
    const { stallMsMax, heldMsMax } = this.#options;
    const limitMs = Math.max(0, Math.min(stallMsMax, heldMsMax - job.heldMs));
    const stalled = this.#after(limitMs, () => {
      this.#finish(job, tooSlow(limitMs === stallMsMax ? stallMsMax : heldMsMax));
      this.#end(reader, 'stalled');
    });
    return pending
      .catch((error: unknown) => this.#abandon(job, asPatinaError(error)))
      .finally(() => {
        job.heldMs += performance.now() - heldSinceMs;
        this.#cancel(stalled);
      });
  }

  /** Whoever takes the rows may fail; that ends the query and nothing else. */
  #guard<T>(job: Job, take: () => T): T | undefined {
    try {
      return take();
    } catch (error) {
      this.#abandon(job, asPatinaError(error));
      return undefined;
    }
  }

  /** A reader is free: it takes the next query or waits, not for ever. */
  #release(reader: ReaderChild): void {
    if (!reader.isReady || this.#idle.includes(reader)) return;
    this.#idle.push(reader);
    this.#fill();
    if (this.#idle.length > this.#options.sparesMin) this.#trim();
  }

  /**
   * Replaces a reader that compiled its own program, when it is idle: the next one takes the compiled
   * code from the cache, and 25 MB less. If the cache cannot be written that is of no use, hence once.
   */
  #replaceOnce(reader: ReaderChild): void {
    if (this.#replacing !== undefined && this.#replacing !== reader) return;
    this.#replacing = reader;
    this.#after(replaceAfterMs, () => {
      if (this.#idle.includes(reader)) this.#end(reader, 'retired');
      else if (this.#readers.has(reader)) this.#replaceOnce(reader);
    });
  }

  /** Ends readers that stay idle beyond the spares. */
  #trim(): void {
    if (this.#trimming || this.#stopped) return;
    this.#trimming = true;
    this.#after(this.#options.idleMs, () => {
      this.#trimming = false;
      const oldest = this.#idle[0];
      if (oldest === undefined || this.#idle.length <= this.#options.sparesMin) return;
      this.#end(oldest, 'idle');
      this.#trim();
    });
  }

  /** Kills a reader and sees to its replacement. */
  #end(reader: ReaderChild, kind: ReaderEvent['kind']): void {
    const index = this.#idle.indexOf(reader);
    if (index >= 0) this.#idle.splice(index, 1);
    if (!this.#readers.delete(reader)) return;
    this.#ending.add(reader);
    this.#emit(kind, reader, '');
    reader.kill();
    this.#fill();
  }

  #exited(reader: ReaderChild, error: PatinaError | undefined): void {
    this.#ending.delete(reader);
    this.#readers.delete(reader);
    const index = this.#idle.indexOf(reader);
    if (index >= 0) this.#idle.splice(index, 1);
    if (error !== undefined) this.#crashed(reader, error);
    for (const listener of this.#exitListeners) listener();
    this.#exitListeners.clear();
    if (!this.#stopped) this.#fill();
  }

  #crashed(reader: ReaderChild, error: PatinaError): void {
    this.#counts.crashes++;
    this.#emit('crashed', reader, error.message);
    if (this.#stopped || reader.hasStarted) return;
    this.#startError = error;
    this.#restartAtMs = performance.now() + this.#restartMs;
    this.#after(this.#restartMs, () => this.#fill());
    this.#restartMs = Math.min(restartMsMax, this.#restartMs * 2);
  }

  /** No reader lives and none can be started now: whoever waits hears why. */
  #failQueue(): void {
    const error =
      this.#startError ?? new PatinaError('PATINA_INTERNAL', 'no reader could be started');
    for (const job of [...this.#queue]) this.#finish(job, error);
  }

  #after(delayMs: number, run: () => void): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, delayMs);
    timer.unref();
    this.#timers.add(timer);
    return timer;
  }

  #cancel(timer: NodeJS.Timeout): void {
    clearTimeout(timer);
    this.#timers.delete(timer);
  }

  #emit(kind: ReaderEvent['kind'], reader: ReaderChild, detail: string): void {
    this.#onEvent({ kind, pid: reader.pid, detail });
  }
}

function tooSlow(limitMs: number): PatinaError {
  const message = `nobody took the rows of the query for ${limitMs / 1000} s`;
  return new PatinaError('PATINA_SQL_TIMEOUT', message, {
    hint: 'take rows as they come, or page by key',
  });
}

function gone(): PatinaError {
  return new PatinaError('PATINA_STREAM_CLOSED', 'the caller went away');
}
