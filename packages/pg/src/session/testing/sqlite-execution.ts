// Carries out what a session asks for at once, on a database in memory, the way PostgreSQL would: for tests of
// sessions, in which nothing takes time.

import { DatabaseSync } from 'node:sqlite';
import type { SqlValue } from '@patina/engine/base/value.ts';
import { installOnNodeSqlite } from '@patina/engine/functions/install.ts';
import { sqlErrorOf } from '@patina/engine/storage/sql-error.ts';
import { readSchemaView } from '../../catalog/schema-reader.ts';
import { fetchRange } from '../../execution/cursor-position.ts';
import { asPgError, PgError } from '../../pg-error.ts';
import { createRowOutput, type RawRow } from '../../reader/row-output.ts';
import type { PlannedQuery, PlannedWrite, Planner } from '../../sql/planned.ts';
import { createPlanner } from '../../sql/planner.ts';
import { makeCopyDecoder } from '../../types/copy-decoder.ts';
import type { SessionAnswer, SessionRequest } from '../requests.ts';

type Requested<Kind extends SessionRequest['kind']> = Extract<SessionRequest, { kind: Kind }>;

interface Kept {
  readonly statement: PlannedQuery | PlannedWrite;
  readonly rows: readonly RawRow[];
  position: number;
}

const done: Extract<SessionAnswer, { kind: 'completed' }> = {
  kind: 'completed',
  rows: 0,
  hasMore: false,
  notices: [],
};

/** Requests that are not answered. */
const silent: ReadonlySet<SessionRequest['kind']> = new Set([
  'close-portal',
  'listen',
  'unlisten',
  'notify',
  'log-in-failed',
]);

export class SqliteExecution {
  readonly #database = new DatabaseSync(':memory:');
  readonly #kept = new Map<number, Kept>();
  #copied: ReturnType<typeof beginCopy> | undefined;
  #view: ReturnType<typeof readSchemaView>;
  readonly planner: Planner;
  /** Everything that was asked for, in order. */
  readonly requests: SessionRequest[] = [];

