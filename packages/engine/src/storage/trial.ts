// Tries statements on the real database: runs those of an open transaction and the new one, tells what
// came out, and takes everything back. The triggers capture as for another program's write, under the
// version that is open; nothing of it is committed, so nobody sees it, and no version is made.

import type Database from 'better-sqlite3';
import { setMoment } from '../functions/moment.ts';
import type { LocalStatement } from '../ports.ts';
import { guardLike } from './like-guard.ts';
import { LocalPlans } from './local-plans.ts';
import { followMoment } from './moment-overrides.ts';
import { binderOf } from './parameters.ts';
import { toPlain } from './plain-error.ts';
import { narrowRow, type RawCell, ReturnedRows } from './returned-rows.ts';
import { runStatement, transactionConflict } from './run-statement.ts';
import { createSqlVetter, type SqlVetter } from './sql-vetter.ts';
import { Statements } from './statements.ts';
import type {
  DryRunInput,
  DryRunStep,
  TrialAnswer,
  TrialInput,
  TrialResult,
  TrialTask,
} from './trial-protocol.ts';

const noTables = new Map<string, never>();

/** Who waits for a trial ends the process when it takes too long: nothing is looked at here. */
const neverLate = (): void => {};

export class Trials {
  readonly #db: Database.Database;
  readonly #statements: Statements;
  readonly #vetter: SqlVetter;
  readonly #plans: LocalPlans;
  #schemaVersion = -1;

  /** The connection must have the settings of the writer's; it is only ever rolled back. */
  constructor(db: Database.Database) {
    this.#db = db;
    followMoment(db);
    this.#statements = new Statements(db);
    this.#vetter = createSqlVetter();
    this.#plans = new LocalPlans(this.#statements, (sql) => this.#vetter.vet(sql, 'write'));
  }

  run(task: TrialTask): TrialAnswer {
    try {
      this.#statements.get('BEGIN IMMEDIATE').run();
      this.#refreshSchema();
      if (task.kind === 'dry-run') return { ok: true, kind: task.kind, steps: this.#steps(task) };
      return { ok: true, kind: task.kind, ...this.#try(task) };
    } catch (error) {
      return { ok: false, error: toPlain(error) };
    } finally {
      setMoment(undefined);
      if (this.#db.inTransaction) this.#statements.get('ROLLBACK').run();
    }
  }

  close(): void {
    this.#vetter.close();
    this.#db.close();
  }

  #try(input: TrialInput): TrialResult {
    const { pending, moment, isQuery } = input;
    for (const [index, statement] of pending.entries()) this.#replay(input, statement, index);
    setMoment(moment, pending.length);
    return isQuery ? this.#query(input) : this.#write(input);
  }

  #steps({ statements }: DryRunInput): DryRunStep[] {
    const steps: DryRunStep[] = [];
    for (const statement of statements) {
      try {
        const plan = this.#plans.plan(statement.sql, noTables);
        const { rowsAffected } = runStatement(plan, statement, neverLate);
        steps.push({ ok: true, rowsAffected });
      } catch (error) {
        steps.push({ ok: false, error: toPlain(error) });
        break;
      }
    }
    return steps;
  }

  /** Runs a write that was tried before: whatever comes out otherwise now is others' doing. */
  #replay({ moment }: TrialInput, statement: LocalStatement, index: number): void {
    setMoment(moment, index);
    const plan = this.#plans.plan(statement.sql, noTables);
    try {
      runStatement(plan, statement, neverLate);
    } catch (error) {
      const plain = toPlain(error);
      throw plain.code === 'PATINA_SQL_CONSTRAINT' ? transactionConflict(error) : error;
    }
  }

  #write({ statement, rowsMax, bytesMax }: TrialInput): TrialResult {
    const plan = this.#plans.plan(statement.sql, noTables);
    return runStatement(plan, statement, neverLate, { rowsMax, bytesMax });
  }

  #query({ statement, rowsMax, bytesMax }: TrialInput): TrialResult {
    const sql = guardLike(this.#vetter.vet(statement.sql, 'read').sql);
    const prepared = this.#statements.get(sql, 'exact') as Database.Statement<unknown[], RawCell[]>;
    const returned = new ReturnedRows({ rowsMax, bytesMax });
    for (const row of prepared.iterate(...binderOf(sql)(statement.params))) {
      returned.add(narrowRow(row));
    }
    return { rowsAffected: 0, rows: returned.rows };
  }

  #refreshSchema(): void {
    const row = this.#statements.get('PRAGMA schema_version', 'raw').get() as [number];
    if (row[0] === this.#schemaVersion) return;
    this.#statements.clear();
    this.#plans.clear();
    const ddl = this.#db
      .prepare<[], { sql: string }>('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL')
      .all();
    this.#vetter.setSchema(ddl.map(({ sql }) => sql));
    this.#schemaVersion = row[0];
  }
}
