// What the views behind a query read and use: SQLite reports most tables beneath them, but neither those
// of which only NATURAL or USING takes a column, nor the functions.

import type { Select } from 'sqlite3-parser';
import { dependsOnTime, refuseUnfollowable } from './functions.ts';
import type { Catalog } from './plan.ts';
import { parseView, walk } from './syntax.ts';

export interface ViewContents {
  /** Lower-case names of tables and views. */
  readonly tables: ReadonlySet<string>;
  readonly dependsOnTime: boolean;
}

/** Looks through views, and views behind them. Throws PATINA_SUBSCRIPTION_REFUSED as for a query. */
export function contentsOf(views: Iterable<string>, catalog: Catalog): ViewContents {
  const tables = new Set<string>();
  const seen = new Set<string>();
  const waiting = [...views];
  let changesWithTime = false;
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    const sql = catalog.tables.get(name)?.sql;
    const select: Select | undefined = sql === undefined ? undefined : parseView(sql);
    if (select === undefined) continue;
    refuseUnfollowable(select);
    changesWithTime ||= dependsOnTime(select);
    for (const read of namesIn(select)) {
      tables.add(read);
      if (catalog.tables.get(read)?.kind === 'view') waiting.push(read);
    }
  }
  return { tables, dependsOnTime: changesWithTime };
}

function namesIn(select: Select): string[] {
  const names: string[] = [];
  walk(select, (node) => {
    if (node.type === 'TableSelectTable') names.push(node.tblName.objName.text.toLowerCase());
    if (node.type === 'InTableExpr') names.push(node.rhs.objName.text.toLowerCase());
  });
  return names;
}
