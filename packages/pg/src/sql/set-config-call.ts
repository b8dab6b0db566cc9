// `SELECT set_config('name', 'value', false)`, with which tools begin their sessions: a query of the value, and a
// setting that the session changes once it has run. Within other queries nothing is changed; see calls.ts.

import type { FuncCall, SelectStmt } from 'libpg-query';
import { coerceTo } from './casts.ts';
import type { Expr } from './expr.ts';
import type { CallArgument, PlannedQuery } from './planned.ts';
import { createScope, nameParts } from './scope.ts';
import type { Translation } from './translation.ts';
import { typeIds } from './type-catalog.ts';

export interface SetConfigCall {
  /** SQL that yields the one row, and takes the parameters. */
  readonly sql: string;
  readonly column: string;
  readonly setting: NonNullable<PlannedQuery['setting']>;
}

/** undefined for all other queries, and where the arguments are no constants or parameters. */
export function setConfigCall(t: Translation, select: SelectStmt): SetConfigCall | undefined {
  const [target, ...others] = select.targetList ?? [];
  if (target === undefined || others.length > 0) return undefined;
  if (select.fromClause !== undefined || select.whereClause !== undefined) return undefined;
  const { val, name: column = 'set_config' } = 'ResTarget' in target ? target.ResTarget : {};
  const call = val !== undefined && 'FuncCall' in val ? val.FuncCall : undefined;
  if (call === undefined || !isSetConfig(call)) return undefined;
  const scope = createScope(undefined);
  const [name, value, isLocal] = (call.args ?? []).map((arg) => t.expr(scope, arg));
  if (name === undefined || value === undefined) return undefined;
  if (isLocal?.sql !== '0' && isLocal?.sql !== '1') return undefined;
  const texts = [name, value].map((each) => coerceTo(t, each, typeIds.text).sql);
  const [given, told] = [argumentOf(name), argumentOf(value)];
  if (given === undefined || told === undefined) return undefined;
  return {
    // The name is mentioned for its parameter's sake.
    sql: `SELECT ${texts[1]} AS "set_config" WHERE ${texts[0]} IS NOT NULL OR TRUE`,
    column,
    setting: { name: given, value: told, isLocal: isLocal.sql === '1' },
  };
}

function isSetConfig(call: FuncCall): boolean {
  const [last, schema] = nameParts(call.funcname).toReversed();
  return last === 'set_config' && (schema === undefined || schema === 'pg_catalog');
}

function argumentOf(value: Expr): CallArgument | undefined {
  if (value.param !== undefined) return { param: value.param };
  return value.literal === undefined ? undefined : { text: value.literal ?? '' };
}
