// Parameters of statements from outside, as better-sqlite3 binds them.

import type { SqlValue } from '../base/value.ts';
import type { StatementParams } from '../ports.ts';

/** Turns parameters into the arguments of better-sqlite3, for one statement. */
export type Binder = (params: StatementParams | undefined) => unknown[];

/**
 * The binder of a statement: integers become bigints (better-sqlite3 binds plain numbers as reals), and
 * names lose their prefix. A list is bound by position, as SQLite numbers the parameters; unknown names are
 * ignored. It throws RangeError when a list is too long or too short.
 */
export function binderOf(sql: string): Binder {
  const byPosition = namedParameter.test(sql) ? positionsOf(sql) : undefined;
  return (params) => {
    if (params === undefined) return [];
    if (!isList(params)) return [byName(params)];
    return byPosition === undefined ? params.map(bindValue) : inPlace(byPosition, params);
  };
}

/** Text that looks like a parameter with a number or a name costs a closer look, no more. */
const namedParameter = /\?\d|[:@$]\w/;

/** Comments, text, names, parameters and words. */
const pieces =
  /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|\?\d*|[:@$][\w$\u0080-\uffff]+|[\w$\u0080-\uffff]+/g;

/** Where the values of a list go. */
interface Positions {
  /** The greatest number of a parameter: how many values there are to be. */
  readonly count: number;
  /** Names without their prefix, with the number that SQLite gives them. */
  readonly named: readonly (readonly [name: string, position: number])[];
  /** Numbers that no name stands for, `?` or skipped: better-sqlite3 wants them in a row. */
  readonly nameless: readonly number[];
}

/** Gives each parameter the number that SQLite gives it. */
function positionsOf(sql: string): Positions {
  const positionByName = new Map<string, number>();
  let count = 0;
  for (const [piece] of sql.matchAll(pieces)) {
    if (!/^[?:@$]/.test(piece)) continue;
    const name = piece.slice(1);
    const isNumbered = piece.startsWith('?') && name !== '';
    const position = isNumbered ? Number(name) : (positionByName.get(piece) ?? count + 1);
    count = Math.max(count, position);
    if (name !== '') positionByName.set(piece, position);
  }
  const withName = new Set(positionByName.values());
  const nameless: number[] = [];
  for (let position = 1; position <= count; position++) {
    if (!withName.has(position)) nameless.push(position);
  }
  const named = [...positionByName].map(([piece, at]) => [piece.slice(1), at] as const);
  return { count, named, nameless };
}

function inPlace({ count, named, nameless }: Positions, params: readonly SqlValue[]): unknown[] {
  if (params.length < count) throw new RangeError('Too few parameter values were provided');
  if (params.length > count) throw new RangeError('Too many parameter values were provided');
  const values: unknown[] = nameless.map((position) => bindValue(params[position - 1] ?? null));
  if (named.length === 0) return values;
  const valueByName = Object.create(null) as Record<string, unknown>;
  for (const [name, position] of named) {
    valueByName[name] = bindValue(params[position - 1] ?? null);
  }
  values.push(valueByName);
  return values;
}

function byName(params: Readonly<Record<string, SqlValue>>): Record<string, unknown> {
  const values = Object.create(null) as Record<string, unknown>;
  for (const [name, value] of Object.entries(params)) {
    values[/^[:@$?]/.test(name) ? name.slice(1) : name] = bindValue(value);
  }
  return values;
}

function isList(params: StatementParams): params is readonly SqlValue[] {
  return Array.isArray(params);
}

function bindValue(value: SqlValue): unknown {
  return typeof value === 'number' && Number.isSafeInteger(value) && !Object.is(value, -0)
    ? BigInt(value)
    : value;
}
