// Drives one client's session machine: bytes of the socket go in, what it says goes out, and what it asks for
// is carried out by the session's execution or, before the log-in, by the access model.

import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import { sizeOf } from '@patina/engine/functions/pg-types.ts';
import type { NotificationHub } from '../execution/notifications.ts';
import type { PgBackend } from '../execution/ports.ts';
import { SessionExecution, type WorkRequest } from '../execution/session-execution.ts';
import { asPgError, PgError } from '../pg-error.ts';
import type { PgReaderPool } from '../reader/reader-pool.ts';
import type { Effect, TimerName } from '../session/effects.ts';
import type { SessionAnswer, SessionRequest } from '../session/requests.ts';
import { Session } from '../session/session.ts';
import { wrongPassword } from '../session/start-up.ts';
import { makeCopyDecoder } from '../types/copy-decoder.ts';
import { decodeParam } from '../types/decode.ts';
import type { BackendKey, CancelRegistry } from './cancel-registry.ts';
import { ClientSocket } from './client-socket.ts';
import type { PgAccess, PgClient, PgPrincipal } from './pg-access.ts';
import type { PgServerLimits } from './pg-server.ts';
import type { PlanDesk } from './plan-desk.ts';
import type { PgServerEvent } from './server-events.ts';

export interface ConnectionOptions {
  readonly access: PgAccess;
  readonly backend: PgBackend;
  readonly readers: PgReaderPool;
  readonly secureContext: (() => SecureContext) | undefined;
  readonly databaseName: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly limits: PgServerLimits;
  readonly desk: PlanDesk;
  readonly hub: NotificationHub;
  readonly registry: CancelRegistry;
  /** What it is told as soon as it says who it is; undefined takes it. */
  readonly refusal: PgError | undefined;
  readonly onCancel: () => void;
  readonly onEvent: (event: PgServerEvent) => void;
  readonly onClosed: () => void;
}

/** The first byte of a TLS handshake, which no message of PostgreSQL begins with. */
const tlsHandshakeByte = 0x16;

