// What tables and subqueries bring into sight: their columns under an alias.

import type { Alias, RangeVar } from 'libpg-query';
import type { RelationInfo } from '../schema-view.ts';
import { quoteName } from './expr.ts';
import type { ItemColumn, RangeItem } from './scope.ts';
import { nameParts } from './scope.ts';
import type { TranslatedQuery, Translation } from './translation.ts';
import { typeIds } from './type-catalog.ts';

/** Finds a table or view. Throws 42P01 with its position, 3F000 for a schema that is not there. */
export function findRelation(t: Translation, node: RangeVar): RelationInfo {
  const name = node.relname ?? '';
  const relation = t.schema.find(name, node.schemaname);
  if (relation === undefined) {
    const full = node.schemaname === undefined ? name : `${node.schemaname}.${name}`;
    throw t.error('42P01', `relation "${full}" does not exist`, node.location);
  }
  if (relation.schema !== 'public') t.readsCatalog = true;
  return relation;
}

/** What a table brings into sight under an alias. Throws 42P10 for too many column names. */
export function itemOf(
  t: Translation,
  relation: RelationInfo,
  alias: string,
  names: Alias | undefined,
): RangeItem {
  const given = nameParts(names?.colnames);
  if (given.length > relation.columns.length)
    throw tooManyNames(t, alias, relation.columns.length, given.length);
  const columns = relation.columns.map(
    (column, index): ItemColumn => ({
      name: given[index] ?? column.name,
      sql: `${quoteName(alias)}.${quoteName(column.name)}`,
      type: column.type.oid,
      typmod: column.type.typmod,
      tableOid: relation.oid,
      columnNumber: index + 1,
      isNotNull: column.isNotNull || (column.keyPosition > 0 && relation.kind === 'table'),
    }),
  );
  return { name: alias, columns, relation, isScalar: false };
}

/** 42P10 for an alias with more names than columns. */
export function tooManyNames(t: Translation, alias: string, has: number, given: number): Error {
  return t.error(
    '42P10',
    `table "${alias}" has ${has} columns available but ${given} columns specified`,
  );
}

/** Names for SQLite that differ from each other, also in case. */
export function distinctNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let candidate = name === '?column?' || name === '' ? 'column' : name;
    for (let count = 2; taken.has(candidate.toLowerCase()); count++) candidate = `${name}_${count}`;
    taken.add(candidate.toLowerCase());
    return candidate;
  });
}

/** The columns of a subquery under an alias. */
export function queryItem(
  t: Translation,
  query: TranslatedQuery,
  alias: string,
  names: Alias | undefined,
): { readonly item: RangeItem; readonly sqlNames: readonly string[] } {
  const given = nameParts(names?.colnames);
  if (given.length > query.columns.length)
    throw tooManyNames(t, alias, query.columns.length, given.length);
  const sqlNames = distinctNames(query.columns.map((column, index) => given[index] ?? column.name));
  const columns = query.columns.map(
    (column, index): ItemColumn => ({
      name: given[index] ?? column.name,
      sql: `${quoteName(alias)}.${quoteName(sqlNames[index] ?? '')}`,
      type: column.value.type === typeIds.unknown ? typeIds.text : column.value.type,
      typmod: column.value.typmod,
      tableOid: column.value.tableOid,
      columnNumber: column.value.columnNumber,
      isNotNull: column.value.isNotNull,
    }),
  );
  return { item: { name: alias, columns, relation: undefined, isScalar: false }, sqlNames };
}
