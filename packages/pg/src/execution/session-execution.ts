// Carries out what a session machine asks for: queries by the readers, writes by the node, transactions as
// lists of writes that are tried now and committed at once, portals as kept results.

import type { SqlValue } from '@patina/engine/base/value.ts';
import type { LocalStatement } from '@patina/engine/ports.ts';
import { asPgError, PgError } from '../pg-error.ts';
import type { PgReaderPool, PreparedRead } from '../reader/reader-pool.ts';
import type { OutputColumn } from '../reader/row-output.ts';
import type { PgAction, PgPrincipal } from '../server/pg-access.ts';
import type { RowOutput, RunSettings, SessionRequest } from '../session/requests.ts';
import type { PlannedQuery, PlannedWrite } from '../sql/planned.ts';
import type { SubscribeSource } from '../utility/utility-statement.ts';
import { CopyIn } from './copy-in.ts';
import { explainLines } from './explain.ts';
import { KeptResult } from './kept-result.ts';
import type { Listener, NotificationHub } from './notifications.ts';
import { PendingWrites, valuesBytes } from './pending-writes.ts';
import type { ExecutionLimits, PgBackend } from './ports.ts';
import { preparedReads } from './prepared-reads.ts';
import { type Deliver, RowDelivery } from './row-delivery.ts';
import { cancelledByUser, Running } from './running.ts';
import { Subscription } from './subscription.ts';

type RunRequest = Extract<SessionRequest, { kind: 'run' }>;
type OpenCursorRequest = Extract<SessionRequest, { kind: 'open-cursor' }>;
type FetchRequest = Extract<SessionRequest, { kind: 'fetch' }>;
type ExplainRequest = Extract<SessionRequest, { kind: 'explain' }>;
type ChangeSchemaRequest = Extract<SessionRequest, { kind: 'change-schema' }>;

/** Requests of a session that logged in; the others are the server's. */
export type WorkRequest = Exclude<
  SessionRequest,
  { kind: 'identify' | 'check-password' | 'logged-in' | 'log-in-failed' }
>;

export interface SessionExecutionOptions {
  readonly backend: PgBackend;
  readonly readers: Pick<PgReaderPool, 'read'>;
  readonly hub: NotificationHub;
  readonly limits: ExecutionLimits;
  readonly principal: PgPrincipal;
  /** Throws PgError 42501. */
  readonly check: (principal: PgPrincipal, action: PgAction) => void;
  /** Whom to count live queries against. */
  readonly clientName: string;
  readonly processId: number;
  readonly listener: Listener;
  readonly deliver: Deliver;
  /** A reader found the database with this version of the schema. */
  readonly onSchemaVersion: (schemaVersion: number) => void;
  /** Waits until plans are made against the schema that was just changed. */
  readonly schemaChanged: () => Promise<void>;
  /** SQLite's plan of a write, which no reader may prepare. */
  readonly explainWrite: (sql: string) => readonly string[];
  readonly nowMs: () => number;
}

interface Done {
  readonly rows: number;
  readonly hasMore: boolean;
  readonly notices: readonly string[];
}

/** How many rows of a live query are handed on at once. */
const subscribeStepRows = 500;

export class SessionExecution {
  readonly #options: SessionExecutionOptions;
  readonly #deliver: Deliver;
  readonly #portals = new Map<number, KeptResult | Subscription>();
  #transaction: PendingWrites | undefined;
  #copy: CopyIn | undefined;
  #running: Running | undefined;
  #isClosed = false;

  constructor(options: SessionExecutionOptions) {
    this.#options = options;
    this.#deliver = options.deliver;
  }

  /** Whether something is kept that the end of the session has to free. */
  get holds(): { readonly portals: number; readonly pending: number; readonly isBusy: boolean } {
    return {
      portals: this.#portals.size,
      pending: this.#transaction?.statements.length ?? 0,
      isBusy: this.#running !== undefined,
    };
  }

