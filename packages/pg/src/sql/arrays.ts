// Array constructors, subscripts and slices. Arrays are JSON text.

import type { A_Indirection, Node } from 'libpg-query';
import { coerce, coerceTo, commonType } from './casts.ts';
import type { Expr } from './expr.ts';
import { exprOf, nullExpr } from './expr.ts';
import type { Scope } from './scope.ts';
import type { Translation } from './translation.ts';
import { arrayOf, elementOf, spokenType, typeIds } from './type-catalog.ts';

/** ARRAY[…]; `wanted` is the type of a cast around it. */
export function arrayExpr(
  t: Translation,
  scope: Scope,
  elements: readonly Node[],
  location: number | undefined,
  wanted?: number | undefined,
): Expr {
  const wantedElement = wanted === undefined ? undefined : elementOf(wanted);
  if (elements.length === 0) {
    if (wantedElement === undefined) {
      throw t.error('42P18', 'cannot determine type of empty array', location, {
        hint: 'Explicitly cast to the desired type, for example ARRAY[]::integer[].',
      });
    }
    return exprOf(`'[]'`, wanted ?? typeIds.text);
  }
  const values = elements.map((element) =>
    'A_ArrayExpr' in element
      ? arrayExpr(
          t,
          scope,
          element.A_ArrayExpr.elements ?? [],
          element.A_ArrayExpr.location,
          wanted,
        )
      : t.expr(scope, element),
  );
  const common = commonType(t, values, 'ARRAY', location);
  if (elementOf(common) !== undefined) {
    return exprOf(`json_array(${values.map((value) => `json(${value.sql})`).join(', ')})`, common);
  }
  const type = common === typeIds.unknown ? (wantedElement ?? typeIds.text) : common;
  const array = exprOf(
    `json_array(${values.map((value) => elementSql(coerceTo(t, value, type, location))).join(', ')})`,
    arrayOf(type),
  );
  return wanted === undefined
    ? array
    : coerce(t, array, { oid: wanted, typmod: -1 }, 'explicit', location);
}

/** JSON kept as text, not as a nested value. */
function elementSql(value: Expr): string {
  if (value.type === typeIds.json || value.type === typeIds.jsonb) return `(${value.sql} || '')`;
  return value.type === typeIds.bytea ? `pg_bytea_text(${value.sql})` : value.sql;
}

/** `(expr)[1]`, `(expr)[1:2]`, `(expr)[1][2]`, `(row).field`. */
export function indirection(t: Translation, scope: Scope, node: A_Indirection): Expr {
  let value = node.arg === undefined ? nullExpr : t.expr(scope, node.arg);
  let indexes: Node[] = [];
  for (const step of node.indirection ?? []) {
    if ('A_Indices' in step && step.A_Indices.is_slice !== true) {
      if (step.A_Indices.uidx !== undefined) indexes.push(step.A_Indices.uidx);
      continue;
    }
    if (indexes.length > 0) value = elementAt(t, scope, value, indexes);
    indexes = [];
    if ('A_Indices' in step) {
      const bound = (one: Node | undefined): string =>
        one === undefined ? 'NULL' : subscript(t, scope, one);
      value = exprOf(
        `pg_array_slice(${value.sql}, ${bound(step.A_Indices.lidx)}, ${bound(step.A_Indices.uidx)})`,
        value.type,
      );
    } else if ('String' in step) {
      value = fieldOf(t, value, step.String.sval ?? '');
    } else {
      throw t.unsupported('expansion of a row by .*');
    }
  }
  return indexes.length === 0 ? value : elementAt(t, scope, value, indexes);
}

function subscript(t: Translation, scope: Scope, node: Node): string {
  return coerceTo(t, t.expr(scope, node), typeIds.int4).sql;
}

function elementAt(t: Translation, scope: Scope, value: Expr, indexes: readonly Node[]): Expr {
  if (value.type === typeIds.jsonb) {
    return indexes.reduce((json, index) => {
      const key = t.expr(scope, index);
      const typed = key.type === typeIds.unknown ? coerceTo(t, key, typeIds.text) : key;
      return exprOf(`pg_jsonb_get(${json.sql}, ${typed.sql})`, typeIds.jsonb);
    }, value);
  }
  const [index] = indexes;
  if (value.type === typeIds.name && index !== undefined && indexes.length === 1) {
    // A name is an array of letters that counts from 0.
    return exprOf(`substr(${value.sql}, 1 + ${subscript(t, scope, index)}, 1)`, typeIds.char);
  }
  const type = elementOf(value.type);
  if (type === undefined) {
    throw t.error(
      '42804',
      `cannot subscript type ${spokenType(value.type)} because it does not support subscripting`,
    );
  }
  const by =
    value.type === typeIds.int2vector || value.type === typeIds.oidvector
      ? 'pg_vector_get'
      : 'pg_array_get';
  const at = indexes.map((index) => subscript(t, scope, index));
  return exprOf(`${by}(${value.sql}, ${at.join(', ')})`, type);
}

/** Marks the rows (x, n) of information_schema._pg_expandarray, which drivers ask for keys: JSON [x, n]. */
export const expandedTypmod = -2;

function fieldOf(t: Translation, value: Expr, name: string): Expr {
  if (value.type === typeIds.record && value.typmod === expandedTypmod) {
    return exprOf(`(${value.sql} ->> '$[${name === 'x' ? 0 : 1}]')`, typeIds.int4);
  }
  const field = value.fields?.find((one) => one.name === name);
  if (field !== undefined) return field.value;
  if (value.fields !== undefined)
    throw t.error('42703', `column "${name}" not found in data type record`);
  throw t.error(
    '42809',
    `column notation .${name} applied to type ${spokenType(value.type)}, which is not a composite type`,
  );
}
