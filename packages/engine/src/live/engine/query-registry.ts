// All queries that are kept live, by id and by meaning, in memory as in the state file.

import { PatinaError } from '../../base/errors.ts';
import type { SqlParams } from '../../storage/sql-value.ts';
import type { KeptQuery, StateStore } from '../state/state-store.ts';
import type { LiveEngineOptions } from './engine-types.ts';
import { keptQuery, type LiveQuery } from './live-query.ts';
import { paramsOfText, paramsToText } from './params-text.ts';
import type { CompiledQuery, QueryCompiler } from './query-compiler.ts';

export interface QueryRequest {
  readonly sql: string;
  readonly params: SqlParams;
  readonly role: string;
}

export class QueryRegistry {
  readonly #options: LiveEngineOptions;
  readonly #store: StateStore;
  readonly #compiler: QueryCompiler;
  readonly #byId = new Map<string, LiveQuery>();
  readonly #byNumber = new Map<number, LiveQuery>();
  readonly #byMeaning = new Map<string, LiveQuery>();
  readonly #meanings = new Map<number, string>();
  #nextNumber = 1;

  constructor(options: LiveEngineOptions, store: StateStore, compiler: QueryCompiler) {
    this.#options = options;
    this.#store = store;
    this.#compiler = compiler;
  }

  get size(): number {
    return this.#byId.size;
  }

  all(): IterableIterator<LiveQuery> {
    return this.#byId.values();
  }

  find(id: string): LiveQuery | undefined {
    return this.#byId.get(id);
  }

  byNumber(number: number): LiveQuery | undefined {
    return this.#byNumber.get(number);
  }

  /** The query of the same meaning and role. Throws as {@link QueryCompiler.compile}. */
  lookup(request: QueryRequest): LiveQuery | undefined {
    const { meaning } = this.#compiler.compile(request.sql, request.params);
    return this.#byMeaning.get(`${meaning}:${request.role}`);
  }

  /** The query of the same meaning and role, or a new one that is to be filled. */
  subscribe(request: QueryRequest): { readonly query: LiveQuery; readonly isNew: boolean } {
    const compiled = this.#compiler.compile(request.sql, request.params);
    const known = this.#byMeaning.get(`${compiled.meaning}:${request.role}`);
    if (known !== undefined) return { query: known, isNew: false };
    const { queriesMax } = this.#options.limits;
    if (this.size >= queriesMax) {
      throw new PatinaError(
        'PATINA_SUBSCRIPTION_LIMIT',
        `this node keeps ${queriesMax} live queries, which is its limit`,
        { hint: 'Close subscriptions that are not needed, ask another node, or raise the limit.' },
      );
    }
    const query = this.#newQuery(request, compiled);
    this.#store.putQuery(keptQuery(query));
    this.#store.commit();
    this.#add(query, compiled.meaning);
    return { query, isNew: true };
  }

  /** A number that is in use in the state file. */
  noteNumber(number: number): void {
    this.#nextNumber = Math.max(this.#nextNumber, number + 1);
  }

  /** Takes over a query that was kept from before; undefined when it cannot be followed any more. */
  restore(kept: KeptQuery): LiveQuery | undefined {
    this.noteNumber(kept.number);
    const compiled = this.#recompiled(kept);
    if (compiled === undefined) return undefined;
    if (this.#byMeaning.has(`${compiled.meaning}:${kept.role}`)) return undefined;
    const query: LiveQuery = {
      ...this.#idle(compiled),
      ...kept,
      shape: compiled.shape,
      keptShape: kept.shape,
      state: kept.isLive ? 'live' : 'filling',
    };
    this.#add(query, compiled.meaning);
    return query;
  }

  /** Analyses a query anew, for a schema that changed. Throws when it cannot be followed any more. */
  recompile(query: LiveQuery): void {
    const compiled = this.#compiler.compile(query.sql, paramsOfText(query.params));
    if (JSON.stringify(compiled.plan.columns) !== JSON.stringify(query.plan.columns)) {
      throw new PatinaError('PATINA_SUBSCRIPTION_FAILED', 'the columns of the query changed', {
        hint: 'The schema was changed. Subscribe again.',
      });
    }
    query.plan = compiled.plan;
    query.values = compiled.values;
    query.shape = compiled.shape;
    const old = this.#meanings.get(query.number);
    this.#byMeaning.delete(`${old}:${query.role}`);
    this.#byMeaning.set(`${compiled.meaning}:${query.role}`, query);
    this.#meanings.set(query.number, compiled.meaning);
  }

  remove(query: LiveQuery): void {
    const key = `${this.#meanings.get(query.number)}:${query.role}`;
    if (this.#byMeaning.get(key) === query) this.#byMeaning.delete(key);
    this.#meanings.delete(query.number);
    this.#byId.delete(query.id);
    this.#byNumber.delete(query.number);
  }

  #add(query: LiveQuery, meaning: string): void {
    this.#byId.set(query.id, query);
    this.#byNumber.set(query.number, query);
    this.#byMeaning.set(`${meaning}:${query.role}`, query);
    this.#meanings.set(query.number, meaning);
  }

  #recompiled(kept: KeptQuery): CompiledQuery | undefined {
    try {
      const compiled = this.#compiler.compile(kept.sql, paramsOfText(kept.params));
      return JSON.stringify(compiled.plan.columns) === kept.columns ? compiled : undefined;
    } catch (error) {
      if (error instanceof PatinaError) return undefined;
      throw error;
    }
  }

  #newQuery(request: QueryRequest, compiled: CompiledQuery): LiveQuery {
    return {
      ...this.#idle(compiled),
      number: this.#nextNumber++,
      id: this.#options.newId(),
      hash: compiled.hash,
      sql: request.sql,
      params: paramsToText(request.params),
      role: request.role,
      createdMs: Math.floor(this.#options.wallMs()),
      state: 'filling',
      changeId: 0,
      minChangeId: 0,
      nextRowId: 1,
      nextHiddenId: 1,
      rowCount: 0,
      hiddenCount: 0,
    };
  }

  #idle(compiled: CompiledQuery) {
    return {
      plan: compiled.plan,
      values: compiled.values,
      shape: compiled.shape,
      keptShape: compiled.shape,
      overdue: undefined,
      ranAtMs: this.#options.monotonicMs(),
      ranForMs: 0,
      evaluations: 0,
      evaluationMs: 0,
      cost: 0,
      costAtMs: this.#options.monotonicMs(),
    };
  }
}
