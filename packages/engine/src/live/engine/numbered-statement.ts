// Prepared SQL with numbered parameters, on better-sqlite3: which takes `?2` for a name, and a number
// that SQL skips for a parameter without one.

import type Database from 'better-sqlite3';
import type { SqlValue } from '../../base/value.ts';
import { OddText } from '../../base/value.ts';
import { guardLike } from '../../storage/like-guard.ts';
import type { RawCell } from '../../storage/row-encoder.ts';
import { bindable } from '../../storage/sql-value.ts';

/** A value ready to be bound: a bigint is an INTEGER, a number a REAL. */
export type BoundValue = RawCell;

/** Values of a query as they are bound: numbers that are whole become INTEGER. */
export function boundValues(values: readonly SqlValue[]): BoundValue[] {
  return values.map((value) => bindable(value instanceof OddText ? value.bytes : value));
}

/** Comments, text, names and numbered parameters. */
const pieces =
  /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|\?\d+|[\w$\u0080-\uffff]+/g;

export class NumberedStatement {
  readonly #statement: Database.Statement<unknown[], unknown[]>;
  /** Numbers below the greatest that the SQL does not mention. */
  readonly #skipped: readonly number[];
  readonly #numbers: readonly number[];

  constructor(db: Database.Database, sql: string) {
    const prepared = db.prepare<unknown[], unknown[]>(guardLike(sql));
    this.#statement = prepared.raw(true).safeIntegers(true);
    const mentioned = new Set<number>();
    for (const [piece] of sql.matchAll(pieces)) {
      if (piece.startsWith('?')) mentioned.add(Number(piece.slice(1)));
    }
    this.#numbers = [...mentioned];
    const skipped: number[] = [];
    for (let number = 1; number < Math.max(0, ...mentioned); number++) {
      if (!mentioned.has(number)) skipped.push(number);
    }
    this.#skipped = skipped;
  }

  /** Names of the columns of its rows. */
  columns(): string[] {
    return this.#statement.columns().map(({ name }) => name);
  }

  get(values: readonly BoundValue[]): RawCell[] | undefined {
    return this.#statement.get(...this.#arguments(values)) as RawCell[] | undefined;
  }

  all(values: readonly BoundValue[]): RawCell[][] {
    return this.#statement.all(...this.#arguments(values)) as RawCell[][];
  }

  iterate(values: readonly BoundValue[]): IterableIterator<RawCell[]> {
    return this.#statement.iterate(...this.#arguments(values)) as IterableIterator<RawCell[]>;
  }

  #arguments(values: readonly BoundValue[]): unknown[] {
    if (this.#numbers.length === 0) return [];
    const named: Record<number, BoundValue> = {};
    for (const number of this.#numbers) named[number] = values[number - 1] ?? null;
    return [...this.#skipped.map((number) => values[number - 1] ?? null), named];
  }
}
