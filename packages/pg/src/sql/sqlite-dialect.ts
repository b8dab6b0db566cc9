// Statements that only SQLite's parser accepts: they run as they are, with SQLite's semantics.

import { asPgError, type PgError } from '../pg-error.ts';
import { typeOfDeclared } from '../types/declared-types.ts';
import type { Oid } from '../types/oids.ts';
import type { Planned, ResultColumn } from './planned.ts';
import type { VettedSql } from './planner.ts';
import { tokensOfSqlite } from './split-statements.ts';
import { typeIds } from './type-catalog.ts';

const schemaPattern = /^create\s+(?:unique\s+)?(table|index|view)\b/i;

/** Throws PostgreSQL's refusal where SQLite finds no sense in the text either. */
export function planSqlite(
  text: string,
  refusal: PgError | undefined,
  paramTypes: readonly Oid[],
  vet: (sql: string, mode: 'read' | 'write') => VettedSql,
): Planned {
  const declared = schemaPattern.exec(text)?.[1];
  if (declared !== undefined && refusal !== undefined && mayBeSqliteSchema(text)) {
    return {
      kind: 'schema',
      tag: `CREATE ${declared.toUpperCase()}`,
      change: { kind: 'declare', sql: text, isDestructive: false },
      notices: [],
    };
  }
  const { sql, count } = numbered(text);
  const isWrite =
    /^(insert|replace|update|delete)\b/i.test(sql) ||
    (/^with\b/i.test(sql) && /\b(insert|update|delete|replace)\b/i.test(sql));
  const vetted = vetOr(sql, isWrite, refusal, vet);
  const columns = vetted.columns.map(
    (name, index): ResultColumn => ({
      name,
      type: columnType(vetted.declaredTypes?.[index]),
      tableOid: 0,
      columnNumber: 0,
    }),
  );
  const params = Array.from({ length: count }, (_, index) => {
    const given = paramTypes[index] ?? 0;
    return given === 0 || given === typeIds.unknown ? typeIds.text : given;
  });
  const common = { sql, params, columns, tablesRead: vetted.tablesRead, notices: [] };
  if (vetted.readOnly)
    return { ...common, kind: 'query', readsCatalog: vetted.readsAttached === true };
  return { ...common, kind: 'write', tag: tagOf(sql), tablesWritten: vetted.tablesWritten };
}

/** Words of SQLite's CREATE statements that PostgreSQL's parser does not know. */
function mayBeSqliteSchema(text: string): boolean {
  return /\b(autoincrement|strict|without\s+rowid|on\s+conflict|glob)\b|[`[]/i.test(text);
}

function vetOr(
  sql: string,
  isWrite: boolean,
  refusal: PgError | undefined,
  vet: (sql: string, mode: 'read' | 'write') => VettedSql,
): VettedSql {
  try {
    return vet(sql, isWrite ? 'write' : 'read');
  } catch (error) {
    const fault = asPgError(error);
    const isSyntax =
      fault.sqlState === '42601' || fault.sqlState === '42000' || fault.sqlState === 'XX000';
    throw refusal !== undefined && (isSyntax || !beginsLikeSqlite(sql)) ? refusal : fault;
  }
}

function beginsLikeSqlite(sql: string): boolean {
  return /^(select|values|with|insert|replace|update|delete)\b/i.test(sql);
}

function columnType(declared: string | undefined): ResultColumn['type'] {
  return declared === undefined || declared === ''
    ? { oid: typeIds.text, typmod: -1 }
    : typeOfDeclared(declared);
}

function tagOf(sql: string): 'INSERT' | 'UPDATE' | 'DELETE' {
  const word = /\b(insert|replace|update|delete)\b/i.exec(sql)?.[1]?.toLowerCase();
  if (word === 'update') return 'UPDATE';
  return word === 'delete' ? 'DELETE' : 'INSERT';
}

/** `$1` as SQLite's `?1`, and how many parameters there are. */
function numbered(text: string): { sql: string; count: number } {
  let count = 0;
  const names = new Map<string, number>();
  const sql = tokensOfSqlite(text)
    .map((token) => {
      const number = /^[$?](\d+)$/.exec(token)?.[1];
      if (number !== undefined) {
        count = Math.max(count, Number(number));
        return `?${number}`;
      }
      if (token === '?') return `?${++count}`;
      if (!/^[:@]\w/.test(token)) return token;
      const known = names.get(token) ?? ++count;
      names.set(token, known);
      return `?${known}`;
    })
    .join('');
  return { sql, count };
}