  /** libpg-query's module must be loaded. */
  constructor(ddl: readonly string[]) {
    installOnNodeSqlite(this.#database);
    for (const sql of ddl) this.#database.exec(sql);
    this.#view = readSchemaView(ddl);
    this.planner = createPlanner({
      schema: () => this.#view,
      vet: (sql, mode) => {
        const columns = this.#prepare(sql)
          .columns()
          .map(({ name }) => name);
        return { tablesRead: [], tablesWritten: [], readOnly: mode === 'read', columns };
      },
    });
  }

  /** What the session holds here. */
  get held(): { readonly portals: number; readonly isInTransaction: boolean } {
    return { portals: this.#kept.size, isInTransaction: this.#database.isTransaction };
  }

  /** As a change of the schema by somebody else. */
  setSchema(ddl: readonly string[], change: string): void {
    this.#database.exec(change);
    this.#view = readSchemaView(ddl, this.#view);
  }

  close(): void {
    this.#database.close();
  }

  handle(request: SessionRequest): readonly SessionAnswer[] {
    this.requests.push(request);
    if (silent.has(request.kind)) {
      if (request.kind === 'close-portal') this.#kept.delete(request.portal);
      return [];
    }
    try {
      return this.#carryOut(request);
    } catch (error) {
      return [
        { kind: 'failed', error: asPgError(error instanceof PgError ? error : sqlErrorOf(error)) },
      ];
    }
  }

  #carryOut(request: SessionRequest): readonly SessionAnswer[] {
    switch (request.kind) {
      case 'identify':
        return [{ kind: 'identified', identified: { method: 'trust', isReadOnly: false } }];
      case 'run':
        return this.#run(request);
      case 'open-cursor':
        this.#open(request);
        return [done];
      case 'fetch':
        return this.#fetch(request);
      case 'explain':
        return [{ kind: 'lines', lines: ['a plan'] }];
      case 'copy-in':
        this.#refuseReadOnly(request.insert, request.isReadOnly);
        this.#copied = beginCopy(request);
        return [done];
      case 'copy-data':
        this.#copied?.rows.push(...this.#copied.decoder.push(request.bytes));
        return [done];
      case 'copy-done':
        return [{ ...done, rows: this.#copy() }];
      default:
        this.#transact(request);
        return [done];
    }
  }

  #transact(request: SessionRequest): void {
    const name = 'name' in request ? ` "${request.name}"` : '';
    const commands: Partial<Record<SessionRequest['kind'], string>> = {
      begin: 'BEGIN',
      commit: 'COMMIT',
      rollback: 'ROLLBACK',
      savepoint: `SAVEPOINT${name}`,
      release: `RELEASE${name}`,
      'rollback-to': `ROLLBACK TO${name}`,
    };
    const command = commands[request.kind];
    if (command !== undefined) this.#database.exec(command);
  }

  #run(request: Requested<'run'>): readonly SessionAnswer[] {
    const { statement, portal, rowsMax } = request;
    if (statement.kind === 'subscribe') throw new PgError('0A000', 'no live queries here');
    if (statement.kind === 'write') this.#refuseReadOnly(statement, request.isReadOnly);
    if (statement.kind === 'write' && statement.columns.length === 0) {
      const { changes } = this.#prepare(statement.sql).run(...request.params.map(bindable));
      return [{ ...done, rows: Number(changes) }];
    }
    const rows = this.#rows(statement, request.params);
    this.#kept.set(portal, { statement, rows, position: 0 });
    const count = rowsMax > 0 ? rowsMax : 'all';
    const answers = this.#fetch({
      ...request,
      kind: 'fetch',
      direction: { kind: 'forward', count },
      waitMs: undefined,
    });
    const last = answers.at(-1);
    if (last?.kind !== 'completed' || !last.hasMore) this.#kept.delete(portal);
    return answers;
  }

  #open({ statement, params, portal }: Requested<'open-cursor'>): void {
    if (statement.kind === 'subscribe') throw new PgError('0A000', 'no live queries here');
    this.#kept.set(portal, { statement, rows: this.#rows(statement, params), position: 0 });
  }

  #fetch({ portal, direction, output, settings }: Requested<'fetch'>): readonly SessionAnswer[] {
    const kept = this.#kept.get(portal);
    if (kept === undefined) throw new PgError('XX000', `nothing is kept as portal ${portal}`);
    const { statement, rows } = kept;
    const range = fetchRange(direction, kept.position, rows.length);
    kept.position = range.position;
    const taken = rows.slice(range.from, range.from + range.count);
    const writer = createRowOutput(statement.columns, output, settings);
    writer.begin();
    for (const row of range.isBackward ? taken.toReversed() : taken) writer.row(row);
    writer.end();
    const bytes = Buffer.from(writer.view());
    // PostgreSQL suspends a portal that has given as many rows as were asked for, also when none is left.
    const hasMore = direction.kind === 'forward' && range.position <= rows.length;
    return [
      ...(bytes.length > 0 ? [{ kind: 'rows', bytes, count: taken.length } as const] : []),
      { ...done, rows: taken.length, hasMore },
    ];
  }

  #copy(): number {
    const copied = this.#copied;
    this.#copied = undefined;
    if (copied === undefined) return 0;
    const { insert } = copied.request;
    const rows = [...copied.rows, ...copied.decoder.end()];
    const isOwn = !this.#database.isTransaction;
    if (isOwn) this.#database.exec('BEGIN');
    try {
      const statement = this.#prepare(insert.sql);
      for (const row of rows) statement.run(...row.map(bindable));
      if (isOwn) this.#database.exec('COMMIT');
    } catch (error) {
      if (isOwn) this.#database.exec('ROLLBACK');
      throw error;
    }
    return rows.length;
  }

  #rows(statement: PlannedQuery | PlannedWrite, params: Requested<'run'>['params']): RawRow[] {
    const prepared = this.#prepare(statement.sql);
    const rows: unknown[] = prepared.all(...params.map(bindable));
    return rows.filter((row) => Array.isArray(row));
  }

  #prepare(sql: string) {
    const statement = this.#database.prepare(sql);
    statement.setReadBigInts(true);
    statement.setReturnArrays(true);
    return statement;
  }

  #refuseReadOnly({ tag }: PlannedWrite, isReadOnly: boolean): void {
    if (!isReadOnly) return;
    throw new PgError('25006', `cannot execute ${tag} in a read-only transaction`);
  }
}

function bindable(
  value: Requested<'run'>['params'][number],
): string | number | bigint | null | Uint8Array {
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value;
  throw new PgError('XX000', 'this value is not for tests');
}

function beginCopy(request: Requested<'copy-in'>) {
  const { insert, columnNames, options, settings } = request;
  const decoder = makeCopyDecoder({ options, columnNames, types: insert.params, settings });
  const rows: (readonly SqlValue[])[] = [];
  return { request, decoder, rows };
}
