// Which names outside SQL may touch: Patina's own tables are hidden, its views are for reading, and
// of SQLite's own tables and pragmas only those that describe the schema are open.

import { internalPrefix } from '../crdt/table.ts';
import { internalViewNames } from './internal-schema.ts';

/** Views of Patina's own state that every endpoint may read, though their tables are internal. */
export const patinaViews: ReadonlySet<string> = new Set(internalViewNames);

/** Pragmas that only describe the schema; open as table-valued functions, in reads only. */
export const describingPragmas: ReadonlySet<string> = new Set([
  'table_info',
  'table_xinfo',
  'table_list',
  'index_list',
  'index_info',
  'index_xinfo',
  'foreign_key_list',
  'function_list',
  'collation_list',
]);

/** Table-valued functions that work on their arguments alone. */
export const safeTableFunctions: ReadonlySet<string> = new Set(['json_each', 'json_tree']);

/** Whether `name` belongs to Patina alone; ASCII case does not matter to SQLite. */
export function isInternalName(name: string): boolean {
  return name.toLowerCase().startsWith(internalPrefix);
}

/** Whether `name` is reserved by SQLite. */
export function isSqliteName(name: string): boolean {
  return name.toLowerCase().startsWith('sqlite_');
}

/** Whether `sql` contains the prefix of internal names anywhere, in any case. */
export function mentionsInternalName(sql: string): boolean {
  return sql.toLowerCase().includes(internalPrefix);
}
