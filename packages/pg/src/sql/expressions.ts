// Expressions: one node in, SQL for SQLite with its type out. Each kind of node has its function here or
// in the file named for it; this is the switch between them.

import type { A_Const, BoolExpr, CaseExpr, Node, SQLValueFunction, TypeCast } from 'libpg-query';
import { arrayExpr, indirection } from './arrays.ts';
import { functionCall } from './calls.ts';
import { coerce, coerceTo, commonType } from './casts.ts';
import { columnRef, recordExpr } from './column-refs.ts';
import { compare, keySql } from './compare.ts';
import { condition, truth } from './conditions.ts';
import type { Expr } from './expr.ts';
import { exprOf, literalExpr, nullExpr, numberExpr, quoteText } from './expr.ts';
import { jsonConstructor } from './json-constructors.ts';
import { operatorExpr } from './operator-exprs.ts';
import type { Scope } from './scope.ts';
import { nameParts } from './scope.ts';
import { sessionValue } from './session-values.ts';
import { subLink } from './sub-links.ts';
import { paramsMax, type Translation } from './translation.ts';
import { isTextual, resolveTypeName, spokenType, typeIds } from './type-catalog.ts';

/** Translates an expression; keeps account of columns that GROUP BY would have to name. */
export function translateExpr(t: Translation, scope: Scope, node: Node): Expr {
  const mark = scope.ungrouped.length;
  const found = dispatch(t, scope, node);
  if (scope.groupKeys?.has(found.sql) === true && scope.aggregateDepth === 0) {
    scope.ungrouped.length = mark;
    if (scope.nulledKeys?.has(found.sql) === true) {
      return exprOf('NULL', found.type, found.typmod);
    }
  }
  return found;
}

function dispatch(t: Translation, scope: Scope, node: Node): Expr {
  if ('ColumnRef' in node) return columnRef(t, scope, node.ColumnRef);
  if ('A_Const' in node) return constant(node.A_Const);
  if ('ParamRef' in node) return parameter(t, node.ParamRef.number ?? 0, node.ParamRef.location);
  if ('A_Expr' in node) return operatorExpr(t, scope, node.A_Expr);
  if ('BoolExpr' in node) return boolExpr(t, scope, node.BoolExpr);
  if ('TypeCast' in node) return typeCast(t, scope, node.TypeCast);
  if ('FuncCall' in node) return functionCall(t, scope, node.FuncCall);
  if ('NullTest' in node) {
    const arg = t.expr(scope, node.NullTest.arg ?? ({} as Node));
    const isNull = node.NullTest.nulltesttype === 'IS_NULL';
    return nullTest(t, arg, isNull);
  }
  if ('CaseExpr' in node) return caseExpr(t, scope, node.CaseExpr);
  if ('SubLink' in node) return subLink(t, scope, node.SubLink);
  if ('CoalesceExpr' in node)
    return choiceOf(t, scope, node.CoalesceExpr.args ?? [], 'COALESCE', node.CoalesceExpr.location);
  if ('MinMaxExpr' in node) {
    const name = node.MinMaxExpr.op === 'IS_LEAST' ? 'LEAST' : 'GREATEST';
    return choiceOf(t, scope, node.MinMaxExpr.args ?? [], name, node.MinMaxExpr.location);
  }
  if ('BooleanTest' in node)
    return booleanTest(t, scope, node.BooleanTest.arg, node.BooleanTest.booltesttype ?? 'IS_TRUE');
  if ('SQLValueFunction' in node) return valueFunction(t, node.SQLValueFunction);
  if ('A_ArrayExpr' in node)
    return arrayExpr(t, scope, node.A_ArrayExpr.elements ?? [], node.A_ArrayExpr.location);
  if ('A_Indirection' in node) return indirection(t, scope, node.A_Indirection);
  if ('RowExpr' in node) {
    const values = (node.RowExpr.args ?? []).map((arg) => t.expr(scope, arg));
    return recordExpr(values.map((value, index) => ({ name: `f${index + 1}`, value })));
  }
  if ('CollateClause' in node)
    return collation(
      t,
      scope,
      node.CollateClause.arg,
      nameParts(node.CollateClause.collname).at(-1) ?? '',
    );
  if ('GroupingFunc' in node) return grouping(t, scope, node.GroupingFunc.args ?? []);
  if ('SetToDefault' in node)
    throw t.error('42601', 'DEFAULT is not allowed in this context', node.SetToDefault.location);
  return jsonConstructor(t, scope, node);
}

function constant(node: A_Const): Expr {
  if (node.isnull === true) return nullExpr;
  if (node.sval !== undefined) return literalExpr(node.sval.sval ?? '');
  if (node.ival !== undefined) return numberExpr(String(node.ival.ival ?? 0));
  if (node.fval !== undefined) return numberExpr(plainNumber(node.fval.fval ?? '0'));
  if (node.boolval !== undefined)
    return exprOf(node.boolval.boolval === true ? '1' : '0', typeIds.bool);
  return bitString(node.bsval?.bsval ?? 'b');
}

