// What exactly was at fault in a statement, read from SQLite's messages, which name tables and columns and
// are stable: SQLite itself tells most of its errors apart by nothing else.

import { PatinaError, type SqlFault } from '../base/errors.ts';
import { faultOfMessage } from '../functions/function-error.ts';
import { skipBlank } from './sql-lexer.ts';

type FaultOf = (match: RegExpExecArray, sql: string | undefined) => SqlFault;

function state(sqlState: string): FaultOf {
  return () => ({ sqlState });
}

/** The first pattern that matches counts. SQLSTATEs are those that PostgreSQL gives for the same fault. */
const faults: readonly (readonly [pattern: RegExp, faultOf: FaultOf])[] = [
  [/^UNIQUE constraint failed: index '(.*)'$/s, ([, constraint]) => unique({ constraint })],
  [/^UNIQUE constraint failed: (.*)$/s, ([, columns]) => uniqueOf(columns ?? '')],
  [/^NOT NULL constraint failed: (.*)$/s, ([, column]) => notNull(column ?? '')],
  [/^CHECK constraint failed: (.*)$/s, ([, constraint]) => check(constraint)],
  [/^FOREIGN KEY constraint failed/, state('23503')],
  [/^cannot store \w+ value in \w+ column (.*)$/s, ([, column]) => mistyped(column ?? '')],
  [/^datatype mismatch/, state('42804')],
  [/^near "(.*)": syntax error$/s, ([, token], sql) => syntaxError(token ?? '', sql)],
  [/^unrecognized token: "(.*)"$/s, ([, token], sql) => syntaxError(token ?? '', sql)],
  [/^incomplete input$/, (_match, sql) => atEnd(sql)],
  [/^no such table: (.*)$/s, ([, name], sql) => unknown('42P01', name ?? '', sql)],
  [
    /^no such column: "(.*)" - should this be/s,
    ([, name], sql) => unknown('42703', name ?? '', sql),
  ],
  [/^no such column: (.*)$/s, ([, name], sql) => unknown('42703', name ?? '', sql)],
  [
    /^table (.*) has no column named (.*)$/s,
    ([, table, name], sql) => ({
      ...unknown('42703', name ?? '', sql),
      table: table ?? '',
    }),
  ],
  [/^no such function: (.*)$/s, ([, name], sql) => unknown('42883', name ?? '', sql)],
  [
    /^wrong number of arguments to function (.*)\(\)$/s,
    ([, name], sql) => unknown('42883', name ?? '', sql),
  ],
  [/^ambiguous column name: (.*)$/s, ([, name], sql) => unknown('42702', name ?? '', sql)],
  [/^no such (index|view|trigger|collation sequence)/, state('42704')],
  [/already exists$|^there is already /, state('42P07')],
  [/^duplicate column name/, state('42701')],
  [/^duplicate WITH table name/, state('42712')],
  [/^circular reference/, state('42P19')],
  [/^cannot modify .* because it is a view$/s, state('55000')],
  [/^cannot (UPDATE|INSERT INTO) generated column/, state('428C9')],
  [/^ON CONFLICT clause does not match/, state('42P10')],
  [/term out of range/, state('42P10')],
  [/^misuse of window function/, state('42P20')],
  [/^(misuse of aggregate|aggregate functions are not allowed)/, state('42803')],
  [/^integer overflow$/, state('22003')],
  [/^(malformed JSON|bad JSON path)/, state('22P02')],
  [/^string or blob too big$/, state('54000')],
  [/^too many SQL variables$/, state('54023')],
  [/too (large|complex|many levels|deep)|parser stack overflow/, state('54001')],
  [
    /^(Too (few|many) parameter values|Missing named parameter|column index out of range)/,
    state('08P01'),
  ],
  [/authorized|prohibited|^unsafe use of/, state('42501')],
];

/**
 * Reads the fault from a message of SQLite; `sql` is the statement, where it is known: a place in it is told
 * where the message names one.
 */
export function faultOf(message: string, sql?: string): SqlFault {
  for (const [pattern, fault] of faults) {
    const match = pattern.exec(message);
    if (match !== null) return fault(match, sql);
  }
  return {};
}

/** The error of one of our functions; undefined where the message is not of one. */
export function functionErrorOf(message: string, cause: unknown): PatinaError | undefined {
  const own = faultOfMessage(message);
  if (own === undefined) return undefined;
  return new PatinaError('PATINA_SQL_ERROR', own.message, { cause, fault: own.fault });
}

function unique(fault: { readonly constraint: string | undefined }): SqlFault {
  const { constraint } = fault;
  return constraint === undefined ? { sqlState: '23505' } : { sqlState: '23505', constraint };
}

/** `t.a, t.b`: only keys are unique here, and PostgreSQL names their constraint so. */
function uniqueOf(columns: string): SqlFault {
  const places = columns.split(', ').map(placeOf);
  const [first] = places;
  const table = first?.table ?? '';
  const column = places.map(({ column: name }) => name).join(', ');
  return { sqlState: '23505', table, column, constraint: `${table}_pkey` };
}

function notNull(text: string): SqlFault {
  return { sqlState: '23502', ...placeOf(text) };
}

function mistyped(text: string): SqlFault {
  return { sqlState: '42804', ...placeOf(text) };
}

/** SQLite tells the name of a CHECK that has one, else its expression. */
function check(constraint: string | undefined): SqlFault {
  return { sqlState: '23514', constraint: constraint ?? '' };
}

function placeOf(text: string): { readonly table: string; readonly column: string } {
  const dot = text.indexOf('.');
  return { table: text.slice(0, Math.max(0, dot)), column: text.slice(dot + 1) };
}

function syntaxError(token: string, sql: string | undefined): SqlFault {
  const position = sql === undefined ? undefined : placeOfToken(sql, token);
  return position === undefined ? { sqlState: '42601' } : { sqlState: '42601', position };
}

/** The end of the text without what is blank, which is where something is missing. */
function atEnd(sql: string | undefined): SqlFault {
  if (sql === undefined) return { sqlState: '42601' };
  return { sqlState: '42601', position: sql.trimEnd().length + 1 };
}

function unknown(sqlState: string, name: string, sql: string | undefined): SqlFault {
  const position = sql === undefined ? undefined : placeOfToken(sql, name);
  return position === undefined ? { sqlState } : { sqlState, position };
}

/** A word, quoted text, a comment or any other character. */
const tokens =
  /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*'?|"(?:[^"]|"")*"?|`(?:[^`]|``)*`?|\[[^\]]*\]?|[\w$\u0080-\uffff]+(?:\.[\w$\u0080-\uffff]+)*|[\s\S]/g;

/**
 * Where a token stands, in characters from 1, when it stands there once only: SQLite's libraries do not tell
 * which one it is, and a wrong place is worse than none.
 */
function placeOfToken(sql: string, token: string): number | undefined {
  const wanted = token.toLowerCase();
  let found: number | undefined;
  for (const match of sql.matchAll(tokens)) {
    if (!isToken(match[0].toLowerCase(), wanted)) continue;
    if (found !== undefined) return undefined;
    found = match.index;
  }
  if (found === undefined) return undefined;
  return [...sql.slice(0, skipBlank(sql, found))].length + 1;
}

function isToken(text: string, wanted: string): boolean {
  if (text === wanted || text.endsWith(`.${wanted}`)) return true;
  const isQuoted = /^["`[]/.test(text);
  return isQuoted && text.slice(1, -1) === wanted;
}
