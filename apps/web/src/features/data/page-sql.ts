// The SQL of one page of a table: filters as parameters, rows after a key. Rows are never skipped by counting, so
// that the thousandth page costs as much as the first.

import { quotedName } from '../../grid/copy-as.ts';
import type { CellValue } from '../../grid/grid-types.ts';

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

export interface PageRequest {
  readonly table: string;
  readonly columns: readonly string[];
  /** Columns of the primary key, in its order; none for views. */
  readonly key: readonly string[];
  readonly filters: readonly Filter[];
  readonly isDescending: boolean;
  /** The key of the last row before the page. */
  readonly after: readonly CellValue[] | undefined;
  readonly limit: number;
}

export type PageStatement = [sql: string, params: CellValue[]];

export function pageStatement(request: PageRequest): PageStatement {
  const { table, columns, key, filters, isDescending, after, limit } = request;
  const params: CellValue[] = [];
  const terms = filters.map((filter) => filterTerm(filter, params));
  const keyNames = key.map(quotedName).join(', ');
  if (after !== undefined && key.length > 0) {
    terms.push(`(${keyNames}) ${isDescending ? '<' : '>'} (${key.map(() => '?').join(', ')})`);
    params.push(...after);
  }
  const where = terms.length === 0 ? '' : ` WHERE ${terms.join(' AND ')}`;
  const direction = isDescending ? ' DESC' : '';
  const order =
    key.length === 0
      ? ''
      : ` ORDER BY ${key.map((name) => quotedName(name) + direction).join(', ')}`;
  const names = columns.map(quotedName).join(', ');
  return [`SELECT ${names} FROM ${quotedName(table)}${where}${order} LIMIT ${limit}`, params];
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
