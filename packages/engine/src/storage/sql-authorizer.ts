// Decides, while SQLite prepares a statement, what the statement may do: default deny. SQLite itself
// reports every table, column, function and action, through views, subqueries and aliases, so
// nothing depends on reading the SQL text.

import { constants, type DatabaseSync } from 'node:sqlite';
import { PatinaError } from '../base/errors.ts';
import { installedFunctions } from '../functions/install.ts';
import { allowedFunctions } from './sql-functions.ts';
import {
  describingPragmas,
  isInternalName,
  isSqliteName,
  mentionsInternalName,
  patinaViews,
  safeTableFunctions,
} from './sql-names.ts';

/** `read` may look at tables; `write` may also change rows of the user's tables. */
export type SqlMode = 'read' | 'write';

export const notReadonlyMessage = 'statement is not readonly';

const schemaTables: ReadonlySet<string> = new Set(['sqlite_master', 'sqlite_schema']);
const pragmaPrefix = 'pragma_';
/** Databases of every connection; all others are attached, by ourselves. */
const ownDatabases: ReadonlySet<string> = new Set(['main', 'temp']);
const keptForPatina = 'tables whose names begin with __patina_ belong to Patina';

/** Names of the authorizer's actions, for messages: CREATE_TABLE is "CREATE TABLE". */
const actionNames: ReadonlyMap<number, string> = new Map(
  Object.entries(constants)
    .filter(([name]) => /^SQLITE_(CREATE|DROP|ALTER|ATTACH|DETACH|ANALYZE|REINDEX)/.test(name))
    .map(([name, code]) => [code, name.slice('SQLITE_'.length).replaceAll('_', ' ')]),
);

/** One authorizer of one connection; statements are judged one at a time. */
export class SqlAuthorizer {
  #mode: SqlMode = 'read';
  #trusted = true;
  #preparing = false;
  #textMentionsInternal = false;
  #acted = false;
  #readsAttached = false;
  #refusal: PatinaError | undefined;
  #tablesRead = new Set<string>();
  #tablesCounted = new Set<string>();
  #tablesWritten = new Set<string>();
  #knownTables: ReadonlySet<string> = new Set();
  #moreFunctions: ReadonlySet<string> = new Set();
  readonly #virtualModules: ReadonlySet<string>;

  /** `virtualModules`: names of all modules that can stand in for a table without a schema entry. */
  constructor(virtualModules: ReadonlySet<string>) {
    this.#virtualModules = virtualModules;
  }

