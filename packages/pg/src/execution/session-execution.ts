// Carries out what a session machine asks for: queries by the readers, writes by the node, portals as kept
// results; and answers for each.

import type { SqlValue } from '@patina/engine/base/value.ts';
import { asPgError, PgError } from '../pg-error.ts';
import type { OutputColumn } from '../reader/row-output.ts';
import type { RowOutput, RunSettings, SessionRequest } from '../session/requests.ts';
import type { PlannedQuery, PlannedWrite } from '../sql/planned.ts';
import type { SubscribeSource } from '../utility/utility-statement.ts';
import { fetchChanges, streamChanges } from './changes.ts';
import { CopyIn } from './copy-in.ts';
import type { SessionExecutionOptions } from './execution-options.ts';
import { explainLines } from './explain.ts';
import { KeptResult } from './kept-result.ts';
import { valuesBytes } from './pending-writes.ts';
import { preparedReads } from './prepared-reads.ts';
import { Reads } from './reads.ts';
import { type Deliver, RowDelivery } from './row-delivery.ts';
import { cancelledByUser, Running } from './running.ts';
import { Subscription } from './subscription.ts';
import { type Rows, Writes } from './writes.ts';

type Requested<Kind extends SessionRequest['kind']> = Extract<SessionRequest, { kind: Kind }>;
type RunRequest = Requested<'run'>;

/** Requests of a session that logged in; the others are the server's. */
export type WorkRequest = Exclude<
  SessionRequest,
  { kind: 'identify' | 'check-password' | 'logged-in' | 'log-in-failed' }
>;

interface Done {
  readonly rows: number;
  readonly hasMore: boolean;
  readonly notices: readonly string[];
}

const nothingDone: Done = { rows: 0, hasMore: false, notices: [] };

export class SessionExecution {
  readonly #options: SessionExecutionOptions;
  readonly #deliver: Deliver;
  readonly #writes: Writes;
  readonly #reads: Reads;
  readonly #portals = new Map<number, KeptResult | Subscription>();
  #copy: CopyIn | undefined;
  #running: Running | undefined;
  #isClosed = false;

  constructor(options: SessionExecutionOptions) {
    const { backend, limits, nowMs, readers, onSchemaVersion } = options;
    this.#options = options;
    this.#deliver = options.deliver;
    this.#writes = new Writes(backend, limits, nowMs);
    this.#reads = new Reads({ readers, writes: this.#writes, limits, onSchemaVersion });
  }

