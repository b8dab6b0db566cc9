// SET, RESET, SHOW and DISCARD.

import type { DiscardStmt, Node, VariableSetStmt, VariableShowStmt } from 'libpg-query';
import { PgError } from '../pg-error.ts';
import { valueText } from './nodes.ts';
import { transactionOptions } from './transactions.ts';
import type { SettingStatement, TransactionStatement } from './utility-statement.ts';

/** Settings whose value is a list of names. */
const nameLists: ReadonlySet<string> = new Set(['search_path', 'temp_tablespaces']);

/** Throws 0A000 for SET … FROM CURRENT and snapshots, 22023 for values that are none. */
export function planSet(statement: VariableSetStmt): SettingStatement | TransactionStatement {
  const name = (statement.name ?? '').toLowerCase();
  const isLocal = statement.is_local === true;
  switch (statement.kind) {
    case 'VAR_SET_VALUE':
      return { kind: 'set', name, value: settingValue(name, statement.args ?? []), isLocal };
    case 'VAR_SET_DEFAULT':
      return { kind: 'set', name, value: undefined, isLocal };
    case 'VAR_RESET':
      return { kind: 'reset', name };
    case 'VAR_RESET_ALL':
      return { kind: 'reset', name: 'all' };
    case 'VAR_SET_MULTI':
      return planSetTransaction(statement);
    default:
      throw new PgError('0A000', `SET ${name} FROM CURRENT is not supported`);
  }
}

export function planShow(statement: VariableShowStmt): SettingStatement {
  return { kind: 'show', name: (statement.name ?? '').toLowerCase() };
}

export function planDiscard(statement: DiscardStmt): SettingStatement {
  switch (statement.target) {
    case 'DISCARD_PLANS':
      return { kind: 'discard', what: 'plans' };
    case 'DISCARD_SEQUENCES':
      return { kind: 'discard', what: 'sequences' };
    case 'DISCARD_TEMP':
      return { kind: 'discard', what: 'temp' };
    default:
      return { kind: 'discard', what: 'all' };
  }
}

function planSetTransaction(statement: VariableSetStmt): TransactionStatement {
  if (statement.name === 'TRANSACTION SNAPSHOT') {
    throw new PgError('0A000', 'SET TRANSACTION SNAPSHOT is not supported', {
      hint: 'Snapshots cannot be shared between sessions.',
    });
  }
  const isTransaction = statement.name === 'TRANSACTION';
  return {
    kind: 'set-transaction',
    scope: isTransaction ? 'transaction' : 'session',
    options: transactionOptions(statement.args),
  };
}

/** The arguments of SET as one text, as PostgreSQL's flatten_set_variable_args joins them. */
function settingValue(name: string, args: readonly Node[]): string {
  return args.map((arg) => argumentText(name, arg)).join(', ');
}

function argumentText(name: string, arg: Node): string {
  if ('TypeCast' in arg) return intervalHours(name, valueText(arg.TypeCast.arg) ?? '');
  const text = valueText(arg);
  if (text === undefined) {
    throw new PgError('22023', `invalid value for parameter "${name}"`);
  }
  return nameLists.has(name) && text !== '' ? quoteSettingName(text) : text;
}

/** A name as it stands in a list of names: quoted where it would not be read back as it is. */
function quoteSettingName(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** SET TIME ZONE INTERVAL '-08:30' is a number of hours, as the plain form SET TIME ZONE -8.5 is. */
function intervalHours(name: string, interval: string): string {
  const parts = /^\s*([+-]?)(\d{1,3})(?::(\d{1,2}))?(?::\d{1,2})?\s*$/.exec(interval);
  if (parts === null) {
    throw new PgError('22023', `invalid value for parameter "${name}": "${interval}"`);
  }
  const hours = Number(parts[2]) + Number(parts[3] ?? '0') / 60;
  return `${parts[1] === '-' ? '-' : ''}${hours}`;
}