  /** Carries out one request; the answer comes by `deliver`. */
  handle(request: WorkRequest): void {
    switch (request.kind) {
      case 'run':
        if (request.statement.kind === 'query') this.#runQuery(request, request.statement);
        else if (request.statement.kind === 'write') this.#runWrite(request, request.statement);
        else this.#runSubscribe(request, request.statement);
        return;
      case 'open-cursor':
        this.#openCursor(request);
        return;
      case 'fetch':
        this.#fetch(request);
        return;
      case 'close-portal':
        this.#closePortal(request.portal);
        return;
      case 'explain':
        this.#explain(request);
        return;
      case 'change-schema':
        this.#changeSchema(request);
        return;
      case 'copy-in':
      case 'copy-data':
      case 'copy-done':
      case 'copy-abort':
        this.#handleCopy(request);
        return;
      case 'listen':
        this.#options.hub.listen(request.channel, this.#options.listener);
        return;
      case 'unlisten':
        this.#options.hub.unlisten(request.channel, this.#options.listener);
        return;
      case 'notify':
        this.#options.hub.notify(this.#options.processId, request.channel, request.payload);
        return;
      default:
        this.#handleTransaction(request);
    }
  }

  /** A cancel request: ends the statement that runs, if there is one. */
  cancel(error: PgError = cancelledByUser()): void {
    this.#running?.interrupt(error);
  }

