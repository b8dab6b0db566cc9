// References to columns: `a`, `t.a`, `s.t.a`, whole rows, system columns; and what is said when there is none.

import type { ColumnRef } from 'libpg-query';
import type { Expr } from './expr.ts';
import { exprOf, quoteName, quoteText } from './expr.ts';
import type { ItemColumn, RangeItem, Scope } from './scope.ts';
import { nameParts, sameName } from './scope.ts';
import type { Translation } from './translation.ts';
import { typeIds } from './type-catalog.ts';

/** Translates a reference. Throws PgError 42703, 42702, 42P01. */
export function columnRef(t: Translation, scope: Scope, node: ColumnRef): Expr {
  const parts = nameParts(node.fields);
  const name = parts.at(-1) ?? '';
  if (node.fields?.some((field) => 'A_Star' in field) === true) {
    return starRow(t, scope, parts, node.location);
  }
  if (parts.length === 1) return plainName(t, scope, name, node.location);
  return qualifiedName(t, scope, parts, node.location);
}

function starRow(
  t: Translation,
  scope: Scope,
  parts: readonly string[],
  location: number | undefined,
): Expr {
  const item = findItem(scope, parts.at(-1) ?? '')?.item;
  if (item === undefined) throw missingTable(t, scope, parts.at(-1) ?? '', location);
  return rowOf(item);
}

function plainName(t: Translation, scope: Scope, name: string, location: number | undefined): Expr {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
    const found = at.columns.filter((column) => sameName(column.name, name));
    const exact = found.length > 1 ? found.filter((column) => column.name === name) : found;
    if (exact.length > 1 || (found.length > 1 && exact.length === 0)) {
      throw t.error('42702', `column reference "${name}" is ambiguous`, location);
    }
    const column = exact[0];
    if (column !== undefined) return used(at, column, name, location);
    const system = systemColumn(
      t,
      at.items.filter((item) => item.relation !== undefined),
      name,
    );
    if (system !== undefined) return system;
    const row = at.items.find((item) => sameName(item.name, name));
    if (row !== undefined) return itemValue(at, row, location);
  }
  throw t.error('42703', `column "${name}" does not exist`, location, hintFor(scope, name));
}

function qualifiedName(
  t: Translation,
  scope: Scope,
  parts: readonly string[],
  location: number | undefined,
): Expr {
  const [name = '', table = '', schema] = [...parts].reverse();
  const found = findItem(scope, table, schema);
  if (found === undefined) throw missingTable(t, scope, table, location);
  const column = found.item.columns.find((one) => sameName(one.name, name));
  if (column !== undefined) return used(found.scope, column, `${table}.${name}`, location);
  const system = systemColumn(t, [found.item], name);
  if (system !== undefined) return system;
  throw t.error('42703', `column ${table}.${name} does not exist`, location, hintFor(scope, name));
}

function used(at: Scope, column: ItemColumn, name: string, location: number | undefined): Expr {
  if (at.aggregateDepth === 0) {
    const owner = name.includes('.')
      ? undefined
      : at.items.find((item) => item.columns.includes(column));
    at.ungrouped.push({
      sql: column.sql,
      name: owner === undefined ? name : `${owner.name}.${name}`,
      location,
    });
  }
  return columnExpr(column);
}

export function columnExpr(column: ItemColumn): Expr {
  return {
    ...exprOf(column.sql, column.type, column.typmod),
    tableOid: column.tableOid,
    columnNumber: column.columnNumber,
    isNotNull: column.isNotNull,
  };
}

/** A table's row as a value; a function's value where it yields one. */
function itemValue(at: Scope, item: RangeItem, location: number | undefined): Expr {
  const only = item.columns[0];
  if (item.isScalar && only !== undefined) return used(at, only, item.name, location);
  if (at.aggregateDepth === 0) {
    for (const column of item.columns)
      at.ungrouped.push({ sql: column.sql, name: `${item.name}.${column.name}`, location });
  }
  return rowOf(item);
}

export function rowOf(item: RangeItem): Expr {
  const fields = item.columns.map((column) => ({ name: column.name, value: columnExpr(column) }));
  return recordExpr(fields);
}

/** A row value: held as SQL only where it is turned into text. */
export function recordExpr(
  fields: readonly { readonly name: string; readonly value: Expr }[],
): Expr {
  const sql = `pg_record_text(${fields.map((field) => field.value.sql).join(', ')})`;
  return { ...exprOf(sql, typeIds.record), fields };
}

/** An item by its name, from the innermost query outwards. */
export function findItem(
  scope: Scope,
  name: string,
  schema?: string | undefined,
): { readonly item: RangeItem; readonly scope: Scope } | undefined {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
    const item = at.items.find(
      (one) =>
        sameName(one.name, name) &&
        (schema === undefined ||
          one.relation === undefined ||
          sameName(one.relation.schema, schema)),
    );
    if (item !== undefined) return { item, scope: at };
  }
  return undefined;
}

function systemColumn(t: Translation, items: readonly RangeItem[], name: string): Expr | undefined {
  const item = items[0];
  const relation = item?.relation;
  if (item === undefined || relation === undefined || relation.kind !== 'table') return undefined;
  switch (name) {
    case 'tableoid':
      return exprOf(String(relation.oid), typeIds.oid);
    case 'xmin':
    case 'cmin':
    case 'xmax':
    case 'cmax':
      return exprOf(`'1'`, typeIds.xid);
    case 'ctid':
      if (/without\s+rowid/i.test(relation.sql))
        throw t.unsupported('ctid of a table without row ids');
      return exprOf(`('(0,' || ${quoteName(item.name)}.rowid || ')')`, typeIds.tid);
    default:
      return undefined;
  }
}

function missingTable(
  t: Translation,
  scope: Scope,
  table: string,
  location: number | undefined,
): Error {
  const aliased = findAliased(scope, table);
  if (aliased !== undefined) {
    return t.error(
      '42P01',
      `invalid reference to FROM-clause entry for table "${table}"`,
      location,
      {
        hint: `Perhaps you meant to reference the table alias "${aliased}".`,
      },
    );
  }
  return t.error('42P01', `missing FROM-clause entry for table "${table}"`, location);
}

function findAliased(scope: Scope, table: string): string | undefined {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
    const item = at.items.find(
      (one) => one.relation !== undefined && sameName(one.relation.name, table),
    );
    if (item !== undefined) return item.name;
  }
  return undefined;
}

/** The nearest name, if one is near enough. */
function hintFor(scope: Scope, name: string): { hint?: string } {
  let nearest: string | undefined;
  let distanceMin = Math.min(3, Math.ceil(name.length / 2)) + 1;
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
    for (const item of at.items) {
      for (const column of item.columns) {
        const distance = editDistance(column.name, name);
        if (distance >= distanceMin) continue;
        distanceMin = distance;
        nearest = `${item.name}.${column.name}`;
      }
    }
  }
  return nearest === undefined
    ? {}
    : {
        hint: `Perhaps you meant to reference the column ${quoteText(nearest).replaceAll("'", '"')}.`,
      };
}

/** Levenshtein's distance, by rows. */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let at = 1; at <= one.length; at++) {
    const next = [at];
    for (let to = 1; to <= other.length; to++) {
      const replaced = (row[to - 1] ?? 0) + (one[at - 1] === other[to - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[to] ?? 0) + 1, (next[to - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
