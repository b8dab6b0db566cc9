// Rows and clocks of a database as lines of text that are equal where the data is.

import { quoteName } from '@patina/engine/base/sql-text.ts';
import { baseTableName, cellTableName, type ReplicatedTable } from '@patina/engine/crdt/table.ts';
import type { Replica } from '@patina/engine/storage/replica.ts';
import { clockKeySql, type Losses } from './losses.ts';

/** Lines of all replicated tables, but for rows whose last writes were lost with a disk. */
export function contentLines(replica: Replica, losses: Losses): string[] {
  const tables = [...replica.tables.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return tables.flatMap((table) =>
    [rowsSql(table), basesSql(table), cellsSql(table)].flatMap((sql) =>
      replica.db
        .prepare<[], { key: string; line: string }>(sql)
        .all()
        .filter(({ key }) => !losses.has(table.name, key))
        .map(({ key, line }) => `${table.name} (${key}) ${line}`),
    ),
  );
}

function rowsSql(table: ReplicatedTable): string {
  const key = table.key.map(({ name }) => `quote(${quoteName(name)})`).join(" || ',' || ");
  const values = table.columns.map(
    ({ name }) => `typeof(${quoteName(name)}) || ':' || quote(${quoteName(name)})`,
  );
  const line = ["'row'", ...values].join(" || '|' || ");
  return `SELECT ${key} AS key, ${line} AS line FROM ${quoteName(table.name)} ORDER BY 1`;
}

const clockSql =
  "lower(hex(coalesce(a.id, x''))) || ' ' || x.hlc || ' ' || x.version || ' ' || x.seq";
const actorsSql = 'LEFT JOIN __patina_actors AS a ON a.ordinal = x.actor';

function basesSql(table: ReplicatedTable): string {
  return (
    `SELECT ${clockKeySql('x', table.key.length)} AS key, ` +
    `'base ' || x.cl || ' ' || ${clockSql} AS line ` +
    `FROM ${quoteName(baseTableName(table.name))} AS x ${actorsSql} ORDER BY 1`
  );
}

function cellsSql(table: ReplicatedTable): string {
  return (
    `SELECT ${clockKeySql('x', table.key.length)} AS key, ` +
    `'cell ' || n.name || ' ' || ${clockSql} AS line ` +
    `FROM ${quoteName(cellTableName(table.name))} AS x ${actorsSql} ` +
    `JOIN __patina_columns AS n ON n.id = x.col AND n.tbl = '${table.name}' ORDER BY 1, n.name`
  );
}
