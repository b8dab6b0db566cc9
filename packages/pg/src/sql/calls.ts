// Function calls: scalar functions, aggregates with DISTINCT, ORDER BY and FILTER, ordered sets, windows.

import type { FuncCall } from 'libpg-query';
import { coerce, coerceTo, settled } from './casts.ts';
import { keySql } from './compare.ts';
import { condition } from './conditions.ts';
import type { Expr, RowField } from './expr.ts';
import { exprOf, nullExpr, numberExpr } from './expr.ts';
import {
  aggregateTable,
  orderedSetTable,
  scalarTable,
  sqliteTable,
  windowTable,
} from './functions/function-table.ts';
import { jsonCall, jsonOf } from './json-constructors.ts';
import { castToText } from './operator-exprs.ts';
import type { Scope } from './scope.ts';
import { nameParts } from './scope.ts';
import { currentSchemas, currentSetting, sessionValue } from './session-values.ts';
import type { Resolved, Signature } from './signatures.ts';
import { fillTemplate, resolve } from './signatures.ts';
import { sortItems } from './sorting.ts';
import type { Translation } from './translation.ts';
import { isTextual, spokenType, typeByName, typeIds } from './type-catalog.ts';
import { windowSql } from './windows.ts';

const functionHint =
  'No function matches the given name and argument types. You might need to add explicit type casts.';

export function functionCall(t: Translation, scope: Scope, node: FuncCall): Expr {
  const setValue = scope.setCalls.get(node);
  if (setValue !== undefined) return setValue;
  const name = (nameParts(node.funcname).at(-1) ?? '').toLowerCase();
  if (node.agg_within_group === true) return orderedSet(t, scope, node, name);
  if (name === 'count' && node.agg_star === true)
    return aggregateCall(t, scope, node, countAll, []);
  if (aggregateTable.has(name) || jsonAggregates.has(name)) return aggregate(t, scope, node, name);
  if (windowTable.has(name)) return windowCall(t, scope, node, name);
  if (node.over !== undefined) {
    throw t.error(
      '42809',
      `OVER specified, but ${name} is not a window function nor an aggregate function`,
      node.location,
    );
  }
  return scalarCall(t, scope, node, name);
}

const countAll: Resolved = {
  signature: {
    name: 'count',
    args: [],
    variadic: undefined,
    result: typeIds.int8,
    template: 'count(*)',
  },
  args: [],
  result: typeIds.int8,
};
const jsonAggregates: ReadonlySet<string> = new Set([
  'json_agg',
  'jsonb_agg',
  'json_object_agg',
  'jsonb_object_agg',
]);

function scalarCall(t: Translation, scope: Scope, node: FuncCall, name: string): Expr {
  const values = argumentsOf(t, scope, node, name);
  const session = values.length === 0 ? sessionValue(t, name) : undefined;
  const special = session ?? jsonCall(t, name, values) ?? specialCall(t, name, values, node);
  if (special !== undefined) return special;
  const schema = nameParts(node.funcname).length > 1 ? nameParts(node.funcname)[0] : undefined;
  const table = scalarTable.has(name) ? scalarTable : sqliteTable;
  const candidates = table.get(name) ?? [];
  if (node.func_variadic === true) throw t.unsupported('VARIADIC', node.location);
  const found = resolveCall(t, name, candidates, values, node, schema);
  return callSql(t, found, values, node.location);
}

/** Names of the arguments of functions that are called by them. */
const argumentNames: ReadonlyMap<string, readonly string[]> = new Map([
  ['make_interval', ['years', 'months', 'weeks', 'days', 'hours', 'mins', 'secs']],
  ['make_date', ['year', 'month', 'day']],
  ['make_time', ['hour', 'min', 'sec']],
  ['make_timestamp', ['year', 'month', 'mday', 'hour', 'min', 'sec']],
]);

const zero = numberExpr('0');

