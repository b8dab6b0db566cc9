// VALUES lists.

import type { SelectStmt } from 'libpg-query';
import { coerce, commonType, settled } from './casts.ts';
import { exprOf, nullExpr, quoteName } from './expr.ts';
import { orderItems } from './order-by.ts';
import { createScope, listItems, type Scope } from './scope.ts';
import { limitSql } from './select-level.ts';
import type { TranslatedQuery, Translation } from './translation.ts';
import { typeIds } from './type-catalog.ts';

export function valuesQuery(
  t: Translation,
  parent: Scope | undefined,
  node: SelectStmt,
): TranslatedQuery {
  const scope = createScope(parent);
  const rows = (node.valuesLists ?? []).map((list) =>
    listItems(list).map((item) => t.expr(scope, item)),
  );
  const width = rows[0]?.length ?? 0;
  if (rows.some((row) => row.length !== width))
    throw t.error('42601', 'VALUES lists must all be the same length');
  const columns = Array.from({ length: width }, (_, index) => {
    const cells = rows.map((row) => row[index] ?? nullExpr);
    const [only] = cells;
    const type = commonType(t, cells, 'VALUES');
    const value =
      rows.length === 1 && only !== undefined
        ? only
        : exprOf(quoteName(`column${index + 1}`), type === 0 ? typeIds.text : type);
    return { name: `column${index + 1}`, value };
  });
  const sortScope = createScope(parent);
  sortScope.columns = columns.map((column) => ({
    name: column.name,
    sql: quoteName(column.name),
    type: column.value.type,
    typmod: -1,
    tableOid: 0,
    columnNumber: 0,
    isNotNull: false,
  }));
  const order = orderItems(t, sortScope, node.sortClause ?? [], columns);
  const limit = limitSql(t, parent, node);
  return {
    columns,
    isPlain: order.length === 0 && limit === '',
    render: (options) => {
      const text = rows.map((row) => {
        const cells = row.map((cell, index) => {
          const known = columns[index]?.value.type ?? typeIds.text;
          const target = options.targets?.[index];
          if (target !== undefined) return coerce(t, cell, target, options.mode).sql;
          return known === typeIds.unknown
            ? settled(t, cell).sql
            : coerce(t, cell, { oid: known, typmod: -1 }, 'implicit').sql;
        });
        return `(${cells.join(', ')})`;
      });
      const values = `VALUES ${text.join(', ')}`;
      if (options.names === undefined && order.length === 0 && limit === '') return values;
      const list = columns.map((column, index) => {
        const name = options.names?.[index];
        return name === undefined
          ? quoteName(column.name)
          : `${quoteName(column.name)} AS ${quoteName(name)}`;
      });
      const sorted =
        order.length === 0 ? '' : ` ORDER BY ${order.map((item) => item.sql).join(', ')}`;
      return `SELECT ${list.join(', ')} FROM (${values})${sorted}${limit === '' ? '' : ` ${limit}`}`;
    },
  };
}
