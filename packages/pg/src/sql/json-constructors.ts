// JSON from rows and values: to_json of rows, json_build_object, and SQL's own constructors.

import type { Node } from 'libpg-query';
import { settled } from './casts.ts';
import type { Expr } from './expr.ts';
import { exprOf, nullExpr, quoteText } from './expr.ts';
import type { Scope } from './scope.ts';
import type { Translation } from './translation.ts';
import { typeIds } from './type-catalog.ts';

/** A value as JSON text; NULL stays NULL. */
export function jsonOf(t: Translation, value: Expr): string {
  if (value.fields !== undefined) return rowJson(t, value);
  const typed = settled(t, value);
  if (typed.type === typeIds.json || typed.type === typeIds.jsonb) return typed.sql;
  return `pg_to_json(${typed.sql}, ${typed.type})`;
}

/** {"a":1,"b":2}, as row_to_json writes it. */
function rowJson(t: Translation, value: Expr): string {
  const parts = (value.fields ?? []).flatMap((field) => [
    quoteText(field.name),
    jsonOf(t, field.value),
  ]);
  const sql = `pg_json_row(${parts.join(', ')})`;
  const present = (value.fields ?? []).map((field) => `${field.value.sql} IS NOT NULL`);
  return present.length === 0 ? `'{}'` : sql;
}

/** Functions whose arguments are of any type and become JSON; undefined when the name is none of them. */
export function jsonCall(t: Translation, name: string, args: readonly Expr[]): Expr | undefined {
  const toJsonb = (sql: string): Expr => exprOf(`pg_cast_jsonb(${sql})`, typeIds.jsonb);
  switch (name) {
    case 'to_json':
    case 'row_to_json':
    case 'array_to_json':
      return exprOf(jsonOf(t, args[0] ?? nullExpr), typeIds.json);
    case 'to_jsonb':
      return toJsonb(jsonOf(t, args[0] ?? nullExpr));
    case 'json_build_array':
      return exprOf(
        `pg_json_build_array(${args.map((arg) => jsonOf(t, arg)).join(', ')})`,
        typeIds.json,
      );
    case 'jsonb_build_array':
      return toJsonb(`pg_json_build_array(${args.map((arg) => jsonOf(t, arg)).join(', ')})`);
    case 'json_build_object':
      return exprOf(buildObject(t, args), typeIds.json);
    case 'jsonb_build_object':
      return toJsonb(buildObject(t, args));
    default:
      return undefined;
  }
}

function buildObject(t: Translation, args: readonly Expr[]): string {
  if (args.length % 2 !== 0)
    throw t.error('22023', 'argument list must have even number of elements');
  const parts = args.map((arg, index) => (index % 2 === 0 ? settled(t, arg).sql : jsonOf(t, arg)));
  return `pg_json_build_object(${parts.join(', ')})`;
}

/** JSON_OBJECT(…), JSON_ARRAY(…) and IS JSON of the SQL standard; everything else is refused by its name. */
export function jsonConstructor(t: Translation, scope: Scope, node: Node): Expr {
  if ('JsonObjectConstructor' in node) {
    const parts = (node.JsonObjectConstructor.exprs ?? []).flatMap((one) => {
      if (!('JsonKeyValue' in one)) return [];
      const { key, value } = one.JsonKeyValue;
      const inner = value?.raw_expr;
      return [
        settled(t, key === undefined ? nullExpr : t.expr(scope, key)).sql,
        jsonOf(t, inner === undefined ? nullExpr : t.expr(scope, inner)),
      ];
    });
    return exprOf(`pg_json_build_object(${parts.join(', ')})`, typeIds.json);
  }
  if ('JsonArrayConstructor' in node) {
    const parts = (node.JsonArrayConstructor.exprs ?? []).flatMap((one) => {
      const inner = 'JsonValueExpr' in one ? one.JsonValueExpr.raw_expr : undefined;
      return inner === undefined ? [] : [jsonOf(t, t.expr(scope, inner))];
    });
    return exprOf(`pg_json_build_array(${parts.join(', ')})`, typeIds.json);
  }
  if ('JsonIsPredicate' in node) {
    const arg = node.JsonIsPredicate.expr;
    const value = settled(t, arg === undefined ? nullExpr : t.expr(scope, arg));
    return exprOf(`json_valid(${value.sql})`, typeIds.bool);
  }
  throw t.unsupported(Object.keys(node)[0] ?? 'this expression');
}