/** What clients that begin with TLS at once have to ask for. */
const applicationProtocol = 'postgresql';

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #socket: ClientSocket;
  readonly #key: BackendKey;
  readonly #startupTimer: NodeJS.Timeout;
  #session: Session | undefined;
  #execution: SessionExecution | undefined;
  #principal: PgPrincipal | undefined;
  #user = '';
  readonly #timers = new Map<TimerName, NodeJS.Timeout>();
  readonly #effects: Effect[] = [];
  #isActing = false;
  #waitingNotifications = 0;
  #isTold = false;

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#options = options;
    const { limits, registry } = options;
    this.#socket = new ClientSocket(
      socket,
      { onData: (bytes) => this.#received(bytes), onClose: () => this.#closed() },
      limits,
    );
    this.#key = registry.register(() => this.#execution?.cancel());
    this.#startupTimer = setTimeout(() => this.destroy(), limits.startupMsMax);
  }

  get isLoggedIn(): boolean {
    return this.#principal !== undefined;
  }

  /** What its session holds, for tests and statistics. */
  get holds(): SessionExecution['holds'] | undefined {
    return this.#execution?.holds;
  }

  /** Tells the client a fatal error and closes. */
  end(error: PgError): void {
    if (this.#isTold || this.#socket.isClosed) return;
    this.#isTold = true;
    this.#execution?.close();
    if (this.#session === undefined) this.#socket.end();
    else this.#act(this.#session.end(error));
  }

  destroy(): void {
    this.#socket.destroy();
  }

  get #client(): PgClient {
    const { remoteAddress, isEncrypted } = this.#socket;
    return { remoteAddress, isEncrypted };
  }

  #received(bytes: Buffer): void {
    if (this.#session === undefined) {
      if (bytes[0] === tlsHandshakeByte && !this.#socket.isEncrypted) {
        void this.#startTls(bytes, 'at once');
        return;
      }
      this.#session = this.#makeSession();
    }
    this.#act(this.#session.receive(bytes));
    if (this.#session.isFull) this.#socket.setReading(false);
  }

  #makeSession(): Session {
    const { databaseName, secureContext, desk, settings } = this.#options;
    return new Session({
      ...this.#key,
      planner: () => desk.planner,
      decodeParam,
      sizeOf,
      settings,
      databaseName,
      offersTls: secureContext !== undefined,
      isEncrypted: this.#socket.isEncrypted,
      serverNonce: randomBytes(18).toString('base64'),
    });
  }

  async #startTls(unread: Buffer, when: 'at once' | 'when asked'): Promise<void> {
    const { secureContext, onEvent } = this.#options;
    if (secureContext === undefined) {
      this.destroy();
      return;
    }
    try {
      const protocol = await this.#socket.startTls(secureContext(), unread);
      if (when === 'at once' && protocol !== applicationProtocol) this.destroy();
      else this.#session?.tlsStarted();
    } catch (error) {
      const { remoteAddress } = this.#socket;
      onEvent({ kind: 'tls-failed', remoteAddress, error });
    }
  }

  /** Carries out what the machine wants, in order, also what comes while it does. */
  #act(effects: readonly Effect[]): void {
    for (const effect of effects) this.#effects.push(effect);
    if (this.#isActing) return;
    this.#isActing = true;
    try {
      for (let effect = this.#effects.shift(); effect; effect = this.#effects.shift()) {
        this.#actOn(effect);
      }
    } finally {
      this.#isActing = false;
    }
  }

  #actOn(effect: Effect): void {
    switch (effect.kind) {
      case 'send':
        this.#socket.write(effect.bytes);
        return;
      case 'request':
        this.#carryOut(effect.request);
        return;
      case 'start-tls':
        void this.#startTls(Buffer.alloc(0), 'when asked');
        return;
      case 'cancel':
        this.#cancelOther(effect);
        return;
      case 'set-timer':
        this.#setTimer(effect.name, effect.afterMs);
        return;
      case 'clear-timer':
        this.#clearTimer(effect.name);
        return;
      case 'close':
        this.#isTold = true;
        this.#socket.end();
    }
  }

  #carryOut(request: SessionRequest): void {
    switch (request.kind) {
      case 'identify':
        void this.#identify(request.user);
        return;
      case 'check-password':
        void this.#checkPassword(request.password);
        return;
      case 'logged-in':
        void this.#logIn();
        return;
      case 'log-in-failed':
        this.#options.access.logInFailed(request.user, this.#client, request.reason);
        return;
      default:
        this.#work(request);
    }
  }

  #work(request: WorkRequest): void {
    if (this.#execution !== undefined) this.#execution.handle(request);
    else void this.#answer({ kind: 'failed', error: new PgError('28000', 'nobody has logged in') });
  }

  async #identify(user: string): Promise<void> {
    const { refusal, access, desk } = this.#options;
    this.#user = user;
    try {
      if (refusal !== undefined) throw refusal;
      const [identified] = await Promise.all([access.identify(user, this.#client), desk.ready()]);
      void this.#answer({ kind: 'identified', identified });
    } catch (error) {
      void this.#answer({ kind: 'failed', error: asPgError(error) });
    }
  }

  async #checkPassword(password: string): Promise<void> {
    const { access } = this.#options;
    try {
      const isRight = await access.checkPassword(this.#user, password, this.#client);
      if (!isRight) {
        access.logInFailed(this.#user, this.#client, 'wrong password');
        throw wrongPassword(this.#user);
      }
      void this.#answer({ kind: 'completed', rows: 0, hasMore: false, notices: [] });
    } catch (error) {
      void this.#answer({ kind: 'failed', error: asPgError(error) });
    }
  }

  async #logIn(): Promise<void> {
    const { access, onEvent } = this.#options;
    try {
      const principal = await access.logIn(this.#user, this.#client);
      if (this.#socket.isClosed) return;
      if (principal.revoked.aborted) throw revoked();
      clearTimeout(this.#startupTimer);
      this.#principal = principal;
      principal.revoked.addEventListener('abort', this.#onRevoked, { once: true });
      this.#execution = this.#makeExecution(principal);
      const { remoteAddress } = this.#socket;
      onEvent({ kind: 'session-started', user: principal.name, remoteAddress });
      void this.#answer({ kind: 'completed', rows: 0, hasMore: false, notices: [] });
    } catch (error) {
      void this.#answer({ kind: 'failed', error: asPgError(error) });
    }
  }

  readonly #onRevoked = (): void => this.end(revoked());

  #makeExecution(principal: PgPrincipal): SessionExecution {
    const { backend, readers, hub, limits, access, desk } = this.#options;
    return new SessionExecution({
      backend,
      readers,
      hub,
      limits,
      principal,
      check: (who, action) => access.check(who, action),
      clientName: `postgresql ${principal.name}`,
      processId: this.#key.processId,
      listener: { notify: (...notification) => this.#notify(...notification) },
      deliver: (answer) => this.#answer(answer),
      onSchemaVersion: (schemaVersion) => desk.sawSchemaVersion(schemaVersion),
      schemaChanged: () => desk.refresh(),
      explainWrite: (sql) => desk.explain(sql),
      makeCopyDecoder,
      nowMs: () => Date.now(),
    });
  }

  /** Tells the machine; the promise, where there is one, is pending while the client is slow. */
  #answer(answer: SessionAnswer): void | Promise<void> {
    const session = this.#session;
    if (session === undefined || this.#socket.isClosed) return undefined;
    if (answer.kind === 'failed' && answer.error.sqlState.startsWith('XX')) {
      const { error } = answer;
      this.#options.onEvent({ kind: 'internal-error', user: this.#user, error });
    }
    const wasFull = session.isFull;
    this.#act(session.answer(answer));
    if (wasFull && !session.isFull) this.#socket.setReading(true);
    return this.#socket.drained();
  }

  /** A client that does not take what it listens for is not waited for without end. */
  #notify(processId: number, channel: string, payload: string): void {
    const session = this.#session;
    if (session === undefined) return;
    this.#act(session.notify(processId, channel, payload));
    const pending = this.#socket.drained();
    if (pending === undefined) this.#waitingNotifications = 0;
    else if (++this.#waitingNotifications > this.#options.limits.notificationsMax) this.destroy();
  }

  #cancelOther(key: BackendKey): void {
    if (this.#options.registry.cancel(key)) this.#options.onCancel();
  }

  #setTimer(name: TimerName, afterMs: number): void {
    this.#clearTimer(name);
    const timer = setTimeout(() => {
      this.#timers.delete(name);
      this.#isTold = true;
      this.#execution?.close();
      if (this.#session !== undefined) this.#act(this.#session.timer(name));
    }, afterMs);
    this.#timers.set(name, timer);
  }

  #clearTimer(name: TimerName): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }

  #closed(): void {
    const { registry, onEvent, onClosed } = this.#options;
    clearTimeout(this.#startupTimer);
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    registry.unregister(this.#key.processId);
    this.#execution?.close();
    const principal = this.#principal;
    principal?.revoked.removeEventListener('abort', this.#onRevoked);
    if (principal !== undefined) {
      const { remoteAddress } = this.#socket;
      onEvent({ kind: 'session-ended', user: principal.name, remoteAddress });
    }
    onClosed();
  }
}

function revoked(): PgError {
  return new PgError('57P01', 'terminating connection: the role was revoked or changed');
}
