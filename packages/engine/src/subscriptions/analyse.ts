// Decides how the result of a query is kept, and makes the SQL for it. The stronger ways are taken only
// where they are sure to be right; every decision leaves a sentence for people.

import type { Select } from 'sqlite3-parser';
import { constantsOf } from './constants.ts';
import { rerunResult } from './full-result.ts';
import { dependsOnTime, refuseUnfollowable } from './functions.ts';
import { groupedPart } from './grouped.ts';
import { groupingOf } from './grouping.ts';
import { keyedPart } from './keyed.ts';
import { normaliseQuery } from './normalise.ts';
import type { QueryParams } from './parameters.ts';
import type {
  AnalysedQuery,
  Catalog,
  FullResult,
  GroupedPart,
  KeyedPart,
  QueryPlan,
  TableRole,
} from './plan.ts';
import { parseQuery } from './syntax.ts';
import { type TablesRead, tablesRead, type VettedQuery } from './tables.ts';
import { type TracedRows, traceRows, wholeReason } from './trace.ts';

/**
 * Analyses a query that SQLite has found right and harmless. Throws PATINA_SUBSCRIPTION_REFUSED for
 * one that cannot be followed, PATINA_SQL_ERROR for too many parameters.
 */
export function analyse(
  sql: string,
  params: QueryParams,
  catalog: Catalog,
  vetted: VettedQuery,
): AnalysedQuery {
  const { sql: normalised, values } = normaliseQuery(sql, params);
  return { plan: planOf(normalised, values.length, catalog, vetted), values };
}

/** What a query is kept by, apart from what all plans have. */
interface Way {
  readonly mode: QueryPlan['mode'];
  readonly reasons: readonly string[];
  readonly full: FullResult;
  readonly keyed: KeyedPart | undefined;
  readonly grouped: GroupedPart | undefined;
}

/** The plan of normalised SQL: the same for all members of its family. */
export function planOf(
  sql: string,
  parameterCount: number,
  catalog: Catalog,
  vetted: VettedQuery,
): QueryPlan {
  const { select } = parseQuery(sql);
  refuseUnfollowable(select);
  const traced = traceRows(sql, select, parameterCount, catalog);
  const keyedNames = typeof traced === 'string' ? new Set<number>() : traced.keyedNames;
  const read = tablesRead(select, catalog, vetted, keyedNames);
  const way = wayOf(sql, select, traced, read);
  const isOrdered = (select.orderBy?.length ?? 0) > 0;
  const changesWithTime = dependsOnTime(select) || read.dependsOnTime;
  return {
    sql,
    parameterCount,
    columns: vetted.columns,
    mode: way.mode,
    isOrdered,
    dependsOnTime: changesWithTime,
    readsNodeViews: read.readsNodeViews,
    reasons: [
      ...way.reasons,
      ...(way.mode === 're-run' ? [] : reactionReasons(read.roles, traced)),
      ...(changesWithTime ? ['It depends on the time: it is run every second too.'] : []),
      ...(read.readsNodeViews
        ? ['It reads what no version announces: it is run every second too.']
        : []),
    ],
    tables: way.mode === 're-run' ? read.roles.map(rerunRole) : read.roles,
    full: way.full,
    keyed: way.keyed,
    grouped: way.grouped,
  };
}

function wayOf(sql: string, query: Select, traced: TracedRows | string, read: TablesRead): Way {
  const rerun = (reason: string): Way => ({
    mode: 're-run',
    reasons: [`It is run whole at every change. ${reason}`],
    full: rerunResult(sql, query, typeof traced === 'string' ? undefined : traced),
    keyed: undefined,
    grouped: undefined,
  });
  if (typeof traced === 'string') return rerun(traced);
  const whole = wholeReason(query, traced);
  if (whole !== undefined) return rerun(whole);
  if (!read.roles.some(({ reaction }) => reaction === 'keys')) {
    return rerun('No table that it reads can be followed by keys.');
  }
  const { core, resolver, list } = traced;
  const constants = constantsOf(core, resolver);
  const indexed = constants.columns.map(({ source, column }) => {
    return `${core.sources[source]?.alias ?? ''}.${column}`;
  });
  const indexReason =
    indexed.length === 0
      ? []
      : [`Queries that differ in constants only are found by ${indexed.join(', ')}.`];
  const { select } = core;
  if (select.groupBy === undefined && select.distinctness !== 'Distinct') {
    const keyed = keyedPart(core, list, constants);
    const keys = keyed.identityCount === 1 ? 'the key' : 'the keys';
    return {
      mode: 'key-wise',
      reasons: [`Its rows are kept by ${keys} of the rows they are made of.`, ...indexReason],
      full: { sql: keyed.sql, identityCount: keyed.identityCount },
      keyed,
      grouped: undefined,
    };
  }
  const grouping = groupingOf(sql, select, core.sources, resolver);
  if (typeof grouping === 'string') return rerun(grouping);
  const made = groupedPart(core, query, grouping.expressions);
  if (made === undefined) return rerun('A number in GROUP BY is unclear.');
  return {
    mode: 'group-wise',
    reasons: [
      `Its groups are kept by ${grouping.expressions.join(', ')}; a change runs the groups it touches.`,
      ...indexReason,
    ],
    full: made.full,
    keyed: keyedPart(core, grouping.expressions.join(', '), constants),
    grouped: made.grouped,
  };
}

function reactionReasons(roles: readonly TableRole[], traced: TracedRows | string): string[] {
  const core = typeof traced === 'string' ? undefined : traced.core;
  return roles
    .filter(({ reaction }) => reaction === 're-run')
    .map(({ table }) => {
      const isOpaque = core?.sources.some((source) => {
        return source.table.name === table && core.shape.isOpaque[source.index] === true;
      });
      const why =
        isOpaque === true
          ? 'which rows there are depends on whether a LEFT JOIN finds it.'
          : 'a sub-query reads it.';
      return `A change of ${table} runs it whole: ${why}`;
    });
}

function rerunRole(role: TableRole): TableRole {
  return { ...role, reaction: 're-run' };
}
