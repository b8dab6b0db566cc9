// Parameters of statements from outside, as better-sqlite3 binds them.

import type { SqlValue } from '../base/value.ts';
import type { StatementParams } from '../ports.ts';

/**
 * Turns parameters into the arguments of better-sqlite3: integers become bigints (it binds plain
 * numbers as reals), and names lose their prefix. A list is bound by position, as SQLite numbers the
 * parameters; unknown names are ignored. Throws RangeError when a list is too long or too short.
 */
export function bindArguments(sql: string, params: StatementParams | undefined): unknown[] {
  if (params === undefined) return [];
  if (isList(params)) {
    const values: unknown[] = new Array(params.length);
    for (let index = 0; index < values.length; index++) {
      values[index] = bindValue(params[index] as SqlValue);
    }
    return namedParameter.test(sql) ? byPosition(sql, values) : values;
  }
  const values = Object.create(null) as Record<string, unknown>;
  for (const [name, value] of Object.entries(params)) {
    values[/^[:@$?]/.test(name) ? name.slice(1) : name] = bindValue(value);
  }
  return [values];
}

/** Parameters with a number or a name; text that looks like one costs a closer look, no more. */
const namedParameter = /\?\d|[:@$]\w/;

/** Comments, text, names, parameters and words. */
const pieces =
  /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|\?\d*|[:@$][\w$\u0080-\uffff]+|[\w$\u0080-\uffff]+/g;

/** Gives each parameter its value by the number that SQLite gives it. */
function byPosition(sql: string, values: readonly unknown[]): unknown[] {
  const named = Object.create(null) as Record<string, unknown>;
  const positionByName = new Map<string, number>();
  let last = 0;
  for (const [piece] of sql.matchAll(pieces)) {
    if (!/^[?:@$]/.test(piece)) continue;
    const name = piece.slice(1);
    const isNumbered = piece.startsWith('?') && name !== '';
    const position = isNumbered ? Number(name) : (positionByName.get(piece) ?? last + 1);
    if (position > values.length) throw new RangeError('Too few parameter values were provided');
    last = Math.max(last, position);
    if (name === '') continue;
    positionByName.set(piece, position);
    named[name] = values[position - 1];
  }
  if (values.length > last) throw new RangeError('Too many parameter values were provided');
  if (positionByName.size === 0) return [...values];
  // Numbers that no name stands for, `?` or skipped, are those that better-sqlite3 wants in a row.
  const withName = new Set(positionByName.values());
  return [...values.filter((_, index) => !withName.has(index + 1)), named];
}

function isList(params: StatementParams): params is readonly SqlValue[] {
  return Array.isArray(params);
}

function bindValue(value: SqlValue): unknown {
  return typeof value === 'number' && Number.isSafeInteger(value) && !Object.is(value, -0)
    ? BigInt(value)
    : value;
}
