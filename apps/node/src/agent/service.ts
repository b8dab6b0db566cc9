// What a node does for programs: the one implementation that HTTP, tRPC and the command line stand on.

import { createClusterReadings } from '@patina/api/insights/cluster-reader.ts';
import type { Insights, SchemaService } from '@patina/api/insights/insights.ts';
import type { NodeActions } from '@patina/api/node-control.ts';
import type { Member as MemberAnswer } from '@patina/api/schemas.ts';
import type { PatinaService } from '@patina/api/service.ts';
import { PatinaError } from '@patina/engine/base/errors.ts';
import { quoteName } from '@patina/engine/base/sql-text.ts';
import type { LiveQueries } from '@patina/engine/live/live-queries.ts';
import type { PatinaNode } from '@patina/engine/node.ts';
import type { ReaderPool } from '@patina/engine/storage/reader-pool.ts';
import type { TrialRunner } from '@patina/engine/storage/trial-runner.ts';
import { timedQuery, timedTransact } from '../insights/observed-service.ts';
import type { Recorder } from '../insights/recorder.ts';
import { dryRunOf } from './dry-runs.ts';
import { guardError, toGuarded } from './local-statement.ts';

export interface ServiceDeps {
  readonly node: PatinaNode;
  readonly readers: ReaderPool;
  readonly live: LiveQueries;
  /** Dry runs are trials. */
  readonly trials: Pick<TrialRunner, 'dryRun'>;
  readonly insights: Insights;
  readonly schema: SchemaService;
  readonly actions: NodeActions;
  /** Empty where none is set. */
  readonly clusterName: string;
  readonly recorder: Recorder;
  /** Used where a transaction sets no time limit, milliseconds. */
  readonly transactionTimeoutMs: number;
  readonly metricsText: () => Promise<string>;
}

/** Creates the service over a running node. */
export function createService(deps: ServiceDeps): PatinaService {
  const { node, readers, recorder, insights } = deps;
  const basics = {
    actorId: () => node.actorId,
    members: async () => memberAnswers(node),
    insights,
  };
  return {
    ...basics,
    transact: timedTransact(async (statements, { timeoutMs, rowsExpected }) => {
      const startMs = performance.now();
      const outcome = await node.transact({
        statements: toGuarded(statements, rowsExpected),
        timeoutMs: timeoutMs > 0 ? timeoutMs : deps.transactionTimeoutMs,
      });
      if (!outcome.ok) throw rowsExpected === undefined ? outcome.error : guardError(outcome.error);
      return {
        results: outcome.results.map(({ rowsAffected, timeMs }) => ({
          rows_affected: rowsAffected,
          time: timeMs / 1000,
        })),
        time: (performance.now() - startMs) / 1000,
        version: outcome.version ?? null,
        actor_id: node.actorId,
      };
    }, recorder),
    dryRun: dryRunOf(deps.trials),
    query: timedQuery(queryOf(readers), recorder),
    live: deps.live,
    schema: deps.schema,
    readings: createClusterReadings({
      service: basics,
      clusterName: deps.clusterName,
      wallMs: Date.now,
    }),
    actions: deps.actions,
    tableStats: (tables) => tableStats(readers, tables),
    async health() {
      const states = node.book.state();
      const { lagP99Ms } = node;
      return {
        gaps: states.reduce((sum, { gaps }) => sum + versionsOf(gaps), 0),
        members: node.members().filter(({ state }) => state === 'alive').length + 1,
        p99_lag: lagP99Ms === undefined ? null : lagP99Ms / 1000,
        queue_size: node.queued,
      };
    },
    lag: async () =>
      node
        .lag()
        .map(({ actorId, head, versions, ms }) => ({ actor_id: actorId, head, versions, ms })),
    async waitFor(actorId, version, waitMs) {
      try {
        await node.waitFor(actorId, version, waitMs);
        return true;
      } catch (error) {
        if (error instanceof PatinaError && error.code === 'PATINA_WAIT_TIMEOUT') return false;
        throw error;
      }
    },
    metricsText: deps.metricsText,
  };
}

/** Queries over the readers of this node. */
export function queryOf(readers: ReaderPool): PatinaService['query'] {
  return ({ statement, timeoutMs, intsAsStrings, signal }, sink) =>
    readers.query(
      {
        sql: statement.sql,
        params: statement.params,
        timeoutMs,
        intsAsStrings,
        ...(signal === undefined ? {} : { signal }),
      },
      sink,
    );
}

/** All members, this node first. */
export function memberAnswers(node: PatinaNode): MemberAnswer[] {
  const self = node.membership.self();
  const own: MemberAnswer = {
    actor_id: node.actorId,
    address: node.address,
    state: 'alive',
    incarnation: self.incarnation,
    rtt_ms: 0,
    ring: 0,
    is_self: true,
  };
  const others = node.members().map((member) => ({
    actor_id: member.actorId,
    address: member.address,
    state: member.state,
    incarnation: member.incarnation,
    rtt_ms: member.rttMs ?? null,
    ring: member.ring ?? null,
    is_self: false,
  }));
  return [own, ...others.toSorted((a, b) => (a.address < b.address ? -1 : 1))];
}

function versionsOf(gaps: readonly (readonly [number, number])[]): number {
  return gaps.reduce((sum, [start, end]) => sum + end - start + 1, 0);
}

/** How long counting one table may take, milliseconds. */
const countMsMax = 30_000;

async function tableStats(
  readers: ReaderPool,
  tables: readonly string[],
): Promise<{ total_row_count: number; invalid_tables: string[] }> {
  const { rows } = await readers.all({
    sql: "SELECT name FROM sqlite_schema WHERE type = 'table'",
    timeoutMs: countMsMax,
  });
  const known = new Set(
    rows.map(([name]) => String(name)).filter((name) => !name.startsWith('__')),
  );
  let total = 0;
  const invalid: string[] = [];
  for (const table of tables) {
    if (!known.has(table)) {
      invalid.push(table);
      continue;
    }
    const sql = `SELECT count(*) FROM ${quoteName(table)}`;
    const counted = await readers.all({ sql, timeoutMs: countMsMax });
    total += Number(counted.rows[0]?.[0] ?? 0);
  }
  return { total_row_count: total, invalid_tables: invalid };
}
