// The select list: names of columns as PostgreSQL gives them, and what `*` stands for.

import type { FuncCall, Node, ResTarget, SubLink } from 'libpg-query';
import { columnExpr, findItem } from './column-refs.ts';
import type { Expr } from './expr.ts';
import type { Scope } from './scope.ts';
import { nameParts } from './scope.ts';
import { setCallsInSelect, setFunctions } from './table-functions.ts';
import type { QueryColumn, Translation } from './translation.ts';
import { internalName, typeByName } from './type-catalog.ts';

/** Translates a select list or RETURNING. */
export function selectList(t: Translation, scope: Scope, nodes: readonly Node[]): QueryColumn[] {
  const columns: QueryColumn[] = [];
  setCallsInSelect(
    t,
    scope,
    setCallsIn(nodes).map((call) => call.FuncCall),
  );
  for (const node of nodes) {
    if (!('ResTarget' in node)) continue;
    const star = starColumns(t, scope, node.ResTarget);
    if (star !== undefined) columns.push(...star);
    else columns.push(oneColumn(t, scope, node.ResTarget));
  }
  return columns;
}

function oneColumn(t: Translation, scope: Scope, target: ResTarget): QueryColumn {
  const node = target.val ?? ({} as Node);
  return { name: target.name ?? columnName(node), value: t.expr(scope, node) };
}

/** Set-returning calls in an expression, inner ones first; subqueries have their own. */
function setCallsIn(node: unknown): { FuncCall: FuncCall }[] {
  if (typeof node !== 'object' || node === null) return [];
  if (Array.isArray(node)) return node.flatMap(setCallsIn);
  if ('SubLink' in node) return [];
  const inner = Object.values(node).flatMap(setCallsIn);
  if (!isCall(node)) return inner;
  const name = nameParts(node.FuncCall.funcname).at(-1)?.toLowerCase() ?? '';
  return setFunctions.has(name) ? [...inner, node] : inner;
}

function isCall(node: object): node is { FuncCall: FuncCall } {
  return 'FuncCall' in node;
}

function starColumns(t: Translation, scope: Scope, target: ResTarget): QueryColumn[] | undefined {
  const node = target.val;
  if (node === undefined || !('ColumnRef' in node)) return undefined;
  const fields = node.ColumnRef.fields ?? [];
  const last = fields.at(-1);
  if (last === undefined || !('A_Star' in last)) return undefined;
  const parts = nameParts(fields);
  const { location } = node.ColumnRef;
  if (parts.length === 0) {
    if (scope.items.length === 0)
      throw t.error('42601', 'SELECT * with no tables specified is not valid', location);
    return scope.columns.map((column) => named(scope, column.name, column, location));
  }
  const found = findItem(scope, parts.at(-1) ?? '', parts.at(-2));
  if (found === undefined)
    throw t.error('42P01', `missing FROM-clause entry for table "${parts.at(-1) ?? ''}"`, location);
  return found.item.columns.map((column) =>
    named(found.scope, `${found.item.name}.${column.name}`, column, location),
  );
}

function named(
  scope: Scope,
  said: string,
  column: Scope['columns'][number],
  location: number | undefined,
): QueryColumn {
  scope.ungrouped.push({ sql: column.sql, name: said, location });
  const value: Expr = columnExpr(column);
  if (scope.groupKeys?.has(column.sql) === true) scope.ungrouped.pop();
  return { name: column.name, value };
}

/** The name of a column that was given none (FigureColname of parse_target.c). */
export function columnName(node: Node): string {
  if ('ColumnRef' in node) return nameParts(node.ColumnRef.fields).at(-1) ?? '?column?';
  if ('FuncCall' in node) return nameParts(node.FuncCall.funcname).at(-1) ?? '?column?';
  if ('TypeCast' in node) {
    const inner = node.TypeCast.arg === undefined ? '?column?' : columnName(node.TypeCast.arg);
    return inner === '?column?' || isWeaklyNamed(node.TypeCast.arg)
      ? castName(nameParts(node.TypeCast.typeName?.names).at(-1) ?? inner)
      : inner;
  }
  if ('CollateClause' in node)
    return node.CollateClause.arg === undefined ? '?column?' : columnName(node.CollateClause.arg);
  if ('A_Indirection' in node) {
    const last = nameParts(node.A_Indirection.indirection).at(-1);
    if (last !== undefined) return last;
    return node.A_Indirection.arg === undefined ? '?column?' : columnName(node.A_Indirection.arg);
  }
  if ('CaseExpr' in node) {
    const name =
      node.CaseExpr.defresult === undefined ? '?column?' : columnName(node.CaseExpr.defresult);
    return name === '?column?' ? 'case' : name;
  }
  if ('SubLink' in node) return subLinkName(node.SubLink);
  if ('SQLValueFunction' in node)
    return (node.SQLValueFunction.op ?? '')
      .replace(/^SVFOP_/, '')
      .replace(/_N$/, '')
      .toLowerCase();
  if ('A_Expr' in node && node.A_Expr.kind === 'AEXPR_NULLIF') return 'nullif';
  if ('MinMaxExpr' in node) return node.MinMaxExpr.op === 'IS_LEAST' ? 'least' : 'greatest';
  return fixedNames[Object.keys(node)[0] ?? ''] ?? '?column?';
}

const fixedNames: Readonly<Record<string, string>> = {
  CoalesceExpr: 'coalesce',
  A_ArrayExpr: 'array',
  RowExpr: 'row',
  GroupingFunc: 'grouping',
  XmlExpr: 'xmlconcat',
  JsonObjectConstructor: 'json_object',
  JsonArrayConstructor: 'json_array',
};

/** Whether a cast around it gives the name: it has none but by a cast or by CASE. */
function isWeaklyNamed(node: Node | undefined): boolean {
  if (node === undefined) return true;
  if ('TypeCast' in node) return isWeaklyNamed(node.TypeCast.arg);
  if ('CollateClause' in node) return isWeaklyNamed(node.CollateClause.arg);
  return 'A_Const' in node || 'CaseExpr' in node;
}

function castName(name: string): string {
  const type = typeByName(name);
  return type === undefined ? name : internalName(type);
}

function subLinkName(node: SubLink): string {
  if (node.subLinkType === 'EXISTS_SUBLINK') return 'exists';
  if (node.subLinkType === 'ARRAY_SUBLINK') return 'array';
  if (node.subLinkType !== 'EXPR_SUBLINK') return '?column?';
  const select = node.subselect;
  const target =
    select !== undefined && 'SelectStmt' in select ? select.SelectStmt.targetList?.[0] : undefined;
  if (target === undefined || !('ResTarget' in target)) return '?column?';
  return (
    target.ResTarget.name ??
    (target.ResTarget.val === undefined ? '?column?' : columnName(target.ResTarget.val))
  );
}
