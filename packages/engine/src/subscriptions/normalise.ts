// One text for all queries that mean the same: white space and keywords are made alike, parameters are
// numbered as they appear, and constants that a column is compared with become parameters too.

import type { Expr, FromClause, OneSelect, Token } from 'sqlite3-parser';
import { assert } from '../base/assert.ts';
import { quoteName } from '../base/sql-text.ts';
import type { SqlValue } from '../base/value.ts';
import { isNowWord, timeValuesOf } from './functions.ts';
import { createParameterReader, type QueryParams } from './parameters.ts';
import { joinKindOf } from './sources.ts';
import {
  bare,
  conjunctsOf,
  endOf,
  isColumnName,
  kindOf,
  type ParsedQuery,
  parseQuery,
  walk,
} from './syntax.ts';

export interface NormalisedQuery {
  /** Parameters are ?1 … ?n in order of appearance. */
  readonly sql: string;
  /** Their values. */
  readonly values: readonly SqlValue[];
}

/**
 * Normalises one SELECT. Throws PATINA_SUBSCRIPTION_REFUSED when it cannot be read, PATINA_SQL_ERROR
 * for too many parameters.
 */
export function normaliseQuery(sql: string, params: QueryParams): NormalisedQuery {
  const query = parseQuery(sql);
  const { pieces, values } = replaceValues(query, params);
  const rendered = pieces.map((text, index) => text ?? keywordAlike(query, index));
  keepColumnNames(query, rendered);
  return { sql: joinPieces(query.tokens, rendered, 0, rendered.length), values };
}

/** What stands for each token; undefined leaves it as it is. Constants hide tokens behind ''. */
function replaceValues(
  query: ParsedQuery,
  params: QueryParams,
): { pieces: (string | undefined)[]; values: SqlValue[] } {
  const constants = liftedConstants(query);
  const inTimeFunction = timeValueOffsets(query);
  const reader = createParameterReader(params);
  const numberByOriginal = new Map<number, number>();
  const values: SqlValue[] = [];
  let constantEnd = 0;
  const pieces = query.tokens.map((token): string | undefined => {
    if (token.span.offset < constantEnd) return '';
    const constant = constants.get(token.span.offset);
    if (constant !== undefined) {
      constantEnd = constant.end;
      return `?${values.push(constant.value)}`;
    }
    if (kindOf(token) !== 'VARIABLE') return undefined;
    const { number, value } = reader.read(token.text);
    // A query whose parameter is the present time is of another kind than one with a fixed time.
    if (inTimeFunction.has(token.span.offset) && isNowWord(value)) return `'${String(value)}'`;
    const known = numberByOriginal.get(number);
    if (known !== undefined) return `?${known}`;
    const next = values.push(value);
    numberByOriginal.set(number, next);
    return `?${next}`;
  });
  reader.finish();
  return { pieces, values };
}

function timeValueOffsets(query: ParsedQuery): ReadonlySet<number> {
  const offsets = new Set<number>();
  walk(query.select, (node) => {
    if (node.type !== 'FunctionCallExpr') return;
    for (const value of timeValuesOf(node)) {
      const inner = bare(value);
      if (inner.type === 'VariableExpr') offsets.add(inner.span.offset);
    }
  });
  return offsets;
}

interface Constant {
  readonly value: SqlValue;
  readonly end: number;
}

/** Constants that a column has to equal, by their offset in the text. */
function liftedConstants(query: ParsedQuery): ReadonlyMap<number, Constant> {
  const constants = new Map<number, Constant>();
  const { select } = query;
  if (select.compounds !== undefined && select.compounds.length > 0) return constants;
  for (const conjunct of conditionsOf(select.select)) {
    if (conjunct.type !== 'BinaryExpr' || conjunct.op !== 'Equals') continue;
    const sides = [bare(conjunct.left), bare(conjunct.right)];
    const literal = sides.find((side) => literalValue(side) !== undefined);
    const column = sides.find((side) => isColumnName(side, conjunct));
    const value = literal === undefined ? undefined : literalValue(literal);
    if (literal === undefined || column === undefined || value === undefined) continue;
    constants.set(literal.span.offset, { value, end: endOf(literal.span) });
  }
  return constants;
}

/** The conjuncts that every row of the result fulfils. An index that was asked for by name may need a constant. */
function conditionsOf(core: OneSelect): Expr[] {
  if (core.type !== 'SelectFrom' || core.from === undefined) return [];
  if (namesIndex(core.from)) return [];
  const joins = (core.from.joins ?? []).flatMap((join) => {
    const isInner = joinKindOf(join.operator) === 'inner';
    return isInner && join.constraint?.type === 'OnJoinConstraint' ? [join.constraint.expr] : [];
  });
  return [...joins, ...(core.whereClause === undefined ? [] : [core.whereClause])].flatMap(
    conjunctsOf,
  );
}

