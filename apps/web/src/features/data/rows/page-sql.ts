// The SQL of one page of a table: filters as parameters, rows between two keys. Rows are never skipped by
// counting, so that the thousandth page costs as much as the first.

import { quotedName } from '../../../grid/copy-as.ts';
import type { CellValue } from '../../../grid/grid-types.ts';

export const operators = [
  '=',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  'contains',
  'is null',
  'is not null',
] as const;
export type Operator = (typeof operators)[number];

export interface Filter {
  readonly column: string;
  readonly operator: Operator;
  /** As it was typed; what looks like a number is one. */
  readonly value: string;
}

/** Which rows of which table. */
export interface Browsed {
  readonly table: string;
  readonly columns: readonly string[];
  /** Columns of the primary key, in its order; none for views. */
  readonly key: readonly string[];
  readonly filters: readonly Filter[];
  readonly isDescending: boolean;
}

/** Rows between two keys in the order of the page: after the first, up to and with the second; undefined is no bound. */
export interface RowRange {
  readonly after: RowKey | undefined;
  readonly until: RowKey | undefined;
  readonly limit: number;
}

/** The values of the key of one row. */
export type RowKey = readonly CellValue[];

export type PageStatement = [sql: string, params: CellValue[]];

export function pageStatement(browsed: Browsed, range: RowRange): PageStatement {
  const { table, columns, key, filters, isDescending } = browsed;
  const params: CellValue[] = [];
  const terms = filters.map((filter) => filterTerm(filter, params));
  const keyNames = key.map(quotedName).join(', ');
  const bound = (operator: string, values: RowKey | undefined) => {
    if (values === undefined || key.length === 0) return;
    terms.push(`(${keyNames}) ${operator} (${key.map(() => '?').join(', ')})`);
    params.push(...values);
  };
  bound(isDescending ? '<' : '>', range.after);
  bound(isDescending ? '>=' : '<=', range.until);
  const where = terms.length === 0 ? '' : ` WHERE ${terms.join(' AND ')}`;
  const direction = isDescending ? ' DESC' : '';
  const order =
    key.length === 0
      ? ''
      : ` ORDER BY ${key.map((name) => quotedName(name) + direction).join(', ')}`;
  const names = columns.map(quotedName).join(', ');
  return [`SELECT ${names} FROM ${quotedName(table)}${where}${order} LIMIT ${range.limit}`, params];
}

function filterTerm({ column, operator, value }: Filter, params: CellValue[]): string {
  const name = quotedName(column);
  switch (operator) {
    case 'is null':
      return `${name} IS NULL`;
    case 'is not null':
      return `${name} IS NOT NULL`;
    case 'contains':
      params.push(value);
      return `instr(${name}, ?) > 0`;
    default:
      params.push(typedValue(value));
      return `${name} ${operator} ?`;
  }
}

const integer = /^-?(0|[1-9]\d{0,18})$/;
const real = /^-?\d+\.\d+([eE][-+]?\d+)?$/;

/** What looks like a number is one; in quotation marks it is text. */
export function typedValue(value: string): CellValue {
  if (integer.test(value)) {
    const whole = BigInt(value);
    return Number.isSafeInteger(Number(value)) ? Number(value) : whole;
  }
  if (real.test(value)) return Number(value);
  const quoted = /^'(.*)'$/s.exec(value);
  return quoted?.[1] ?? value;
}
