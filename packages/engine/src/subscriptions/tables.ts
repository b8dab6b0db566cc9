// Every table that a query reads, with what a touched row of it means for the result.

import type { AstNode, Select, SelectFrom } from 'sqlite3-parser';
import type { Catalog, TableRole } from './plan.ts';
import { isColumnName, walk } from './syntax.ts';
import { contentsOf } from './views.ts';

/** What SQLite's authorizer saw of a query. */
export interface VettedQuery {
  /** Tables and views that it reads, through views the tables beneath too. */
  readonly tablesRead: readonly string[];
  /** Names of the result's columns. */
  readonly columns: readonly string[];
}

export interface TablesRead {
  readonly roles: readonly TableRole[];
  /** Something that no version announces is read. */
  readonly readsNodeViews: boolean;
  /** A view behind it has another value at another time. */
  readonly dependsOnTime: boolean;
}

/** Functions on their arguments alone, and what a change of the schema announces. */
const silent = /^(json_each|json_tree|sqlite_(schema|master)|pragma_.*)$/i;

/**
 * Throws PATINA_SUBSCRIPTION_REFUSED where a view cannot be followed. `keyed`: offsets of those names
 * of tables in the text whose rows are found by key.
 */
export function tablesRead(
  query: Select,
  catalog: Catalog,
  vetted: VettedQuery,
  keyed: ReadonlySet<number>,
): TablesRead {
  const views = new Set<string>();
  const byKey = new Set<string>();
  const otherwise = new Set<string>();
  const whole = new Set<string>();
  const names = new Set<string>();
  walk(query, (node, parent) => {
    const table = tableName(node);
    if (table !== undefined) {
      const name = table.name.toLowerCase();
      (keyed.has(table.offset) ? byKey : otherwise).add(name);
      if (catalog.tables.get(name)?.kind === 'view') views.add(name);
      if (table.isWhole) whole.add(name);
    }
    if (node.type === 'SelectFrom') for (const name of starred(node)) whole.add(name);
    const name = columnNameOf(node, parent);
    if (name !== undefined) names.add(name.toLowerCase());
  });
  // SQLite does not report columns that are read by USING and NATURAL alone.
  const inText = [...byKey, ...otherwise].filter((name) => catalog.tables.has(name));
  const read = [...vetted.tablesRead.map((name) => name.toLowerCase()), ...inText];
  for (const name of read) if (catalog.tables.get(name)?.kind === 'view') views.add(name);
  const behind = contentsOf(views, catalog);
  read.push(...[...behind.tables].filter((name) => catalog.tables.has(name)));

  let readsNodeViews = false;
  const roles: TableRole[] = [];
  for (const name of new Set(read)) {
    const table = catalog.tables.get(name);
    if (table?.kind === 'view') continue;
    if (table?.kind !== 'replicated') {
      readsNodeViews ||= !silent.test(name);
      continue;
    }
    // What is read through a view is not in the text.
    const isHidden = views.size > 0 || !(byKey.has(name) || otherwise.has(name));
    const isByKey = !isHidden && !otherwise.has(name);
    const columns = table.columns.filter((column) => names.has(column.name.toLowerCase()));
    const isWhole = isHidden || whole.has(name) || columns.some(({ isGenerated }) => isGenerated);
    roles.push({
      table: table.name,
      columns: isWhole ? 'all' : new Set(columns.map((column) => column.name)),
      reaction: isByKey ? 'keys' : 're-run',
    });
  }
  return { roles, readsNodeViews, dependsOnTime: behind.dependsOnTime };
}

function tableName(node: AstNode): { name: string; offset: number; isWhole: boolean } | undefined {
  if (node.type === 'TableSelectTable') {
    const { text, span } = node.tblName.objName;
    return { name: text, offset: span.offset, isWhole: false };
  }
  if (node.type !== 'InTableExpr') return undefined;
  const { text, span } = node.rhs.objName;
  return { name: text, offset: span.offset, isWhole: true };
}

function columnNameOf(node: AstNode, parent: AstNode | undefined): string | undefined {
  if (node.type === 'QualifiedExpr') return node.column.text;
  if (node.type === 'Id' && isColumnName(node, parent)) return node.name;
  if (node.type === 'Name' && parent?.type === 'UsingJoinConstraint') return node.text;
  return undefined;
}

/** Tables of which `*`, `t.*` or NATURAL takes columns without naming them. */
function starred(core: SelectFrom): string[] {
  const tables: { name: string; alias: string }[] = [];
  let isNatural = false;
  if (core.from !== undefined) {
    walk(core.from, (node) => {
      if (node.type === 'TypedJoinJoinOperator') isNatural ||= ((node.joinType ?? 0) & 4) !== 0;
      if (node.type !== 'TableSelectTable') return;
      const name = node.tblName.objName.text.toLowerCase();
      tables.push({ name, alias: (node.alias?.name.text ?? name).toLowerCase() });
    });
  }
  const stars = core.columns.flatMap((column) => {
    if (column.type === 'StarResultColumn') return [undefined];
    return column.type === 'TableStarResultColumn' ? [column.table.text.toLowerCase()] : [];
  });
  return tables
    .filter(({ alias }) => isNatural || stars.some((star) => star === undefined || star === alias))
    .map(({ name }) => name);
}
