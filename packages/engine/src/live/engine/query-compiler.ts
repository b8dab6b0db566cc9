// From SQL of outside to what the engine keeps live: vetted against a clone of the schema, then analysed.

import { createHash } from 'node:crypto';
import { PatinaError } from '../../base/errors.ts';
import { installedFunctionKinds } from '../../storage/function-kinds.ts';
import type { SqlParams } from '../../storage/sql-value.ts';
import { createSqlVetter, type SqlVetter, type VettedStatement } from '../../storage/sql-vetter.ts';
import { planOf } from '../../subscriptions/analyse.ts';
import { knowFunctions } from '../../subscriptions/functions.ts';
import { type NormalisedQuery, normaliseQuery } from '../../subscriptions/normalise.ts';
import type { Catalog, QueryPlan } from '../../subscriptions/plan.ts';
import type { SchemaReading } from './catalog.ts';
import { exactTextOf } from './key-text.ts';
import { type BoundValue, boundValues } from './numbered-statement.ts';
import { shapeText } from './row-set.ts';

/** Analysed families that are remembered. */
const plansMax = 1_000;

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
  readonly #planBySql = new Map<string, QueryPlan>();
  #catalog: Catalog = { tables: new Map() };

  constructor() {
    knowFunctions(installedFunctionKinds());
  }

  setSchema(schema: SchemaReading): void {
    this.#vetter.setSchema(schema.ddl);
    this.#catalog = schema.catalog;
    this.#planBySql.clear();
  }

  /** Throws PatinaError: the statement is wrong, writes, is refused, or cannot be followed. */
  compile(sql: string, params: SqlParams): CompiledQuery {
    const vetted = this.#vetter.vet(sql, 'read');
    if (!vetted.returnsRows) throw refused('the statement yields no rows');
    if (/^explain\b/i.test(vetted.sql)) throw refused('EXPLAIN has no result to follow');
    const normalised = normaliseQuery(vetted.sql, params);
    const plan = this.#plan(normalised, vetted);
    const bound = boundValues(normalised.values);
    const meaning = digest(`${plan.sql}\0${exactTextOf(bound, 0)}`);
    return { plan, values: bound, meaning, hash: meaning.slice(0, 16), shape: shapeText(plan) };
  }

  /** The plan of a family, analysed once as long as it is used now and then. */
  #plan({ sql, values }: NormalisedQuery, vetted: VettedStatement): QueryPlan {
    const known = this.#planBySql.get(sql);
    if (known !== undefined) {
      this.#planBySql.delete(sql);
      this.#planBySql.set(sql, known);
      return known;
    }
    const plan = planOf(sql, values.length, this.#catalog, vetted);
    if (this.#planBySql.size >= plansMax) {
      this.#planBySql.delete(this.#planBySql.keys().next().value ?? '');
    }
    this.#planBySql.set(sql, plan);
    return plan;
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
