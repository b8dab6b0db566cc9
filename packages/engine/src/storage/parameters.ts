// Parameters of statements from outside, as better-sqlite3 binds them.

import type { SqlValue } from '../base/value.ts';
import type { StatementParams } from '../ports.ts';

/**
 * Turns parameters into the arguments of better-sqlite3: integers become bigints (it binds plain
 * numbers as reals), numbered parameters (`?1`) and names lose their prefix. Unknown names are ignored.
 */
export function bindArguments(sql: string, params: StatementParams | undefined): unknown[] {
  if (params === undefined) return [];
  if (isList(params)) {
    const values = params.map(bindValue);
    if (values.length === 0) return [];
    return numberedParameter.test(sql) ? [byNumber(values)] : values;
  }
  const values = Object.create(null) as Record<string, unknown>;
  for (const [name, value] of Object.entries(params)) {
    values[/^[:@$?]/.test(name) ? name.slice(1) : name] = bindValue(value);
  }
  return [values];
}

const numberedParameter = /\?\d/;

function isList(params: StatementParams): params is readonly SqlValue[] {
  return Array.isArray(params);
}

function byNumber(values: readonly unknown[]): Record<string, unknown> {
  return Object.fromEntries(values.map((value, index) => [String(index + 1), value]));
}

function bindValue(value: SqlValue): unknown {
  return typeof value === 'number' && Number.isSafeInteger(value) && !Object.is(value, -0)
    ? BigInt(value)
    : value;
}
