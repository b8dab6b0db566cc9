// What this node answers to each question. All of it reads; only shared tokens and users are taken in.

import type { TableVet } from '@patina/api/access/table-vet.ts';
import { collectQuery } from '@patina/api/insights/collect-query.ts';
import { planTree } from '@patina/api/insights/query-plan.ts';
import { questions } from '@patina/api/insights/questions.ts';
import { statsAnswer } from '@patina/api/live-stats.ts';
import { pageOf } from '@patina/api/paging.ts';
import type { PatinaService } from '@patina/api/service.ts';
import { decodeStatement } from '@patina/api/statement.ts';
import { isActorId } from '@patina/engine/base/actor-id.ts';
import { PatinaError } from '@patina/engine/base/errors.ts';
import type { PatinaNode } from '@patina/engine/node.ts';
import type { ActorState } from '@patina/engine/ports.ts';
import type { AccessExchange } from '../access/exchange.ts';
import { apiUrlOf } from '../config/api-url.ts';
import { showValue } from '../config/option.ts';
import { listedOptions } from '../config/option-list.ts';
import type { Config } from '../config/options.ts';
import { type Handler, handle } from './asking.ts';
import { dataHandlers } from './data-answers.ts';
import { type LagHistory, lagCells } from './lag-history.ts';
import { LimitedAsker } from './limited-asker.ts';
import { queueStates } from './queues.ts';
import type { SampledParts } from './sampler.ts';
import { hashSchema, readFunctions, readSchema, readTable } from './schema-answers.ts';
import type { SeriesStore } from './series-store.ts';
import { type SeriesName, seriesNames, seriesTable } from './series-table.ts';
import { swimAnswer } from './swim-answer.ts';

export interface AnswerParts extends Omit<SampledParts, 'http' | 'process'> {
  readonly config: Config;
  readonly series: SeriesStore;
  readonly lagHistory: LagHistory;
  readonly softwareVersion: string;
  readonly startedAtMs: number;
  readonly wallMs: () => number;
  readonly query: PatinaService['query'];
  readonly vet: TableVet;
  readonly exchange: Pick<AccessExchange, 'answer'>;
}

/** Runs of seqs shown of one partial version. */
const seqRunsMax = 100;

export function createHandlers(parts: AnswerParts): Handler[] {
  return [
    ...aboutHandlers(parts),
    ...clusterHandlers(parts),
    ...replicationHandlers(parts),
    ...recordHandlers(parts),
    ...databaseHandlers(parts),
  ];
}

function aboutHandlers(parts: AnswerParts): Handler[] {
  const { node, config, series, exchange } = parts;
  return [
    handle(questions.access, (told) => exchange.answer(told)),
    handle(questions.about, () => ({
      actor_id: node.actorId,
      address: node.address,
      api_url: apiUrlOf(config.api),
      software_version: parts.softwareVersion,
      runtime_version: process.version,
      pid: process.pid,
      started_at_ms: parts.startedAtMs,
      uptime_ms: process.uptime() * 1_000,
      now_ms: parts.wallMs(),
      incarnation: node.membership.self().incarnation,
      latest: series.latest(),
    })),
    handle(questions.config, () =>
      listedOptions.map(({ key, place, option }) => {
        const value = valueAt(config, place);
        return { key, value: value === undefined ? null : showValue(option, value) };
      }),
    ),
    handle(questions.queues, () => queueStates(parts)),
  ];
}

function clusterHandlers({ node, transport, wallMs }: AnswerParts): Handler[] {
  return [
    handle(questions.swim, () => swimAnswer(node.membership.swim(), wallMs())),
    handle(questions.opinions, () =>
      node.members().map((member) => ({
        actor_id: member.actorId,
        address: member.address,
        state: member.state,
        incarnation: member.incarnation,
        rtt_ms: member.rttMs ?? null,
        rtt_min_ms: member.rttMinMs ?? null,
        ring: member.ring ?? null,
        last_seen_ms: member.lastSeenMs ?? null,
        is_self: false,
      })),
    ),
    handle(questions.connections, () =>
      transport.connections().map(({ peer, rttMs, bytesSent, bytesReceived, packetsLost }) => ({
        actor_id: peer.actorId,
        address: peer.address,
        rtt_ms: rttMs,
        bytes_sent: bytesSent,
        bytes_received: bytesReceived,
        packets_lost: packetsLost,
      })),
    ),
  ];
}

