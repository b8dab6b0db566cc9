// The SQL of a whole result, with columns in front that tell its rows apart where there are such.

import type { Expr, Select, SelectFrom } from 'sqlite3-parser';
import { functionName, isAggregateCall } from './functions.ts';
import { groupExpressions } from './grouping.ts';
import { type Core, identityColumns } from './keyed.ts';
import type { Resolver } from './mentions.ts';
import { isOrdinal, ordinalOf } from './ordinals.ts';
import type { FullResult } from './plan.ts';
import { applyEdits, bare, type Edit, walk } from './syntax.ts';

/** A result that is run whole; `traced` is undefined where rows cannot be traced to keys. */
export function rerunResult(
  text: string,
  query: Select,
  traced: { readonly core: Core; readonly resolver: Resolver } | undefined,
): FullResult {
  const plain: FullResult = { sql: text, identityCount: 0 };
  const core = query.select;
  if (core.type !== 'SelectFrom' || (query.compounds?.length ?? 0) > 0) return plain;
  if (core.distinctness === 'Distinct') return plain;
  const isGathered = gathers(query, core);
  // The one row of an aggregate is always the same row.
  if (isGathered && core.groupBy === undefined) return withIdentity(text, query, core, ['0']);
  if (traced === undefined) return plain;
  const { sources } = traced.core;
  if (core.groupBy === undefined) return withIdentity(text, query, core, identityColumns(sources));
  const groups = groupExpressions(text, core, sources, traced.resolver);
  return groups === undefined ? plain : withIdentity(text, query, core, groups);
}

/** The query with columns in front of its own; numbers in ORDER BY and GROUP BY move along. */
function withIdentity(
  text: string,
  query: Select,
  core: SelectFrom,
  identity: readonly string[],
): FullResult {
  const edits = identityEdits(query, core, identity);
  if (edits === undefined) return { sql: text, identityCount: 0 };
  return { sql: applyEdits(text, edits), identityCount: identity.length };
}

/** Undefined where a number cannot be told from an expression. */
export function identityEdits(
  query: Select,
  core: SelectFrom,
  identity: readonly string[],
): Edit[] | undefined {
  const [first] = core.columns;
  if (first === undefined || identity.length === 0) return undefined;
  // The place of the first column includes the space before it.
  const edits: Edit[] = [
    { offset: first.span.offset, length: 0, text: ` ${identity.join(', ')},` },
  ];
  const terms = [...(core.groupBy ?? []), ...(query.orderBy ?? []).map(({ expr }) => expr)];
  for (const term of terms) {
    const expr = bare(term);
    if (!isOrdinal(expr)) continue;
    const position = ordinalOf(expr);
    if (position === undefined) return undefined;
    const { offset, length } = expr.span;
    edits.push({ offset, length, text: String(position + identity.length) });
  }
  return edits;
}

/** Whether the core itself gathers rows, apart from its sub-queries. */
export function gathers(query: Select, core: SelectFrom): boolean {
  const roots: Expr[] = core.columns.flatMap((column) => {
    return column.type === 'ExprResultColumn' ? [column.expr] : [];
  });
  if (core.having !== undefined) return true;
  for (const { expr } of query.orderBy ?? []) roots.push(expr);
  return roots.some((root) => {
    let found = false;
    walk(root, (node) => {
      if (node.type === 'Select') return false;
      found ||= functionName(node) !== undefined && isAggregateCall(node);
      return true;
    });
    return found;
  });
}
