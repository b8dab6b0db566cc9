// Functions in FROM and set-returning functions of the select list. Each becomes a JSON array that json_each
// takes apart; a series of integers that depends on nothing to its left is a recursive query.

import type { FuncCall, Node, RangeFunction } from 'libpg-query';
import { expandedTypmod } from './arrays.ts';
import { coerceTo, commonType, settled } from './casts.ts';
import { emptySets } from './empty-sets.ts';
import type { Expr } from './expr.ts';
import { exprOf, nullExpr, quoteName, quoteText } from './expr.ts';
import type { ItemColumn, RangeItem, Scope } from './scope.ts';
import { listItems, nameParts } from './scope.ts';
import type { Translation } from './translation.ts';
import { arrayOf, elementOf, isInteger, resolveTypeName, typeIds } from './type-catalog.ts';

/** A set as a JSON array: of values, or of arrays of several columns. */
export interface SetCall {
  readonly array: string;
  readonly columns: readonly {
    readonly name: string;
    readonly type: number;
    readonly typmod?: number | undefined;
  }[];
  /** Each element is an array with a cell for each column. */
  readonly isWide: boolean;
}

/** The names of functions that yield sets. */
export const setFunctions: ReadonlySet<string> = new Set([
  'unnest',
  '_pg_expandarray',
  'generate_series',
  'generate_subscripts',
  'regexp_split_to_table',
  'string_to_table',
  'regexp_matches',
  'json_array_elements',
  'jsonb_array_elements',
  'json_array_elements_text',
  'jsonb_array_elements_text',
  'json_each',
  'jsonb_each',
  'json_each_text',
  'jsonb_each_text',
  'json_object_keys',
  'jsonb_object_keys',
  'json_to_record',
  'jsonb_to_record',
  'json_to_recordset',
  'jsonb_to_recordset',
  'jsonb_path_query',
]);

export function tableFunction(
  t: Translation,
  scope: Scope,
  node: RangeFunction,
): { readonly sql: string; readonly item: RangeItem } {
  const calls = (node.functions ?? []).flatMap((one) => {
    const call = listItems(one)[0];
    return call === undefined ? [] : [call];
  });
  const definitions = (node.coldeflist ?? []).flatMap((one) =>
    'ColumnDef' in one ? [one.ColumnDef] : [],
  );
  const defined = definitions.map((one) => ({
    name: one.colname ?? '',
    type: resolveTypeName(one.typeName ?? {}, (location) => t.positionOf(location)).oid,
  }));
  const first = calls[0];
  const firstName =
    first !== undefined && 'FuncCall' in first
      ? nameParts(first.FuncCall.funcname).at(-1)
      : undefined;
  const alias = node.alias?.aliasname ?? firstName ?? t.freshName('function');
  const given = nameParts(node.alias?.colnames);
  const only =
    calls.length === 1 && first !== undefined && 'FuncCall' in first ? first.FuncCall : undefined;
  if (only !== undefined && node.ordinality !== true) {
    const series = plainSeries(t, scope, only, alias, given[0]);
    if (series !== undefined) return series;
  }
  const sets = calls.map((call) => oneSet(t, scope, call, defined));
  const set = sets.length === 1 && sets[0] !== undefined ? sets[0] : zipped(sets);
  return rangeItem(
    set,
    alias,
    given,
    node.ordinality === true,
    node.alias !== undefined && given.length === 0,
  );
}

function rangeItem(
  set: SetCall,
  alias: string,
  given: readonly string[],
  hasOrdinality: boolean,
  isRenamed: boolean,
): { readonly sql: string; readonly item: RangeItem } {
  const row = `${quoteName(alias)}."value"`;
  const isScalar = !set.isWide && set.columns.length === 1;
  const columns = set.columns.map(
    (column, index): ItemColumn => ({
      name: given[index] ?? (isScalar && isRenamed ? alias : column.name),
      sql: set.isWide ? `(${row} ->> ${quoteText(`$[${index}]`)})` : row,
      type: column.type,
      typmod: -1,
      tableOid: 0,
      columnNumber: 0,
      isNotNull: false,
    }),
  );
  if (hasOrdinality) {
    const at = columns.length;
    columns.push({
      name: given[at] ?? 'ordinality',
      sql: `(${quoteName(alias)}."key" + 1)`,
      type: typeIds.int8,
      typmod: -1,
      tableOid: 0,
      columnNumber: 0,
      isNotNull: false,
    });
  }
  return {
    sql: `json_each(${set.array}) AS ${quoteName(alias)}`,
    item: { name: alias, columns, relation: undefined, isScalar: isScalar && !hasOrdinality },
  };
}

