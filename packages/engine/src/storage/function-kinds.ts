// What kind of functions ours are, for the analysis of live queries: SQLite itself knows of each function
// whether it gathers rows, and whether it was said to depend on its arguments alone.

import Database from 'better-sqlite3';
import { installOnBetterSqlite } from '../functions/install.ts';
import type { FunctionKind } from '../subscriptions/functions.ts';

/** SQLITE_DETERMINISTIC. */
const deterministicFlag = 0x800;

/** Of those that are not deterministic, the ones that tell the time; all others draw lots. */
const tellsTime = /(^|_)(now|current|clock|today|timeofday|timestamp|time|date|age)(_|$)/;

/** All functions that are installed on every connection, by their names in lower case. */
export function installedFunctionKinds(): ReadonlyMap<string, FunctionKind> {
  const db = new Database(':memory:');
  installOnBetterSqlite(db);
  const rows = db
    .prepare<[], { name: string; type: string; flags: number }>(
      'SELECT lower(name) AS name, type, flags FROM pragma_function_list WHERE builtin = 0',
    )
    .all();
  db.close();
  const kinds = new Map<string, FunctionKind>();
  for (const { name, type, flags } of rows) {
    // One name may stand for several functions: where one of them is not deterministic, none is.
    const kind = kindOf(name, type, flags);
    const known = kinds.get(name);
    if (known === undefined || known === 'scalar') kinds.set(name, kind);
  }
  return kinds;
}

function kindOf(name: string, type: string, flags: number): FunctionKind {
  if (type !== 's') return 'aggregate';
  if ((flags & deterministicFlag) !== 0) return 'scalar';
  return tellsTime.test(name) ? 'time' : 'chance';
}