  /** The callback for DatabaseSync.setAuthorizer. */
  readonly callback = (
    action: number,
    first: string | null,
    second: string | null,
    database: string | null,
    accessor: string | null,
  ): number => {
    if (this.#trusted) return constants.SQLITE_OK;
    const isAttached = database !== null && !ownDatabases.has(database);
    const refusal = this.#judge(action, first, second, isAttached, accessor);
    if (refusal === undefined) return constants.SQLITE_OK;
    this.#refusal ??= refusal;
    return constants.SQLITE_DENY;
  };

  /** The first thing that was refused since {@link begin}. */
  get refusal(): PatinaError | undefined {
    return this.#refusal;
  }

  /** Tables and views of which something was read, if only how many rows there are. */
  get tablesRead(): ReadonlySet<string> {
    const counted = [...this.#tablesCounted].filter((table) => this.#knownTables.has(table));
    return new Set([...this.#tablesRead, ...counted]);
  }

  get tablesWritten(): ReadonlySet<string> {
    return this.#tablesWritten;
  }

  /**
   * Whether attached databases are read, by their tables or by functions over them; {@link tablesRead} has
   * the tables of the user's alone.
   */
  get readsAttached(): boolean {
    return this.#readsAttached;
  }

  /** Whether the statement selected or changed anything; utility statements may do neither. */
  get acted(): boolean {
    return this.#acted;
  }

  /** Tables and views of the schema, as SQLite spells them. Nothing else can be reached. */
  setKnownTables(names: ReadonlySet<string>): void {
    this.#knownTables = names;
  }

  /** Lets statements call these too, which answer from attached databases; names in lower case. */
  allowFunctions(names: ReadonlySet<string>): void {
    this.#moreFunctions = names;
  }

  /** Runs our own SQL, which is not judged. */
  trust<T>(run: () => T): T {
    this.#refusal = undefined;
    this.#trusted = true;
    try {
      return run();
    } finally {
      this.#trusted = false;
    }
  }

  /** Starts to judge the statement `sql`, which is about to be prepared. */
  begin(sql: string, mode: SqlMode): void {
    this.#mode = mode;
    this.#trusted = false;
    this.#preparing = true;
    this.#textMentionsInternal = mentionsInternalName(sql);
    this.#acted = false;
    this.#readsAttached = false;
    this.#refusal = undefined;
    this.#tablesRead = new Set();
    this.#tablesCounted = new Set();
    this.#tablesWritten = new Set();
  }

  /** Ends preparing; from here on a table that is not known is refused at once. */
  prepared(): void {
    this.#preparing = false;
  }

  /** A table that was touched but is not part of the schema; checked after preparing. */
  unknownTable(): string | undefined {
    for (const tables of [this.#tablesRead, this.#tablesWritten]) {
      for (const table of tables) {
        if (!this.#isKnown(table)) return table;
      }
    }
    for (const table of this.#tablesCounted) if (!this.#mayBeCounted(table)) return table;
    return undefined;
  }

  #judge(
    action: number,
    first: string | null,
    second: string | null,
    isAttached: boolean,
    accessor: string | null,
  ): PatinaError | undefined {
    switch (action) {
      case constants.SQLITE_SELECT:
        this.#acted = true;
        return undefined;
      case constants.SQLITE_READ:
        if (isAttached) return this.#judgeAttachedRead(first ?? '');
        return this.#judgeRead(first ?? '', second ?? '', accessor);
      case constants.SQLITE_FUNCTION:
        return this.#judgeFunction(second ?? '');
      case constants.SQLITE_RECURSIVE:
        return this.#mode === 'read' ? undefined : recursionRefused();
      case constants.SQLITE_INSERT:
      case constants.SQLITE_UPDATE:
      case constants.SQLITE_DELETE:
        return this.#judgeWrite(first ?? '', isAttached);
      case constants.SQLITE_PRAGMA:
        return this.#judgePragma(first ?? '');
      case constants.SQLITE_TRANSACTION:
      case constants.SQLITE_SAVEPOINT:
        return refused('transaction control', transactionHint);
      default:
        return this.#judgeOther(action);
    }
  }

  #judgeRead(table: string, column: string, accessor: string | null): PatinaError | undefined {
    const counted = column === '';
    (counted ? this.#tablesCounted : this.#tablesRead).add(table);
    if (isInternalName(table)) return this.#judgeInternalRead(table, column, accessor);
    if (isSqliteName(table)) {
      if (this.#mode === 'read' && schemaTables.has(table.toLowerCase())) return undefined;
      return refused(`access to ${table}`, 'only sqlite_schema can be read, in queries');
    }
    if (this.#preparing) return undefined;
    const open = counted ? this.#mayBeCounted(table) : this.#isKnown(table);
    return open ? undefined : unknownTableRefused(table);
  }

  /**
   * Internal tables are read through Patina's views only. SQLite names the view as accessor, but it
   * names a common table expression in the same way, so the text itself must not mention internal
   * names: then any access comes from a view of the schema. Where SQLite dissolves a view into the
   * outer query it reports one access without column and without accessor.
   */
  #judgeInternalRead(
    table: string,
    column: string,
    accessor: string | null,
  ): PatinaError | undefined {
    const throughView = accessor === null ? column === '' : patinaViews.has(accessor);
    if (throughView && !this.#textMentionsInternal) return undefined;
    return refused(`access to ${table}`, `${keptForPatina}; read the patina_ views instead`);
  }

  /** Attached databases are ours, and made to be read: what is in them is no user's. */
  #judgeAttachedRead(table: string): PatinaError | undefined {
    if (isSqliteName(table)) return refused(`access to ${table}`, undefined);
    this.#readsAttached = true;
    return undefined;
  }

  #judgeWrite(table: string, isAttached: boolean): PatinaError | undefined {
    this.#acted = true;
    if (this.#mode === 'read') return notReadonly();
    if (isAttached) return refused(`writing to ${table}`, 'the catalogs are for reading');
    this.#tablesWritten.add(table);
    if (isInternalName(table)) return refused(`writing to ${table}`, keptForPatina);
    if (patinaViews.has(table.toLowerCase())) {
      return refused(`writing to ${table}`, 'the patina_ views are for reading');
    }
    if (isSqliteName(table)) return refused(`changing the schema (${table})`, schemaHint);
    return undefined;
  }

  #judgeFunction(name: string): PatinaError | undefined {
    if (isOpenFunction(name)) return undefined;
    if (this.#moreFunctions.has(name.toLowerCase())) {
      this.#readsAttached = true;
      return undefined;
    }
    return refused(`the function ${name}()`, undefined);
  }

  #judgePragma(name: string): PatinaError | undefined {
    // Table-valued pragmas run theirs while the statement runs; a PRAGMA statement is prepared.
    const describes = describingPragmas.has(name.toLowerCase());
    if (describes && this.#mode === 'read' && !this.#preparing) return undefined;
    return refused(`PRAGMA ${name}`, 'use the pragma_table_info family of table functions');
  }

  #judgeOther(action: number): PatinaError {
    const name = actionNames.get(action);
    if (name === undefined) return refused('this kind of statement', undefined);
    if (name === 'ATTACH' || name === 'DETACH') return refused(name, undefined);
    return this.#mode === 'read' ? notReadonly() : refused(name, schemaHint);
  }

  /**
   * Where no column is used, SQLite reports the name alone, and does so for common table expressions
   * too, which may have any name: then only what could be a virtual table is closed.
   */
  #mayBeCounted(table: string): boolean {
    if (this.#isKnown(table)) return true;
    const name = table.toLowerCase();
    return !this.#virtualModules.has(name) && !name.startsWith(pragmaPrefix);
  }

  #isKnown(table: string): boolean {
    if (this.#knownTables.has(table)) return true;
    const name = table.toLowerCase();
    if (schemaTables.has(name)) return true;
    if (safeTableFunctions.has(name)) return true;
    if (this.#mode !== 'read' || !name.startsWith(pragmaPrefix)) return false;
    return describingPragmas.has(name.slice(pragmaPrefix.length));
  }
}

const transactionHint =
  'the statements of one request are one transaction; Patina begins and commits it';
const schemaHint = 'change the schema with `patina schema apply`';

/** Whether SQL from outside may call this function. */
export function isOpenFunction(name: string): boolean {
  const known = name.toLowerCase();
  return allowedFunctions.has(known) || installedFunctions.has(known);
}

/** An authorizer that watches `database`; until its first statement it lets everything pass. */
export function installAuthorizer(database: DatabaseSync): SqlAuthorizer {
  const modules = database.prepare('SELECT lower(name) AS name FROM pragma_module_list').all();
  const authorizer = new SqlAuthorizer(new Set(modules.map((row) => String(row['name']))));
  database.setAuthorizer(authorizer.callback);
  return authorizer;
}

/** Tells the authorizer which tables and views the user's database has now. */
export function refreshKnownTables(database: DatabaseSync, authorizer: SqlAuthorizer): void {
  authorizer.trust(() => {
    const sql = "SELECT name FROM main.sqlite_schema WHERE type IN ('table', 'view')";
    const rows = database.prepare(sql).all();
    authorizer.setKnownTables(new Set(rows.map((row) => String(row['name']))));
  });
}

/** PATINA_SQL_REFUSED: `what` is not allowed here. */
export function refused(what: string, hint: string | undefined): PatinaError {
  return new PatinaError(
    'PATINA_SQL_REFUSED',
    `${what} is not allowed`,
    hint === undefined ? {} : { hint },
  );
}

/** PATINA_SQL_NOT_READONLY, in the words of the reference. */
export function notReadonly(): PatinaError {
  return new PatinaError('PATINA_SQL_NOT_READONLY', notReadonlyMessage, {
    hint: 'send statements that write to POST /v1/transactions',
  });
}

/** A table function or virtual table that is not part of the schema. */
export function unknownTableRefused(table: string): PatinaError {
  return refused(`access to ${table}`, 'only tables and views of the schema can be used');
}

function recursionRefused(): PatinaError {
  return refused('a recursive common table expression in a transaction', recursionHint);
}

const recursionHint =
  'a write cannot be interrupted; run the recursive query first and write its result';
