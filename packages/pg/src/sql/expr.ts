// An expression after its translation: SQL for SQLite and what PostgreSQL would say of its type.

import type { Oid } from '../types/oids.ts';
import { typeIds } from './type-catalog.ts';

export interface Expr {
  /** Safe to stand anywhere: in parentheses where it has operators. */
  readonly sql: string;
  /** `unknown` for literals and parameters that have found no type yet. */
  readonly type: Oid;
  readonly typmod: number;
  /** The table and column it is, unchanged; 0 for neither. */
  readonly tableOid: number;
  readonly columnNumber: number;
  /** The text of a string literal, or null for NULL; undefined for all else. */
  readonly literal: string | null | undefined;
  /** The text of a number as it was written. */
  readonly number: string | undefined;
  /** The number of the parameter that it is. */
  readonly param: number | undefined;
  /** The parts of a row: a whole table's row, or ROW(…). */
  readonly fields: readonly RowField[] | undefined;
  /** A column that holds no NULL: its order needs no word on NULLs, so that an index can serve. */
  readonly isNotNull: boolean;
}

export interface RowField {
  readonly name: string;
  readonly value: Expr;
}

/** An expression of a type, as functions and operators yield it. */
export function exprOf(sql: string, type: Oid, typmod = -1): Expr {
  return {
    sql,
    type,
    typmod,
    tableOid: 0,
    columnNumber: 0,
    literal: undefined,
    number: undefined,
    param: undefined,
    fields: undefined,
    isNotNull: false,
  };
}

/** A string literal, whose type depends on its place. */
export function literalExpr(text: string): Expr {
  return { ...exprOf(quoteText(text), typeIds.unknown), literal: text };
}

export const nullExpr: Expr = { ...exprOf('NULL', typeIds.unknown), literal: null };

/** A number as written: integer, bigint or numeric by its size, as PostgreSQL's parser decides. */
export function numberExpr(text: string): Expr {
  if (/^-?\d+$/.test(text)) {
    const value = BigInt(text);
    if (value >= -2147483648n && value <= 2147483647n) {
      return { ...exprOf(text, typeIds.int4), number: text };
    }
    if (value >= -9223372036854775808n && value <= 9223372036854775807n) {
      return { ...exprOf(text, typeIds.int8), number: text };
    }
  }
  return { ...exprOf(quoteText(plainDecimal(text)), typeIds.numeric), number: text };
}

/** `1e3` and `.5` as PostgreSQL's numeric shows them: 1000, 0.5; digits stay exact. */
function plainDecimal(text: string): string {
  const match = /^(-?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(text.replaceAll('_', ''));
  if (match === null) return text;
  const [, sign = '', whole = '', fraction = '', exponentText = '0'] = match;
  const exponent = Number(exponentText);
  const digits = whole + fraction;
  const point = whole.length + exponent;
  const padded = point > digits.length ? digits.padEnd(point, '0') : digits;
  const left = point <= 0 ? '0' : padded.slice(0, point).replace(/^0+(?=\d)/, '') || '0';
  const right = point <= 0 ? '0'.repeat(-point) + digits : padded.slice(point);
  return right === '' ? `${sign}${left}` : `${sign}${left}.${right}`;
}

/** A string literal of SQLite. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** An identifier of SQLite. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
