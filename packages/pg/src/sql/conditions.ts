// Conditions: what stands in WHERE, ON, HAVING, FILTER and beside AND must be bool.

import type { Node } from 'libpg-query';
import { coerceTo } from './casts.ts';
import type { Expr } from './expr.ts';
import type { Scope } from './scope.ts';
import type { Translation } from './translation.ts';
import { spokenType, typeIds } from './type-catalog.ts';

/** A condition: bool, or 42804 with the clause that wants one. */
export function condition(t: Translation, scope: Scope, node: Node, clause: string): string {
  const value = t.expr(scope, node);
  return truth(t, value, clause).sql;
}

/** A value as bool. Throws 42804. */
export function truth(t: Translation, value: Expr, clause: string): Expr {
  if (value.type !== typeIds.bool && value.type !== typeIds.unknown) {
    throw t.error(
      '42804',
      `argument of ${clause} must be type boolean, not type ${spokenType(value.type)}`,
    );
  }
  return coerceTo(t, value, typeIds.bool);
}
