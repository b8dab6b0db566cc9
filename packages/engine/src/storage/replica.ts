// One replicated database: runs local transactions and makes versions of them, merges the changesets of
// other actors, and keeps the bookkeeping in the same SQLite transactions. Synchronous, and the only
// writer of its file: the writer thread drives it in production, the simulator directly.

import type Database from 'better-sqlite3';
import type { ActorId } from '../base/actor-id.ts';
import { assert } from '../base/assert.ts';
import { ByteReader } from '../base/bytes.ts';
import { decodeChunkHeader } from '../base/chunk-header.ts';
import { PatinaError } from '../base/errors.ts';
import { type Hlc, hlcNext } from '../base/hlc.ts';
import { quoteName } from '../base/sql-text.ts';
import { baseTableName, cellTableName, type ReplicatedTable } from '../crdt/table.ts';
import { setMoment } from '../functions/moment.ts';
import type {
  BookkeepingChange,
  EmptyVersions,
  LocalOutcome,
  LocalStatement,
  LocalTransaction,
  LocalVersion,
  MergeOutcome,
  StatementResult,
} from '../ports.ts';
import type { BookkeepingView } from '../sync/bookkeeping.ts';
import { ActorTable } from './actor-table.ts';
import { BookStore } from './book-store.ts';
import { ChangeReader } from './change-reader.ts';
import { CommitLog } from './commit-log.ts';
import { ConflictLog } from './conflict-log.ts';
import { adoptForeignRows } from './foreign-writes.ts';
import { LocalPlans, type Vet } from './local-plans.ts';
import { Merger } from './merger.ts';
import { followMoment } from './moment-overrides.ts';
import { moveVersions } from './move-versions.ts';
import { type QuarantineKey, quarantineStart } from './quarantine.ts';
import { type ApplierOutcome, RemoteApplier } from './remote-applier.ts';
import { initialiseDatabase, loadState, type ReplicaState } from './replica-state.ts';
import { runStatement } from './run-statement.ts';
import { fromSqlite } from './sqlite-errors.ts';
import { Statements } from './statements.ts';
import { readReplicatedTables } from './table-catalog.ts';

export interface ReplicaOptions {
  readonly db: Database.Database;
  /** Unix milliseconds. */
  readonly wallMs: () => number;
  /** Monotonic milliseconds, for durations and deadlines. */
  readonly monotonicMs: () => number;
  /** The id for a database that has none yet. */
  readonly newActorId: () => ActorId;
  /** Checks statements of local transactions; without it all are trusted. */
  readonly vet?: Vet;
  /**
   * A transaction that affects more rows is committed without being encoded: its writer, and those
   * behind it, should not wait for what only the broadcast needs. Default: all are encoded.
   */
  readonly encodedRowsMax?: number;
  /** Changesets from further in the future than this are kept aside, milliseconds. */
  readonly maxClockDriftMs: number;
}

/** What a group of transactions did. */
export interface TransactResult {
  /** One per transaction. */
  readonly outcomes: readonly LocalOutcome[];
  /** Versions made, of other programs' writes first. */
  readonly versions: readonly LocalVersion[];
}

/** What a merge did, here. */
export interface ReplicaMergeOutcome extends MergeOutcome {
  /** Versions made of other programs' writes that were noticed on the way: they are to be broadcast. */
  readonly adopted: readonly LocalVersion[];
}

export class Replica {
  readonly #options: ReplicaOptions;
  readonly #db: Database.Database;
  readonly #statements: Statements;
  readonly #actors: ActorTable;
  readonly #books: BookStore;
  readonly #conflicts: ConflictLog;
  readonly #commits: CommitLog;
  readonly #merger: Merger;
  readonly #reader: ChangeReader;
  readonly #plans: LocalPlans;
  readonly #applier: RemoteApplier;
  #tables: Map<string, ReplicatedTable>;
  #state: ReplicaState;
  #followsMoments = false;
  /** SQLite's data_version when we last looked: another one means that somebody else has written. */
  #dataVersion = -1;
  /** The version that was open when this database was opened. */
  #firstVersion: number;