/** The arguments in their places; those that are not named are 0, as for make_interval. */
function argumentsOf(t: Translation, scope: Scope, node: FuncCall, name: string): Expr[] {
  const values: Expr[] = [];
  for (const arg of node.args ?? []) {
    if (!('NamedArgExpr' in arg)) {
      values.push(t.expr(scope, arg));
      continue;
    }
    const { name: argument = '', arg: value = arg, location } = arg.NamedArgExpr;
    const names = argumentNames.get(name);
    const place = names?.indexOf(argument) ?? -1;
    if (names === undefined || place < 0) {
      throw t.unsupported(`the argument ${argument} of ${name} by its name`, location);
    }
    while (values.length <= place) values.push(zero);
    values[place] = t.expr(scope, value);
  }
  return values;
}

function resolveCall(
  t: Translation,
  name: string,
  candidates: readonly Signature[],
  args: readonly Expr[],
  node: FuncCall,
  schema?: string | undefined,
): Resolved {
  const types = args.map((arg) => arg.type);
  const found = resolve(candidates, types);
  const call = `${schema === undefined || schema === 'pg_catalog' ? '' : `${schema}.`}${name}(${types.map(spokenType).join(', ')})`;
  if (found === 'none') {
    throw t.error('42883', `function ${call} does not exist`, node.location, {
      hint: functionHint,
    });
  }
  if (found === 'ambiguous') {
    throw t.error('42725', `function ${call} is not unique`, node.location, {
      hint: 'Could not choose a best candidate function. You might need to add explicit type casts.',
    });
  }
  return found;
}

function callSql(
  t: Translation,
  found: Resolved,
  values: readonly Expr[],
  location: number | undefined,
): Expr {
  const isText = textOfAny.has(found.signature.name);
  const args = values.map((value, index) => {
    const typed = coerceTo(t, value, found.args[index] ?? value.type, location);
    return isText && !isTextual(typed.type) ? castToText(t, typed).sql : typed.sql;
  });
  const zone = found.signature.template.includes('$z') ? t.timeZone() : '';
  return exprOf(fillTemplate(found, args, zone), found.result);
}

/** These take values of any type as the text that they show. */
const textOfAny: ReadonlySet<string> = new Set([
  'concat',
  'concat_ws',
  'format',
  'quote_literal',
  'quote_nullable',
  'text',
]);

/** Calls whose meaning depends on constants or on the form of the call. */
function specialCall(
  t: Translation,
  name: string,
  values: readonly Expr[],
  node: FuncCall,
): Expr | undefined {
  const [first, second] = values;
  switch (name) {
    case 'current_setting':
      if (typeof first?.literal === 'string') {
        return currentSetting(t, first.literal, second?.sql === '1', node.location);
      }
      return settingOf(t, first ?? nullExpr);
    case 'set_config':
      // The session cannot change while a query runs: the value is told, and that it was not kept.
      t.notices.add('set_config inside a query does not change the setting: use SET');
      return settled(t, second ?? nullExpr);
    case 'current_schemas':
      return currentSchemas(t, first?.sql !== '0');
    case 'pg_typeof':
      return exprOf(String(first === undefined ? typeIds.text : first.type), typeIds.regtype);
    case 'num_nulls':
    case 'num_nonnulls': {
      const word = name === 'num_nulls' ? 'IS NULL' : 'IS NOT NULL';
      return exprOf(
        `(${values.map((value) => `(${value.sql} ${word})`).join(' + ')})`,
        typeIds.int4,
      );
    }
    default:
      return castCall(t, name, values, node);
  }
}

/** current_setting of a name that the row holds. */
function settingOf(t: Translation, name: Expr): Expr {
  t.readsCatalog = true;
  const wanted = coerceTo(t, name, typeIds.text).sql;
  const sql = `(SELECT "setting" FROM "pg_catalog"."pg_settings" WHERE "name" = lower(${wanted}))`;
  return exprOf(sql, typeIds.text);
}

