// What it takes to run a statement of a local transaction, worked out once for each text: most statements
// of a transaction have the same text as the one before.

import type Database from 'better-sqlite3';
import type { ReplicatedTable } from '../crdt/table.ts';
import { guardLike } from './like-guard.ts';
import { type Binder, binderOf } from './parameters.ts';
import type { Statements } from './statements.ts';

/** Decides whether a statement from outside may run, and which tables it writes; throws when not. */
export type Vet = (sql: string) => {
  /** The statement's own text, without what stands around it. */
  readonly sql: string;
  readonly tablesWritten: readonly string[];
};

export interface LocalPlan {
  readonly sql: string;
  readonly prepared: Database.Statement<unknown[], unknown>;
  /** The statement again, for its rows: as arrays, with integers as bigints. */
  readonly exact: () => Database.Statement<unknown[], unknown>;
  readonly bind: Binder;
  /** Replicated tables that it writes, as far as the vetter tells. */
  readonly tables: readonly ReplicatedTable[];
}

/** Texts that are remembered; then all are forgotten. */
const plansMax = 2_000;

export class LocalPlans {
  readonly #statements: Statements;
  readonly #vet: Vet | undefined;
  readonly #planBySql = new Map<string, LocalPlan>();
  #lastSql = '';
  #lastPlan: LocalPlan | undefined;

  constructor(statements: Statements, vet: Vet | undefined) {
    this.#statements = statements;
    this.#vet = vet;
  }

  /** The plan of a text. Throws what the vetter or SQLite has against it. */
  plan(sql: string, tables: ReadonlyMap<string, ReplicatedTable>): LocalPlan {
    if (sql === this.#lastSql && this.#lastPlan !== undefined) return this.#lastPlan;
    const plan = this.#planBySql.get(sql) ?? this.#make(sql, tables);
    this.#lastSql = sql;
    this.#lastPlan = plan;
    return plan;
  }

  /** Forgets all plans: after a change of schema, or when statements were forgotten. */
  clear(): void {
    this.#planBySql.clear();
    this.#lastPlan = undefined;
  }

  #make(sql: string, tables: ReadonlyMap<string, ReplicatedTable>): LocalPlan {
    const verdict = this.#vet?.(sql);
    const text = guardLike(verdict?.sql ?? sql);
    const written = (verdict?.tablesWritten ?? []).flatMap((name) => {
      const table = tables.get(name);
      return table === undefined ? [] : [table];
    });
    const plan = {
      sql: text,
      prepared: this.#statements.get(text),
      exact: () => this.#statements.get(text, 'exact'),
      bind: binderOf(text),
      tables: written,
    };
    if (this.#planBySql.size >= plansMax) this.clear();
    this.#planBySql.set(sql, plan);
    return plan;
  }
}
