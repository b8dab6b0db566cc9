// BEGIN, COMMIT, ROLLBACK, savepoints and SET TRANSACTION.

import type { Node, TransactionStmt } from 'libpg-query';
import { PgError } from '../pg-error.ts';
import { definitions, valueText } from './nodes.ts';
import type { TransactionOptions, TransactionStatement } from './utility-statement.ts';

/** Throws 0A000 for two-phase commits. */
export function planTransaction(statement: TransactionStmt): TransactionStatement {
  const name = statement.savepoint_name ?? '';
  const chains = statement.chain === true;
  switch (statement.kind) {
    case 'TRANS_STMT_BEGIN':
      return { kind: 'begin', tag: 'BEGIN', options: transactionOptions(statement.options) };
    case 'TRANS_STMT_START':
      return {
        kind: 'begin',
        tag: 'START TRANSACTION',
        options: transactionOptions(statement.options),
      };
    case 'TRANS_STMT_COMMIT':
      return { kind: 'commit', chains };
    case 'TRANS_STMT_ROLLBACK':
      return { kind: 'rollback', chains };
    case 'TRANS_STMT_SAVEPOINT':
      return { kind: 'savepoint', name };
    case 'TRANS_STMT_RELEASE':
      return { kind: 'release', name };
    case 'TRANS_STMT_ROLLBACK_TO':
      return { kind: 'rollback-to', name };
    default:
      throw new PgError('0A000', 'prepared transactions are not supported', {
        hint: 'A transaction is one version of one node: use BEGIN and COMMIT.',
      });
  }
}

/** The options of BEGIN and of SET TRANSACTION; of one that is given twice the last counts. */
export function transactionOptions(options: readonly Node[] | undefined): TransactionOptions {
  let isolation: string | undefined;
  let isReadOnly: boolean | undefined;
  let isDeferrable: boolean | undefined;
  for (const { defname, arg } of definitions(options)) {
    const text = valueText(arg);
    if (defname === 'transaction_isolation') isolation = text?.toLowerCase();
    if (defname === 'transaction_read_only') isReadOnly = text === '1';
    if (defname === 'transaction_deferrable') isDeferrable = text === '1';
  }
  return { isolation, isReadOnly, isDeferrable };
}
