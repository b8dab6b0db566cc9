// Numbers of result columns in GROUP BY and ORDER BY.

import type { Expr } from 'sqlite3-parser';
import { bare } from './syntax.ts';

/** Whether SQLite may take the term of GROUP BY or ORDER BY for the number of a column. */
export function isOrdinal(expr: Expr): boolean {
  const inner = bare(expr);
  if (inner.type === 'CollateExpr' || inner.type === 'UnaryExpr') return isOrdinal(inner.expr);
  return inner.type === 'NumericLiteral';
}

/** The number itself where it is written plainly. */
export function ordinalOf(expr: Expr): number | undefined {
  const isPlain = expr.type === 'NumericLiteral' && /^\d{1,4}$/.test(expr.value);
  return isPlain ? Number(expr.value) : undefined;
}
