// Tries statements of open transactions in a process of its own, while the node's writer is held for just
// that time. Trials of all sessions that wait share one hold; between two holds the writer has its turn.

import { assert } from '../base/assert.ts';
import { PatinaError } from '../base/errors.ts';
import { fromPlain } from './plain-error.ts';
import { TrialChild } from './trial-child.ts';
import {
  type DryRunInput,
  encodeTrial,
  type TrialAnswer,
  type TrialDone,
  type TrialInput,
  type TrialResult,
  type TrialTask,
} from './trial-protocol.ts';

export interface TrialRunnerOptions {
  readonly databasePath: string;
  /** Where compiled code is kept between starts; undefined keeps none. */
  readonly compileCacheDirectory: string | undefined;
  /** Holds the writer; resolves, when nothing is being written, with what lets it go on. */
  readonly hold: () => Promise<() => void>;
  /** Trials that may wait; more are refused with PATINA_OVERLOADED. */
  readonly queueMax?: number;
  /** The process ends when nothing was tried for so long, milliseconds. */
  readonly idleMs?: number;
  readonly onEvent?: (event: TrialEvent) => void;
}

/** Something that happened to the trial process, for logs. */
export interface TrialEvent {
  readonly kind: 'started' | 'idle' | 'timeout' | 'aborted' | 'crashed';
  readonly pid: number | undefined;
  readonly detail: string;
}

export interface TrialLimits {
  /** From the call to the answer, milliseconds; at least 1. */
  readonly timeoutMs: number;
  /** The client has cancelled, or gone away: a trial that runs is ended, and the promise rejects. */
  readonly signal?: AbortSignal | undefined;
}

export interface TrialRequest extends TrialInput, TrialLimits {}

export interface DryRunRequest extends DryRunInput, TrialLimits {}

/** How one statement of a dry run went. */
export type DryRunOutcome =
  | { readonly ok: true; readonly rowsAffected: number }
  | { readonly ok: false; readonly error: PatinaError };

export interface TrialStats {
  readonly waiting: number;
  readonly trials: number;
  readonly holds: number;
  readonly timeouts: number;
  readonly aborts: number;
  readonly crashes: number;
  readonly refusals: number;
}

export interface TrialRunner {
  /** Starts the process, if it does not run: to be called when a transaction begins. */
  prepare(): void;
  /**
   * Runs all pending statements and the new one, and takes them back. Rejects with what the new statement
   * fails with; PATINA_TRANSACTION_CONFLICT when a pending one comes out otherwise than it did;
   * PATINA_SQL_TIMEOUT, PATINA_OVERLOADED, PATINA_RESULT_TOO_LARGE; the reason of the signal.
   */
  run(request: TrialRequest): Promise<TrialResult>;
  /**
   * Runs writes as one transaction and takes them back. Resolves with how each went, the first that fails
   * being the last; rejects with PATINA_SQL_TIMEOUT, PATINA_OVERLOADED, the reason of the signal.
   */
  dryRun(request: DryRunRequest): Promise<DryRunOutcome[]>;
  /** Ends a trial of this process at once, and starts afresh: for a database file that was replaced. */
  recycle(): void;
  stats(): TrialStats;
  /** Ends the process; what waits rejects with PATINA_SHUTTING_DOWN. */
  stop(): Promise<void>;
}

const queueMaxDefault = 1_000;
const idleMsDefault = 60_000;

/** Trials that are sent within one hold, and how long a hold takes new ones in, milliseconds. */
const trialsPerHoldMax = 64;
const holdTakesInMs = 2;

/** How long a trial that nobody waits for any more may run, milliseconds. */
const graceMs = 50;

/** A trial whose process died so often may be the cause. */
const attemptsMax = 2;

/** Processes that die before they take a trial, in a row: then none will do. */
const failedStartsMax = 2;

interface Job {
  readonly limits: TrialLimits;
  readonly payload: Uint8Array;
  readonly resolve: (done: TrialDone) => void;
  readonly reject: (error: unknown) => void;
  deadline: NodeJS.Timeout | undefined;
  onAbort: (() => void) | undefined;
  attempts: number;
  /** It has been answered, or given up. */
  isSettled: boolean;
}

export function createTrialRunner(options: TrialRunnerOptions): TrialRunner {
  return new Runner(options);
}