  constructor(options: ReplicaOptions) {
    this.#options = options;
    this.#db = options.db;
    this.#statements = new Statements(options.db);
    initialiseDatabase(options.db, options.newActorId);
    this.#actors = new ActorTable(this.#statements);
    this.#state = loadState(this.#statements, this.#actors);
    this.#firstVersion = this.#state.openVersion;
    this.#books = new BookStore(this.#statements, this.#actors);
    this.#books.reload(this.#state);
    this.#conflicts = new ConflictLog(this.#statements);
    this.#commits = new CommitLog(this.#statements);
    this.#merger = new Merger(this.#statements, this.#actors, this.#conflicts);
    this.#reader = new ChangeReader(this.#statements);
    this.#plans = new LocalPlans(this.#statements, options.vet);
    this.#tables = readReplicatedTables(options.db);
    this.#merger.setTables(this.#tables);
    this.#applier = new RemoteApplier({
      statements: this.#statements,
      actors: this.#actors,
      books: this.#books,
      merger: this.#merger,
      commits: this.#commits,
      maxClockDriftMs: options.maxClockDriftMs,
    });
  }

  get actorId(): ActorId {
    return this.#state.actorId;
  }

  /** Highest version made here; 0 before the first. */
  get head(): number {
    return this.#state.openVersion - 1;
  }

  /** The greatest HLC that this database has seen. */
  get lastHlc(): Hlc {
    return this.#state.lastHlc;
  }

  /** What is known of every actor, this one included. */
  get book(): BookkeepingView {
    return this.#books.book;
  }

  get db(): Database.Database {
    return this.#db;
  }

  get tables(): ReadonlyMap<string, ReplicatedTable> {
    return this.#tables;
  }

  /**
   * Runs transactions, small ones together in one commit. Each is atomic by itself and makes at most one
   * version; one that fails leaves the others untouched. Throws when a commit itself fails.
   */
  transact(transactions: readonly LocalTransaction[]): TransactResult {
    const outcomes: LocalOutcome[] = [];
    const versions: LocalVersion[] = [];
    const add = (result: TransactResult): void => {
      outcomes.push(...result.outcomes);
      versions.push(...result.versions);
    };
    let group: LocalTransaction[] = [];
    for (const transaction of transactions) {
      if (runsOf(transaction) <= groupedStatementsMax) {
        group.push(transaction);
        continue;
      }
      if (group.length > 0) add(this.#transactGroup(group));
      group = [];
      add(this.#transactAlone(transaction));
    }
    if (group.length > 0) add(this.#transactGroup(group));
    return { outcomes, versions };
  }

  /** Makes a version of what other programs wrote to the file; undefined when they wrote nothing. */
  adoptForeignWrites(): LocalVersion | undefined {
    if (this.#readDataVersion() === this.#dataVersion) return undefined;
    return this.#write(() => this.#adopt());
  }

  /**
   * Applies chunks from other nodes, in one commit. What cannot be applied is kept in quarantine;
   * what repeats is skipped. Throws, having done nothing, on faults of the disk.
   */
  merge(chunks: readonly Uint8Array[]): ReplicaMergeOutcome {
    return this.#mergeWith((now) => this.#applier.apply(chunks, this.#state, now));
  }

  /** Tries quarantined versions again: all after a change of schema, else those whose time has come. */
  retryQuarantined(which: 'all' | 'due'): ReplicaMergeOutcome {
    let total: ReplicaMergeOutcome = nothingMerged;
    let after: QuarantineKey = quarantineStart;
    for (;;) {
      const keys = this.#applier.toRetry(which, this.#options.wallMs(), after);
      after = keys.at(-1) ?? after;
      if (keys.length === 0) return total;
      const outcome = this.#mergeWith((now) => this.#applier.retry(keys, now));
      total = {
        ...outcome,
        applied: [...total.applied, ...outcome.applied],
        quarantined: [...total.quarantined, ...outcome.quarantined],
        adopted: [...total.adopted, ...outcome.adopted],
      };
    }
  }

  /** Versions that are known to carry no changes become known without any. */
  recordEmpty(empty: readonly EmptyVersions[]): BookkeepingChange[] {
    const changes = empty
      .filter(({ actorId }) => actorId !== this.actorId)
      .flatMap(({ actorId, versions }) =>
        versions.map(([start, end]) => ({ kind: 'versions' as const, actorId, start, end })),
      );
    if (changes.length === 0) return [];
    return this.#write(() => {
      for (const change of changes) this.#books.record(change);
      return changes;
    });
  }

  /**
   * From now on this database is another actor, for one that turned out to be a copy, or to be behind
   * what others know of it. Versions made since it was opened go with the new actor: others may know
   * different ones by those numbers. Older ones stay with the old actor.
   */
  becomeActor(actorId: ActorId): void {
    assert(actorId !== this.actorId, 'a new actor id is another one');
    this.#write(() => {
      this.#adopt();
      const ordinal = this.#actors.ordinal(actorId);
      const { actor, openVersion, lastHlc } = this.#state;
      const from = this.#firstVersion;
      moveVersions(this.#statements, this.#tables.values(), { actor, from, to: ordinal });
      this.#books.storeHead({ ...this.#state, openVersion: from });
      this.#state = { actorId, actor: ordinal, openVersion: openVersion - from + 1, lastHlc };
      this.#statements.get('UPDATE __patina_state SET actor = ? WHERE id = 1').run(ordinal);
      this.#books.reload(this.#state);
      this.#commits.reset();
    });
    this.#firstVersion = 1;
  }

  /**
   * Runs a change of schema in one transaction and reads the tables anew. Returns the versions that were
   * made: of other programs' writes before it, and of rows of tables that it made replicated.
   */
  changeSchema(change: (db: Database.Database) => void): LocalVersion[] {
    const versions = this.#write(() => {
      const foreign = this.#adopt();
      if (foreign !== undefined) this.#statements.get(openSql).run(this.#state.openVersion, 0);
      change(this.#db);
      this.#forgetStatements();
      this.#tables = readReplicatedTables(this.#db);
      this.#dataVersion = -1;
      this.#commits.reset();
      const own = this.#adopt();
      return [foreign, own].filter((version) => version !== undefined);
    });
    this.#merger.setTables(this.#tables);
    return versions;
  }

  /** The lowest version of an actor that is in quarantine. */
  firstQuarantined(actorId: ActorId): number | undefined {
    const actor = this.#actors.find(actorId);
    if (actor === undefined) return undefined;
    const sql = 'SELECT min(version) FROM __patina_quarantine WHERE actor = ?';
    const row = this.#statements.get(sql, 'raw').get(actor) as [number | null];
    return row[0] ?? undefined;
  }

  /** How many changes of a version are still current. */
  countChanges(actorId: ActorId, version: number): number {
    const actor = this.#actors.find(actorId);
    if (actor === undefined) return 0;
    let count = 0;
    for (const { name } of this.#tables.values()) {
      for (const clocks of [baseTableName(name), cellTableName(name)]) {
        const sql = `SELECT count(*) FROM ${quoteName(clocks)} WHERE actor = ? AND version = ?`;
        const row = this.#statements.get(sql, 'raw').get(actor, version) as [number];
        count += row[0];
      }
    }
    return count;
  }

  /** Actors whose bookkeeping in memory differs from the one on disk (promise P7: none). */
  verifyBookkeeping(): ActorId[] {
    return this.#books.verify(this.#state);
  }

  /** Runs small transactions in one commit, each within a savepoint of its own. */
  #transactGroup(transactions: readonly LocalTransaction[]): TransactResult {
    const failed = new Map<number, PatinaError>();
    for (;;) {
      const result = this.#attempt(transactions, failed);
      if (result !== undefined) return result;
    }
  }

  #attempt(
    transactions: readonly LocalTransaction[],
    failed: Map<number, PatinaError>,
  ): TransactResult | undefined {
    return this.#write((rollback) => {
      const adopted = this.#adopt();
      const versions: LocalVersion[] = adopted === undefined ? [] : [adopted];
      const outcomes: LocalOutcome[] = [];
      for (const [index, transaction] of transactions.entries()) {
        const error = failed.get(index);
        const outcome =
          error === undefined
            ? this.#runGrouped(transaction, versions)
            : { ok: false as const, error };
        if (!this.#db.inTransaction) {
          // The whole group was rolled back because of it: the others run again without this one.
          assert(!outcome.ok, 'only a failing statement rolls the group back');
          failed.set(index, outcome.error);
          rollback();
          return undefined;
        }
        outcomes.push(outcome);
      }
      return { outcomes, versions };
    });
  }

  #runGrouped(transaction: LocalTransaction, versions: LocalVersion[]): LocalOutcome {
    const needsSavepoint = !undoesItself(transaction);
    if (needsSavepoint) this.#run('SAVEPOINT local');
    try {
      const outcome = this.#runLocal(transaction, versions);
      if (needsSavepoint) this.#run('RELEASE local');
      return outcome;
    } catch (error) {
      if (needsSavepoint && this.#db.inTransaction) {
        this.#run('ROLLBACK TO local');
        this.#run('RELEASE local');
      }
      return { ok: false, error: fromSqlite(error) };
    }
  }

  /**
   * Runs a transaction of many statements in a commit of its own. In a savepoint each statement would
   * take longer than the one before: SQLite then walks the list of all pages changed so far.
   */
  #transactAlone(transaction: LocalTransaction): TransactResult {
    const versions: LocalVersion[] = [];
    try {
      const outcome = this.#write(() => {
        const adopted = this.#adopt();
        if (adopted !== undefined) versions.push(adopted);
        return this.#runLocal(transaction, versions);
      });
      return { outcomes: [outcome], versions };
    } catch (error) {
      return { outcomes: [{ ok: false, error: fromSqlite(error) }], versions: [] };
    }
  }

  /** Runs a transaction as the open version; throws what its statements throw. */
  #runLocal(transaction: LocalTransaction, versions: LocalVersion[]): LocalOutcome {
    const { lastHlc, openVersion } = this.#state;
    const hlc = hlcNext(lastHlc, this.#options.wallMs());
    this.#statements.get(openSql).run(openVersion, hlc);
    const touched = new Set<ReplicatedTable>();
    const startMs = this.#options.monotonicMs();
    const deadlineMs = startMs + (transaction.timeoutMs ?? Number.POSITIVE_INFINITY);
    const late = (): void => {
      if (this.#options.monotonicMs() > deadlineMs) throw tooSlow();
    };
    const { moment } = transaction;
    if (moment !== undefined) this.#followMoments();
    let results: StatementResult[];
    try {
      results = transaction.statements.map((statement, index) => {
        if (moment !== undefined) setMoment(moment, index);
        return this.#runStatement(statement, late, touched);
      });
    } finally {
      if (moment !== undefined) setMoment(undefined);
    }
    const tables = this.#options.vet === undefined ? [...this.#tables.values()] : [...touched];
    try {
      const made = this.#capture(hlc, tables, rowsOf(results));
      if (made !== undefined) versions.push(made);
      return { ok: true, results, version: made?.version };
    } catch (error) {
      // What was written cannot be told to others: nothing of it may stay, savepoint or not.
      if (this.#db.inTransaction) this.#run('ROLLBACK');
      throw error;
    }
  }

  /** Once the first transaction has brought its moment: others are spared the detour. */
  #followMoments(): void {
    if (this.#followsMoments) return;
    followMoment(this.#db);
    this.#followsMoments = true;
  }

  /** Runs one statement; throws what it throws, and what `late` does when it is too late. */
  #runStatement(
    statement: LocalStatement,
    late: () => void,
    touched: Set<ReplicatedTable>,
  ): StatementResult {
    late();
    const startMs = this.#options.monotonicMs();
    const plan = this.#plans.plan(statement.sql, this.#tables);
    for (const table of plan.tables) touched.add(table);
    const { rowsAffected, rows } = runStatement(plan, statement, late);
    const timeMs = this.#options.monotonicMs() - startMs;
    return rows === undefined ? { rowsAffected, timeMs } : { rowsAffected, timeMs, rows };
  }

  /** Makes a version of what the triggers have captured in these tables; undefined when nothing. */
  #capture(hlc: Hlc, tables: readonly ReplicatedTable[], rows: number): LocalVersion | undefined {
    const { actorId, actor, openVersion } = this.#state;
    let chunks: readonly Uint8Array[] | undefined;
    let lastSeq: number;
    if (rows > (this.#options.encodedRowsMax ?? Number.POSITIVE_INFINITY)) {
      lastSeq = this.#reader.lastSeq(actor, openVersion, tables);
      if (lastSeq < 0) return undefined;
    } else {
      const read = this.#reader.readVersions(actorId, actor, openVersion, openVersion, tables);
      chunks = read.chunksByVersion.get(openVersion);
      const [first] = chunks ?? [];
      if (first === undefined) return undefined;
      lastSeq = decodeChunkHeader(new ByteReader(first)).lastSeq;
    }
    this.#books.book.recordVersions(actorId, openVersion, openVersion);
    this.#commits.append(actor, openVersion);
    this.#state = { ...this.#state, openVersion: openVersion + 1, lastHlc: hlc };
    return { actorId, version: openVersion, hlc, lastSeq, chunks };
  }

  /** Inside a write transaction: makes a version of rows that other programs have written. */
  #adopt(): LocalVersion | undefined {
    const dataVersion = this.#readDataVersion();
    if (dataVersion === this.#dataVersion) return undefined;
    this.#dataVersion = dataVersion;
    const { lastHlc, openVersion, actor } = this.#state;
    const hlc = hlcNext(lastHlc, this.#options.wallMs());
    const found = adoptForeignRows(this.#statements, this.#tables.values(), {
      actor,
      version: openVersion,
      hlc,
    });
    if (!found) return undefined;
    return this.#capture(hlc, [...this.#tables.values()], 0);
  }

  #mergeWith(work: (nowMs: number) => ApplierOutcome): ReplicaMergeOutcome {
    for (const careful of [false, true]) {
      const outcome = this.#write((rollback) => {
        const adopted = this.#adopt();
        this.#run('UPDATE __patina_state SET applying = 1 WHERE id = 1');
        this.#applier.careful = careful;
        const merged = work(this.#options.wallMs());
        if (merged.mustRepeat) {
          rollback();
          return undefined;
        }
        this.#run('UPDATE __patina_state SET applying = 0 WHERE id = 1');
        this.#state = { ...this.#state, lastHlc: Math.max(this.#state.lastHlc, merged.lastHlc) };
        return { ...merged, adopted: adopted === undefined ? [] : [adopted] };
      });
      if (outcome !== undefined) return outcome;
    }
    throw new PatinaError('PATINA_INTERNAL', 'a careful merge does not ask to be repeated');
  }

  /**
   * Runs `work` in one write transaction and commits. When it throws or calls `rollback`, everything in
   * memory is read again from disk, so that memory never runs ahead of it.
   */
  #write<T>(work: (rollback: () => void) => T): T {
    let rolledBack = false;
    try {
      this.#run('BEGIN IMMEDIATE');
      const value = work(() => {
        rolledBack = true;
      });
      if (rolledBack) {
        this.#undo();
      } else {
        const { openVersion, lastHlc } = this.#state;
        this.#statements.get(openSql).run(openVersion, lastHlc);
        this.#run('COMMIT');
      }
      return value;
    } catch (error) {
      this.#undo();
      throw fromSqlite(error);
    }
  }

  #undo(): void {
    if (this.#db.inTransaction) this.#run('ROLLBACK');
    this.#forgetStatements();
    this.#actors.reload();
    this.#conflicts.reload();
    this.#state = loadState(this.#statements, this.#actors);
    this.#books.reload(this.#state);
    this.#tables = readReplicatedTables(this.#db);
    this.#merger.setTables(this.#tables);
    // Foreign writes that were adopted in the transaction have to be looked for again.
    this.#dataVersion = -1;
  }

  #forgetStatements(): void {
    this.#statements.clear();
    this.#plans.clear();
  }

  #readDataVersion(): number {
    const row = this.#statements.get('PRAGMA data_version', 'raw').get() as [number];
    return row[0];
  }

  #run(sql: string): void {
    this.#statements.get(sql).run();
  }
}

