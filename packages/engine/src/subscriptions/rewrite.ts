// Conditions of a query as conditions of another statement, in which its tables have other names.

import { quoteName } from '../base/sql-text.ts';
import type { Condition } from './joins.ts';
import type { Source } from './sources.ts';
import { endOf, walk } from './syntax.ts';

/**
 * A condition in parentheses with every column named in full, by the name that `nameOf` gives its
 * table: pieces of SQL with the numbers of parameters between them.
 */
export function conditionPieces(
  text: string,
  condition: Condition,
  nameOf: (source: Source) => string,
  sources: readonly Source[],
): (string | number)[] {
  const { expr, mentions } = condition;
  const replacements: { offset: number; length: number; by: string | number }[] = [];
  for (const { source, column, offset, length } of mentions.references) {
    const owner = sources[source];
    if (owner === undefined) continue;
    const by = `${quoteName(nameOf(owner))}.${quoteName(column?.name ?? 'rowid')}`;
    replacements.push({ offset, length, by });
  }
  walk(expr, (node) => {
    if (node.type !== 'VariableExpr') return;
    const { offset, length } = node.span;
    replacements.push({ offset, length, by: parameterNumber(node.name) });
  });
  replacements.sort((one, other) => one.offset - other.offset);

  const pieces: (string | number)[] = [];
  let sql = '(';
  let at = expr.span.offset;
  for (const { offset, length, by } of replacements) {
    sql += text.slice(at, offset);
    if (typeof by === 'number') {
      pieces.push(sql, by);
      sql = '';
    } else {
      sql += by;
    }
    at = offset + length;
  }
  return [...pieces, `${sql}${text.slice(at, endOf(expr.span))})`];
}

/** The number of a parameter of normalised SQL: `?3` is 3. */
export function parameterNumber(name: string): number {
  return Number(name.slice(1));
}
