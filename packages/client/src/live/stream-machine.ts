// The life of a stream over many connections: which address to ask, when, from where on, and when to
// give up. Pure: what happens and chance go in, what is to be done comes out.

import { asClientError, type ClientError } from '../client-error.ts';
import { cursorCodes, type LostReason, type StreamFold } from './stream-fold.ts';

/** `connecting`: nothing was told yet. `live`: it follows the node. `failed`: it gave up. */
export type StreamStatus = 'connecting' | 'live' | 'reconnecting' | 'closed' | 'failed';

export interface RetryPolicy {
  /** Wait after all addresses failed once; doubles each round. Milliseconds. */
  readonly baseMs: number;
  /** Wait between rounds at most. Milliseconds. */
  readonly maxMs: number;
  /** Failures in a row after which it gives up. */
  readonly failuresMax: number;
}

export const retryPolicyDefault: RetryPolicy = { baseMs: 100, maxMs: 5_000, failuresMax: 1_000 };

/** What happened. Inputs of an attempt that is over are ignored. */
export type StreamInput<Line> =
  | { readonly kind: 'start' }
  | { readonly kind: 'line'; readonly attempt: number; readonly line: Line }
  /** The connection could not be made, was refused (with a status), or ended. */
  | { readonly kind: 'lost'; readonly attempt: number; readonly error: ClientError }
  | { readonly kind: 'waited'; readonly attempt: number }
  /** The program cannot go on. */
  | { readonly kind: 'fail'; readonly error: Error }
  | { readonly kind: 'close' };

/** What is to be done, in order. */
export type StreamEffect<Event> =
  | {
      readonly kind: 'connect';
      readonly attempt: number;
      readonly urlIndex: number;
      readonly from: string | undefined;
    }
  | { readonly kind: 'hang-up' }
  | { readonly kind: 'wait'; readonly attempt: number; readonly ms: number }
  | { readonly kind: 'tell'; readonly events: readonly Event[] }
  | { readonly kind: 'status'; readonly status: StreamStatus; readonly error: Error | undefined };

/** Refusals of who asks, which are the same everywhere. */
const deniedStatuses: ReadonlySet<number> = new Set([401, 403]);

export class StreamMachine<Line, Event> {
  readonly #fold: StreamFold<Line, Event>;
  readonly #urlCount: number;
  readonly #retry: RetryPolicy;
  #urlIndex: number;
  #status: StreamStatus = 'connecting';
  #attempt = 0;
  #isConnected = false;
  /** Whether this connection told something new. */
  #isLive = false;
  #wasLive = false;
  /** In a row, without progress between them. */
  #failures = 0;
  /** Answers in a row that no repetition will change. */
  #refusals = 0;

  constructor(
    fold: StreamFold<Line, Event>,
    options: { readonly urls: number; readonly firstUrl: number; readonly retry: RetryPolicy },
  ) {
    this.#fold = fold;
    this.#urlCount = options.urls;
    this.#urlIndex = options.firstUrl;
    this.#retry = options.retry;
  }

  get status(): StreamStatus {
    return this.#status;
  }

  get hasEnded(): boolean {
    return this.#status === 'closed' || this.#status === 'failed';
  }

