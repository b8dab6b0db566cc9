// WITH: common table expressions, recursive ones too. A recursive one's columns have the types of its first part.

import type { CommonTableExpr, Node, SelectStmt, WithClause } from 'libpg-query';
import type { PgType } from '../types/oids.ts';
import { quoteName } from './expr.ts';
import { distinctNames } from './from-items.ts';
import type { CteInfo, Scope } from './scope.ts';
import { nameParts } from './scope.ts';
import type { TranslatedQuery, Translation } from './translation.ts';
import { typeIds } from './type-catalog.ts';

/** Makes the names known in the scope; yields the text of the clause. */
export function withClause(t: Translation, scope: Scope, node: WithClause): () => string {
  const isRecursive = node.recursive === true;
  const texts = (node.ctes ?? []).flatMap((one) =>
    'CommonTableExpr' in one ? [cteText(t, scope, one.CommonTableExpr, isRecursive)] : [],
  );
  return () => `WITH ${isRecursive ? 'RECURSIVE ' : ''}${texts.map((text) => text()).join(', ')}`;
}

function cteText(
  t: Translation,
  scope: Scope,
  node: CommonTableExpr,
  isRecursive: boolean,
): () => string {
  const name = node.ctename ?? '';
  const query = selectOf(t, node.ctequery, node.location);
  if (node.search_clause !== undefined || node.cycle_clause !== undefined)
    throw t.unsupported('SEARCH and CYCLE', node.location);
  if (
    isRecursive &&
    query.op === 'SETOP_UNION' &&
    query.larg !== undefined &&
    mentions(query.rarg, name)
  ) {
    return recursiveText(t, scope, node, query);
  }
  const translated = t.query(scope, query);
  const info = cteInfo(t, name, translated, node);
  scope.ctes.set(name, info);
  const names = info.columns.map((column) => column.sqlName);
  const hint =
    node.ctematerialized === 'CTEMaterializeAlways'
      ? 'MATERIALIZED '
      : node.ctematerialized === 'CTEMaterializeNever'
        ? 'NOT MATERIALIZED '
        : '';
  return () =>
    `${quoteName(name)} AS ${hint}(${translated.render({ targets: undefined, mode: 'implicit', names })})`;
}

function recursiveText(
  t: Translation,
  scope: Scope,
  node: CommonTableExpr,
  query: SelectStmt,
): () => string {
  const name = node.ctename ?? '';
  const first = t.query(scope, query.larg ?? {});
  const info = cteInfo(t, name, first, node);
  scope.ctes.set(name, info);
  const next = t.query(scope, query.rarg ?? {});
  const targets = info.columns.map((column): PgType => ({ oid: column.type, typmod: -1 }));
  const names = info.columns.map((column) => column.sqlName);
  if (next.columns.length !== first.columns.length) {
    throw t.error('42601', 'each UNION query must have the same number of columns', node.location);
  }
  const list = names.map(quoteName).join(', ');
  return () => {
    const options = { targets, mode: 'assignment', names } as const;
    const branch = (one: TranslatedQuery): string =>
      one.isPlain ? one.render(options) : `SELECT * FROM (${one.render(options)})`;
    const word = query.all === true ? 'UNION ALL' : 'UNION';
    return `${quoteName(name)}(${list}) AS (${branch(first)} ${word} ${next.isPlain ? next.render(options) : branch(next)})`;
  };
}

function selectOf(
  t: Translation,
  node: Node | undefined,
  location: number | undefined,
): SelectStmt {
  if (node !== undefined && 'SelectStmt' in node) return node.SelectStmt;
  throw t.unsupported('a data-modifying statement in WITH', location);
}

function cteInfo(
  t: Translation,
  name: string,
  query: TranslatedQuery,
  node: CommonTableExpr,
): CteInfo {
  const given = nameParts(node.aliascolnames);
  if (given.length > query.columns.length) {
    throw t.error(
      '42P10',
      `WITH query "${name}" has ${query.columns.length} columns available but ${given.length} columns specified`,
      node.location,
    );
  }
  const sqlNames = distinctNames(query.columns.map((column, index) => given[index] ?? column.name));
  return {
    name,
    columns: query.columns.map((column, index) => ({
      name: given[index] ?? column.name,
      sqlName: sqlNames[index] ?? '',
      type: column.value.type === typeIds.unknown ? typeIds.text : column.value.type,
      typmod: column.value.typmod,
    })),
  };
}

/** Whether a query reads a relation of this name anywhere. */
function mentions(node: unknown, name: string): boolean {
  if (typeof node !== 'object' || node === null) return false;
  if ('relname' in node && node.relname === name) return true;
  return Object.values(node).some((value) => mentions(value, name));
}