  /** The connection is gone: ends and frees everything. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.cancel(new PgError('57P01', 'terminating connection'));
    this.#options.hub.unlisten('*', this.#options.listener);
    for (const portal of [...this.#portals.keys()]) this.#closePortal(portal);
    this.#transaction = undefined;
    this.#copy = undefined;
  }

  #handleTransaction(
    request: Extract<
      WorkRequest,
      { kind: 'begin' | 'commit' | 'rollback' | 'savepoint' | 'release' | 'rollback-to' }
    >,
  ): void {
    const transaction = this.#transaction;
    switch (request.kind) {
      case 'begin':
        this.#transaction = new PendingWrites(
          request.isReadOnly,
          this.#options.nowMs(),
          this.#options.limits,
        );
        this.#completed(nothingDone);
        return;
      case 'commit':
        this.#commit();
        return;
      case 'rollback':
        this.#transaction = undefined;
        this.#completed(nothingDone);
        return;
      case 'savepoint':
        this.#perform(0, async () => transaction?.savepoint(request.name));
        return;
      case 'release':
        this.#perform(0, async () => transaction?.release(request.name));
        return;
      case 'rollback-to':
        this.#perform(0, async () => transaction?.rollbackTo(request.name));
    }
  }

  #handleCopy(
    request: Extract<WorkRequest, { kind: 'copy-in' | 'copy-data' | 'copy-done' | 'copy-abort' }>,
  ): void {
    switch (request.kind) {
      case 'copy-in':
        this.#perform(0, async () => {
          this.#checkWrite(request.insert, request.isReadOnly);
          this.#copy = new CopyIn(request, this.#options.limits);
        });
        return;
      case 'copy-data':
        try {
          this.#copy?.push(request.bytes);
          this.#completed(nothingDone);
        } catch (error) {
          this.#copy = undefined;
          this.#failed(error);
        }
        return;
      case 'copy-done':
        this.#endCopy();
        return;
      case 'copy-abort':
        this.#copy = undefined;
        this.#completed(nothingDone);
    }
  }

  #endCopy(): void {
    const copy = this.#copy;
    this.#copy = undefined;
    if (copy === undefined) {
      this.#completed(nothingDone);
      return;
    }
    const { insert, autocommit, settings } = copy.request;
    this.#perform(settings.statementTimeoutMs, async (running) => {
      copy.end();
      if (copy.rows.length === 0) return nothingDone;
      const statement = { sql: insert.sql, paramRows: copy.rows };
      const result = await this.#write(statement, copy.bytes, autocommit, settings, running);
      return { ...nothingDone, rows: result.rowsAffected };
    });
  }

  /** The short way, by which nearly all queries go: straight to a reader, whose rows are ready. */
  #runQuery(request: RunRequest, query: PlannedQuery): void {
    const { output, settings, rowsMax } = request;
    const error = this.#refusalToRead(query);
    if (error !== undefined) {
      this.#failed(error);
      return;
    }
    if (rowsMax > 0 || this.#hasPending()) {
      this.#runKept(request, query);
      return;
    }
    const running = this.#start(settings.statementTimeoutMs);
    const read = this.#options.readers.read({
      statement: preparedReads.of(query, output, settings),
      params: request.params,
      onRows: (bytes, count) => this.#deliver({ kind: 'rows', bytes, count }),
      onEnd: ({ rows, schemaVersion }) => {
        this.#options.onSchemaVersion(schemaVersion);
        this.#finish(running);
        this.#completed({ rows, hasMore: false, notices: nothingDone.notices });
      },
      onFailed: (failure) => {
        this.#finish(running);
        this.#failed(failure);
      },
    });
    running.onInterrupt((reason) => read.cancel(reason));
  }

  /** Of a portal that may be suspended, or in a transaction that has written. */
  #runKept(request: RunRequest, query: PlannedQuery): void {
    const { output, settings, rowsMax, portal } = request;
    this.#perform(settings.statementTimeoutMs, async (running) => {
      if (rowsMax === 0) {
        const rows = await this.#tryQuery(query, request.params, settings, running);
        return this.#send(rows, query.columns, output, settings);
      }
      const kept = await this.#keep(query, request.params, settings, running);
      return this.#openPortal(portal, kept, rowsMax, output, settings);
    });
  }

  #runWrite(request: RunRequest, write: PlannedWrite): void {
    const { output, settings, autocommit, rowsMax, params } = request;
    this.#perform(settings.statementTimeoutMs, async (running) => {
      this.#checkWrite(write, request.isReadOnly);
      const keepsRows = write.columns.length > 0;
      const statement = { sql: write.sql, params, keepsRows };
      const result = await this.#write(
        statement,
        valuesBytes(params),
        autocommit,
        settings,
        running,
      );
      if (!keepsRows) return { ...nothingDone, rows: result.rowsAffected };
      const rows = result.rows ?? [];
      if (rowsMax === 0) {
        await this.#send(rows, write.columns, output, settings);
        return { ...nothingDone, rows: result.rowsAffected };
      }
      const kept = new KeptResult(write.columns, this.#options.limits);
      await kept.add(rows);
      return this.#openPortal(request.portal, kept, rowsMax, output, settings);
    });
  }

  async #openPortal(
    portal: number,
    kept: KeptResult,
    rowsMax: number,
    output: RowOutput,
    settings: RunSettings,
  ): Promise<Done> {
    this.#setPortal(portal, kept);
    const first = { kind: 'forward', count: rowsMax } as const;
    const { rows, hasMore } = await kept.fetch(first, output, settings, this.#deliver);
    if (!hasMore) this.#closePortal(portal);
    return { ...nothingDone, rows, hasMore };
  }

  #openCursor(request: OpenCursorRequest): void {
    const { statement, params, settings, portal } = request;
    this.#perform(settings.statementTimeoutMs, async (running) => {
      const query = statement.kind === 'query' ? statement : statement.query;
      this.#checkRead(query);
      if (statement.kind === 'query') {
        this.#setPortal(portal, await this.#keep(statement, params, settings, running));
      } else this.#setPortal(portal, await this.#subscribe(statement, params));
    });
  }

  #fetch(request: FetchRequest): void {
    const { output, settings, direction } = request;
    const portal = this.#portals.get(request.portal);
    this.#perform(settings.statementTimeoutMs, async (running) => {
      if (portal === undefined) throw new PgError('34000', 'the cursor does not exist');
      if (portal instanceof KeptResult) {
        const fetched = await portal.fetch(direction, output, settings, this.#deliver);
        return { ...nothingDone, ...fetched };
      }
      if (direction.kind !== 'forward') {
        throw new PgError('55000', 'a cursor over changes can only scan forward', {
          hint: 'Use FETCH FORWARD.',
        });
      }
      const columns = this.#columns.get(portal) ?? [];
      const delivery = new RowDelivery(columns, output, settings, this.#deliver);
      const count = direction.count === 'all' ? Number.POSITIVE_INFINITY : direction.count;
      await this.#takeChanges(portal, delivery, count, request.waitMs, running);
      await delivery.end();
      return { rows: delivery.rows, hasMore: true, notices: [] };
    });
  }

  /** Takes rows until there are enough, or none come in time; without a time, until there are some. */
  async #takeChanges(
    subscription: Subscription,
    delivery: RowDelivery,
    count: number,
    waitMs: number | undefined,
    running: Running,
  ): Promise<void> {
    running.onInterrupt(() => subscription.abandon());
    const untilMs = waitMs === undefined ? undefined : performance.now() + waitMs;
    while (delivery.rows < count) {
      await delivery.all(subscription.take(Math.min(count - delivery.rows, subscribeStepRows)));
      running.check();
      if (delivery.rows >= count || (untilMs === undefined && delivery.rows > 0)) return;
      const leftMs = untilMs === undefined ? undefined : untilMs - performance.now();
      if (leftMs !== undefined && leftMs <= 0) return;
      await subscription.wait(leftMs);
      running.check();
    }
  }

  /** Rows and changes without end, until the client cancels or goes. */
  #runSubscribe(request: RunRequest, source: SubscribeSource): void {
    const { output, settings, params } = request;
    this.#perform(settings.statementTimeoutMs, async (running) => {
      this.#checkRead(source.query);
      const subscription = await this.#subscribe(source, params);
      try {
        const delivery = new RowDelivery(source.columns, output, settings, this.#deliver);
        // The header of the format, before there are rows.
        await delivery.flush();
        running.onInterrupt(() => subscription.abandon());
        for (;;) {
          await subscription.wait(undefined);
          running.check();
          await delivery.all(subscription.take(subscribeStepRows));
          await delivery.flush();
        }
      } finally {
        subscription.close();
      }
    });
  }

  readonly #columns = new WeakMap<Subscription, readonly OutputColumn[]>();

  async #subscribe(source: SubscribeSource, params: readonly SqlValue[]): Promise<Subscription> {
    const { backend, principal, clientName, limits, nowMs } = this.#options;
    const subscription = await Subscription.open({
      live: backend.live,
      source,
      params,
      role: principal.role,
      client: clientName,
      rowsMax: limits.subscribeRowsMax,
      nowMs,
    });
    this.#columns.set(subscription, source.columns);
    if (this.#isClosed) subscription.close();
    return subscription;
  }

  #explain(request: ExplainRequest): void {
    const { statement, params, settings } = request;
    this.#perform(
      settings.statementTimeoutMs,
      async (running) => {
        if (statement.kind === 'query') this.#checkRead(statement);
        else this.#checkWrite(statement, false);
        const steps =
          statement.kind === 'query'
            ? await this.#readAll(explainQuery(statement), params, settings, running)
            : this.#options.explainWrite(statement.sql);
        const lines = explainLines(statement.sql, steps);
        await this.#deliver({ kind: 'lines', lines });
        return undefined;
      },
      'answered',
    );
  }

  #changeSchema(request: ChangeSchemaRequest): void {
    const { statement, isReadOnly } = request;
    this.#perform(0, async () => {
      if (isReadOnly) throw readOnlyRefused(statement.tag);
      const { backend, principal, check, schemaChanged } = this.#options;
      check(principal, { kind: 'schema', statement: statement.tag });
      if (statement.change.kind === 'none') return nothingDone;
      const notices = await backend.applySchema(statement.change, principal);
      await schemaChanged();
      return { rows: 0, hasMore: false, notices };
    });
  }

  #commit(): void {
    const transaction = this.#transaction;
    this.#transaction = undefined;
    if (transaction === undefined || transaction.statements.length === 0) {
      this.#completed(nothingDone);
      return;
    }
    this.#perform(0, async () => {
      const outcome = await this.#options.backend.transact({
        statements: transaction.statements,
        moment: transaction.moment,
        timeoutMs: this.#options.limits.writeMsMax,
      });
      if (!outcome.ok) throw outcome.error;
      return nothingDone;
    });
  }

  /** Writes: for good, or as a part of the open transaction, where it is only tried. */
  async #write(
    statement: LocalStatement,
    bytes: number,
    autocommit: boolean,
    settings: RunSettings,
    running: Running,
  ): Promise<{
    readonly rowsAffected: number;
    readonly rows?: readonly (readonly SqlValue[])[] | undefined;
  }> {
    const { backend, limits } = this.#options;
    const transaction = this.#transaction;
    if (autocommit || transaction === undefined) {
      const timeoutMs = settings.statementTimeoutMs || limits.writeMsMax;
      const outcome = await backend.transact({ statements: [statement], timeoutMs });
      if (!outcome.ok) throw outcome.error;
      return outcome.results[0] ?? { rowsAffected: 0 };
    }
    transaction.makeRoom();
    const result = await this.#try(transaction, statement, false, settings, running);
    const { rowsAffected, rows } = result;
    transaction.add({ ...statement, expected: { rowsAffected, rows } }, bytes);
    return result;
  }

  async #tryQuery(
    query: PlannedQuery,
    params: readonly SqlValue[],
    settings: RunSettings,
    running: Running,
  ): Promise<readonly (readonly SqlValue[])[]> {
    const transaction = this.#transaction;
    if (transaction === undefined) return [];
    const statement = { sql: query.sql, params, keepsRows: true };
    const result = await this.#try(transaction, statement, true, settings, running);
    return result.rows ?? [];
  }

  #try(
    transaction: PendingWrites,
    statement: LocalStatement,
    isQuery: boolean,
    settings: RunSettings,
    running: Running,
  ): ReturnType<PgBackend['trials']['run']> {
    const { trialMsMax, trialRowsMax, trialBytesMax } = this.#options.limits;
    return this.#options.backend.trials.run({
      pending: transaction.statements,
      statement,
      isQuery,
      moment: transaction.moment,
      rowsMax: trialRowsMax,
      bytesMax: trialBytesMax,
      timeoutMs: Math.min(settings.statementTimeoutMs || trialMsMax, trialMsMax),
      signal: running.signal,
    });
  }

  /** Runs a query whole and keeps its result. */
  async #keep(
    query: PlannedQuery,
    params: readonly SqlValue[],
    settings: RunSettings,
    running: Running,
  ): Promise<KeptResult> {
    const kept = new KeptResult(query.columns, this.#options.limits);
    try {
      if (this.#hasPending())
        await kept.add(await this.#tryQuery(query, params, settings, running));
      else {
        const read = preparedReads.of(query, { kind: 'values' }, settings);
        await this.#read(read, params, running, (bytes) => kept.spool.append(bytes));
      }
      running.check();
      return kept;
    } catch (error) {
      await kept.close();
      throw error;
    }
  }

  /** The first column of every row, as text. */
  async #readAll(
    statement: PreparedRead,
    params: readonly SqlValue[],
    settings: RunSettings,
    running: Running,
  ): Promise<SqlValue[][]> {
    const kept = new KeptResult([], this.#options.limits);
    const rows: SqlValue[][] = [];
    try {
      await this.#read(statement, params, running, (bytes) => kept.spool.append(bytes));
      await kept.spool.read(0, kept.spool.rows, (row) => rows.push(row));
      return rows;
    } finally {
      await kept.close();
    }
  }

  #read(
    statement: PreparedRead,
    params: readonly SqlValue[],
    running: Running,
    onRows: (bytes: Buffer) => void | Promise<void>,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const read = this.#options.readers.read({
        statement,
        params,
        onRows,
        onEnd: ({ schemaVersion }) => {
          this.#options.onSchemaVersion(schemaVersion);
          resolve();
        },
        onFailed: reject,
      });
      running.onInterrupt((reason) => read.cancel(reason));
    });
  }

  async #send(
    rows: readonly (readonly SqlValue[])[],
    columns: readonly OutputColumn[],
    output: RowOutput,
    settings: RunSettings,
  ): Promise<Done> {
    const delivery = new RowDelivery(columns, output, settings, this.#deliver);
    await delivery.all(rows);
    await delivery.end();
    return { ...nothingDone, rows: rows.length };
  }

  #hasPending(): boolean {
    return this.#transaction !== undefined && this.#transaction.statements.length > 0;
  }

  #refusalToRead(query: PlannedQuery): unknown {
    try {
      this.#checkRead(query);
      return undefined;
    } catch (error) {
      return error;
    }
  }

  #checkRead(query: PlannedQuery): void {
    const { check, principal } = this.#options;
    check(principal, { kind: 'read', tables: query.tablesRead });
  }

  #checkWrite(write: PlannedWrite, isReadOnly: boolean): void {
    if (isReadOnly) throw readOnlyRefused(write.tag);
    const { tablesRead, tablesWritten } = write;
    const { check, principal } = this.#options;
    check(principal, { kind: 'write', tablesRead, tablesWritten });
  }

  #setPortal(portal: number, kept: KeptResult | Subscription): void {
    this.#closePortal(portal);
    if (this.#isClosed) void kept.close();
    else this.#portals.set(portal, kept);
  }

  #closePortal(portal: number): void {
    void this.#portals.get(portal)?.close();
    this.#portals.delete(portal);
  }

  /** Carries out something that takes time, and answers for it. */
  #perform(
    timeoutMs: number,
    work: (running: Running) => Promise<Done | undefined | void>,
    answer: 'to answer' | 'answered' = 'to answer',
  ): void {
    const running = this.#start(timeoutMs);
    work(running).then(
      (done) => {
        this.#finish(running);
        if (answer === 'to answer') this.#completed(done ?? nothingDone);
      },
      (error: unknown) => {
        this.#finish(running);
        this.#failed(error);
      },
    );
  }

  #start(timeoutMs: number): Running {
    const running = new Running(timeoutMs);
    this.#running = running;
    return running;
  }

  #finish(running: Running): void {
    running.finish();
    if (this.#running === running) this.#running = undefined;
  }

  #completed(done: Done): void {
    if (this.#isClosed) return;
    const { rows, hasMore, notices } = done;
    void this.#deliver({ kind: 'completed', rows, hasMore, notices });
  }

  #failed(error: unknown): void {
    if (this.#isClosed) return;
    void this.#deliver({ kind: 'failed', error: withoutPlace(asPgError(error)) });
  }
}

const nothingDone: Done = { rows: 0, hasMore: false, notices: [] };

/** The place of an error in SQLite's text says nothing about the text that the client sent. */
function withoutPlace(error: PgError): PgError {
  if (error.fields.position === undefined) return error;
  const { position: _position, ...fields } = error.fields;
  return new PgError(error.sqlState, error.message, fields);
}

function readOnlyRefused(tag: string): PgError {
  return new PgError('25006', `cannot execute ${tag} in a read-only transaction`);
}

function explainQuery(query: PlannedQuery): PreparedRead {
  return preparedReads.of(
    { ...query, sql: `EXPLAIN QUERY PLAN ${query.sql}` },
    { kind: 'values' },
    plainSettings,
  );
}

/** Settings where none matter. */
const plainSettings: RunSettings = {
  statementTimeoutMs: 0,
  timeZone: 'UTC',
  byteaOutput: 'hex',
  extraFloatDigits: 1,
  intervalStyle: 'postgres',
  dateStyle: 'ISO, MDY',
};