  /** What is kept, that the end of the session has to free. */
  get holds(): { readonly portals: number; readonly pending: number; readonly isBusy: boolean } {
    const isBusy = this.#running !== undefined;
    return { portals: this.#portals.size, pending: this.#writes.pending, isBusy };
  }

  /** Carries out one request; the answer comes by `deliver`. */
  handle(request: WorkRequest): void {
    switch (request.kind) {
      case 'run':
        this.#run(request);
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
    this.cancel(new PgError('57P01', 'the connection of the client has ended'));
    this.#options.hub.unlisten('*', this.#options.listener);
    for (const portal of [...this.#portals.keys()]) this.#closePortal(portal);
    this.#writes.rollback();
    this.#copy = undefined;
  }

  #run(request: RunRequest): void {
    const { statement } = request;
    if (statement.kind === 'query') this.#runQuery(request, statement);
    else if (statement.kind === 'write') this.#runWrite(request, statement);
    else this.#runSubscribe(request, statement);
  }

  #handleTransaction(
    request: Requested<'begin' | 'commit' | 'rollback' | 'savepoint' | 'release' | 'rollback-to'>,
  ): void {
    const writes = this.#writes;
    if (request.kind === 'commit') {
      this.#perform(0, async () => {
        await writes.commit();
        return nothingDone;
      });
      return;
    }
    this.#atOnce(() => {
      if (request.kind === 'begin') writes.begin(request.isReadOnly);
      else if (request.kind === 'rollback') writes.rollback();
      else writes.savepoint(request.kind, request.name);
    });
  }

  #handleCopy(request: Requested<'copy-in' | 'copy-data' | 'copy-done' | 'copy-abort'>): void {
    if (request.kind === 'copy-done') {
      this.#endCopy();
      return;
    }
    this.#atOnce(() => {
      if (request.kind === 'copy-in') {
        this.#checkWrite(request.insert, request.isReadOnly);
        this.#copy = new CopyIn(request, this.#options.limits, this.#options.makeCopyDecoder);
      } else if (request.kind === 'copy-data') this.#copy?.push(request.bytes);
      else this.#copy = undefined;
    });
  }

  #endCopy(): void {
    const copy = this.#copy;
    this.#copy = undefined;
    const settings = copy?.request.settings;
    this.#perform(settings?.statementTimeoutMs ?? 0, async (running) => {
      copy?.end();
      if (copy === undefined || settings === undefined || copy.rows.length === 0)
        return nothingDone;
      const { insert, autocommit } = copy.request;
      const statement = { sql: insert.sql, paramRows: copy.rows };
      const written = this.#writes.write(
        [statement],
        insert.tablesWritten,
        copy.bytes,
        autocommit,
        settings,
        running,
      );
      return { ...nothingDone, rows: (await written).rowsAffected };
    });
  }

  /** The short way, by which nearly all queries go: straight to a reader, whose rows are ready. */
  #runQuery(request: RunRequest, query: PlannedQuery): void {
    const { output, settings, rowsMax } = request;
    try {
      this.#checkRead(query);
    } catch (error) {
      this.#failed(error);
      return;
    }
    if (rowsMax > 0 || this.#writes.isSeenBy(query)) {
      this.#runKept(request, query);
      return;
    }
    const running = this.#start(settings.statementTimeoutMs);
    const read = this.#options.readers.read({
      statement: preparedReads.of(query, output, settings),
      params: request.params,
      nowMs: this.#writes.nowMs,
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
    const { output, settings, rowsMax, portal, params } = request;
    this.#perform(settings.statementTimeoutMs, async (running) => {
      if (rowsMax === 0) {
        const rows = await this.#writes.query(query, params, settings, running);
        await this.#send(rows, query.columns, output, settings);
        return { ...nothingDone, rows: rows.length };
      }
      const kept = await this.#reads.keep(query, params, settings, running);
      return this.#openPortal(portal, kept, rowsMax, output, settings);
    });
  }

  #runWrite(request: RunRequest, write: PlannedWrite): void {
    const { output, settings, autocommit, rowsMax, params } = request;
    this.#perform(settings.statementTimeoutMs, async (running) => {
      this.#checkWrite(write, request.isReadOnly);
      const keepsRows = write.columns.length > 0;
      const statement = { sql: write.sql, params, keepsRows };
      const bytes = valuesBytes(params);
      const before = (write.before ?? []).map((sql) => ({ sql }));
      const result = await this.#writes.write(
        [...before, statement],
        write.tablesWritten,
        bytes,
        autocommit,
        settings,
        running,
      );
      const rows = result.rows ?? [];
      if (keepsRows && rowsMax > 0) {
        const kept = new KeptResult(write.columns, this.#options.limits);
        await kept.add(rows);
        return this.#openPortal(request.portal, kept, rowsMax, output, settings);
      }
      if (keepsRows) await this.#send(rows, write.columns, output, settings);
      return { ...nothingDone, rows: result.rowsAffected };
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

  #openCursor({ statement, params, settings, portal }: Requested<'open-cursor'>): void {
    this.#perform(settings.statementTimeoutMs, async (running) => {
      this.#checkRead(statement.kind === 'query' ? statement : statement.query);
      const opened =
        statement.kind === 'query'
          ? await this.#reads.keep(statement, params, settings, running)
          : await this.#subscribe(statement, params);
      this.#setPortal(portal, opened);
      return nothingDone;
    });
  }

  #fetch({ portal, direction, output, settings, waitMs }: Requested<'fetch'>): void {
    const opened = this.#portals.get(portal);
    this.#perform(settings.statementTimeoutMs, async (running) => {
      if (opened === undefined) throw new PgError('34000', 'the cursor does not exist');
      const deliver = this.#deliver;
      if (opened instanceof KeptResult) {
        return { ...nothingDone, ...(await opened.fetch(direction, output, settings, deliver)) };
      }
      const to = { output, settings, deliver };
      const rows = await fetchChanges(opened, direction, waitMs, to, running);
      return { rows, hasMore: true, notices: [] };
    });
  }

  /** Rows and changes without end, until the client cancels or goes. */
  #runSubscribe({ output, settings, params }: RunRequest, source: SubscribeSource): void {
    this.#perform(settings.statementTimeoutMs, async (running) => {
      this.#checkRead(source.query);
      const subscription = await this.#subscribe(source, params);
      try {
        const to = { output, settings, deliver: this.#deliver };
        return await streamChanges(subscription, to, running);
      } finally {
        subscription.close();
      }
    });
  }

  async #subscribe(source: SubscribeSource, params: readonly SqlValue[]): Promise<Subscription> {
    const { backend, principal, clientName: client, limits, nowMs } = this.#options;
    const subscription = await Subscription.open({
      live: backend.live,
      source,
      params,
      role: principal.role,
      client,
      rowsMax: limits.subscribeRowsMax,
      nowMs,
    });
    if (this.#isClosed) subscription.close();
    return subscription;
  }

  #explain({ statement, params, settings }: Requested<'explain'>): void {
    this.#perform(settings.statementTimeoutMs, async (running) => {
      if (statement.kind === 'query') this.#checkRead(statement);
      else this.#checkWrite(statement, false);
      const steps =
        statement.kind === 'query'
          ? await this.#reads.explain(statement, params, settings, running)
          : this.#options.explainWrite(statement.sql);
      return explainLines(statement.sql, steps);
    });
  }

  #changeSchema({ statement, isReadOnly }: Requested<'change-schema'>): void {
    this.#perform(0, async () => {
      if (isReadOnly) throw readOnlyRefused(statement.tag);
      const { backend, principal, check, schemaChanged } = this.#options;
      check(principal, { kind: 'schema', statement: statement.tag });
      if (statement.change.kind === 'none') return nothingDone;
      const notices = await backend.applySchema(statement.change, principal);
      await schemaChanged();
      return { ...nothingDone, notices };
    });
  }

  async #send(
    rows: Rows,
    columns: readonly OutputColumn[],
    output: RowOutput,
    settings: RunSettings,
  ): Promise<void> {
    const delivery = new RowDelivery(columns, output, settings, this.#deliver);
    await delivery.all(rows);
    await delivery.end();
  }

  #checkRead({ tablesRead: tables }: PlannedQuery): void {
    this.#options.check(this.#options.principal, { kind: 'read', tables });
  }

  #checkWrite(write: PlannedWrite, isReadOnly: boolean): void {
    if (isReadOnly) throw readOnlyRefused(write.tag);
    const { tablesRead, tablesWritten } = write;
    this.#options.check(this.#options.principal, { kind: 'write', tablesRead, tablesWritten });
  }

  #setPortal(portal: number, opened: KeptResult | Subscription): void {
    this.#closePortal(portal);
    if (this.#isClosed) void opened.close();
    else this.#portals.set(portal, opened);
  }

  #closePortal(portal: number): void {
    void this.#portals.get(portal)?.close();
    this.#portals.delete(portal);
  }

  /** Does something that takes no time, and answers for it. */
  #atOnce(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#copy = undefined;
      this.#failed(error);
      return;
    }
    this.#completed(nothingDone);
  }

  /** Carries out something that takes time, and answers for it. */
  #perform(timeoutMs: number, work: (running: Running) => Promise<Done | readonly string[]>): void {
    const running = this.#start(timeoutMs);
    work(running).then(
      (done) => {
        this.#finish(running);
        if ('rows' in done) this.#completed(done);
        else if (!this.#isClosed) void this.#deliver({ kind: 'lines', lines: done });
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

  #completed({ rows, hasMore, notices }: Done): void {
    if (!this.#isClosed) void this.#deliver({ kind: 'completed', rows, hasMore, notices });
  }

  #failed(error: unknown): void {
    if (this.#isClosed) return;
    void this.#deliver({ kind: 'failed', error: withoutPlace(asPgError(error)) });
  }
}

/** The place of an error in SQLite's text says nothing about the text that the client sent. */
function withoutPlace(error: PgError): PgError {
  if (error.fields.position === undefined) return error;
  const { position: _position, ...fields } = error.fields;
  return new PgError(error.sqlState, error.message, fields);
}

function readOnlyRefused(tag: string): PgError {
  return new PgError('25006', `cannot execute ${tag} in a read-only transaction`);
}
