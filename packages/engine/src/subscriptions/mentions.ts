// Which columns of which tables of FROM an expression speaks of. What cannot be told counts as
// mentioned: to think too much of an expression costs time, too little would cost rows.

import type { AstNode, FromClause, Select, SelectTable } from 'sqlite3-parser';
import { assert } from '../base/assert.ts';
import type { Catalog, CatalogColumn } from './plan.ts';
import { columnOf, type Source } from './sources.ts';
import { isColumnName, walk } from './syntax.ts';

/** A name in the text that stands for a column of a source. */
export interface ColumnReference {
  readonly offset: number;
  readonly length: number;
  readonly source: number;
  /** Undefined for the rowid. */
  readonly column: CatalogColumn | undefined;
}

export interface Mentions {
  /** Sources whose columns are, or may be, mentioned. */
  readonly sources: ReadonlySet<number>;
  readonly references: readonly ColumnReference[];
  readonly hasSubquery: boolean;
  /** A name could not be resolved: the alias of a result column, or something that is not known. */
  readonly hasUnknown: boolean;
}

/** Resolves names the way SQLite does: inner queries first, then the sources, from left to right. */
export interface Resolver {
  mentionsOf(root: AstNode): Mentions;
  /** The source and column that a name at the top level stands for. */
  resolve(node: AstNode): ColumnReference | undefined;
}

/** What can be named inside a sub-query; columns are undefined where they are not known. */
interface LocalTable {
  readonly alias: string;
  readonly columns: ReadonlySet<string> | undefined;
}

const rowidNames: ReadonlySet<string> = new Set(['rowid', 'oid', '_rowid_']);

export function createResolver(
  sources: readonly Source[],
  catalog: Catalog,
  query: Select,
): Resolver {
  const aliases = aliasesOf(query);
  const tableExpressions = new Set<string>();
  walk(query, (node) => {
    if (node.type === 'CommonTableExpr') tableExpressions.add(node.tblName.text.toLowerCase());
  });

  function resolve(node: AstNode): ColumnReference | undefined {
    const { offset, length } = node.span;
    const { table, column } = nameParts(node);
    for (const source of sources) {
      if (table !== undefined && source.alias.toLowerCase() !== table) continue;
      const found = columnOf(source.table, column);
      if (found === undefined) continue;
      return { offset, length, source: source.index, column: found };
    }
    if (!rowidNames.has(column)) return undefined;
    const owner = sources.find(({ alias }) => table === undefined || alias.toLowerCase() === table);
    if (owner === undefined) return undefined;
    return { offset, length, source: owner.index, column: undefined };
  }

  function mentionsOf(root: AstNode): Mentions {
    const references: ColumnReference[] = [];
    const mentioned = new Set<number>();
    const scopes: LocalTable[][] = [];
    let fromDepth = 0;
    let hasSubquery = false;
    let hasUnknown = false;
    walk(
      root,
      (node, parent) => {
        if (node.type === 'Select' || node.type === 'InTableExpr') hasSubquery = true;
        if (node.type === 'SelectFrom') scopes.push(localTables(node.from));
        // A query in FROM does not see the tables beside it, so its names may be of further outside.
        if (node.type === 'SelectSelectTable') fromDepth++;
        if (isColumnName(node, parent) && (fromDepth > 0 || !isLocal(node, scopes))) {
          const reference = resolve(node);
          if (reference === undefined) {
            // Inside a sub-query a name may be one of its own that is not modelled here.
            hasUnknown ||= scopes.length === 0 || aliases.has(nameParts(node).column);
          } else {
            references.push(reference);
            mentioned.add(reference.source);
          }
        }
        // The names that a qualified one is made of are no names of their own.
        return node.type !== 'QualifiedExpr';
      },
      (node) => {
        if (node.type === 'SelectFrom') scopes.pop();
        if (node.type === 'SelectSelectTable') fromDepth--;
      },
    );
    return { sources: mentioned, references, hasSubquery, hasUnknown };
  }

  function localTables(from: FromClause | undefined): LocalTable[] {
    if (from === undefined) return [];
    const items = [from.select, ...(from.joins ?? []).map(({ table }) => table)];
    return items.flatMap((item) => (item === undefined ? [] : tablesOf(item)));
  }

  function tablesOf(item: SelectTable): LocalTable[] {
    const alias = item.alias?.name.text.toLowerCase();
    if (item.type === 'SubSelectTable') return localTables(item.from);
    if (item.type === 'SelectSelectTable') return [{ alias: alias ?? '', columns: undefined }];
    const name = item.tblName.objName.text.toLowerCase();
    const table = tableExpressions.has(name) ? undefined : catalog.tables.get(name);
    const isKnown =
      item.type === 'TableSelectTable' && table !== undefined && table.columns.length > 0;
    const columns = isKnown
      ? new Set(table.columns.map((column) => column.name.toLowerCase()))
      : undefined;
    return [{ alias: alias ?? name, columns }];
  }

  return { mentionsOf, resolve };
}

/** Whether a name surely belongs to a query around it, other than the one that is analysed. */
function isLocal(node: AstNode, scopes: readonly LocalTable[][]): boolean {
  const { table, column } = nameParts(node);
  return scopes.some((scope) => {
    return scope.some(({ alias, columns }) => {
      if (columns === undefined) return false;
      return table === undefined ? columns.has(column) : alias === table;
    });
  });
}

/** Names that the query gives to its columns: sub-queries see them too. */
function aliasesOf({ select }: Select): ReadonlySet<string> {
  const columns = select.type === 'SelectFrom' ? select.columns : [];
  const aliases = columns.flatMap((column) => {
    const isNamed = column.type === 'ExprResultColumn' && column.alias !== undefined;
    return isNamed ? [column.alias.name.text.toLowerCase()] : [];
  });
  return new Set(aliases);
}

function nameParts(node: AstNode): { table: string | undefined; column: string } {
  if (node.type === 'QualifiedExpr') {
    return { table: node.table.text.toLowerCase(), column: node.column.text.toLowerCase() };
  }
  assert(node.type === 'Id', 'only names are resolved');
  return { table: undefined, column: node.name.toLowerCase() };
}
