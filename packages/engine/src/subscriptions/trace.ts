// Whether the rows of a query can be traced back to rows of replicated tables, one of each table in FROM.

import type { AstNode, Select } from 'sqlite3-parser';
import { gathers } from './full-result.ts';
import { isAggregateCall, isWindowCall } from './functions.ts';
import { shapeOf } from './joins.ts';
import type { Core } from './keyed.ts';
import { createResolver, type Resolver } from './mentions.ts';
import type { Catalog } from './plan.ts';
import { sourcesOf } from './sources.ts';
import { endOf, isColumnName, walk } from './syntax.ts';

export interface TracedRows {
  readonly core: Core;
  readonly resolver: Resolver;
  /** SQL of the result columns. */
  readonly list: string;
  /** Offsets of those names of tables whose touched rows are found by key. */
  readonly keyedNames: ReadonlySet<number>;
}

/** The traces, or a sentence that says why there are none. */
export function traceRows(
  text: string,
  query: Select,
  parameterCount: number,
  catalog: Catalog,
): TracedRows | string {
  if (query.with !== undefined) return 'It has a common table expression.';
  if ((query.compounds?.length ?? 0) > 0) return 'It combines several SELECTs.';
  const { select } = query;
  if (select.type !== 'SelectFrom') return 'It is a list of values.';
  if (select.from === undefined) return 'It reads no table.';
  const sources = sourcesOf(select.from, catalog);
  if (typeof sources === 'string') return sources;
  const resolver = createResolver(sources, catalog, query);
  const isForward = sources.some(({ on, index }) => {
    return on !== undefined && [...resolver.mentionsOf(on).sources].some((other) => other > index);
  });
  if (isForward) return 'The condition of a join names a table to its right.';
  const shape = shapeOf(sources, select.whereClause, resolver);
  const [first] = select.columns;
  const last = select.columns.at(-1);
  if (first === undefined || last === undefined) return 'It has no columns.';
  const items = [select.from.select, ...(select.from.joins ?? []).map(({ table }) => table)];
  const offsets = items.flatMap((item, index) => {
    const isKeyed = item?.type === 'TableSelectTable' && shape.isOpaque[index] === false;
    return isKeyed ? [item.tblName.objName.span.offset] : [];
  });
  return {
    core: { text, select, sources, shape, parameterCount },
    resolver,
    list: text.slice(first.span.offset, endOf(last.span)).trim(),
    keyedNames: new Set(offsets),
  };
}

/** Why the result is more than its rows one by one, a sentence; undefined when it is not. */
export function wholeReason(query: Select, traced: TracedRows): string | undefined {
  const { core, resolver } = traced;
  const { select } = core;
  if ((query.orderBy?.length ?? 0) > 0) return 'It has ORDER BY.';
  if (query.limit !== undefined) return 'It has LIMIT.';
  if (select.windowClause !== undefined || hasWindow(query)) return 'It has a window function.';
  const hasAlias = core.shape.conditions.some(({ mentions }) => mentions.hasUnknown);
  const isGrouped = select.groupBy !== undefined || select.distinctness === 'Distinct';
  if (isGrouped && hasAlias) return 'Its WHERE uses the name of a result column.';
  const gathersRows = gathers(query, select);
  if (gathersRows && select.groupBy === undefined) return 'It gathers all rows in one group.';
  for (const column of select.columns) {
    if (hasOuterAggregate(column, resolver)) return 'A sub-query may gather rows of this query.';
  }
  return undefined;
}

function hasWindow(query: Select): boolean {
  let found = false;
  walk(query.select, (node) => {
    if (node.type === 'Select') return false;
    found ||= isWindowCall(node);
    return true;
  });
  return found;
}

/** An aggregate in a sub-query belongs to the query whose columns it takes, which may be the outer one. */
function hasOuterAggregate(root: AstNode, resolver: Resolver): boolean {
  const outer = new Set(resolver.mentionsOf(root).references.map(({ offset }) => offset));
  let depth = 0;
  let found = false;
  walk(
    root,
    (node) => {
      if (node.type === 'Select') depth++;
      if (depth > 0 && isAggregateCall(node)) found ||= takesOnly(node, outer);
    },
    (node) => {
      if (node.type === 'Select') depth--;
    },
  );
  return found;
}

function takesOnly(call: AstNode, outer: ReadonlySet<number>): boolean {
  const offsets: number[] = [];
  walk(call, (node, parent) => {
    if (isColumnName(node, parent)) offsets.push(node.span.offset);
  });
  return offsets.length > 0 && offsets.every((offset) => outer.has(offset));
}
