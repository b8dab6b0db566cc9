// Runs one statement of a local transaction: once or for each of its lists of parameters, keeping the
// rows of RETURNING where they are asked for, and holding it to what its client was told of it before.

import type Database from 'better-sqlite3';
import { PatinaError } from '../base/errors.ts';
import type { SqlValue } from '../base/value.ts';
import type { LocalStatement, StatementExpectation } from '../ports.ts';
import type { LocalPlan } from './local-plans.ts';
import {
  narrowRow,
  type RawCell,
  ReturnedRows,
  returnedRowsLimits,
  sameRows,
} from './returned-rows.ts';

/** What running a statement did. */
export interface StatementEffect {
  readonly rowsAffected: number;
  /** Of RETURNING; undefined where they are not kept. */
  readonly rows: SqlValue[][] | undefined;
}

/**
 * Runs a statement to its end. `late` throws when the transaction has run for too long; it is asked between
 * two runs. Throws what SQLite does, PATINA_RESULT_TOO_LARGE beyond `limits`, and
 * PATINA_TRANSACTION_CONFLICT where the statement expects another outcome.
 */
export function runStatement(
  plan: LocalPlan,
  statement: LocalStatement,
  late: () => void,
  limits = returnedRowsLimits,
): StatementEffect {
  const { keepsRows, expected, params, paramRows } = statement;
  const returned =
    plan.prepared.reader && (keepsRows === true || expected?.rows !== undefined)
      ? new ReturnedRows(limits)
      : undefined;
  let rowsAffected = 0;
  if (paramRows === undefined) rowsAffected = runOnce(plan, plan.bind(params), returned);
  else {
    for (const [index, values] of paramRows.entries()) {
      if (index % runsBetweenLooks === 0) late();
      rowsAffected += runOnce(plan, plan.bind(values), returned);
    }
  }
  const effect = { rowsAffected, rows: returned?.rows };
  if (expected !== undefined) checkExpected(expected, effect);
  return effect;
}

/** Runs of a statement between two looks at the clock. */
const runsBetweenLooks = 256;

function runOnce(plan: LocalPlan, args: unknown[], returned: ReturnedRows | undefined): number {
  const { prepared } = plan;
  if (!prepared.reader) return prepared.run(...args).changes;
  let count = 0;
  // The statement has to run to its end, whether or not anybody wants its rows.
  if (returned === undefined) for (const _row of prepared.iterate(...args)) count++;
  else {
    const exact = plan.exact() as Database.Statement<unknown[], RawCell[]>;
    for (const row of exact.iterate(...args)) {
      returned.add(narrowRow(row));
      count++;
    }
  }
  return prepared.readonly ? 0 : count;
}

function checkExpected(expected: StatementExpectation, effect: StatementEffect): void {
  const isSame =
    expected.rowsAffected === effect.rowsAffected &&
    (expected.rows === undefined || sameRows(expected.rows, effect.rows ?? []));
  if (isSame) return;
  throw transactionConflict();
}

/** Others have changed what the transaction was told, in PostgreSQL's words. */
export function transactionConflict(cause?: unknown): PatinaError {
  const message = 'could not serialize access due to concurrent update';
  const hint = 'Run the transaction again.';
  return new PatinaError('PATINA_TRANSACTION_CONFLICT', message, { hint, cause });
}
