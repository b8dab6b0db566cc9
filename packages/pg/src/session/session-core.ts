// What the parts of a session share: its settings, its transaction, its names, what it has to say to the
// client. And how the parts are written: as generators that yield a request or ask for the next message,
// and go on with the answer, so that they read in the order in which things happen.

import type { SqlValue } from '@patina/engine/base/value.ts';
import { PgError } from '../pg-error.ts';
import { noticeResponse, parameterStatus, type SizeOfType } from '../protocol/backend.ts';
import type { FrontendMessage } from '../protocol/frontend.ts';
import type { Planner, PlanOptions } from '../sql/planned.ts';
import type { Oid } from '../types/oids.ts';
import type { Effect } from './effects.ts';
import { Notifications } from './notifications.ts';
import { Portals } from './portals.ts';
import { PreparedStatements } from './prepared-statements.ts';
import type { Format, RunSettings, SessionAnswer, SessionRequest } from './requests.ts';
import { Settings } from './settings.ts';
import { TransactionState } from './transaction-state.ts';

export interface SessionOptions {
  /** The planner of the schema as it is at the call. */
  readonly planner: () => Planner;
  /** Reads one parameter; throws PgError 22P02, 22P03 and others. */
  readonly decodeParam: (
    oid: Oid,
    format: Format,
    bytes: Uint8Array | undefined,
    settings: RunSettings,
  ) => SqlValue;
  readonly sizeOf: SizeOfType;
  /** Standards of settings that the node has an opinion about. */
  readonly settings: Readonly<Record<string, string>>;
  readonly databaseName: string;
  /** Whether the connection can be encrypted. */
  readonly offersTls: boolean;
  readonly isEncrypted: boolean;
  readonly processId: number;
  /** Shown by cancel requests; random, 32 bits. */
  readonly secret: number;
  /** Random text for one SCRAM exchange: printable, no commas. */
  readonly serverNonce: string;
}

/** Statements that run each other by EXECUTE. */
const nestingMax = 50;

/** What a generator yields: a request to be answered, one that is not, or the wish for a message. */
export type Step =
  | { readonly kind: 'ask'; readonly request: SessionRequest }
  | { readonly kind: 'message' };

/** What it gets back. */
export type Reply =
  | { readonly kind: 'answer'; readonly answer: SessionAnswer }
  | { readonly kind: 'message'; readonly message: FrontendMessage };

export type Flow<T> = Generator<Step, T, Reply>;

export type Completed = Extract<SessionAnswer, { kind: 'completed' }>;

export class SessionCore {
  readonly options: SessionOptions;
  readonly settings: Settings;
  readonly transaction = new TransactionState();
  readonly portals = new Portals();
  readonly statements = new PreparedStatements();
  readonly effects: Effect[] = [];
  readonly notifications: Notifications;
  /** Whether the connection is encrypted by now. */
  isEncrypted: boolean;
  user = '';
  database = '';
  /** Where rows go that are not for the client. */
  captured: Uint8Array[] | undefined;
  /** RowDescription of a statement that may yet fail before it has rows. */
  heading: Uint8Array | undefined;
  #out: Uint8Array[] = [];
  #nesting = 0;

  constructor(options: SessionOptions) {
    this.options = options;
    this.isEncrypted = options.isEncrypted;
    this.settings = new Settings(options.settings);
    this.notifications = new Notifications(options.processId, (request) => this.tell(request));
  }

  readonly planOptions = (paramTypes: readonly Oid[]): PlanOptions => ({
    paramTypes,
    setting: (name) => this.setting(name),
  });

  /** Settings, and what else of a session statements may ask for. */
  setting(name: string): string | undefined {
    switch (name) {
      case '@user':
      case '@session_user':
      case 'session_authorization':
        return this.user;
      case '@database':
        return this.database;
      case '@pid':
        return String(this.options.processId);
      case 'transaction_read_only':
        return this.isReadOnly ? 'on' : 'off';
      case 'transaction_isolation':
        return this.transaction.isOpen
          ? this.transaction.isolation
          : this.settings.get('default_transaction_isolation');
      case 'transaction_deferrable':
        return this.transaction.isDeferrable ? 'on' : 'off';
      default:
        return this.settings.get(name);
    }
  }