function zipped(sets: readonly SetCall[]): SetCall {
  for (const set of sets) if (set.isWide) return { ...set };
  return {
    array: `pg_array_zip(${sets.map((set) => set.array).join(', ')})`,
    columns: sets.flatMap((set) => set.columns),
    isWide: true,
  };
}

/** A function of FROM: one that yields a set, or any other as one row. */
function oneSet(t: Translation, scope: Scope, node: Node, defined: SetCall['columns']): SetCall {
  if ('FuncCall' in node) {
    const name = nameParts(node.FuncCall.funcname).at(-1) ?? '';
    const set = setCall(t, scope, node.FuncCall, defined);
    if (set !== undefined) return set;
    const value = settled(t, t.expr(scope, node));
    return {
      array: `json_array(${value.sql})`,
      columns: [{ name, type: value.type }],
      isWide: false,
    };
  }
  const value = settled(t, t.expr(scope, node));
  return {
    array: `json_array(${value.sql})`,
    columns: [{ name: 'value', type: value.type }],
    isWide: false,
  };
}

/** A call as a set; undefined when the function yields one value. */
export function setCall(
  t: Translation,
  scope: Scope,
  node: FuncCall,
  defined: SetCall['columns'] = [],
): SetCall | undefined {
  const name = (nameParts(node.funcname).at(-1) ?? '').toLowerCase();
  const empty = emptySets.get(name);
  if (empty !== undefined) return { array: "'[]'", columns: empty, isWide: true };
  if (!setFunctions.has(name)) return undefined;
  const args = (node.args ?? []).map((arg) => t.expr(scope, arg));
  const [first = nullExpr, second, third] = args;
  const text = (value: Expr | undefined): string =>
    value === undefined ? 'NULL' : coerceTo(t, value, typeIds.text, node.location).sql;
  const values = (array: string, type: number, column = name): SetCall => ({
    array,
    columns: [{ name: column, type }],
    isWide: false,
  });
  switch (name) {
    case 'unnest':
      return args.length > 1
        ? zipped(args.map((arg) => unnested(t, arg, node.location)))
        : unnested(t, first, node.location);
    case '_pg_expandarray':
      return {
        array: `(SELECT json_group_array(json_array("value", "key" + 1)) FROM json_each(${first.sql}))`,
        columns: [{ name, type: typeIds.record, typmod: expandedTypmod }],
        isWide: false,
      };
    case 'generate_series':
      return series(t, args, node.location);
    case 'generate_subscripts':
      return values(`pg_subscripts(${first.sql}, ${second?.sql ?? '1'})`, typeIds.int4);
    case 'regexp_split_to_table':
      return values(
        `regexp_split_to_array(${[first, second, third]
          .filter((one) => one !== undefined)
          .map(text)
          .join(', ')})`,
        typeIds.text,
      );
    case 'string_to_table':
      return values(`string_to_array(${args.map(text).join(', ')})`, typeIds.text);
    case 'regexp_matches':
      return values(
        `pg_regexp_matches(${text(first)}, ${text(second)}, ${third === undefined ? `''` : text(third)})`,
        arrayOf(typeIds.text),
      );
    default:
      return jsonSet(t, name, args, defined, node.location);
  }
}

