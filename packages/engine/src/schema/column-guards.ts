// What the schema asks of one value by itself: NOT NULL, the type of a STRICT column, and CHECKs that
// name this column only. A merge judges a change by these alone, never by the row that it meets, so
// that every node judges the same (docs/decisions/0010-checks-on-merge.md).

import type { ColumnGuard } from '../base/column-guard.ts';
import { sqlTokens, tableItems, unquoteName } from './column-text.ts';
import type { ColumnFacts, TableFacts } from './facts.ts';

/** The guards of all columns that have any; generated columns are never merged. */
export function columnGuards(facts: TableFacts): ColumnGuard[] {
  const checks = checkExpressions(facts.sql).map((sql) => ({
    sql,
    column: onlyColumn(sql, facts.columns),
  }));
  return facts.columns
    .filter(({ generated }) => !generated)
    .map((column) => ({
      column: column.name,
      notNull: column.notNull && column.keyPosition === 0,
      strictType: facts.strict ? column.type.toUpperCase() : undefined,
      checked: checks
        .filter((check) => check.column === column)
        .map(({ sql }) => checkedColumn(facts, column, sql)),
    }))
    .filter(({ notNull, strictType, checked }) => {
      const isTyped = strictType !== undefined && strictType !== 'ANY';
      return notNull || isTyped || checked.length > 0;
    });
}

/** The expressions of all CHECKs in a CREATE TABLE, of columns and of the table. */
export function checkExpressions(createSql: string): string[] {
  return tableItems(createSql).flatMap((item) => {
    const found: string[] = [];
    const tokens = sqlTokens(item);
    let depth = 0;
    for (const [index, token] of tokens.entries()) {
      if (token === '(') depth++;
      if (token === ')') depth--;
      if (depth > 0 || token.toUpperCase() !== 'CHECK') continue;
      const expression = parenthesised(tokens, index + 1);
      if (expression !== undefined) found.push(expression);
    }
    return found;
  });
}

/** What stands between the parenthesis that opens after `from` and the one that closes it. */
function parenthesised(tokens: readonly string[], from: number): string | undefined {
  let depth = 0;
  let start: number | undefined;
  for (let index = from; index < tokens.length; index++) {
    const token = tokens[index];
    if (start === undefined && token?.trim() !== '' && token !== '(') return undefined;
    if (token === '(') {
      depth++;
      start ??= index + 1;
    } else if (token === ')') {
      depth--;
      if (depth === 0) return tokens.slice(start, index).join('');
    }
  }
  return undefined;
}

/** The column that the expression names, where it names one only and no generated one. */
function onlyColumn(sql: string, columns: readonly ColumnFacts[]): ColumnFacts | undefined {
  const tokens = sqlTokens(sql);
  const named = new Set<ColumnFacts>();
  for (const token of tokens) {
    const name = unquoteName(token)?.toLowerCase();
    const column = columns.find((candidate) => candidate.name.toLowerCase() === name);
    if (column !== undefined) named.add(column);
  }
  const [only] = named;
  return named.size === 1 && only?.generated === false ? only : undefined;
}

function checkedColumn(facts: TableFacts, column: ColumnFacts, check: string): string {
  const item = tableItems(facts.sql).find(
    (text) => unquoteName(sqlTokens(text)[0] ?? '')?.toLowerCase() === column.name.toLowerCase(),
  );
  const collation = collationOf(item ?? '');
  const type = column.type === '' ? '' : ` ${quote(column.type)}`;
  const collate = collation === undefined ? '' : ` COLLATE ${quote(collation)}`;
  return `${quote(column.name)}${type}${collate} CHECK (${check})`;
}

function collationOf(item: string): string | undefined {
  let depth = 0;
  let isNext = false;
  for (const token of sqlTokens(item)) {
    if (token === '(') depth++;
    if (token === ')') depth--;
    if (depth > 0 || token.trim() === '') continue;
    if (isNext) return unquoteName(token);
    isNext = token.toUpperCase() === 'COLLATE';
  }
  return undefined;
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
