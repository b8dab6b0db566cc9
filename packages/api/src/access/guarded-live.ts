// Live queries as one principal may use them: tables are checked before a query is opened and again when
// the schema changes, equal queries of different rights share nothing, and what is open ends with the rights.

import { asPatinaError, type PatinaError } from '@patina/engine/base/errors.ts';
import { quoteName } from '@patina/engine/base/sql-text.ts';
import type {
  LiveCounters,
  LiveExplanation,
  LiveHandle,
  LiveQueries,
  LiveQueryStats,
  LiveSink,
  OpenRequest,
  WatchHandle,
  WatchRequest,
  WatchSink,
} from '@patina/engine/live/live-queries.ts';
import type { SqlParams } from '@patina/engine/storage/sql-value.ts';
import { demand, revokedError } from './policy.ts';
import { type Principal, rightsOf } from './principal.ts';
import type { TableVet } from './table-vet.ts';

/** The live queries of one principal. */
export class GuardedLive implements LiveQueries {
  readonly #live: LiveQueries;
  readonly #principal: Principal;
  readonly #vet: TableVet;

  constructor(live: LiveQueries, principal: Principal, vet: TableVet) {
    this.#live = live;
    this.#principal = principal;
    this.#vet = vet;
  }

  async open(request: OpenRequest, sink: LiveSink): Promise<LiveHandle> {
    const { query } = request;
    const sql = 'sql' in query ? query.sql : await this.#sqlOf(query.id);
    const role = rightsOf(this.#principal);
    const { handle, close } = await this.#guarded(
      sql,
      () => this.#live.open({ ...request, role }, sink),
      (error) => sink.onEnded(error),
    );
    return { opened: handle.opened, close };
  }

  watch(request: WatchRequest, sink: WatchSink): Promise<WatchHandle> {
    return this.#guarded(
      watchSql(request),
      () => this.#live.watch(request, sink),
      (error) => sink.onEnded(error),
    );
  }

  async list(): Promise<readonly LiveQueryStats[]> {
    const all = await this.#live.list();
    if (!this.#isLimited) return all;
    const allowed: LiveQueryStats[] = [];
    for (const stats of all) if (await this.#mayRead(stats.sql)) allowed.push(stats);
    return allowed;
  }

  async info(id: string): Promise<LiveQueryStats> {
    const stats = await this.#live.info(id);
    await this.#check(stats.sql);
    return stats;
  }

  async explain(id: string): Promise<LiveExplanation> {
    await this.#check(await this.#sqlOf(id));
    return this.#live.explain(id);
  }

  async explainSql(sql: string, params: SqlParams): Promise<LiveExplanation> {
    await this.#check(sql);
    return this.#live.explainSql(sql, params);
  }

  async drop(id: string): Promise<void> {
    await this.#check(await this.#sqlOf(id));
    await this.#live.drop(id);
  }

  wake(): void {
    this.#live.wake();
  }

  stats(): LiveCounters {
    return this.#live.stats();
  }

  stop(): Promise<void> {
    return this.#live.stop();
  }

  get #isLimited(): boolean {
    return this.#principal.tables !== undefined;
  }

  /** Looked up only where it is going to be checked. */
  async #sqlOf(id: string): Promise<string> {
    return this.#isLimited ? (await this.#live.info(id)).sql : '';
  }

  async #check(sql: string): Promise<void> {
    const read = this.#isLimited ? await this.#vet.tablesOf(sql, 'read') : undefined;
    demand(this.#principal, { kind: 'read', tables: read?.tablesRead ?? [] });
  }

  async #mayRead(sql: string): Promise<boolean> {
    try {
      await this.#check(sql);
      return true;
    } catch {
      return false;
    }
  }

  async #guarded<H extends { close(): void }>(
    sql: string,
    open: () => Promise<H>,
    tell: (error: PatinaError) => void,
  ): Promise<{ readonly handle: H; readonly close: () => void }> {
    await this.#check(sql);
    const handle = await open();
    const guard = new OpenGuard(handle, tell);
    const { revoked } = this.#principal;
    const onRevoked = (): void => guard.end(revokedError());
    revoked?.addEventListener('abort', onRevoked);
    guard.onOver(() => revoked?.removeEventListener('abort', onRevoked));
    if (this.#isLimited) {
      const recheck = (): void => {
        this.#check(sql).catch((error: unknown) => guard.end(asPatinaError(error)));
      };
      guard.onOver(this.#vet.onSchemaChange(recheck));
    }
    if (revoked?.aborted === true) onRevoked();
    return { handle, close: () => guard.close() };
  }
}

/** A query that reads what the watch reads: a filter is an expression, which may have queries in it. */
function watchSql({ table, filter }: WatchRequest): string {
  const from = `SELECT * FROM ${quoteName(table)}`;
  // A line break ends a comment that the filter may end with.
  return filter === undefined ? from : `${from} WHERE (${filter}\n)`;
}

/** Ends what is open once, whoever is first: its holder, or the loss of a right. */
class OpenGuard {
  readonly #handle: { close(): void };
  readonly #tell: (error: PatinaError) => void;
  readonly #releases: (() => void)[] = [];
  #isOver = false;

  constructor(handle: { close(): void }, tell: (error: PatinaError) => void) {
    this.#handle = handle;
    this.#tell = tell;
  }

  onOver(release: () => void): void {
    this.#releases.push(release);
  }

  end(error: PatinaError): void {
    if (this.#isOver) return;
    this.close();
    this.#tell(error);
  }

  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const release of this.#releases) release();
    this.#handle.close();
  }
}
