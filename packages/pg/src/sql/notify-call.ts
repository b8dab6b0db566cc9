// `SELECT pg_notify('channel', 'payload')`, by which drivers send notifications: a query of one empty value,
// and a notification that the session tells when it has run.

import type { FuncCall, SelectStmt } from 'libpg-query';
import { coerceTo } from './casts.ts';
import type { Expr } from './expr.ts';
import type { CallArgument, PlannedQuery } from './planned.ts';
import { createScope, nameParts } from './scope.ts';
import type { Translation } from './translation.ts';
import { typeIds } from './type-catalog.ts';

export interface NotifyCall {
  /** SQL that yields the one row, and takes the parameters. */
  readonly sql: string;
  readonly notify: NonNullable<PlannedQuery['notify']>;
}

/** undefined for all other queries. Throws 0A000 where the arguments are no constants or parameters. */
export function notifyCall(t: Translation, select: SelectStmt): NotifyCall | undefined {
  const call = onlyCall(select);
  if (call === undefined) return undefined;
  const scope = createScope(undefined);
  const [channel, payload] = (call.args ?? []).map((arg) => t.expr(scope, arg));
  if (channel === undefined || payload === undefined) return undefined;
  const texts = [channel, payload].map((value) => coerceTo(t, value, typeIds.text));
  const conditions = texts.map(({ sql }) => `${sql} IS NULL`).join(' OR ');
  return {
    sql: `SELECT CASE WHEN ${conditions} THEN '' ELSE '' END AS "pg_notify"`,
    notify: { channel: argumentOf(t, channel), payload: argumentOf(t, payload) },
  };
}

function onlyCall(select: SelectStmt): FuncCall | undefined {
  const [target, ...others] = select.targetList ?? [];
  if (target === undefined || others.length > 0 || select.fromClause !== undefined)
    return undefined;
  const value = 'ResTarget' in target ? target.ResTarget.val : undefined;
  if (value === undefined || !('FuncCall' in value)) return undefined;
  const { FuncCall: call } = value;
  return nameParts(call.funcname).at(-1) === 'pg_notify' ? call : undefined;
}

function argumentOf(t: Translation, value: Expr): CallArgument {
  if (value.param !== undefined) return { param: value.param };
  if (value.literal !== undefined) return { text: value.literal ?? '' };
  throw t.unsupported('pg_notify of anything but constants and parameters');
}
