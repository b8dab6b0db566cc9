// UNION, INTERSECT and EXCEPT, with ALL. SQLite has no INTERSECT ALL and EXCEPT ALL: equal rows are numbered.

import type { SelectStmt } from 'libpg-query';
import type { PgType } from '../types/oids.ts';
import { coerce, commonType } from './casts.ts';
import { hasKey, keySql } from './compare.ts';
import type { Expr } from './expr.ts';
import { exprOf, nullExpr, quoteName } from './expr.ts';
import { orderItems } from './order-by.ts';
import { createScope, type ItemColumn, type Scope } from './scope.ts';
import { limitSql } from './select-level.ts';
import type { RenderOptions, TranslatedQuery, Translation } from './translation.ts';
import { typeIds } from './type-catalog.ts';

const words: Readonly<Record<string, string>> = {
  SETOP_UNION: 'UNION',
  SETOP_INTERSECT: 'INTERSECT',
  SETOP_EXCEPT: 'EXCEPT',
};

export function setOperation(
  t: Translation,
  parent: Scope | undefined,
  node: SelectStmt,
): TranslatedQuery {
  const left = t.query(parent, node.larg ?? {});
  const right = t.query(parent, node.rarg ?? {});
  const word = words[node.op ?? ''] ?? 'UNION';
  if (left.columns.length !== right.columns.length) {
    throw t.error('42601', `each ${word} query must have the same number of columns`);
  }
  const types = left.columns.map((column, index): PgType => {
    const other = right.columns[index]?.value ?? nullExpr;
    const oid = commonType(t, [column.value, other], word);
    const typmod = column.value.typmod === other.typmod ? column.value.typmod : -1;
    return { oid: oid === typeIds.unknown ? typeIds.text : oid, typmod };
  });
  const columns = left.columns.map((column, index) => {
    const type = types[index] ?? { oid: typeIds.text, typmod: -1 };
    return { name: column.name, value: exprOf(quoteName(cell(index)), type.oid, type.typmod) };
  });
  const scope = createScope(parent);
  scope.columns = columns.map(
    (column): ItemColumn => ({
      name: column.name,
      sql: column.value.sql,
      type: column.value.type,
      typmod: column.value.typmod,
      tableOid: 0,
      columnNumber: 0,
      isNotNull: false,
    }),
  );
  const order = orderItems(t, scope, node.sortClause ?? [], columns);
  const limit = limitSql(t, parent, node);
  const names = columns.map((_, index) => cell(index));
  return {
    columns,
    isPlain: false,
    render: (options) => {
      // Branches are made in the common types; a use of the whole that wants others casts around it.
      const casts =
        options.targets?.some(
          (target, index) => target.oid !== types[index]?.oid || target.typmod >= 0,
        ) === true;
      const inner: RenderOptions = {
        targets: types,
        mode: 'implicit',
        names: casts || order.length > 0 ? names : (options.names ?? names),
      };
      const body = combined(left, right, { word, isAll: node.all === true, types, inner });
      if (!casts && order.length === 0 && limit === '') return body;
      const list = columns.map((column, index) => {
        const target = options.targets?.[index];
        const sql =
          target === undefined ? column.value.sql : castTo(t, column.value, target, options);
        const name = options.names?.[index];
        return name === undefined ? sql : `${sql} AS ${quoteName(name)}`;
      });
      if (!casts && order.length === 0 && options.names !== undefined)
        return `SELECT * FROM (${body}) ${limit}`;
      const sorted =
        order.length === 0 ? '' : ` ORDER BY ${order.map((item) => item.sql).join(', ')}`;
      return `SELECT ${list.join(', ')} FROM (${body})${sorted}${limit === '' ? '' : ` ${limit}`}`;
    },
  };
}

function castTo(t: Translation, value: Expr, target: PgType, options: RenderOptions): string {
  return coerce(t, value, target, options.mode).sql;
}

function cell(index: number): string {
  return `u${index + 1}`;
}

function compound(
  left: TranslatedQuery,
  right: TranslatedQuery,
  word: string,
  options: RenderOptions,
): string {
  const branch = (query: TranslatedQuery): string => {
    const text = query.render(options);
    return query.isPlain ? text : `SELECT * FROM (${text})`;
  };
  return `${branch(left)} ${word} ${branch(right)}`;
}

interface Combination {
  readonly word: string;
  readonly isAll: boolean;
  readonly types: readonly PgType[];
  readonly inner: RenderOptions;
}

function combined(
  left: TranslatedQuery,
  right: TranslatedQuery,
  { word, isAll, types, inner }: Combination,
): string {
  if (isAll && word === 'UNION') return compound(left, right, 'UNION ALL', inner);
  const needsKeys = types.some((type) => hasKey(type.oid));
  const names = types.map((_, index) => quoteName(inner.names?.[index] ?? cell(index)));
  const keys = names.map((name, index) => keySql(name, types[index]?.oid ?? typeIds.text));
  if (isAll) {
    return needsKeys
      ? byKeys({ left, right, word, inner, names, keys: [...keys, '"n"'] })
      : numbered(left, right, word, inner, types.length);
  }
  if (needsKeys) return byKeys({ left, right, word, inner, names, keys });
  return compound(left, right, word, inner);
}

interface KeyedQueries {
  readonly left: TranslatedQuery;
  readonly right: TranslatedQuery;
  readonly word: string;
  readonly inner: RenderOptions;
  readonly names: readonly string[];
  readonly keys: readonly string[];
}

/** Of rows that are equal in several forms (1.0 and 1.00) the one of the left query is kept. */
function byKeys({ left, right, word, inner, names, keys }: KeyedQueries): string {
  const list = names.join(', ');
  const rowKeys = keys.filter((key) => key !== '"n"').join(', ');
  const isNumbered = rowKeys !== keys.join(', ');
  const number = isNumbered ? `, row_number() OVER (PARTITION BY ${rowKeys}) AS "n"` : '';
  const branch = (query: TranslatedQuery, side: 1 | 2): string =>
    `SELECT ${list}${number}, ${side} AS "side" FROM (${query.render(inner)})`;
  const having =
    word === 'EXCEPT'
      ? 'max("side") = 1'
      : word === 'INTERSECT'
        ? 'min("side") = 1 AND count(DISTINCT "side") = 2'
        : 'min("side") > 0';
  return `SELECT ${list} FROM (${branch(left, 1)} UNION ALL ${branch(right, 2)}) GROUP BY ${keys.join(', ')} HAVING ${having}`;
}

function numbered(
  left: TranslatedQuery,
  right: TranslatedQuery,
  word: string,
  options: RenderOptions,
  width: number,
): string {
  const names = Array.from({ length: width }, (_, index) =>
    quoteName(options.names?.[index] ?? cell(index)),
  ).join(', ');
  const branch = (query: TranslatedQuery): string =>
    `SELECT ${names}, row_number() OVER (PARTITION BY ${names}) AS "n" FROM (${query.render(options)})`;
  return `SELECT ${names} FROM (${branch(left)} ${word} ${branch(right)})`;
}
