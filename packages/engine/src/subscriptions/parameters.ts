// The parameters of a query as it was asked for: which number SQLite gives each, and its value.

import { PatinaError } from '../base/errors.ts';
import type { SqlValue } from '../base/value.ts';

/** Values by position, or by name with its prefix: `:a`, `@a`, `$a`. */
export type QueryParams = readonly SqlValue[] | ReadonlyMap<string, SqlValue>;

/** Finds the value of each parameter of a statement, asked in the order of the text. */
export interface ParameterReader {
  /** The number and value of a parameter; one without a value is NULL, as SQLite has it. */
  read(token: string): { readonly number: number; readonly value: SqlValue };
  /** Called after all were read. Throws PATINA_SQL_ERROR when there are values left over. */
  finish(): void;
}

export function createParameterReader(params: QueryParams): ParameterReader {
  const numberByName = new Map<string, number>();
  let last = 0;

  function numberOf(token: string): number {
    if (token === '?') return last + 1;
    const digits = /^\?(\d+)$/.exec(token)?.[1];
    return digits === undefined ? (numberByName.get(token) ?? last + 1) : Number(digits);
  }

  return {
    read(token) {
      const number = numberOf(token);
      last = Math.max(last, number);
      if (token !== '?') numberByName.set(token, number);
      const value = isList(params) ? params[number - 1] : params.get(token);
      return { number, value: value ?? null };
    },
    finish() {
      if (!isList(params) || params.length <= last) return;
      throw new PatinaError(
        'PATINA_SQL_ERROR',
        `${params.length} parameters were given, the statement has ${last}`,
        { hint: 'give one value for each parameter' },
      );
    },
  };
}

function isList(params: QueryParams): params is readonly SqlValue[] {
  return Array.isArray(params);
}
