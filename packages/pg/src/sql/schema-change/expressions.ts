// Expressions of DDL (DEFAULT, CHECK, GENERATED, indexes) in SQLite's own functions only: they run wherever
// the file is written, also by programs that have none of Patina's functions.

import type { A_Expr, ColumnRef, FuncCall, Node, TypeCast } from 'libpg-query';
import { PgError } from '../../pg-error.ts';
import { constantText, names } from '../../utility/nodes.ts';
import type { PlanTools } from '../../utility/plan-tools.ts';
import { functionSql, nowSql } from './built-ins.ts';
import { storedConstantSql } from './constants.ts';
import { quoteName, quoteText, unsupported } from './names.ts';

/** Where an expression stands. */
export interface ExpressionScope {
  readonly tools: PlanTools;
  /** Columns that it may name; none in a DEFAULT. */
  readonly columns: readonly string[];
  /** For messages: DEFAULT, CHECK … */
  readonly place: string;
}

/** The expression in SQLite's dialect. Throws PgError 0A000 naming what has no counterpart, 42703. */
export function expressionSql(node: Node, scope: ExpressionScope): string {
  if ('A_Const' in node) return constantSql(node);
  if ('ColumnRef' in node) return columnSql(node.ColumnRef, scope);
  if ('TypeCast' in node) return castSql(node.TypeCast, scope);
  if ('A_Expr' in node) return operatorSql(node.A_Expr, scope);
  if ('BoolExpr' in node) return booleanSql(node.BoolExpr, scope);
  if ('NullTest' in node) {
    const test = node.NullTest.nulltesttype === 'IS_NULL' ? 'IS NULL' : 'IS NOT NULL';
    return `(${argument(node.NullTest.arg, scope)} ${test})`;
  }
  if ('BooleanTest' in node) {
    return booleanTestSql(node.BooleanTest.booltesttype, argument(node.BooleanTest.arg, scope));
  }
  if ('CoalesceExpr' in node) return callSql('coalesce', node.CoalesceExpr.args, scope);
  if ('MinMaxExpr' in node) {
    const isGreatest = node.MinMaxExpr.op === 'IS_GREATEST';
    return callSql(isGreatest ? 'max' : 'min', node.MinMaxExpr.args, scope);
  }
  if ('CaseExpr' in node) return caseSql(node.CaseExpr, scope);
  if ('SQLValueFunction' in node) return valueFunctionSql(node.SQLValueFunction.op, scope);
  if ('FuncCall' in node) return namedFunctionSql(node.FuncCall, scope);
  if ('A_ArrayExpr' in node) {
    return quoteText(JSON.stringify((node.A_ArrayExpr.elements ?? []).map(constantValue)));
  }
  if ('CollateClause' in node) return argument(node.CollateClause.arg, scope);
  throw refused(Object.keys(node)[0] ?? 'this expression', scope);
}

function constantSql(node: Node): string {
  if (!('A_Const' in node)) return 'NULL';
  const constant = node.A_Const;
  if (constant.boolval !== undefined) return constant.boolval.boolval === true ? '1' : '0';
  const text = constantText(constant);
  if (text === undefined) return 'NULL';
  return constant.sval === undefined ? text : quoteText(text);
}

/** A constant as it stands in a JSON array. */
function constantValue(node: Node): unknown {
  const inner = 'TypeCast' in node ? node.TypeCast.arg : node;
  if (inner === undefined || !('A_Const' in inner)) throw unsupported('an array of expressions');
  const constant = inner.A_Const;
  if (constant.boolval !== undefined) return constant.boolval.boolval === true;
  const text = constantText(constant);
  return text !== undefined && constant.sval === undefined ? Number(text) : (text ?? null);
}

function columnSql(reference: ColumnRef, scope: ExpressionScope): string {
  const name = names(reference.fields).at(-1) ?? '';
  const found = scope.columns.find((column) => column.toLowerCase() === name.toLowerCase());
  if (found !== undefined) return quoteName(found);
  const position = scope.tools.positionOf(reference.location);
  if (scope.columns.length === 0) {
    throw new PgError('0A000', `cannot use column reference in ${scope.place} expression`, {
      position,
    });
  }
  throw new PgError('42703', `column "${name}" does not exist`, { position });
}

