// From SQL of outside to what the engine keeps live: vetted against a clone of the schema, then analysed.

import { createHash } from 'node:crypto';
import { PatinaError } from '../base/errors.ts';
import type { SqlParams } from '../storage/sql-value.ts';
import { createSqlVetter, type SqlVetter } from '../storage/sql-vetter.ts';
import type { Catalog, QueryPlan } from '../subscriptions/plan.ts';
import type { SchemaReading } from './catalog.ts';
import { exactTextOf } from './key-text.ts';
import { type BoundValue, boundValues } from './numbered-statement.ts';
import { wholePlan } from './whole-plan.ts';

export interface CompiledQuery {
  readonly plan: QueryPlan;
  readonly values: readonly BoundValue[];
  /** Equal for queries of equal meaning, whoever asks. */
  readonly meaning: string;
  /** 16 hexadecimal digits of the meaning. */
  readonly hash: string;
  /** What the form of the kept rows depends on: rows of another one cannot be compared with them. */
  readonly shape: string;
}

export class QueryCompiler {
  readonly #vetter: SqlVetter = createSqlVetter();
  #catalog: Catalog = { tables: new Map() };

  setSchema(schema: SchemaReading): void {
    this.#vetter.setSchema(schema.ddl);
    this.#catalog = schema.catalog;
  }

  /** Throws PatinaError: the statement is wrong, writes, is refused, or cannot be followed. */
  compile(sql: string, params: SqlParams): CompiledQuery {
    const vetted = this.#vetter.vet(sql, 'read');
    if (!vetted.returnsRows) throw refused('the statement yields no rows');
    if (/^explain\b/i.test(vetted.sql)) throw refused('EXPLAIN has no result to follow');
    const { plan, values } = wholePlan(vetted, params, this.#catalog);
    const bound = boundValues(values);
    const meaning = digest(`${plan.sql}\0${exactTextOf(bound, 0)}`);
    return { plan, values: bound, meaning, hash: meaning.slice(0, 16), shape: shapeOf(plan) };
  }

  /** Throws where a statement is wrong, or more than reading what may be read. */
  check(sql: string): void {
    this.#vetter.vet(sql, 'read');
  }

  close(): void {
    this.#vetter.close();
  }
}

function refused(message: string): PatinaError {
  return new PatinaError('PATINA_SUBSCRIPTION_REFUSED', message, {
    hint: 'Subscribe to one SELECT statement.',
  });
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function shapeOf(plan: QueryPlan): string {
  return JSON.stringify([
    plan.mode,
    plan.isOrdered,
    plan.full.identityCount,
    (plan.keyed?.sources ?? []).map(({ table, keyStart, keyCount }) => [table, keyStart, keyCount]),
    plan.grouped?.groupCount ?? null,
  ]);
}
