// Runs queries of all sessions in few reader processes. Short queries share a reader without waiting for one
// another's answers; what waits behind a long one moves to another reader; whoever is cancelled is ended by
// killing its reader, and the requests behind it go elsewhere.

import type { SqlValue } from '@patina/engine/base/value.ts';
import type { CatalogFacts } from '../catalog/facts.ts';
import { PgError } from '../pg-error.ts';
import { type Flight, ReaderLink } from './reader-link.ts';
import {
  encodeRun,
  encodeStatement,
  type ReaderStatement,
  type ReadSummary,
} from './reader-protocol.ts';

/** Something that happened to a reader process, for logs. */
export interface PgReaderEvent {
  readonly kind: 'started' | 'idle' | 'retired' | 'cancelled' | 'stalled' | 'crashed' | 'recycled';
  readonly pid: number | undefined;
  readonly detail: string;
}

export interface PgReaderPoolOptions {
  readonly databasePath: string;
  /** What the catalogs tell beside the schema. */
  readonly facts: CatalogFacts;
  /** Reader processes at most. Default 4. */
  readonly readersMax?: number;
  /** Queries that may wait for a reader; more are refused with 53300. Default 4,096. */
  readonly queueMax?: number;
  /** A reader beyond the first that had nothing to do for so long ends, milliseconds. Default 30 s. */
  readonly idleMs?: number;
  /** A query ends when nobody took its rows for so long, milliseconds. Default 5 minutes. */
  readonly stallMsMax?: number;
  readonly compileCacheDirectory?: string | undefined;
  readonly onEvent?: (event: PgReaderEvent) => void;
}

/** One run of a statement. Exactly one of `onEnd` and `onFailed` is called, once, at the end. */
export interface PgReadRequest {
  readonly statement: PreparedRead;
  readonly params: readonly SqlValue[];
  /** What now() says: when the transaction began, Unix milliseconds; by default when this was asked. */
  readonly nowMs?: number | undefined;
  /** Bytes as the statement's output has them; while a promise is pending, the query is held. */
  onRows(bytes: Buffer, rows: number): void | Promise<void>;
  onEnd(summary: ReadSummary): void;
  onFailed(error: PgError): void;
}

export interface PgRead {
  /** Ends it, wherever it is: it fails with this error at once. Nothing happens when it has ended. */
  cancel(error: PgError): void;
}

/** A statement ready to be sent; the same object may be run any number of times. */
export class PreparedRead {
  readonly bytes: Buffer;
  constructor(statement: ReaderStatement) {
    this.bytes = encodeStatement(statement);
  }
}

export interface PgReaderPoolStats {
  readonly readers: number;
  readonly queued: number;
  readonly running: number;
  readonly started: number;
  readonly queries: number;
  /** Requests that moved to another reader. */
  readonly moved: number;
  readonly cancels: number;
  readonly crashes: number;
  readonly refusals: number;
}

export interface PgReaderPool {
  /** Starts the first reader. */
  prepare(): void;
  read(request: PgReadRequest): PgRead;
  /** Tells readers what the catalogs tell from now on. */
  setFacts(facts: CatalogFacts): void;
  stats(): PgReaderPoolStats;
  /** Ends all readers and starts afresh, for a database file that was replaced. */
  recycle(): void;
  stop(): Promise<void>;
}

/** Requests that one reader is sent ahead. */
const depthMax = 64;

/** A reader whose query runs for longer is given nothing more, milliseconds. */
const busyAfterMs = 5;

/** What waits behind a query for longer moves to another reader, and one is started for it. */
const moveAfterMs = 25;

/** A query that nobody waits for any more may end by itself within this time before it is killed. */
const graceMs = 30;

/** A reader that large results made bigger than this is replaced: memory hardly shrinks again. */
const residentBytesMax = 256 * 1024 * 1024;

/** Waits between attempts to start a reader after one failed to. */
const restartMsMin = 100;
const restartMsMax = 5_000;

/** A request that lost its reader before it began is sent anew, this often at most. */
const attemptsMax = 3;

export function createPgReaderPool(options: PgReaderPoolOptions): PgReaderPool {
  return new Pool(options);
}

class Read implements Flight, PgRead {
  readonly frame: Buffer;
  readonly #request: PgReadRequest;
  readonly #pool: Pool;
  link: ReaderLink | undefined;
  attempts = 0;
  isDone = false;
  heldSinceMs = 0;

  constructor(pool: Pool, request: PgReadRequest) {
    this.#pool = pool;
    this.#request = request;
    this.frame = encodeRun(request.statement.bytes, request.params, request.nowMs ?? Date.now());
  }

  onRows(bytes: Buffer, rows: number): void | Promise<void> {
    const pending = this.#request.onRows(bytes, rows);
    if (pending === undefined) return undefined;
    this.heldSinceMs = performance.now();
    return pending.then(
      () => {
        this.heldSinceMs = 0;
      },
      (error: unknown) => {
        this.heldSinceMs = 0;
        const cause = error instanceof PgError ? error : new PgError('58000', String(error));
        this.cancel(cause);
      },
    );
  }