class Runner implements TrialRunner {
  readonly #options: TrialRunnerOptions;
  readonly #queue: Job[] = [];
  /** Sent and not answered; the first is the one that runs. */
  readonly #sent: Job[] = [];
  #child: TrialChild | undefined;
  #childGone: Promise<void> = Promise.resolve();
  #isPumping = false;
  /** Told when the hold has nothing more to wait for. */
  #onDrained: (() => void) | undefined;
  #holdSinceMs = 0;
  #sentInHold = 0;
  #idleTimer: NodeJS.Timeout | undefined;
  #graceTimer: NodeJS.Timeout | undefined;
  #isStopped = false;
  readonly #counts = { trials: 0, holds: 0, timeouts: 0, aborts: 0, crashes: 0, refusals: 0 };

  constructor(options: TrialRunnerOptions) {
    this.#options = options;
  }

  prepare(): void {
    if (!this.#isStopped && this.#child === undefined) this.#startChild();
    this.#planIdleEnd();
  }

  async run(request: TrialRequest): Promise<TrialResult> {
    const { pending, statement, isQuery, moment, rowsMax, bytesMax } = request;
    const input = { pending, statement, isQuery, moment, rowsMax, bytesMax };
    const done = await this.#submit({ kind: 'trial', ...input }, request);
    assert(done.kind === 'trial', 'a trial is answered as one');
    return { rowsAffected: done.rowsAffected, rows: done.rows };
  }

  async dryRun({ statements, ...limits }: DryRunRequest): Promise<DryRunOutcome[]> {
    const done = await this.#submit({ kind: 'dry-run', statements }, limits);
    assert(done.kind === 'dry-run', 'a dry run is answered as one');
    return done.steps.map((step) => (step.ok ? step : { ok: false, error: fromPlain(step.error) }));
  }

  #submit(task: TrialTask, limits: TrialLimits): Promise<TrialDone> {
    if (this.#isStopped) return Promise.reject(stopping());
    if (limits.signal?.aborted === true) return Promise.reject(limits.signal.reason);
    if (this.#queue.length >= (this.#options.queueMax ?? queueMaxDefault)) {
      this.#counts.refusals++;
      const message = 'too many statements of open transactions are waiting';
      return Promise.reject(new PatinaError('PATINA_OVERLOADED', message));
    }
    return new Promise((resolve, reject) => {
      const job: Job = {
        limits,
        // Now, while the writer is not held.
        payload: encodeTrial(task),
        resolve,
        reject,
        deadline: undefined,
        onAbort: undefined,
        attempts: 0,
        isSettled: false,
      };
      this.#watch(job);
      this.#queue.push(job);
      this.#takeIn();
      void this.#pump();
    });
  }

  recycle(): void {
    this.#child?.kill();
  }

  stats(): TrialStats {
    return { waiting: this.#queue.length + this.#sent.length, ...this.#counts };
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#idleTimer);
    for (const job of [...this.#queue.splice(0), ...this.#sent]) this.#settle(job, stopping());
    this.#child?.kill();
    await this.#childGone;
  }

  #watch(job: Job): void {
    const { signal, timeoutMs } = job.limits;
    job.deadline = setTimeout(
      () => this.#giveUp(job, 'timeout', tookTooLong()),
      Math.max(1, timeoutMs),
    );
    if (signal === undefined) return;
    job.onAbort = () => this.#giveUp(job, 'aborted', signal.reason);
    signal.addEventListener('abort', job.onAbort, { once: true });
  }

  /** Ends a trial, wherever it is; one that runs goes with its process, and those after it are sent anew. */
  #giveUp(job: Job, kind: 'timeout' | 'aborted', error: unknown): void {
    if (job.isSettled) return;
    this.#counts[kind === 'timeout' ? 'timeouts' : 'aborts']++;
    this.#settle(job, error);
    const place = this.#queue.indexOf(job);
    if (place >= 0) this.#queue.splice(place, 1);
    if (this.#sent[0] === job) this.#endRunning(kind);
  }

  #endRunning(kind: TrialEvent['kind']): void {
    this.#tell(kind, 'a trial was ended');
    this.#child?.kill();
  }

  #settle(job: Job, error: unknown): void {
    if (this.#finish(job)) job.reject(error);
  }

  #finish(job: Job): boolean {
    if (job.isSettled) return false;
    job.isSettled = true;
    clearTimeout(job.deadline);
    if (job.onAbort !== undefined) job.limits.signal?.removeEventListener('abort', job.onAbort);
    return true;
  }

  /** Takes holds, one after the other, until nothing waits. */
  async #pump(): Promise<void> {
    if (this.#isPumping) return;
    this.#isPumping = true;
    clearTimeout(this.#idleTimer);
    let failedStarts = 0;
    while (this.#queue.length > 0 && !this.#isStopped) {
      try {
        if (this.#child?.isAlive === false) await this.#childGone;
        await (this.#child ?? this.#startChild()).ready();
      } catch (error) {
        failedStarts++;
        if (failedStarts < failedStartsMax) continue;
        this.#failAll(error);
        break;
      }
      failedStarts = 0;
      try {
        const release = await this.#options.hold();
        try {
          await this.#runHeld();
        } finally {
          release();
        }
      } catch (error) {
        this.#failAll(error);
      }
    }
    this.#isPumping = false;
    this.#planIdleEnd();
  }

  #failAll(error: unknown): void {
    for (const job of this.#queue.splice(0)) this.#settle(job, error);
  }

  /** Sends what waits, and what comes meanwhile; never rejects, and resolves when all of it was answered or given up. */
  #runHeld(): Promise<void> {
    return new Promise((resolve) => {
      this.#onDrained = () => {
        this.#onDrained = undefined;
        resolve();
      };
      this.#counts.holds++;
      this.#holdSinceMs = performance.now();
      this.#sentInHold = 0;
      this.#takeIn();
      this.#lookDrained();
    });
  }

  /** While the writer is held: sends trials that wait, unless others should have their turn. */
  #takeIn(): void {
    if (this.#onDrained === undefined) return;
    const child = this.#child;
    if (child?.isAlive !== true) return;
    while (this.#sentInHold < trialsPerHoldMax) {
      const isLate = performance.now() - this.#holdSinceMs > holdTakesInMs;
      if (isLate && this.#sentInHold > 0) return;
      const job = this.#queue.shift();
      if (job === undefined) return;
      this.#sentInHold++;
      this.#counts.trials++;
      this.#sent.push(job);
      child.send(job.payload);
    }
  }

  #lookDrained(): void {
    if (this.#sent.length === 0) this.#onDrained?.();
  }

  #answered(answer: TrialAnswer): void {
    const job = this.#sent.shift();
    if (job !== undefined && this.#finish(job)) {
      if (answer.ok) job.resolve(answer);
      else job.reject(fromPlain(answer.error));
    }
    clearTimeout(this.#graceTimer);
    if (this.#sent[0]?.isSettled === true) {
      // It was given up while it waited: it may end by itself sooner than a new process starts.
      this.#graceTimer = setTimeout(() => this.#endRunning('timeout'), graceMs);
    }
    this.#lookDrained();
  }

  #startChild(): TrialChild {
    const gone = Promise.withResolvers<void>();
    this.#childGone = gone.promise;
    const child = new TrialChild({
      databasePath: this.#options.databasePath,
      compileCacheDirectory: this.#options.compileCacheDirectory,
      onAnswer: (answer) => this.#answered(answer),
      onExit: (error) => {
        this.#exited(error);
        gone.resolve();
      },
    });
    this.#child = child;
    this.#tell('started', '');
    return child;
  }

  #exited(error: PatinaError | undefined): void {
    clearTimeout(this.#graceTimer);
    if (error !== undefined) {
      this.#counts.crashes++;
      this.#tell('crashed', error.message);
    }
    this.#child = undefined;
    const sent = this.#sent.splice(0);
    const [first] = sent;
    if (first !== undefined && error !== undefined) {
      first.attempts++;
      if (first.attempts >= attemptsMax) this.#settle(first, error);
    }
    // Nothing of a trial stays, so those that were cut off are sent again, in their order.
    this.#queue.unshift(...sent.filter(({ isSettled }) => !isSettled));
    this.#lookDrained();
  }

  #planIdleEnd(): void {
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => {
      if (this.#isPumping || this.#child === undefined) return;
      this.#tell('idle', 'nothing was tried for a while');
      this.#child.kill();
    }, this.#options.idleMs ?? idleMsDefault).unref();
  }

  #tell(kind: TrialEvent['kind'], detail: string): void {
    this.#options.onEvent?.({ kind, pid: this.#child?.pid, detail });
  }
}

function stopping(): PatinaError {
  return new PatinaError('PATINA_SHUTTING_DOWN', 'the node is stopping');
}

function tookTooLong(): PatinaError {
  return new PatinaError('PATINA_SQL_TIMEOUT', 'canceling statement due to statement timeout');
}
