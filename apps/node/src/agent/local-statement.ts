// A statement of the API as the engine takes it.

import type { Statement } from '@patina/api/statement.ts';
import { PatinaError } from '@patina/engine/base/errors.ts';
import type { LocalStatement } from '@patina/engine/ports.ts';

export function toLocal({ sql, params }: Statement): LocalStatement {
  if (params instanceof Map) return { sql, params: Object.fromEntries(params) };
  return Array.isArray(params) ? { sql, params } : { sql };
}

/** Statements that fail their transaction where they touch another number of rows than they must; null is any. */
export function toGuarded(
  statements: readonly Statement[],
  rowsExpected: readonly (number | null)[] = [],
): LocalStatement[] {
  return statements.map((statement, index) => {
    const rowsAffected = rowsExpected[index] ?? null;
    const local = toLocal(statement);
    return rowsAffected === null
      ? local
      : { ...local, expected: { rowsAffected, rows: undefined } };
  });
}

/** The error of guarded statements: a conflict in words that fit them, for the same ones would fail again. */
export function guardError(error: PatinaError): PatinaError {
  if (error.code !== 'PATINA_TRANSACTION_CONFLICT') return error;
  const message = 'a statement touched another number of rows than it must; nothing was written';
  const hint = 'Read the rows again: somebody has changed them. Then decide anew.';
  return new PatinaError(error.code, message, { hint, cause: error });
}