function tooSlow(): PatinaError {
  return new PatinaError('PATINA_SQL_TIMEOUT', 'the transaction took longer than its time limit', {
    hint: 'Split it, or give it more time.',
  });
}

/** Whether a failure leaves nothing behind, as that of a single statement that is only run. */
function undoesItself({ statements }: LocalTransaction): boolean {
  const [only, second] = statements;
  if (only === undefined) return true;
  if (second !== undefined || only.paramRows !== undefined) return false;
  // Rows may turn out to be too many, and the outcome another one, when the work is done already.
  if (only.keepsRows === true || only.expected !== undefined) return false;
  return !/\bfail\b/i.test(only.sql);
}

/** How many times statements are run for it. */
function runsOf({ statements }: LocalTransaction): number {
  return statements.reduce((sum, { paramRows }) => sum + (paramRows?.length ?? 1), 0);
}

function rowsOf(results: readonly StatementResult[]): number {
  return results.reduce((sum, { rowsAffected }) => sum + rowsAffected, 0);
}

/** Statements of a transaction that may share a commit with others. */
const groupedStatementsMax = 32;

const nothingMerged: ReplicaMergeOutcome = {
  adopted: [],
  changes: [],
  applied: [],
  quarantined: [],
  malformed: 0,
  ownVersionUnknown: undefined,
};

const openSql =
  'UPDATE __patina_state SET version = ?, hlc = ?, seq_base = total_changes() WHERE id = 1';