/** B'101' and X'1F', as their binary digits; the number is for casts to integers. */
function bitString(text: string): Expr {
  const digits = text.slice(1);
  const bits = text.startsWith('x')
    ? [...digits].map((digit) => Number.parseInt(digit, 16).toString(2).padStart(4, '0')).join('')
    : digits;
  const number = bits === '' ? '0' : String(BigInt.asIntN(64, BigInt(`0b${bits}`)));
  return { ...exprOf(quoteText(bits), typeIds.bit), number };
}

/** 0x1F, 0o17, 0b11 and 1_000 as plain digits. */
function plainNumber(text: string): string {
  const plain = text.replaceAll('_', '');
  return /^0[xob]/i.test(plain) ? String(BigInt(plain)) : plain;
}

function parameter(t: Translation, number: number, location: number | undefined): Expr {
  if (number < 1 || number > paramsMax)
    throw t.error('42P02', `there is no parameter $${number}`, location);
  while (t.params.length < number) t.params.push(0);
  const known = t.params[number - 1] ?? 0;
  const type = known === 0 || known === typeIds.unknown ? typeIds.unknown : known;
  return { ...exprOf(`?${number}`, type), param: number };
}

function boolExpr(t: Translation, scope: Scope, node: BoolExpr): Expr {
  const name = node.boolop === 'AND_EXPR' ? 'AND' : node.boolop === 'OR_EXPR' ? 'OR' : 'NOT';
  const args = (node.args ?? []).map((arg) => condition(t, scope, arg, name));
  if (name === 'NOT') return exprOf(`(NOT ${args[0] ?? 'NULL'})`, typeIds.bool);
  return exprOf(`(${args.join(` ${name} `)})`, typeIds.bool);
}

function typeCast(t: Translation, scope: Scope, node: TypeCast): Expr {
  const to = resolveTypeName(node.typeName ?? {}, (location) => t.positionOf(location));
  const arg = node.arg;
  if (arg === undefined) return nullExpr;
  if ('A_ArrayExpr' in arg)
    return arrayExpr(t, scope, arg.A_ArrayExpr.elements ?? [], arg.A_ArrayExpr.location, to.oid);
  const value = t.expr(scope, arg);
  // A literal that is no value of the type is itself at fault, not the cast.
  const place = 'A_Const' in arg ? arg.A_Const.location : undefined;
  const cast = coerce(t, value, to, 'explicit', place ?? node.location);
  return { ...cast, tableOid: 0, columnNumber: 0 };
}

function nullTest(t: Translation, arg: Expr, isNull: boolean): Expr {
  const word = isNull ? 'IS NULL' : 'IS NOT NULL';
  if (arg.fields !== undefined && arg.fields.length > 0) {
    return exprOf(
      `(${arg.fields.map((field) => `${field.value.sql} ${word}`).join(' AND ')})`,
      typeIds.bool,
    );
  }
  const value =
    arg.param !== undefined && arg.type === typeIds.unknown ? coerceTo(t, arg, typeIds.text) : arg;
  return exprOf(`(${value.sql} ${word})`, typeIds.bool);
}

function caseExpr(t: Translation, scope: Scope, node: CaseExpr): Expr {
  const subject = node.arg === undefined ? undefined : t.expr(scope, node.arg);
  const branches = (node.args ?? []).flatMap((arg) => ('CaseWhen' in arg ? [arg.CaseWhen] : []));
  const results = branches.map((branch) =>
    branch.result === undefined ? nullExpr : t.expr(scope, branch.result),
  );
  const otherwise = node.defresult === undefined ? nullExpr : t.expr(scope, node.defresult);
  const type = settledType(commonType(t, [...results, otherwise], 'CASE', node.location));
  const parts = branches.map((branch, index) => {
    const when = branch.expr ?? ({} as Node);
    const test =
      subject === undefined
        ? condition(t, scope, when, 'CASE/WHEN')
        : compare(t, '=', subject, t.expr(scope, when), branch.location).sql;
    return `WHEN ${test} THEN ${coerceTo(t, results[index] ?? nullExpr, type).sql}`;
  });
  const last = node.defresult === undefined ? '' : ` ELSE ${coerceTo(t, otherwise, type).sql}`;
  return exprOf(
    `(CASE ${parts.join(' ')}${last} END)`,
    type,
    commonTypmod([...results, otherwise]),
  );
}

function settledType(type: number): number {
  return type === typeIds.unknown ? typeIds.text : type;
}

function commonTypmod(values: readonly Expr[]): number {
  const first = values[0]?.typmod ?? -1;
  return values.every((value) => value.typmod === first) ? first : -1;
}

