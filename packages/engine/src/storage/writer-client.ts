// The main thread's side of the writer thread: requests that come together go together, and at most two
// batches are under way, so that one is being committed while the next one gathers.

import { Worker } from 'node:worker_threads';
import { assert } from '../base/assert.ts';
import { asPatinaError, PatinaError } from '../base/errors.ts';
import type { LocalVersion } from '../ports.ts';
import type { HostOpened, HostOptions } from './host.ts';
import { fromPlain } from './plain-error.ts';
import type {
  FromWriter,
  ToWriter,
  WriterAnswer,
  WriterRequest,
  WriterRequestKind,
  WriterRequests,
} from './writer-protocol.ts';

/** Requests that may wait; more are refused with PATINA_OVERLOADED. */
export const writerQueueMax = 20_000;

const batchesInFlightMax = 2;

/** Requests in one batch. */
const batchRequestsMax = 512;

const endedMessage = 'the writer thread ended';

/** Requests that may take as long as they need: they follow the size of the database. */
const longRequests: ReadonlySet<WriterRequestKind> = new Set([
  'backup',
  'checkpoint',
  'applySchema',
]);

/** Requests other than transactions that can change what is seen. */
const visibleRequests: ReadonlySet<WriterRequestKind> = new Set([
  'merge',
  'retryQuarantined',
  'applySchema',
  'becomeActor',
]);

/** How often the age of the oldest batch is looked at. */
const watchPeriodMs = 5_000;

interface Batch {
  readonly waiting: readonly Waiting[];
  readonly sinceMs: number;
}

interface Holding {
  readonly grant: (release: () => void) => void;
  readonly reject: (error: PatinaError) => void;
}

interface Waiting {
  readonly request: WriterRequest;
  readonly resolve: (value: never) => void;
  readonly reject: (error: PatinaError) => void;
}

export class WriterClient {
  readonly #worker: Worker;
  readonly opened: HostOpened;
  #queue: Waiting[] = [];
  readonly #inFlight: Batch[] = [];
  readonly #stuckMsMax: number;
  readonly #watch: NodeJS.Timeout;
  #isFlushPlanned = false;
  /** Who waits to hold the writer, first come, first served. */
  readonly #holds: Holding[] = [];
  #isHeld = false;
  /** Whose turn it was last: batches and holds take turns where both wait. */
  #lastTurn: 'batches' | 'hold' = 'hold';
  #hasEnded = false;
  /** Why no more requests are taken. */
  #refusal: PatinaError | undefined;
  #closing: Promise<void> | undefined;
  #onVersions: (versions: readonly LocalVersion[]) => void = () => {};
  #onCommit: () => void = () => {};
  #onFailure: (error: PatinaError) => void = () => {};
  #resolveClosed: () => void = () => {};