/** A cast of a constant is the constant in the form that values of the type are kept in. */
function castSql(cast: TypeCast, scope: ExpressionScope): string {
  const type = names(cast.typeName?.names).at(-1) ?? '';
  const arg = cast.arg;
  if (arg !== undefined && 'A_Const' in arg) {
    if (constantText(arg.A_Const)?.toLowerCase() === 'now') return nowSql(type);
    const constant = storedConstantSql(arg, scope.tools.resolveType(cast.typeName ?? {}));
    if (constant !== undefined) return constant;
  }
  if (arg !== undefined && 'A_ArrayExpr' in arg) return expressionSql(arg, scope);
  const inner = argument(arg, scope);
  if (/^int[248]$/.test(type)) return `CAST(round(${inner}) AS INTEGER)`;
  if (/^float[48]$/.test(type)) return `CAST(${inner} AS REAL)`;
  if (/^(text|varchar|bpchar)$/.test(type)) return `CAST(${inner} AS TEXT)`;
  if (type === 'date') return arg !== undefined && isNow(arg) ? nowSql('date') : `date(${inner})`;
  if (type.startsWith('timestamp') && arg !== undefined && isNow(arg)) return nowSql(type);
  if (/^(numeric|jsonb?|uuid|regclass)$/.test(type)) return inner;
  throw refused(`a cast to ${type}`, scope);
}

function isNow(node: Node): boolean {
  if ('SQLValueFunction' in node) return true;
  return 'FuncCall' in node && names(node.FuncCall.funcname).at(-1) === 'now';
}

/** Operators that mean the same to SQLite. */
const sameOperators: ReadonlySet<string> = new Set([
  '=',
  '<>',
  '<',
  '>',
  '<=',
  '>=',
  '+',
  '-',
  '*',
  '/',
  '%',
  '||',
  '&',
  '|',
  '<<',
  '>>',
  '->',
  '->>',
]);

function operatorSql(expression: A_Expr, scope: ExpressionScope): string {
  const operator = names(expression.name).at(-1) ?? '';
  const { lexpr, rexpr } = expression;
  switch (expression.kind) {
    case 'AEXPR_OP': {
      if (!sameOperators.has(operator)) throw refused(`the operator ${operator}`, scope);
      if (lexpr === undefined) return `(${operator}${argument(rexpr, scope)})`;
      return `(${argument(lexpr, scope)} ${operator} ${argument(rexpr, scope)})`;
    }
    case 'AEXPR_IN': {
      const not = operator === '<>' ? ' NOT' : '';
      return `(${argument(lexpr, scope)}${not} IN (${list(rexpr, scope)}))`;
    }
    case 'AEXPR_OP_ANY':
      if (operator === '=') return `(${argument(lexpr, scope)} IN (${list(rexpr, scope)}))`;
      throw refused(`${operator} ANY`, scope);
    case 'AEXPR_BETWEEN':
    case 'AEXPR_NOT_BETWEEN': {
      const not = expression.kind === 'AEXPR_NOT_BETWEEN' ? ' NOT' : '';
      const [low, high] = items(rexpr).map((item) => expressionSql(item, scope));
      return `(${argument(lexpr, scope)}${not} BETWEEN ${low ?? 'NULL'} AND ${high ?? 'NULL'})`;
    }
    case 'AEXPR_DISTINCT':
      return `(${argument(lexpr, scope)} IS NOT ${argument(rexpr, scope)})`;
    case 'AEXPR_NOT_DISTINCT':
      return `(${argument(lexpr, scope)} IS ${argument(rexpr, scope)})`;
    case 'AEXPR_NULLIF':
      return `nullif(${argument(lexpr, scope)}, ${argument(rexpr, scope)})`;
    case 'AEXPR_LIKE':
      return likeSql(operator, argument(lexpr, scope), rexpr, scope);
    default:
      throw refused(`the operator ${operator}`, scope);
  }
}