/** The elements, pairs, keys and records of JSON. */
function jsonSet(
  t: Translation,
  name: string,
  args: readonly Expr[],
  defined: SetCall['columns'],
  location: number | undefined,
): SetCall {
  const [first = nullExpr, second, third] = args;
  const values = (array: string, type: number, column = name): SetCall => ({
    array,
    columns: [{ name: column, type }],
    isWide: false,
  });
  const isBinary = name.startsWith('jsonb');
  const json = isBinary ? typeIds.jsonb : typeIds.json;
  const prefix = isBinary ? 'pg_jsonb' : 'pg_json';
  const source = (): string => coerceTo(t, first, json, location).sql;
  switch (name) {
    case 'json_array_elements':
    case 'jsonb_array_elements':
      return values(`${prefix}_elements(${source()})`, json, 'value');
    case 'json_array_elements_text':
    case 'jsonb_array_elements_text':
      return values(`pg_json_elements_text(${source()})`, typeIds.text, 'value');
    case 'json_object_keys':
    case 'jsonb_object_keys':
      return values(`pg_json_keys(${source()})`, typeIds.text);
    case 'jsonb_path_query': {
      const path = coerceTo(t, second ?? nullExpr, typeIds.jsonpath).sql;
      return values(
        `pg_jsonb_path_query(${source()}, ${path}${third === undefined ? '' : `, ${coerceTo(t, third, typeIds.jsonb).sql}`})`,
        typeIds.jsonb,
      );
    }
    case 'json_each':
    case 'jsonb_each':
      return {
        array: `${prefix}_each(${source()})`,
        columns: [
          { name: 'key', type: typeIds.text },
          { name: 'value', type: json },
        ],
        isWide: true,
      };
    case 'json_each_text':
    case 'jsonb_each_text':
      return {
        array: `pg_json_each_text(${source()})`,
        columns: [
          { name: 'key', type: typeIds.text },
          { name: 'value', type: typeIds.text },
        ],
        isWide: true,
      };
    default:
      return recordSet(t, name, source(), defined, location);
  }
}

/** json_to_record and json_to_recordset: the fields as text, which the columns' types then read. */
function recordSet(
  t: Translation,
  name: string,
  source: string,
  defined: SetCall['columns'],
  location: number | undefined,
): SetCall {
  if (defined.length === 0) {
    throw t.error(
      '42601',
      'a column definition list is required for functions returning "record"',
      location,
    );
  }
  const names = quoteText(JSON.stringify(defined.map((one) => one.name)));
  const types = quoteText(JSON.stringify(defined.map((one) => one.type)));
  const array = name.endsWith('set')
    ? `pg_recordset(${source}, ${names}, ${types})`
    : `json_array(json(pg_record(${source}, ${names}, ${types})))`;
  return { array, columns: defined, isWide: true };
}

function unnested(t: Translation, value: Expr, location: number | undefined): SetCall {
  const typed = value.type === typeIds.unknown ? coerceTo(t, value, arrayOf(typeIds.text)) : value;
  const element = elementOf(typed.type);
  if (element === undefined) {
    throw t.error(
      '42883',
      `function unnest(${value.type === typeIds.unknown ? 'unknown' : 'non-array'}) does not exist`,
      location,
    );
  }
  return {
    array: `pg_array_flat(${typed.sql})`,
    columns: [{ name: 'unnest', type: element }],
    isWide: false,
  };
}

function series(t: Translation, args: readonly Expr[], location: number | undefined): SetCall {
  const [from = nullExpr, to = nullExpr, step] = args;
  const columnOf = (array: string, type: number): SetCall => ({
    array,
    columns: [{ name: 'generate_series', type }],
    isWide: false,
  });
  const common = commonType(t, [from, to], 'generate_series', location);
  if (common === typeIds.timestamptz) {
    const [one, other] = [from, to].map((value) => coerceTo(t, value, common).sql);
    return columnOf(
      `pg_series_timestamptz(${one}, ${other}, ${coerceTo(t, step ?? nullExpr, typeIds.interval).sql}, ${t.timeZone()})`,
      common,
    );
  }
  if (
    common === typeIds.timestamp ||
    common === typeIds.date ||
    (step !== undefined && step.type === typeIds.interval)
  ) {
    const type =
      common === typeIds.date
        ? typeIds.timestamptz
        : common === typeIds.unknown
          ? typeIds.timestamptz
          : common;
    const [one, other] = [from, to].map((value) => coerceTo(t, value, type).sql);
    const by = coerceTo(t, step ?? nullExpr, typeIds.interval).sql;
    return type === typeIds.timestamp
      ? columnOf(`pg_series_timestamp(${one}, ${other}, ${by})`, type)
      : columnOf(`pg_series_timestamptz(${one}, ${other}, ${by}, ${t.timeZone()})`, type);
  }
  const all = step === undefined ? [from, to] : [from, to, step];
  const found = commonType(t, all, 'generate_series', location);
  const type = found === typeIds.unknown ? typeIds.int4 : found;
  const texts = all.map((value) => coerceTo(t, value, type, location).sql);
  const by = type === typeIds.numeric ? 'pg_series_numeric' : 'pg_series_int';
  return columnOf(`${by}(${texts[0]}, ${texts[1]}, ${texts[2] ?? '1'})`, type);
}