  /** Whether what runs next may not write. */
  get isReadOnly(): boolean {
    return this.transaction.isOpen
      ? this.transaction.isReadOnly
      : this.settings.isOn('default_transaction_read_only');
  }

  send(...messages: readonly Uint8Array[]): void {
    this.#out.push(...messages);
  }

  /** Rows of the statement that runs, from the node. */
  sendRows(bytes: Uint8Array): void {
    if (this.captured !== undefined) {
      this.captured.push(bytes);
      return;
    }
    this.sendHeading();
    this.#out.push(bytes);
  }

  sendHeading(): void {
    if (this.heading !== undefined) this.#out.push(this.heading);
    this.heading = undefined;
  }

  /** Puts what was sent into one effect, before others. */
  flush(): void {
    const [first] = this.#out;
    if (first === undefined) return;
    const bytes = this.#out.length === 1 ? first : Buffer.concat(this.#out);
    this.#out = [];
    this.effects.push({ kind: 'send', bytes });
  }

  /** Other effects come after what was sent. */
  effect(effect: Effect): void {
    this.flush();
    this.effects.push(effect);
  }

  /** Takes over what is to be done. */
  takeEffects(): Effect[] {
    this.flush();
    return this.effects.splice(0);
  }

  notice(severity: 'WARNING' | 'NOTICE', sqlState: string, sentence: string): void {
    const least = this.settings.get('client_min_messages');
    if (least === 'error' || (least === 'warning' && severity === 'NOTICE')) return;
    this.send(noticeResponse(severity, sqlState, sentence));
  }

  notices(sentences: readonly string[]): void {
    for (const sentence of sentences) this.notice('NOTICE', '00000', sentence);
  }

  /** Tells the client of settings that changed. */
  reportSettings(): void {
    for (const { name, value } of this.settings.takeReports()) {
      this.send(parameterStatus(name, value));
    }
  }

  /** Asks for something that is not answered. */
  tell(request: SessionRequest): void {
    this.effect({ kind: 'request', request });
  }

  /** Asks for something, and goes on when it is done. Throws what it failed with. */
  *ask(request: SessionRequest): Flow<Completed> {
    const answer = yield* this.askFor(request);
    if (answer.kind !== 'completed') throw unexpected(answer.kind);
    this.notices(answer.notices);
    return answer;
  }

  *askFor(request: SessionRequest): Flow<SessionAnswer> {
    const reply = yield { kind: 'ask', request };
    if (reply.kind !== 'answer') throw unexpected(reply.kind);
    if (reply.answer.kind === 'failed') throw reply.answer.error;
    return reply.answer;
  }

  /** Does something that a statement wants which another one runs. Throws 54001. */
  nested<T>(act: () => T): T {
    this.#nesting++;
    try {
      if (this.#nesting > nestingMax) throw new PgError('54001', 'stack depth limit exceeded');
      return act();
    } finally {
      this.#nesting--;
    }
  }

  /** As {@link nested}, for what takes time. */
  *nestedFlow<T>(flow: () => Flow<T>): Flow<T> {
    this.#nesting++;
    try {
      if (this.#nesting > nestingMax) throw new PgError('54001', 'stack depth limit exceeded');
      return yield* flow();
    } finally {
      this.#nesting--;
    }
  }

  /** Runs something whose rows are not for the client, at least not yet. */
  *capture(work: Flow<unknown>): Flow<readonly Uint8Array[]> {
    const captured: Uint8Array[] = [];
    this.captured = captured;
    try {
      yield* work;
    } finally {
      this.captured = undefined;
    }
    return captured;
  }

  /** The next message of the client. */
  *nextMessage(): Flow<FrontendMessage> {
    const reply = yield { kind: 'message' };
    if (reply.kind !== 'message') throw unexpected(reply.kind);
    return reply.message;
  }
}

function unexpected(kind: string): PgError {
  return new PgError('XX000', `unexpected ${kind} for a session`);
}