/** `date('now')` is SQLite's; `int4(x)`, `text(x)`, `float8(x)` are casts. */
function castCall(
  t: Translation,
  name: string,
  values: readonly Expr[],
  node: FuncCall,
): Expr | undefined {
  const [only] = values;
  if (only === undefined || values.length !== 1 || scalarTable.has(name)) return undefined;
  const type = typeByName(name);
  if (
    type === undefined ||
    (sqliteTable.has(name) && (only.literal !== undefined || isTextual(only.type)))
  )
    return undefined;
  return coerce(t, only, { oid: type, typmod: -1 }, 'explicit', node.location);
}

// --- aggregates ---

function aggregate(t: Translation, scope: Scope, node: FuncCall, name: string): Expr {
  const values = inAggregate(scope, () => (node.args ?? []).map((arg) => t.expr(scope, arg)));
  if (jsonAggregates.has(name)) return jsonAggregate(t, scope, node, name, values);
  if (name === 'count' && values[0]?.fields !== undefined)
    return countRows(t, scope, node, values[0].fields);
  const found = resolveCall(t, name, aggregateTable.get(name) ?? [], values, node);
  const args = values.map((value, index) => aggregateArg(t, value, found, index, node));
  if (name === 'string_agg' && node.agg_distinct === true)
    return distinctStrings(t, scope, node, args);
  return aggregateCall(t, scope, node, found, args);
}

/** count(DISTINCT (a, b)) and count(t). */
function countRows(
  t: Translation,
  scope: Scope,
  node: FuncCall,
  fields: readonly RowField[],
): Expr {
  if (node.agg_distinct !== true) return aggregateCall(t, scope, node, countAll, []);
  const keys = fields.map(({ value }) => keySql(value.sql, value.type));
  const counted = { ...countAll.signature, template: 'count($*)' };
  return aggregateCall(t, scope, node, { ...countAll, signature: counted }, [
    `json_array(${keys.join(', ')})`,
  ]);
}

function aggregateArg(
  t: Translation,
  value: Expr,
  found: Resolved,
  index: number,
  node: FuncCall,
): string {
  const wanted = found.args[index] ?? value.type;
  if (found.signature.name !== 'count') return coerceTo(t, value, wanted).sql;
  const counted = settled(t, value);
  return node.agg_distinct === true ? keySql(counted.sql, counted.type) : counted.sql;
}

function inAggregate<T>(scope: Scope, work: () => T): T {
  scope.aggregateDepth++;
  try {
    return work();
  } finally {
    scope.aggregateDepth--;
  }
}

function jsonAggregate(
  t: Translation,
  scope: Scope,
  node: FuncCall,
  name: string,
  values: readonly Expr[],
): Expr {
  const last = jsonOf(t, values.at(-1) ?? nullExpr);
  const args = name.includes('object') ? [settled(t, values[0] ?? nullExpr).sql, last] : [last];
  const result = name.startsWith('jsonb') ? typeIds.jsonb : typeIds.json;
  const signature: Signature = {
    name,
    args: [],
    variadic: typeIds.any,
    result,
    template: `pg_${name}($*)`,
  };
  return aggregateCall(t, scope, node, { signature, args: [], result }, args);
}

/** SQLite's DISTINCT aggregates take one argument: the texts are gathered first and joined then. */
function distinctStrings(
  t: Translation,
  scope: Scope,
  node: FuncCall,
  args: readonly string[],
): Expr {
  const signature: Signature = {
    name: 'array_agg',
    args: [],
    variadic: typeIds.any,
    result: 1009,
    template: 'pg_array_agg($*)',
  };
  const gathered = aggregateCall(
    t,
    scope,
    node,
    { signature, args: [], result: 1009 },
    args.slice(0, 1),
  );
  return exprOf(
    `array_to_string(${gathered.sql}, ${args[1] ?? `','`}, NULL, ${typeIds.text})`,
    typeIds.text,
  );
}

