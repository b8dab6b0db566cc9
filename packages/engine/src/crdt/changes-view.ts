// The view `patina_changes`: every change that is current, over all tables, as SQL text.

import { quoteName } from '../base/sql-text.ts';
import { baseTableName, cellTableName, type ReplicatedTable } from './table.ts';

/** Terms in one compound SELECT; SQLite takes up to 500. */
const termsMax = 200;

/** CREATE VIEW statement of `patina_changes` over these tables. */
export function changesViewSql(tables: readonly ReplicatedTable[]): string {
  const parts = tables.flatMap((table) => [basePart(table), cellPart(table)]);
  const empty =
    `SELECT NULL AS "table", NULL AS pk, NULL AS "column", NULL AS cl, NULL AS hlc, ` +
    'NULL AS actor_id, NULL AS version, NULL AS seq WHERE false';
  return `CREATE VIEW patina_changes AS ${parts.length === 0 ? empty : unionAll(parts)}`;
}

/** UNION ALL of any number of SELECTs. */
function unionAll(parts: readonly string[]): string {
  if (parts.length <= termsMax) return parts.join(' UNION ALL ');
  const groups: string[] = [];
  for (let from = 0; from < parts.length; from += termsMax) {
    groups.push(`SELECT * FROM (${parts.slice(from, from + termsMax).join(' UNION ALL ')})`);
  }
  return unionAll(groups);
}

function basePart(table: ReplicatedTable): string {
  return (
    `SELECT ${textLiteral(table.name)} AS "table", ${keyJson(table, 'x')} AS pk, ` +
    'NULL AS "column", x.cl AS cl, x.hlc AS hlc, lower(hex(a.id)) AS actor_id, x.version AS version, ' +
    `x.seq AS seq FROM ${quoteName(baseTableName(table.name))} AS x ` +
    'LEFT JOIN __patina_actors AS a ON a.ordinal = x.actor'
  );
}

function cellPart(table: ReplicatedTable): string {
  const match = table.key.map((_, index) => `b.k${index} = x.k${index}`).join(' AND ');
  return (
    `SELECT ${textLiteral(table.name)}, ${keyJson(table, 'x')}, n.name, b.cl, x.hlc, ` +
    `lower(hex(a.id)), x.version, x.seq FROM ${quoteName(cellTableName(table.name))} AS x ` +
    `JOIN ${quoteName(baseTableName(table.name))} AS b ON ${match} ` +
    `JOIN __patina_columns AS n ON n.tbl = ${textLiteral(table.name)} AND n.id = x.col ` +
    'LEFT JOIN __patina_actors AS a ON a.ordinal = x.actor WHERE x.version > 0'
  );
}

/** Keys as a JSON array; blobs as hex, since JSON has none. */
function keyJson(table: ReplicatedTable, alias: string): string {
  const values = table.key.map((_, index) => {
    const value = `${alias}.k${index}`;
    return `CASE typeof(${value}) WHEN 'blob' THEN hex(${value}) ELSE ${value} END`;
  });
  return `json_array(${values.join(', ')})`;
}

function textLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
