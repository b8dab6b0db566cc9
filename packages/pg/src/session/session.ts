// The session machine: what a PostgreSQL server does with the bytes of one client. Pure: bytes, answers and
// timers go in, effects come out; it opens nothing and knows no clock. PostgreSQL's manual, chapter
// "Frontend/Backend Protocol"; the behaviour is that of PostgreSQL 15.

import { asPgError, PgError } from '../pg-error.ts';
import {
  encryptionAccepted,
  encryptionRefused,
  errorResponse,
  readyForQuery,
} from '../protocol/backend.ts';
import { FrontendDecoder, type FrontendMessage } from '../protocol/frontend.ts';
import { LostClient } from './copy-in-flow.ts';
import type { Effect, TimerName } from './effects.ts';
import { bind, close, describe, execute, parseStatement } from './extended-query.ts';
import type { SessionAnswer } from './requests.ts';
import {
  type Flow,
  type Reply,
  SessionCore,
  type SessionOptions,
  type Step,
} from './session-core.ts';
import { runQueryString } from './simple-query.ts';
import { startUp } from './start-up.ts';
import { beginImplicit, dropPortals, endImplicit, failTransaction } from './transaction-flow.ts';

/** Bytes of the client that may wait while a statement runs; then no more is read. */
const waitingBytesMax = 256 * 1024;

type Phase = 'starting' | 'working' | 'closed';

export class Session {
  readonly #core: SessionCore;
  readonly #decoder = new FrontendDecoder();
  #phase: Phase = 'starting';
  /** What is under way, and what it waits for. */
  #flow: Flow<void> | undefined;
  #waitsFor: 'answer' | 'message' | undefined;
  #hasAskedForEncryption = false;
  #isStartingTls = false;
  /** Which of the timers of idle sessions runs. */
  #idleTimer: TimerName | undefined;
  /** After an error of the extended protocol everything up to Sync is passed over. */
  #skipsToSync = false;
  /** Whether something ran since the last Sync that is not committed by itself. */
  #hasRunSinceSync = false;
  /** ReadyForQuery was sent, and nothing came since. */
  #isIdle = false;

  constructor(options: SessionOptions) {
    this.#core = new SessionCore(options);
  }

  get isClosed(): boolean {
    return this.#phase === 'closed';
  }

  /** As ReadyForQuery tells it, for those who look at sessions. */
  get status(): 'idle' | 'active' | 'idle in transaction' | 'idle in transaction (aborted)' {
    if (!this.#isIdle) return 'active';
    const { kind } = this.#core.transaction;
    if (kind === 'failed') return 'idle in transaction (aborted)';
    return kind === 'open' ? 'idle in transaction' : 'idle';
  }

  get user(): string {
    return this.#core.user;
  }

  get applicationName(): string {
    return this.#core.settings.get('application_name') ?? '';
  }

  /** Bytes of the client, in pieces of any size. */
  receive(bytes: Uint8Array): Effect[] {
    if (this.#phase === 'closed') return [];
    this.#decoder.push(bytes);
    return this.#turn(() => this.#work());
  }

  /** The connection is encrypted from here on. */
  tlsStarted(): void {
    this.#isStartingTls = false;
    this.#core.isEncrypted = true;
  }

  /** Whether so much waits to be looked at that the client must not send more. */
  get isFull(): boolean {
    return this.#decoder.buffered > waitingBytesMax && this.#waitsFor === 'answer';
  }

  /** Whether COPY FROM STDIN waits for the data of the client. */
  get isCopying(): boolean {
    return this.#phase === 'working' && this.#waitsFor === 'message';
  }

  /** How the request that was made last went, or a part of how. */
  answer(answer: SessionAnswer): Effect[] {
    if (this.#phase === 'closed') return [];
    return this.#turn(() => {
      if (answer.kind === 'rows') {
        this.#core.sendRows(answer.bytes);
        return;
      }
      this.#resume({ kind: 'answer', answer });
      this.#work();
    });
  }

  /** A timer that was set has run out. */
  timer(name: TimerName): Effect[] {
    const [sqlState, sentence] = timeOuts[name];
    return this.end(new PgError(sqlState, sentence));
  }

  /** NOTIFY of a session that this one listens to. */
  notify(processId: number, channel: string, payload: string): Effect[] {
    if (this.#phase !== 'working') return [];
    return this.#turn(() => {
      const core = this.#core;
      core.notifications.receive(processId, { channel, payload });
      if (this.#isIdle && !core.transaction.isOpen) core.send(...core.notifications.take());
    });
  }

  /** Ends the session with a last word to the client. */
  end(error: PgError): Effect[] {
    if (this.#phase === 'closed') return [];
    return this.#turn(() => this.#fatal(error));
  }

  #turn(run: () => void): Effect[] {
    try {
      run();
    } catch (error) {
      this.#fatal(asPgError(error));
    }
    return this.#core.takeEffects();
  }

  /** Takes messages for as long as nothing has to be waited for. */
  #work(): void {
    while (this.#phase !== 'closed' && this.#waitsFor !== 'answer' && !this.#isStartingTls) {
      const hasWorked =
        this.#phase === 'starting' && this.#flow === undefined
          ? this.#takeStartup()
          : this.#takeMessage();
      if (!hasWorked) break;
    }
  }