/** SQLite's LIKE takes no note of case: GLOB does. */
function likeSql(
  operator: string,
  subject: string,
  pattern: Node | undefined,
  scope: ExpressionScope,
): string {
  if (pattern === undefined || !('A_Const' in pattern)) throw refused('LIKE', scope);
  const text = constantText(pattern.A_Const) ?? '';
  if (text.includes('\\')) throw refused('LIKE with escapes', scope);
  const glob = text.replace(/[*?[]/g, '[$&]').replaceAll('%', '*').replaceAll('_', '?');
  return `(${subject}${operator === '!~~' ? ' NOT' : ''} GLOB ${quoteText(glob)})`;
}

function booleanSql(
  expression: { boolop?: string; args?: Node[] },
  scope: ExpressionScope,
): string {
  const args = (expression.args ?? []).map((arg) => expressionSql(arg, scope));
  if (expression.boolop === 'NOT_EXPR') return `(NOT ${args[0] ?? 'NULL'})`;
  return `(${args.join(expression.boolop === 'OR_EXPR' ? ' OR ' : ' AND ')})`;
}

function booleanTestSql(test: string | undefined, subject: string): string {
  const tests: Readonly<Record<string, string>> = {
    IS_TRUE: 'IS TRUE',
    IS_NOT_TRUE: 'IS NOT TRUE',
    IS_FALSE: 'IS FALSE',
    IS_NOT_FALSE: 'IS NOT FALSE',
    IS_UNKNOWN: 'IS NULL',
    IS_NOT_UNKNOWN: 'IS NOT NULL',
  };
  return `(${subject} ${tests[test ?? ''] ?? 'IS TRUE'})`;
}

function caseSql(
  expression: { arg?: Node; args?: Node[]; defresult?: Node },
  scope: ExpressionScope,
): string {
  const subject = expression.arg === undefined ? '' : ` ${expressionSql(expression.arg, scope)}`;
  const branches = (expression.args ?? []).map((branch) => {
    if (!('CaseWhen' in branch)) return '';
    const { expr, result } = branch.CaseWhen;
    return ` WHEN ${argument(expr, scope)} THEN ${argument(result, scope)}`;
  });
  const otherwise =
    expression.defresult === undefined ? '' : ` ELSE ${expressionSql(expression.defresult, scope)}`;
  return `(CASE${subject}${branches.join('')}${otherwise} END)`;
}

function valueFunctionSql(op: string | undefined, scope: ExpressionScope): string {
  const kind = (op ?? '').replace(/^SVFOP_/, '').replace(/_N$/, '');
  if (kind === 'CURRENT_TIMESTAMP') return nowSql('timestamptz');
  if (kind === 'LOCALTIMESTAMP') return nowSql('timestamp');
  if (kind === 'CURRENT_DATE') return nowSql('date');
  if (kind === 'LOCALTIME' || kind === 'CURRENT_TIME') return nowSql('time');
  throw refused(kind, scope);
}

function namedFunctionSql(call: FuncCall, scope: ExpressionScope): string {
  const name = names(call.funcname).at(-1)?.toLowerCase() ?? '';
  const args = (call.args ?? []).map((arg) => expressionSql(arg, scope));
  const sql = functionSql(name, args);
  if (sql === undefined) throw refused(`the function ${name}()`, scope);
  return sql;
}

function callSql(name: string, args: readonly Node[] | undefined, scope: ExpressionScope): string {
  return `${name}(${(args ?? []).map((arg) => expressionSql(arg, scope)).join(', ')})`;
}

function argument(node: Node | undefined, scope: ExpressionScope): string {
  return node === undefined ? 'NULL' : expressionSql(node, scope);
}

/** The items of a list or of an array constructor. */
function items(node: Node | undefined): readonly Node[] {
  if (node === undefined) return [];
  if ('List' in node) return node.List.items ?? [];
  if ('A_ArrayExpr' in node) return node.A_ArrayExpr.elements ?? [];
  if ('TypeCast' in node) return items(node.TypeCast.arg);
  return [node];
}

function list(node: Node | undefined, scope: ExpressionScope): string {
  return items(node)
    .map((item) => expressionSql(item, scope))
    .join(', ');
}

function refused(what: string, scope: ExpressionScope): PgError {
  const hint = "Expressions of a schema use SQLite's own functions, which every program has.";
  return unsupported(`${what} in a ${scope.place} expression`, hint);
}