  onEnd(summary: ReadSummary): void {
    if (this.#finish()) this.#request.onEnd(summary);
  }

  onFailed(error: PgError): void {
    if (this.#finish()) this.#request.onFailed(error);
  }

  cancel(error: PgError): void {
    if (!this.#finish()) return;
    this.#pool.abandon(this);
    this.#request.onFailed(error);
  }

  #finish(): boolean {
    if (this.isDone) return false;
    this.isDone = true;
    return true;
  }
}

class Pool implements PgReaderPool {
  readonly #options: PgReaderPoolOptions;
  readonly #readersMax: number;
  readonly #links: ReaderLink[] = [];
  /** Told to end and not ended yet. */
  readonly #ending = new Set<ReaderLink>();
  readonly #idleSinceMs = new Map<ReaderLink, number>();
  #facts: CatalogFacts;
  #queue: Read[] = [];
  #ticker: NodeJS.Timeout | undefined;
  #trimmer: NodeJS.Timeout | undefined;
  #restartMs = restartMsMin;
  #restartAtMs = 0;
  #startError: PgError | undefined;
  #isStopped = false;
  readonly #exitListeners = new Set<() => void>();
  readonly #counts = { started: 0, queries: 0, moved: 0, cancels: 0, crashes: 0, refusals: 0 };

  constructor(options: PgReaderPoolOptions) {
    this.#options = options;
    this.#readersMax = options.readersMax ?? 4;
    this.#facts = options.facts;
  }

  prepare(): void {
    if (this.#links.length === 0) this.#start();
  }

  read(request: PgReadRequest): PgRead {
    const read = new Read(this, request);
    const refusal = this.#refusal();
    if (refusal !== undefined) {
      queueMicrotask(() => read.onFailed(refusal));
      return read;
    }
    this.#counts.queries++;
    const link = this.#queue.length === 0 ? this.#freeLink() : undefined;
    if (link === undefined) {
      this.#queue.push(read);
      this.prepare();
    } else this.#send(read, link);
    this.#tickLater();
    return read;
  }

  setFacts(facts: CatalogFacts): void {
    this.#facts = facts;
    for (const link of this.#links) link.setFacts(facts);
  }

  stats(): PgReaderPoolStats {
    let running = 0;
    for (const link of this.#links) running += link.depth;
    const { length: readers } = this.#links;
    return { ...this.#counts, readers, queued: this.#queue.length, running };
  }

  recycle(): void {
    this.#restartAtMs = 0;
    for (const link of [...this.#links]) this.#end(link, 'recycled');
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#ticker);
    clearTimeout(this.#trimmer);
    const error = shuttingDown();
    for (const read of this.#queue.splice(0)) read.onFailed(error);
    for (const link of [...this.#links]) this.#end(link, 'idle');
    while (this.#ending.size > 0) {
      await new Promise<void>((resolve) => this.#exitListeners.add(resolve));
    }
  }

  /** Nobody waits for this read any more. */
  abandon(read: Read): void {
    this.#counts.cancels++;
    const place = this.#queue.indexOf(read);
    if (place >= 0) this.#queue.splice(place, 1);
    // One that runs may end within moments; if it does not, the ticker ends its reader.
    if (read.link?.forget(read) === true) this.#tickLater();
  }

  #refusal(): PgError | undefined {
    if (this.#isStopped) return shuttingDown();
    if (this.#queue.length < (this.#options.queueMax ?? 4_096)) return undefined;
    this.#counts.refusals++;
    return new PgError('53300', 'too many queries are waiting for a reader', {
      hint: 'Try again in a moment, or at another node.',
    });
  }

  #send(read: Read, link: ReaderLink): void {
    read.link = link;
    link.send(read);
  }

  /** The first reader that is at work on nothing long: so the others stay free, and few are needed. */
  #freeLink(): ReaderLink | undefined {
    const nowMs = performance.now();
    return this.#links.find(
      (link) =>
        link.isReady &&
        link.depth < depthMax &&
        !link.isHeld &&
        link.frontAgeMs(nowMs) < busyAfterMs,
    );
  }

  #fill(): void {
    while (this.#queue.length > 0) {
      const link = this.#freeLink();
      if (link === undefined) return;
      const read = this.#queue.shift();
      if (read !== undefined && !read.isDone) this.#send(read, link);
    }
  }

  #tickLater(): void {
    this.#ticker ??= setInterval(() => this.#tick(), moveAfterMs);
  }

  /** Looks after long queries: what waits behind them moves, and other readers are started for it. */
  #tick(): void {
    const nowMs = performance.now();
    let isBusy = this.#queue.length > 0;
    let isAnyFree = false;
    for (const link of [...this.#links]) {
      if (!link.isReady) continue;
      const isLong = link.frontAgeMs(nowMs) >= moveAfterMs || link.isHeld;
      if (link.depth > 0) isBusy = true;
      if (link.runsForNobody && link.frontAgeMs(nowMs) >= graceMs) {
        this.#end(link, 'cancelled');
        continue;
      }
      if (!isLong) isAnyFree = true;
      else if (link.depth > 1) this.#requeue(link.takeUnbegun());
    }
    this.#endStalled(nowMs);
    if (!isAnyFree) this.#start();
    this.#fill();
    if (isBusy) return;
    clearInterval(this.#ticker);
    this.#ticker = undefined;
    this.#trimLater();
  }

  #requeue(flights: readonly Flight[]): void {
    const reads = flights.filter((flight) => flight instanceof Read && !flight.isDone);
    this.#counts.moved += reads.length;
    const again: Read[] = [];
    for (const read of reads) {
      if (!(read instanceof Read)) continue;
      read.link = undefined;
      read.attempts++;
      if (read.attempts < attemptsMax || this.#links.length > 0) again.push(read);
      else read.onFailed(this.#startError ?? shuttingDown());
    }
    this.#queue = [...again, ...this.#queue];
  }

  #endStalled(nowMs: number): void {
    const limitMs = this.#options.stallMsMax ?? 300_000;
    for (const link of [...this.#links]) {
      if (!link.isHeld || link.frontAgeMs(nowMs) < limitMs) continue;
      const front = link.front;
      if (!(front instanceof Read) || front.heldSinceMs === 0) continue;
      if (nowMs - front.heldSinceMs < limitMs) continue;
      front.onFailed(new PgError('57014', 'canceling statement: its rows were not taken in time'));
      this.#end(link, 'stalled');
    }
  }

  #start(): void {
    if (this.#isStopped || this.#links.length >= this.#readersMax) return;
    if (performance.now() < this.#restartAtMs) return;
    if (this.#links.some((link) => !link.hasStarted)) return;
    this.#counts.started++;
    const link: ReaderLink = new ReaderLink({
      databasePath: this.#options.databasePath,
      compileCacheDirectory: this.#options.compileCacheDirectory,
      facts: this.#facts,
      onReady: (startMs) => {
        this.#restartMs = restartMsMin;
        this.#startError = undefined;
        this.#idleSinceMs.set(link, performance.now());
        this.#emit('started', link, `${startMs.toFixed(0)} ms`);
        this.#fill();
        this.#trimLater();
      },
      onDrained: (residentBytes) => {
        if (link.depth === 0) this.#idleSinceMs.set(link, performance.now());
        if (residentBytes > residentBytesMax) this.#end(link, 'retired');
        if (this.#queue.length > 0) this.#fill();
      },
      onGivenBack: (flights) => {
        this.#requeue(flights);
        this.#fill();
      },
      onExit: (error, unbegun) => this.#exited(link, error, unbegun),
    });
    this.#links.push(link);
    this.#tickLater();
  }

  #end(link: ReaderLink, kind: PgReaderEvent['kind']): void {
    if (!this.#drop(link)) return;
    this.#ending.add(link);
    this.#emit(kind, link, '');
    if (!this.#isStopped) this.#requeue(link.takeUnbegun());
    link.kill();
    if (this.#isStopped) return;
    if (this.#links.length === 0) this.#start();
    this.#fill();
    this.#tickLater();
  }

  #drop(link: ReaderLink): boolean {
    const place = this.#links.indexOf(link);
    if (place >= 0) this.#links.splice(place, 1);
    this.#idleSinceMs.delete(link);
    return place >= 0;
  }

  #exited(link: ReaderLink, error: PgError | undefined, unbegun: readonly Flight[]): void {
    this.#drop(link);
    this.#ending.delete(link);
    if (error !== undefined) {
      this.#counts.crashes++;
      this.#emit('crashed', link, error.fields.detail ?? error.message);
    }
    if (this.#isStopped) for (const flight of unbegun) flight.onFailed(shuttingDown());
    else this.#requeue(unbegun);
    if (error !== undefined && !link.hasStarted) this.#failedToStart(error);
    for (const listener of this.#exitListeners) listener();
    this.#exitListeners.clear();
    if (this.#isStopped) return;
    if (this.#queue.length > 0) this.#start();
    this.#fill();
  }

  #failedToStart(error: PgError): void {
    this.#startError = error;
    this.#restartAtMs = performance.now() + this.#restartMs;
    this.#restartMs = Math.min(restartMsMax, this.#restartMs * 2);
    if (this.#links.length > 0) return;
    for (const read of this.#queue.splice(0)) read.onFailed(error);
  }

  /** Ends readers beyond the first that had nothing to do for long. */
  #trimLater(): void {
    if (this.#trimmer !== undefined || this.#links.length < 2 || this.#isStopped) return;
    const idleMs = this.#options.idleMs ?? 30_000;
    this.#trimmer = setTimeout(() => {
      this.#trimmer = undefined;
      const nowMs = performance.now();
      for (const link of this.#links.slice(1)) {
        const sinceMs = this.#idleSinceMs.get(link) ?? nowMs;
        if (link.depth === 0 && nowMs - sinceMs >= idleMs) this.#end(link, 'idle');
      }
      this.#trimLater();
    }, idleMs).unref();
  }

  #emit(kind: PgReaderEvent['kind'], link: ReaderLink, detail: string): void {
    this.#options.onEvent?.({ kind, pid: link.pid, detail });
  }
}

function shuttingDown(): PgError {
  return new PgError('57P01', 'terminating connection due to administrator command');
}
