// The SQL of a grouped result: the whole, and the row of one group.

import type { Select } from 'sqlite3-parser';
import { identityEdits } from './full-result.ts';
import { type Core, sliceOf } from './keyed.ts';
import type { FullResult, GroupedPart } from './plan.ts';
import { applyEdits, type Edit, endOf } from './syntax.ts';

/** Undefined where the identity cannot be put in front of the columns. */
export function groupedPart(
  core: Core,
  query: Select,
  expressions: readonly string[],
): { full: FullResult; grouped: GroupedPart } | undefined {
  const { select, text, parameterCount } = core;
  const edits = identityEdits(query, select, expressions);
  if (edits === undefined || select.from === undefined) return undefined;
  const group = expressions
    .map((expression, index) => `(${expression}) IS ?${parameterCount + index + 1}`)
    .join(' AND ');
  const { whereClause } = select;
  const restriction: Edit =
    whereClause === undefined
      ? { offset: endOf(select.from.span), length: 0, text: ` WHERE ${group}` }
      : {
          offset: whereClause.span.offset,
          length: whereClause.span.length,
          text: `(${sliceOf(core, whereClause)}) AND ${group}`,
        };
  return {
    full: { sql: applyEdits(text, edits), identityCount: expressions.length },
    grouped: {
      groupCount: expressions.length,
      rowByGroup: applyEdits(text, [...edits, restriction]),
    },
  };
}