  private constructor(worker: Worker, opened: HostOpened, stuckMsMax: number) {
    this.#stuckMsMax = stuckMsMax;
    const periodMs = Math.min(watchPeriodMs, stuckMsMax);
    this.#watch = setInterval(() => this.#look(), periodMs).unref();
    this.#worker = worker;
    this.opened = opened;
    worker.on('message', (message: FromWriter) => this.#receive(message));
    worker.on('error', (error) => this.#fail(asPatinaError(error)));
    worker.on('exit', (code) => this.#fail(new Error(`it exited with code ${code}`)));
  }

  /** Starts the thread and opens the database; rejects with the reason why it cannot be used. */
  static async open(options: HostOptions, stuckMsMax: number): Promise<WriterClient> {
    const worker = new Worker(new URL('./writer-thread.ts', import.meta.url), {
      workerData: options,
      name: 'patina-writer',
    });
    const failed = Promise.withResolvers<never>();
    const opened = Promise.withResolvers<HostOpened>();
    worker.on('error', failed.reject);
    worker.on('exit', () => failed.reject(new PatinaError('PATINA_INTERNAL', endedMessage)));
    worker.once('message', (message: FromWriter) => {
      if (message.kind === 'opened') opened.resolve(message.opened);
      else if (message.kind === 'failed') opened.reject(fromPlain(message.error));
    });
    const client = new WriterClient(
      worker,
      await Promise.race([opened.promise, failed.promise]),
      stuckMsMax,
    );
    worker.off('error', failed.reject);
    return client;
  }

  /** Who is told of versions that were made. */
  onVersions(handler: (versions: readonly LocalVersion[]) => void): void {
    this.#onVersions = handler;
  }

  /** Who is told first when something may have become visible. */
  onCommit(handler: () => void): void {
    this.#onCommit = handler;
  }

  /** Who is told when the thread dies, which ends the node: it never does by itself. */
  onFailure(handler: (error: PatinaError) => void): void {
    this.#onFailure = handler;
  }

  /** Requests that wait or are being answered. */
  get queued(): number {
    return this.#inFlight.reduce((sum, { waiting }) => sum + waiting.length, this.#queue.length);
  }

  request<Kind extends WriterRequestKind>(
    kind: Kind,
    input: WriterRequests[Kind][0],
  ): Promise<WriterRequests[Kind][1]> {
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal);
    if (this.#queue.length >= writerQueueMax) {
      return Promise.reject(
        new PatinaError('PATINA_OVERLOADED', 'too many writes are waiting', {
          hint: 'Try again later, or write less at a time.',
        }),
      );
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ request: { kind, input }, resolve, reject });
      this.#plan();
    });
  }

  /**
   * Waits until nothing is being written, and sends no more until the returned function is called: for a
   * moment, as everybody's writes wait. Who waits has a turn after each hold. Rejects when the writer ends.
   */
  hold(): Promise<() => void> {
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal);
    return new Promise((grant, reject) => {
      this.#holds.push({ grant, reject });
      this.#flush();
    });
  }

  /**
   * Answers everything that waits, then closes the database and ends the thread. The last connection to
   * close takes the log away: `readersClosed` tells when the others are gone.
   */
  close(readersClosed: Promise<void>): Promise<void> {
    this.#closing ??= this.#close(readersClosed);
    return this.#closing;
  }

  async #close(readersClosed: Promise<void>): Promise<void> {
    if (this.#refusal !== undefined) return;
    // Answered last of all that waits; later requests are refused from now on.
    const drained = this.request('identity', undefined);
    this.#refusal = new PatinaError('PATINA_SHUTTING_DOWN', 'the node is stopping');
    const closed = new Promise<void>((resolve) => {
      this.#resolveClosed = resolve;
    });
    // A thread that dies meanwhile has been told to whom it concerns.
    await Promise.allSettled([drained, readersClosed]);
    if (this.#hasEnded) return;
    this.#post({ kind: 'close' });
    await closed;
  }

  /** Sends at the end of this turn of the event loop: what came together goes together. */
  #plan(): void {
    if (this.#isFlushPlanned || this.#inFlight.length >= batchesInFlightMax) return;
    this.#isFlushPlanned = true;
    setImmediate(() => {
      this.#isFlushPlanned = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#isHeld) return;
    if (this.#holds.length > 0 && (this.#queue.length === 0 || this.#lastTurn === 'batches')) {
      if (this.#inFlight.length === 0) this.#grantHold();
      return;
    }
    while (this.#queue.length > 0 && this.#inFlight.length < batchesInFlightMax) {
      const batch = this.#queue.slice(0, batchRequestsMax);
      this.#queue = this.#queue.slice(batch.length);
      this.#inFlight.push({ waiting: batch, sinceMs: performance.now() });
      this.#lastTurn = 'batches';
      this.#post({ kind: 'batch', requests: batch.map(({ request }) => request) });
    }
  }

  #grantHold(): void {
    const holding = this.#holds.shift();
    if (holding === undefined) return;
    this.#isHeld = true;
    let isReleased = false;
    holding.grant(() => {
      if (isReleased) return;
      isReleased = true;
      this.#isHeld = false;
      this.#lastTurn = 'hold';
      this.#flush();
    });
  }

  #post(message: ToWriter): void {
    this.#worker.postMessage(message);
  }

  #receive(message: FromWriter): void {
    if (message.kind === 'closed') {
      this.#hasEnded = true;
      clearInterval(this.#watch);
      this.#resolveClosed();
      return;
    }
    if (message.kind === 'versions') {
      this.#onCommit();
      this.#onVersions(message.versions);
      return;
    }
    assert(message.kind === 'answers', 'the writer answers');
    const batch = this.#inFlight.shift()?.waiting ?? [];
    const isCommit = message.versions.length > 0 || batch.some(mayCommit);
    if (isCommit) this.#onCommit();
    // Versions first: whoever is told of its commit may ask at once what it made.
    if (message.versions.length > 0) this.#onVersions(message.versions);
    for (const [index, waiting] of batch.entries()) settle(waiting, message.answers[index]);
    this.#flush();
  }

  /** A statement that runs cannot be interrupted: a node whose writer is stuck has to be restarted. */
  #look(): void {
    const [oldest] = this.#inFlight;
    if (oldest === undefined || performance.now() - oldest.sinceMs < this.#stuckMsMax) return;
    if (oldest.waiting.some(({ request }) => longRequests.has(request.kind))) return;
    this.#fail(new Error(`a write has been running for more than ${this.#stuckMsMax} ms`));
  }

  #fail(cause: Error): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    clearInterval(this.#watch);
    this.#resolveClosed();
    const error = new PatinaError('PATINA_INTERNAL', endedMessage, { cause });
    this.#refusal ??= error;
    for (const waiting of [...this.#inFlight.flatMap(({ waiting }) => waiting), ...this.#queue])
      waiting.reject(error);
    for (const { reject } of this.#holds.splice(0)) reject(error);
    this.#inFlight.length = 0;
    this.#queue = [];
    this.#onFailure(error);
  }
}

/** Whether others' versions, or tables, may be visible since this was answered. */
function mayCommit({ request }: Waiting): boolean {
  return visibleRequests.has(request.kind);
}

function settle(waiting: Waiting, answer: WriterAnswer | undefined): void {
  assert(answer !== undefined, 'each request has its answer');
  if (answer.ok) waiting.resolve(answer.value as never);
  else waiting.reject(fromPlain(answer.error));
}