function choiceOf(
  t: Translation,
  scope: Scope,
  nodes: readonly Node[],
  name: string,
  location: number | undefined,
): Expr {
  const values = nodes.map((node) => t.expr(scope, node));
  const type = settledType(commonType(t, values, name, location));
  const args = values.map((value) => coerceTo(t, value, type, location).sql);
  if (args.length === 1) return exprOf(args[0] ?? 'NULL', type);
  if (name === 'COALESCE')
    return exprOf(`coalesce(${args.join(', ')})`, type, commonTypmod(values));
  return exprOf(extremeSql(args, type, name === 'LEAST'), type);
}

/** LEAST and GREATEST pass over NULLs; SQLite's min and max of several arguments do not. */
function extremeSql(args: readonly string[], type: number, isLeast: boolean): string {
  if (type === typeIds.numeric)
    return `pg_numeric_${isLeast ? 'least' : 'greatest'}(${args.join(', ')})`;
  return args.slice(1).reduce((best, arg) => {
    const [one, other] = [keySql(best, type), keySql(arg, type)];
    const test = `${one} ${isLeast ? '<=' : '>='} ${other}`;
    return `(CASE WHEN ${best} IS NULL THEN ${arg} WHEN ${arg} IS NULL OR ${test} THEN ${best} ELSE ${arg} END)`;
  }, args[0] ?? 'NULL');
}

const booleanTests: Readonly<Record<string, string>> = {
  IS_TRUE: 'IS 1',
  IS_NOT_TRUE: 'IS NOT 1',
  IS_FALSE: 'IS 0',
  IS_NOT_FALSE: 'IS NOT 0',
  IS_UNKNOWN: 'IS NULL',
  IS_NOT_UNKNOWN: 'IS NOT NULL',
};

function booleanTest(t: Translation, scope: Scope, arg: Node | undefined, test: string): Expr {
  const value = truth(
    t,
    arg === undefined ? nullExpr : t.expr(scope, arg),
    test.replaceAll('_', ' '),
  );
  return exprOf(`(${value.sql} ${booleanTests[test] ?? 'IS 1'})`, typeIds.bool);
}

function valueFunction(t: Translation, node: SQLValueFunction): Expr {
  const digits = node.typmod ?? -1;
  const rounded = (sql: string, type: number): Expr =>
    exprOf(digits >= 0 && digits < 6 ? `pg_time_precision(${sql}, ${digits})` : sql, type);
  switch (node.op) {
    case 'SVFOP_CURRENT_DATE':
      return exprOf(`pg_current_date(${t.timeZone()})`, typeIds.date);
    case 'SVFOP_CURRENT_TIME':
    case 'SVFOP_CURRENT_TIME_N':
      return rounded(`pg_timestamptz_timetz(pg_now(), ${t.timeZone()})`, typeIds.timetz);
    case 'SVFOP_CURRENT_TIMESTAMP':
    case 'SVFOP_CURRENT_TIMESTAMP_N':
      return rounded('pg_now()', typeIds.timestamptz);
    case 'SVFOP_LOCALTIME':
    case 'SVFOP_LOCALTIME_N':
      return rounded(`substr(pg_local_timestamp(${t.timeZone()}), 12)`, typeIds.time);
    case 'SVFOP_LOCALTIMESTAMP':
    case 'SVFOP_LOCALTIMESTAMP_N':
      return rounded(`pg_local_timestamp(${t.timeZone()})`, typeIds.timestamp);
    case 'SVFOP_CURRENT_CATALOG':
      return sessionValue(t, 'current_catalog') ?? nullExpr;
    case 'SVFOP_CURRENT_SCHEMA':
      return sessionValue(t, 'current_schema') ?? nullExpr;
    default:
      return sessionValue(t, 'current_user') ?? nullExpr;
  }
}

const sqliteCollations: ReadonlySet<string> = new Set(['NOCASE', 'BINARY', 'RTRIM']);

function collation(t: Translation, scope: Scope, arg: Node | undefined, name: string): Expr {
  const value = arg === undefined ? nullExpr : t.expr(scope, arg);
  const text = value.type === typeIds.unknown ? coerceTo(t, value, typeIds.text) : value;
  if (!isTextual(text.type)) {
    throw t.error('42804', `collations are not supported by type ${spokenType(text.type)}`);
  }
  if (!sqliteCollations.has(name.toUpperCase())) return text;
  return exprOf(`(${text.sql} COLLATE ${name.toUpperCase()})`, text.type);
}

/** A bit for each argument that this grouping set leaves out. */
function grouping(t: Translation, scope: Scope, args: readonly Node[]): Expr {
  scope.aggregateDepth++;
  const keys = args.map((arg) => t.expr(scope, arg).sql);
  scope.aggregateDepth--;
  const bits = keys.reduce(
    (sum, key) => sum * 2 + (scope.nulledKeys?.has(key) === true ? 1 : 0),
    0,
  );
  return exprOf(String(bits), typeIds.int4);
}
