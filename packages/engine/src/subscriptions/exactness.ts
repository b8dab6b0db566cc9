// Whether values that compare equal are the same value. Where they are not, by a collation or as 1 and
// 1.0, it is a matter of chance which of them stands for a group.

import type { Expr } from 'sqlite3-parser';
import { affinityOf } from './affinity.ts';
import { isExactFunction } from './functions.ts';
import type { CatalogColumn } from './plan.ts';

/** Why equal values of a column may look different, a sentence; undefined when they cannot. */
export function columnProblem({ name, type, collation }: CatalogColumn): string | undefined {
  if (collation !== 'BINARY') return `${name} is compared with a collation.`;
  const keepsNumbersApart = affinityOf(type) === 'BLOB';
  return keepsNumbersApart ? `${name} may hold 1 and 1.0, which are equal.` : undefined;
}

/** Whether equal results of the expression are the same value. */
export function isExact(expr: Expr): boolean {
  switch (expr.type) {
    case 'StringLiteral':
    case 'NumericLiteral':
    case 'BlobLiteral':
    case 'NullLiteral':
    case 'VariableExpr':
    case 'LikeExpr':
    case 'InListExpr':
    case 'IsNullExpr':
    case 'NotNullExpr':
    case 'BetweenExpr':
      return true;
    case 'CastExpr':
      return /TEXT|CHAR|CLOB|INT/i.test(expr.typeName?.name ?? '');
    case 'FunctionCallExpr':
      return isExactFunction(expr.name.name.toLowerCase());
    case 'BinaryExpr':
      return exactOperators.has(expr.op);
    case 'UnaryExpr':
      return expr.op === 'Not';
    default:
      return false;
  }
}

/** Operators that yield text, or whether something is so. */
const exactOperators: ReadonlySet<string> = new Set([
  'And',
  'Concat',
  'Equals',
  'Greater',
  'GreaterEquals',
  'Is',
  'IsNot',
  'Less',
  'LessEquals',
  'NotEquals',
  'Or',
]);
