// One query that is kept live, as the engine holds it in memory. Rows and changes are in the state file.

import type { QueryPlan } from '../../subscriptions/plan.ts';
import type { ChangeOrigin } from '../live-queries.ts';
import type { KeptQuery } from '../state/state-store.ts';
import type { BoundValue } from './numbered-statement.ts';

export interface LiveQuery {
  readonly number: number;
  readonly id: string;
  readonly hash: string;
  /** As it was asked for. */
  readonly sql: string;
  readonly params: string;
  readonly role: string;
  readonly createdMs: number;
  plan: QueryPlan;
  values: readonly BoundValue[];
  /** What the form of its rows depends on, and that of the rows that are kept of it. */
  shape: string;
  keptShape: string;
  state: 'filling' | 'live';
  changeId: number;
  minChangeId: number;
  nextRowId: number;
  nextHiddenId: number;
  rowCount: number;
  hiddenCount: number;
  /**
   * Present where the query has to be run whole before what is kept of it is up to date: the versions
   * that made it necessary, in the order of the log.
   */
  overdue: Map<string, ChangeOrigin> | undefined;
  /** When it was last run whole, and how long that took. */
  ranAtMs: number;
  ranForMs: number;
  evaluations: number;
  evaluationMs: number;
  /** Milliseconds of evaluation per second, averaged over the last seconds, as of `costAtMs`. */
  cost: number;
  costAtMs: number;
}

/** Over how long the cost is averaged, milliseconds. */
const costWindowMs = 10_000;

export function countEvaluation(query: LiveQuery, startMs: number, endMs: number): void {
  const ms = endMs - startMs;
  query.evaluations++;
  query.evaluationMs += ms;
  query.cost = costAt(query, endMs) + (ms * 1_000) / costWindowMs;
  query.costAtMs = endMs;
}

/** The average as of a time: what lies back counts less and less. */
export function costAt(query: LiveQuery, nowMs: number): number {
  return query.cost * Math.exp(-Math.max(0, nowMs - query.costAtMs) / costWindowMs);
}

export function keptQuery(query: LiveQuery): KeptQuery {
  return {
    number: query.number,
    id: query.id,
    hash: query.hash,
    sql: query.sql,
    params: query.params,
    role: query.role,
    columns: JSON.stringify(query.plan.columns),
    isLive: query.state === 'live',
    changeId: query.changeId,
    minChangeId: query.minChangeId,
    nextRowId: query.nextRowId,
    nextHiddenId: query.nextHiddenId,
    rowCount: query.rowCount,
    hiddenCount: query.hiddenCount,
    createdMs: query.createdMs,
    shape: query.keptShape,
  };
}

/** The set of the rows of its result. */
export function resultSet(query: LiveQuery): number {
  return 2 * query.number;
}