function replicationHandlers({ node, recorder, canary, lagHistory }: AnswerParts): Handler[] {
  return [
    handle(questions.lag, () => lagCells(node)),
    handle(questions.lagHistory, () => lagHistory.answer()),
    handle(questions.gaps, (input) => {
      const all = statesOf(node, input.actor_id).flatMap(({ actorId, gaps }) =>
        gaps.map(([start, end]) => ({ actor_id: actorId, start, end })),
      );
      return pageOf(all, input);
    }),
    handle(questions.partials, (input) => {
      const all = statesOf(node, input.actor_id).flatMap(({ actorId, partials }) =>
        partials.map(({ version, lastSeq, seqs }) => ({
          actor_id: actorId,
          version,
          last_seq: lastSeq,
          seqs: seqs.slice(0, seqRunsMax).map(([start, end]) => ({ start, end })),
          seqs_here: seqs.reduce((sum, [start, end]) => sum + end - start + 1, 0),
        })),
      );
      return pageOf(all, input);
    }),
    handle(questions.sessions, (range) => recorder.sessions.read(range)),
    handle(questions.convergence, () => canary.answer()),
    handle(questions.visible, async ({ actor_id: actorId, version, kind }, { timeLimitMs }) => {
      if (!isActorId(actorId)) throw notFound(actorId);
      if (kind === 'path') await node.passApplier();
      await node.waitFor(actorId, version, timeLimitMs);
      return {};
    }),
  ];
}

function recordHandlers({ node, recorder, canary, series }: AnswerParts): Handler[] {
  return [
    handle(questions.events, (range) => {
      const kinds = range.kinds === undefined ? undefined : new Set(range.kinds);
      const found = recorder.events.read(range, ({ kind }) => kinds?.has(kind) ?? true);
      return found.map((entry) => ({ ...entry, actor_id: node.actorId }));
    }),
    handle(questions.logs, (range) => recorder.log.read(range, range.level)),
    handle(questions.latencies, () => {
      const { sketch, p50_ms, p99_ms, rounds } = canary.answer();
      const convergence = { name: 'convergence', count: rounds, p50_ms, p99_ms, sketch };
      return [
        ...Object.entries(recorder.latencies).map(([name, window]) => window.answer(name)),
        { ...convergence, p90_ms: null, max_ms: rounds === 0 ? null : sketch.max },
      ];
    }),
    handle(questions.seriesNames, () =>
      seriesNames.map((name) => {
        const { unit, about } = seriesTable[name];
        return { name, unit, about };
      }),
    ),
    handle(questions.series, ({ names, tier, after_ms: afterMs }) =>
      series.read(names === undefined ? seriesNames : names.map(seriesNameOf), tier, afterMs),
    ),
  ];
}

function databaseHandlers({ node, readers, live, query, vet }: AnswerParts): Handler[] {
  const limits = new LimitedAsker(vet);
  return [
    ...dataHandlers({ node, readers }, limits),
    handle(questions.live, async (input) => {
      const all = await live.list();
      return (await limits.statementsOf(input, all, ({ sql }) => sql)).map(statsAnswer);
    }),
    handle(questions.schemaHash, () => hashSchema(readers)),
    handle(questions.tables, async (input) => {
      const { summaries } = await readSchema(readers);
      return limits.tablesOf(input, summaries, ({ name }) => name);
    }),
    handle(questions.table, (input) => {
      limits.checkTable(input, input.name);
      return readTable(readers, input.name);
    }),
    handle(questions.completion, async (input) => {
      const [{ summaries, indexes }, functions] = await Promise.all([
        readSchema(readers),
        readFunctions(readers),
      ]);
      return {
        tables: limits.tablesOf(input, summaries, ({ name }) => name),
        indexes: limits.tablesOf(input, indexes, ({ table }) => table),
        functions,
      };
    }),
    handle(questions.query, async (input, { signal }) => {
      const statement = decodeStatement(input.statement);
      await limits.checkSql(input, statement.sql);
      return collectQuery(
        { query },
        {
          statement,
          rowsMax: input.rows_max,
          bytesMax: input.bytes_max,
          timeoutMs: input.timeout_ms,
          signal,
        },
      );
    }),
    handle(questions.explain, async (input, { signal, timeLimitMs }) => {
      const { sql, params } = decodeStatement(input.statement);
      await limits.checkSql(input, sql);
      const { rows } = await readers.all({
        sql: `EXPLAIN QUERY PLAN ${sql}`,
        params,
        timeoutMs: timeLimitMs,
        ...(signal === undefined ? {} : { signal }),
      });
      return planTree(rows);
    }),
  ];
}

function statesOf(node: PatinaNode, actorId: string | undefined): ActorState[] {
  if (actorId === undefined) return node.book.state();
  return isActorId(actorId) ? [node.book.stateOf(actorId)] : [];
}

function seriesNameOf(name: string): SeriesName {
  const found = seriesNames.find((each) => each === name);
  if (found === undefined) throw notFound(name);
  return found;
}

function notFound(name: string): PatinaError {
  return new PatinaError('PATINA_NOT_FOUND', `there is nothing called ${name}`, {
    hint: 'Look at the list of names.',
  });
}

function valueAt(config: Config, place: readonly string[]): unknown {
  let value: unknown = config;
  for (const name of place) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = new Map<string, unknown>(Object.entries(value)).get(name);
  }
  return value;
}