  #takeStartup(): boolean {
    const packet = this.#decoder.nextStartup();
    if (packet === undefined) return false;
    const core = this.#core;
    switch (packet.kind) {
      case 'ssl-request':
        this.#offerTls();
        return true;
      case 'gss-request':
        core.send(encryptionRefused);
        return true;
      case 'cancel':
        core.effect({ kind: 'cancel', processId: packet.pid, secret: packet.secret });
        this.#close();
        return true;
      default:
        this.#start(this.#begin(packet));
        return true;
    }
  }

  #offerTls(): void {
    const core = this.#core;
    if (!core.options.offersTls || core.isEncrypted || this.#hasAskedForEncryption) {
      core.send(encryptionRefused);
      return;
    }
    this.#hasAskedForEncryption = true;
    if (this.#decoder.buffered > 0) {
      // Whoever put it there was between the client and us (CVE-2021-23214).
      throw new PgError('08P01', 'received unencrypted data after SSL request');
    }
    core.send(encryptionAccepted);
    core.effect({ kind: 'start-tls' });
    this.#isStartingTls = true;
  }

  *#begin(packet: Parameters<typeof startUp>[1]): Flow<void> {
    yield* startUp(this.#core, packet);
    this.#phase = 'working';
    this.#ready();
  }

  #takeMessage(): boolean {
    const decoder = this.#decoder;
    const message = this.#phase === 'starting' ? decoder.nextPassword() : decoder.next();
    if (message === undefined) return false;
    if (this.#waitsFor === 'message') {
      this.#resume({ kind: 'message', message });
      return true;
    }
    this.#isIdle = false;
    if (this.#idleTimer !== undefined) {
      this.#core.effect({ kind: 'clear-timer', name: this.#idleTimer });
      this.#idleTimer = undefined;
    }
    this.#dispatch(message);
    return true;
  }

  #dispatch(message: FrontendMessage): void {
    if (message.kind === 'terminate') {
      this.#close();
      return;
    }
    if (this.#skipsToSync && message.kind !== 'sync') return;
    switch (message.kind) {
      case 'query':
        this.#start(this.#runQuery(message.text));
        return;
      case 'sync':
        this.#start(this.#sync());
        return;
      case 'copy-data':
      case 'copy-done':
      case 'copy-fail':
        // The rest of a COPY that has failed.
        return;
      case 'flush':
        return;
      case 'password':
        throw new PgError('08P01', 'unexpected password message');
      case 'function-call': {
        const sentence = 'the function call protocol is not supported';
        this.#start(this.#refuse(new PgError('0A000', sentence)));
        return;
      }
      case 'invalid':
        // As for other rests of a COPY.
        if (message.letter === 'f') return;
        this.#start(this.#refuse(message.error, !outsideExtended.has(message.letter)));
        return;
      default:
        this.#start(this.#extended(message));
    }
  }

  *#runQuery(text: string): Flow<void> {
    const core = this.#core;
    try {
      yield* runQueryString(core, text);
    } catch (error) {
      yield* this.#tellError(error);
    }
    this.#hasRunSinceSync = false;
    this.#ready();
  }

  *#refuse(error: PgError, isExtended = false): Flow<void> {
    yield* this.#tellError(error);
    if (isExtended) this.#skipsToSync = true;
    else this.#ready();
  }

  *#extended(message: FrontendMessage): Flow<void> {
    const core = this.#core;
    try {
      beginImplicit(core, 'pipeline');
      switch (message.kind) {
        case 'parse':
          parseStatement(core, message);
          return;
        case 'bind':
          bind(core, message);
          return;
        case 'describe':
          describe(core, message);
          return;
        case 'close':
          close(core, message);
          return;
        case 'execute': {
          const isAlone = this.#isAlone;
          this.#hasRunSinceSync = true;
          yield* execute(core, message, isAlone);
          core.transaction.isPipelined = core.transaction.isOpen;
          return;
        }
        default:
          return;
      }
    } catch (error) {
      yield* this.#tellError(error);
      this.#skipsToSync = true;
    }
  }

  /** Whether the Execute at hand is a transaction by itself. */
  get #isAlone(): boolean {
    const { kind } = this.#core.transaction;
    return kind === 'implicit' && !this.#hasRunSinceSync && this.#decoder.endsWithSync;
  }

  *#sync(): Flow<void> {
    const core = this.#core;
    this.#skipsToSync = false;
    this.#hasRunSinceSync = false;
    try {
      yield* endImplicit(core);
    } catch (error) {
      yield* this.#tellError(error);
    }
    if (!core.transaction.isOpen) dropPortals(core);
    this.#ready();
  }

  /** Tells the client, and lets the transaction fail. */
  *#tellError(error: unknown): Flow<void> {
    const core = this.#core;
    core.captured = undefined;
    core.heading = undefined;
    core.send(errorResponse('ERROR', asPgError(error)));
    if (error instanceof LostClient) {
      const sentence = 'terminating connection because protocol synchronization was lost';
      throw new PgError('08P01', sentence);
    }
    yield* failTransaction(core);
  }

  #ready(): void {
    const core = this.#core;
    core.reportSettings();
    if (!core.transaction.isOpen) core.send(...core.notifications.take());
    core.send(readyForQuery(core.transaction.status));
    this.#isIdle = true;
    const name = core.transaction.isOpen ? 'idle-in-transaction' : 'idle-session';
    const setting = core.transaction.isOpen
      ? 'idle_in_transaction_session_timeout'
      : 'idle_session_timeout';
    const afterMs = core.settings.timeMs(setting);
    if (afterMs <= 0) return;
    core.effect({ kind: 'set-timer', name, afterMs });
    this.#idleTimer = name;
  }

  #start(flow: Flow<void>): void {
    this.#flow = flow;
    this.#advance(flow.next());
  }

  #resume(reply: Reply): void {
    if (this.#flow === undefined || this.#waitsFor !== reply.kind) return;
    this.#waitsFor = undefined;
    this.#advance(this.#flow.next(reply));
  }

  #advance(result: IteratorResult<Step, void>): void {
    if (result.done === true) {
      this.#flow = undefined;
      this.#waitsFor = undefined;
      return;
    }
    const step = result.value;
    if (step.kind === 'message') {
      this.#waitsFor = 'message';
      return;
    }
    this.#waitsFor = 'answer';
    this.#core.effect({ kind: 'request', request: step.request });
  }

  #fatal(error: PgError): void {
    if (this.#phase === 'closed') return;
    this.#core.send(errorResponse('FATAL', error));
    this.#close();
  }

  #close(): void {
    this.#phase = 'closed';
    this.#flow = undefined;
    this.#waitsFor = undefined;
    this.#core.effect({ kind: 'close' });
  }
}

/** Letters of messages after whose errors the session goes on at once. */
const outsideExtended: ReadonlySet<string> = new Set(['Q', 'F']);

const timeOuts: Readonly<Record<TimerName, readonly [string, string]>> = {
  'idle-in-transaction': ['25P03', 'terminating connection due to idle-in-transaction timeout'],
  transaction: ['25P04', 'terminating connection due to transaction timeout'],
  'idle-session': ['57P05', 'terminating connection due to idle-session timeout'],
};