function aggregateCall(
  t: Translation,
  scope: Scope,
  node: FuncCall,
  found: Resolved,
  args: readonly string[],
): Expr {
  noteAggregate(t, scope, node);
  const call = fillTemplate(found, args, '');
  const order =
    node.agg_order === undefined
      ? ''
      : inAggregate(scope, () => ` ORDER BY ${sortItems(t, scope, node.agg_order ?? [])}`);
  const filter = filterSql(t, scope, node);
  const over = node.over === undefined ? '' : ` OVER ${windowSql(t, scope, node.over)}`;
  const inner = insideCall(call, node.agg_distinct === true ? 'DISTINCT ' : '', order);
  return exprOf(inner.replace(/\0/, `${filter}${over}`), found.result);
}

/** Puts DISTINCT and ORDER BY into the aggregate's own parentheses; \0 marks where it ends. */
function insideCall(call: string, distinct: string, order: string): string {
  const start = call.startsWith('CAST(') ? call.indexOf('(', 5) : call.indexOf('(');
  const end = closingAt(call, start);
  const inside = call.slice(start + 1, end);
  return `${call.slice(0, start + 1)}${distinct}${inside}${order})\0${call.slice(end + 1)}`;
}

function closingAt(text: string, open: number): number {
  let depth = 0;
  let quote: string | undefined;
  for (let at = open; at < text.length; at++) {
    const character = text[at];
    if (quote !== undefined) {
      if (character === quote) quote = undefined;
    } else if (character === "'" || character === '"') quote = character;
    else if (character === '(') depth++;
    else if (character === ')' && --depth === 0) return at;
  }
  return text.length;
}

function noteAggregate(t: Translation, scope: Scope, node: FuncCall): void {
  if (node.over !== undefined) {
    scope.hasWindows = true;
    return;
  }
  if (scope.aggregateDepth > 0)
    throw t.error('42803', 'aggregate function calls cannot be nested', node.location);
  if (scope.noAggregatesIn !== undefined) {
    throw t.error(
      '42803',
      `aggregate functions are not allowed in ${scope.noAggregatesIn}`,
      node.location,
    );
  }
  scope.hasAggregates = true;
}

function filterSql(t: Translation, scope: Scope, node: FuncCall): string {
  const filter = node.agg_filter;
  if (filter === undefined) return '';
  return inAggregate(scope, () => ` FILTER (WHERE ${condition(t, scope, filter, 'FILTER')})`);
}

/** percentile_cont(0.5) WITHIN GROUP (ORDER BY x). */
function orderedSet(t: Translation, scope: Scope, node: FuncCall, name: string): Expr {
  const sort = node.agg_order?.[0];
  if (sort === undefined || !('SortBy' in sort) || sort.SortBy.node === undefined)
    throw t.unsupported(`${name} WITHIN GROUP`, node.location);
  const sorted = sort.SortBy.node;
  const value = settled(
    t,
    inAggregate(scope, () => t.expr(scope, sorted)),
  );
  const direct = (node.args ?? []).map((arg) => t.expr(scope, arg));
  const args = [value, ...direct];
  const known = sort.SortBy.sortby_dir === 'SORTBY_DESC' ? `${name}_desc` : name;
  const found = resolveCall(t, name, orderedSetTable.get(known) ?? [], args, node);
  const texts = args.map((arg, index) => coerceTo(t, arg, found.args[index] ?? arg.type).sql);
  noteAggregate(t, scope, node);
  return exprOf(`${fillTemplate(found, texts, '')}${filterSql(t, scope, node)}`, found.result);
}

function windowCall(t: Translation, scope: Scope, node: FuncCall, name: string): Expr {
  if (node.over === undefined) {
    throw t.error('42809', `window function ${name} requires an OVER clause`, node.location);
  }
  scope.hasWindows = true;
  const values = (node.args ?? []).map((arg) => t.expr(scope, arg));
  const found = resolveCall(t, name, windowTable.get(name) ?? [], values, node);
  const args = values.map(
    (value, index) => coerceTo(t, value, found.args[index] ?? value.type).sql,
  );
  const call = fillTemplate(found, args, '');
  return exprOf(
    `${call}${filterSql(t, scope, node)} OVER ${windowSql(t, scope, node.over)}`,
    found.result,
  );
}