  /** `random` is in [0, 1). */
  step(input: StreamInput<Line>, random: number): StreamEffect<Event>[] {
    if (this.hasEnded) return [];
    switch (input.kind) {
      case 'start':
        return this.#attempt === 0 ? [this.#connect()] : [];
      case 'waited':
        if (input.attempt !== this.#attempt || this.#isConnected) return [];
        return [this.#connect()];
      case 'line':
        if (input.attempt !== this.#attempt || !this.#isConnected) return [];
        return this.#line(input.line, random);
      case 'lost':
        if (input.attempt !== this.#attempt || !this.#isConnected) return [];
        return this.#answerLost(input.error, random);
      case 'fail':
        return this.#end('failed', input.error);
      case 'close':
        return this.#end('closed', undefined);
    }
  }

  #connect(): StreamEffect<Event> {
    this.#attempt++;
    this.#isConnected = true;
    this.#isLive = false;
    this.#fold.begin();
    const { from } = this.#fold;
    return { kind: 'connect', attempt: this.#attempt, urlIndex: this.#urlIndex, from };
  }

  #line(line: Line, random: number): StreamEffect<Event>[] {
    try {
      const { events, mark, lost } = this.#fold.take(line);
      if (lost !== undefined) return this.#lost(lost, random);
      const effects: StreamEffect<Event>[] = [];
      if (mark === 'live') effects.push(...this.#live());
      if (mark === 'progress') this.#failures = 0;
      if (events.length > 0) effects.push({ kind: 'tell', events });
      return effects;
    } catch (cause) {
      const error = asClientError(cause);
      if (error.code !== 'PATINA_PROTOCOL') return this.#end('failed', causeOf(cause));
      return this.#lost({ error, next: 'fresh' }, random);
    }
  }

  #live(): StreamEffect<Event>[] {
    this.#isLive = true;
    this.#wasLive = true;
    this.#refusals = 0;
    return this.#setStatus('live', undefined);
  }

  /** A connection that worked and broke may work again at once, and go on exactly there. */
  #answerLost(error: ClientError, random: number): StreamEffect<Event>[] {
    if (this.#fold.from !== undefined && cursorCodes.has(error.code)) {
      return this.#lost({ error, next: 'fresh' }, random);
    }
    const isCut = error.code === 'PATINA_UNREACHABLE' && error.status === undefined;
    return this.#lost({ error, next: this.#isLive && isCut ? 'same' : 'other' }, random);
  }

  #lost({ error, next }: LostReason, random: number): StreamEffect<Event>[] {
    this.#isConnected = false;
    this.#failures++;
    if (next === 'fresh') this.#fold.forget(error.message);
    else if (!error.retry) this.#refusals++;
    if (this.#isHopeless(error)) return this.#end('failed', error);
    const effects: StreamEffect<Event>[] = [{ kind: 'hang-up' }];
    if (next === 'other' || error.code === 'PATINA_PROTOCOL') {
      this.#urlIndex = (this.#urlIndex + 1) % this.#urlCount;
    }
    if (this.#wasLive) effects.push(...this.#setStatus('reconnecting', error));
    const ms = this.#waitMs(error.retryAfterMs, random);
    effects.push({ kind: 'wait', attempt: this.#attempt, ms });
    return effects;
  }

  #isHopeless(error: ClientError): boolean {
    if (this.#failures > this.#retry.failuresMax) return true;
    // What has never told anything that makes sense is no node.
    if (error.code === 'PATINA_PROTOCOL') return !this.#wasLive && this.#failures >= this.#urlCount;
    if (this.#refusals === 0) return false;
    if (error.status !== undefined && deniedStatuses.has(error.status)) return true;
    // A node that lacks a table so far must not end what works at the others.
    return !this.#wasLive || this.#refusals >= this.#urlCount;
  }

  /** Every address is asked once without a wait; then the waits of the rounds double. */
  #waitMs(askedMs: number, random: number): number {
    const rounds = Math.floor(this.#failures / this.#urlCount);
    if (rounds === 0) return 0;
    const { baseMs, maxMs } = this.#retry;
    const ms = Math.min(maxMs, baseMs * 2 ** Math.min(rounds - 1, 30));
    return Math.max(Math.min(askedMs, maxMs), Math.round(ms * (0.5 + random / 2)));
  }

  #end(status: 'closed' | 'failed', error: Error | undefined): StreamEffect<Event>[] {
    this.#isConnected = false;
    return [{ kind: 'hang-up' }, ...this.#setStatus(status, error)];
  }

  #setStatus(status: StreamStatus, error: Error | undefined): StreamEffect<Event>[] {
    if (this.#status === status && status !== 'reconnecting') return [];
    this.#status = status;
    return [{ kind: 'status', status, error }];
  }
}

function causeOf(cause: unknown): Error {
  return cause instanceof Error ? cause : new Error(String(cause));
}
