// Evaluates live queries: follows the log of commits, brings the kept results to each new snapshot, and
// says what changed. Synchronous, and without timers: whoever drives it decides when.

import { PatinaError } from '../../base/errors.ts';
import type { SqlParams } from '../../storage/sql-value.ts';
import type { LiveQueryStats } from '../live-queries.ts';
import { StateStore } from '../state/state-store.ts';
import { readSchema } from './catalog.ts';
import { ChangeFeed } from './change-feed.ts';
import { DatabaseReader, statementsMax } from './database-reader.ts';
import type { EngineParts } from './engine-parts.ts';
import type { EngineQuery, LiveEngine, LiveEngineOptions } from './engine-types.ts';
import { explainCompiled } from './explain.ts';
import { groupsAfter } from './kept-groups.ts';
import { LivePass } from './live-pass.ts';
import { costAt, type LiveQuery } from './live-query.ts';
import { paramsOfText } from './params-text.ts';
import { QueryCompiler } from './query-compiler.ts';
import { QueryRegistry } from './query-registry.ts';
import { ResultWriter } from './result-writer.ts';
import { SnapshotRegistry } from './snapshot-registry.ts';

/** Opens the database for reading, and the state file. Throws PatinaError when either cannot be used. */
export function createLiveEngine(options: LiveEngineOptions): LiveEngine {
  const parts = openParts(options);
  const pass = new LivePass(parts);
  pass.restore();
  const { registry, compiler, store, snapshots } = parts;

  function live(id: string): LiveQuery {
    const query = registry.find(id);
    if (query === undefined) throw new PatinaError('PATINA_NOT_FOUND', `no live query ${id}`);
    if (query.state === 'filling') {
      throw new PatinaError('PATINA_NOT_READY', 'the query is still being filled');
    }
    return query;
  }

  return {
    subscribe(request) {
      pass.refreshSchema();
      const { query, isNew } = registry.subscribe(request);
      if (isNew) pass.fill(query);
      return describe(query);
    },
    lookup(request) {
      pass.refreshSchema();
      const query = registry.lookup(request);
      return query === undefined ? undefined : describe(query);
    },
    find(id) {
      const query = registry.find(id);
      return query === undefined ? undefined : describe(query);
    },
    explain(sql: string, params: SqlParams) {
      pass.refreshSchema();
      return explainCompiled(parts, sql, compiler.compile(sql, params));
    },
    explainQuery(id) {
      const query = registry.find(id);
      if (query === undefined) return undefined;
      return explainCompiled(
        parts,
        query.sql,
        compiler.compile(query.sql, paramsOfText(query.params)),
      );
    },
    drop(id) {
      const query = registry.find(id);
      if (query === undefined) return;
      pass.forget(query);
      store.commit();
    },
    stats: () => [...registry.all()].map((query) => statsOf(query, options.monotonicMs())),
    work: (budgetMs) => pass.work(budgetMs),
    openSnapshot: (id) => snapshots.open(live(id)),
    changesSince: (id, changeId, changesMax) =>
      groupsAfter(store, live(id), changeId, changesMax ?? Number.POSITIVE_INFINITY),
    watch: (request) => pass.watch(request),
    unwatch: (watchId) => pass.unwatch(watchId),
    close: () => pass.close(),
  };
}

function openParts(options: LiveEngineOptions): EngineParts {
  const reader = new DatabaseReader(options.databasePath, statementsMax.pass);
  try {
    const store = new StateStore(options.statePath);
    const snapshots = new SnapshotRegistry(store, options.limits.snapshotChangesMax);
    const compiler = new QueryCompiler();
    const schema = readSchema(reader.db);
    compiler.setSchema(schema);
    return {
      options,
      reader,
      store,
      feed: new ChangeFeed(reader),
      compiler,
      registry: new QueryRegistry(options, store, compiler),
      writer: new ResultWriter(store, snapshots, options.limits),
      snapshots,
      schema,
    };
  } catch (error) {
    reader.close();
    throw error;
  }
}

function describe(query: LiveQuery): EngineQuery {
  const { id, hash, state, changeId, plan } = query;
  return { id, hash, columns: plan.columns, isOrdered: plan.isOrdered, state, changeId };
}

function statsOf(query: LiveQuery, nowMs: number): LiveQueryStats {
  return {
    id: query.id,
    hash: query.hash,
    sql: query.sql,
    mode: query.plan.mode,
    state: query.state,
    subscribers: 0,
    rows: query.rowCount + query.hiddenCount,
    changeId: query.changeId,
    evaluations: query.evaluations,
    evaluationMs: query.evaluationMs,
    costMsPerSecond: costAt(query, nowMs),
    lagged: 0,
    createdMs: query.createdMs,
  };
}