function namesIndex(from: FromClause): boolean {
  let found = false;
  walk(from, (node) => {
    if (node.type === 'TableSelectTable') found ||= node.indexed !== undefined;
  });
  return found;
}

/**
 * The value of an integer, text or blob. A real is left where it stands: a number that is whole would
 * be bound as an integer, and as text they differ.
 */
function literalValue(expr: Expr): SqlValue | undefined {
  if (expr.type === 'StringLiteral') return expr.value;
  if (expr.type === 'BlobLiteral') return expr.bytes;
  if (expr.type === 'NumericLiteral') return integerValue(expr.value, 1n);
  if (expr.type !== 'UnaryExpr' || expr.op !== 'Negative') return undefined;
  const inner = bare(expr.expr);
  return inner.type === 'NumericLiteral' ? integerValue(inner.value, -1n) : undefined;
}

const int64Max = 2n ** 63n - 1n;

function integerValue(text: string, sign: bigint): SqlValue | undefined {
  if (!/^\d{1,19}$/.test(text)) return undefined;
  const value = BigInt(text);
  if (value > int64Max) return undefined;
  const signed = value * sign;
  return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed;
}

/** Words of the grammar that are written in capitals wherever they are no names. */
const keywords: ReadonlySet<string> = new Set(
  `ALL AND AS ASC BETWEEN BY CASE CAST COLLATE CTIME_KW DESC DISTINCT ELSE END ESCAPE EXCEPT EXISTS
  FILTER FROM GROUP HAVING IN INTERSECT IS ISNULL JOIN JOIN_KW LIKE_KW LIMIT NOT NOTNULL NULL OFFSET
  ON OR ORDER OVER PARTITION RECURSIVE SELECT THEN UNION USING VALUES WHEN WHERE WITH`.split(/\s+/),
);

const nameOffsetsByQuery = new WeakMap<ParsedQuery, ReadonlySet<number>>();

function nameOffsets(query: ParsedQuery): ReadonlySet<number> {
  const known = nameOffsetsByQuery.get(query);
  if (known !== undefined) return known;
  const offsets = new Set<number>();
  walk(query.select, (node) => {
    if (node.type === 'Id' || node.type === 'Name') offsets.add(node.span.offset);
  });
  nameOffsetsByQuery.set(query, offsets);
  return offsets;
}

function keywordAlike(query: ParsedQuery, index: number): string {
  const token = query.tokens[index];
  assert(token !== undefined, 'each piece stands for a token');
  if (token.text === '==') return '=';
  if (token.text === '<>') return '!=';
  const isKeyword = keywords.has(kindOf(token)) && !nameOffsets(query).has(token.span.offset);
  return isKeyword ? token.text.toUpperCase() : token.text;
}

/**
 * SQLite names a column without AS by the text of its expression. Where that text is written in
 * another way now, the name is given explicitly. Changes `rendered`.
 */
function keepColumnNames(query: ParsedQuery, rendered: string[]): void {
  const indexByOffset = new Map(query.tokens.map(({ span }, index) => [span.offset, index]));
  walk(
    query.select,
    () => true,
    (node) => {
      if (node.type !== 'ExprResultColumn' || node.alias !== undefined) return;
      if (isColumnName(bare(node.expr), undefined)) return;
      const { offset } = node.expr.span;
      const raw = query.text.slice(offset, endOf(node.expr.span));
      const first = indexByOffset.get(offset);
      assert(first !== undefined, 'an expression begins with a token');
      const after = query.tokens.findIndex(({ span }) => span.offset >= endOf(node.expr.span));
      const last = after < 0 ? query.tokens.length : after;
      const text = joinPieces(query.tokens, rendered, first, last);
      if (text !== raw) rendered[last - 1] += ` AS ${quoteName(raw)}`;
    },
  );
}

const noSpaceBefore: ReadonlySet<string> = new Set(['COMMA', 'DOT', 'RP']);
const noSpaceAfter: ReadonlySet<string> = new Set(['DOT', 'LP']);

function joinPieces(
  tokens: readonly Token[],
  rendered: readonly string[],
  from: number,
  to: number,
): string {
  let result = '';
  let before = '';
  for (let index = from; index < to; index++) {
    const token = tokens[index];
    const text = rendered[index];
    if (token === undefined || text === undefined || text === '') continue;
    const kind = kindOf(token);
    const isCall = kind === 'LP' && before === 'ID';
    const isTight = noSpaceBefore.has(kind) || noSpaceAfter.has(before) || isCall;
    result += result === '' || isTight ? text : ` ${text}`;
    before = kind;
  }
  return result;
}
