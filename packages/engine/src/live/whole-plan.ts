// The plan of a query that is run whole, whatever it is: for statements that the analysis does not take.

import { PatinaError } from '../base/errors.ts';
import { bindable, type SqlParam, type SqlParams } from '../storage/sql-value.ts';
import type { VettedStatement } from '../storage/sql-vetter.ts';
import type { AnalysedQuery, Catalog } from '../subscriptions/plan.ts';

/** Comments, text, names, parameters and words. */
const pieces =
  /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|\?\d*|[:@$][\w$\u0080-\uffff]+|[\w$\u0080-\uffff]+/g;

/** Functions whose value changes by itself. */
const timePattern =
  /\b(current_(date|time|timestamp)|date|time|datetime|julianday|unixepoch|strftime|timediff)\b|'now'/i;

export function wholePlan(
  vetted: VettedStatement,
  params: SqlParams,
  catalog: Catalog,
): AnalysedQuery {
  const { sql, values } = numbered(vetted.sql, params);
  const tables = vetted.tablesRead.flatMap((name) => catalog.tables.get(name.toLowerCase()) ?? []);
  return {
    values,
    plan: {
      sql,
      parameterCount: values.length,
      columns: vetted.columns,
      mode: 're-run',
      isOrdered: /\border\s+by\b/i.test(sql),
      dependsOnTime: timePattern.test(sql),
      readsNodeViews: tables.some(({ kind }) => kind === 'node-view'),
      reasons: ['The whole query is run after every change of a table that it reads.'],
      tables: tables
        .filter(({ kind }) => kind === 'replicated')
        .map(({ name }) => ({ table: name, columns: 'all', reaction: 're-run' })),
      full: { sql, identityCount: 0 },
      keyed: undefined,
      grouped: undefined,
    },
  };
}

/** Gives each parameter the number that SQLite gives it, and the values in that order. */
function numbered(sql: string, params: SqlParams): { sql: string; values: SqlParam[] } {
  const list = params instanceof Map ? undefined : (params as readonly SqlParam[]);
  const values: SqlParam[] = list === undefined ? [] : list.map(bindable);
  const numberByName = new Map<string, number>();
  let last = 0;
  const text = sql.replace(pieces, (piece) => {
    if (!/^[?:@$]/.test(piece)) return piece;
    const own = piece === '?' ? undefined : numberByName.get(piece);
    const number = /^\?\d/.test(piece) ? Number(piece.slice(1)) : (own ?? last + 1);
    last = Math.max(last, number);
    if (piece !== '?') numberByName.set(piece, number);
    if (list === undefined && params instanceof Map)
      values[number - 1] = bindable(params.get(piece) ?? null);
    return `?${number}`;
  });
  if (list !== undefined && list.length !== last) {
    throw new PatinaError(
      'PATINA_SQL_ERROR',
      `the query has ${last} parameters, ${list.length} were given`,
    );
  }
  return { sql: text, values: Array.from({ length: last }, (_, index) => values[index] ?? null) };
}