/** generate_series(1, 1000000) as a recursive query, which streams; only without names of other tables. */
function plainSeries(
  t: Translation,
  scope: Scope,
  node: FuncCall,
  alias: string,
  given: string | undefined,
): { readonly sql: string; readonly item: RangeItem } | undefined {
  if (t.isWrite || nameParts(node.funcname).at(-1) !== 'generate_series') return undefined;
  const mark = scope.ungrouped.length;
  const args = (node.args ?? []).map((arg) => t.expr(scope, arg));
  const isPlain = args.every(
    (arg) => arg.number !== undefined || (arg.param !== undefined && isInteger(arg.type)),
  );
  const [from, to, step = { ...exprOf('1', typeIds.int4), number: '1' }] = args;
  scope.ungrouped.length = mark;
  if (
    !isPlain ||
    from === undefined ||
    to === undefined ||
    step.number === undefined ||
    Number(step.number) === 0
  )
    return undefined;
  const type = commonType(t, args, 'generate_series');
  if (!isInteger(type)) return undefined;
  const ends = Number(step.number) > 0 ? '<=' : '>=';
  const sql = `(WITH RECURSIVE "series"("value") AS (SELECT ${from.sql} WHERE ${from.sql} ${ends} ${to.sql} UNION ALL SELECT "value" + ${step.sql} FROM "series" WHERE "value" + ${step.sql} ${ends} ${to.sql}) SELECT "value" FROM "series") AS ${quoteName(alias)}`;
  const column: ItemColumn = {
    name: given ?? alias,
    sql: `${quoteName(alias)}."value"`,
    type,
    typmod: -1,
    tableOid: 0,
    columnNumber: 0,
    isNotNull: false,
  };
  return { sql, item: { name: alias, columns: [column], relation: undefined, isScalar: true } };
}

/**
 * Set-returning functions of the select list become one part of FROM; their values stand in their places. They
 * go in step, the shorter ones filled up with NULL.
 */
export function setCallsInSelect(t: Translation, scope: Scope, nodes: readonly FuncCall[]): void {
  const fresh = nodes.filter((node) => !scope.setCalls.has(node));
  if (fresh.length === 0) return;
  const alias = t.freshName('set');
  const value = `${quoteName(alias)}."value"`;
  const arrays: string[] = [];
  const found = fresh.flatMap((node) => {
    const set = setCall(t, scope, node);
    if (set === undefined) return [];
    if (set.isWide)
      throw t.unsupported('a function with several columns in the select list', node.location);
    const known = arrays.indexOf(set.array);
    const index = known >= 0 ? known : arrays.push(set.array) - 1;
    return [{ node, set, index }];
  });
  const isOne = arrays.length === 1;
  for (const { node, set, index } of found) {
    const sql = isOne ? value : `(${value} ->> ${quoteText(`$[${index}]`)})`;
    const [column] = set.columns;
    scope.setCalls.set(node, exprOf(sql, column?.type ?? typeIds.text, column?.typmod ?? -1));
  }
  const array = isOne ? (arrays[0] ?? `'[]'`) : `pg_array_zip(${arrays.join(', ')})`;
  scope.extraFrom.push(`json_each(${array}) AS ${quoteName(alias)}`);
}
