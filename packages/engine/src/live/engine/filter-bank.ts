// Asks many filters of one row in one statement: a statement costs more than a filter does.

import type Database from 'better-sqlite3';
import { quoteName } from '../../base/sql-text.ts';
import type { RawCell } from '../../storage/row-encoder.ts';
import { sqliteCode } from '../../storage/sqlite-errors.ts';
import type { LiveQuery } from './live-query.ts';
import type { BoundValue } from './numbered-statement.ts';

/** Filters and parameters of one statement. */
const filtersMax = 200;
const parametersMax = 10_000;

/** A source of FROM of one query, with what its rows must fulfil. */
export interface BankEntry {
  readonly query: LiveQuery;
  readonly source: number;
  readonly filter: readonly (string | number)[];
}

interface Chunk {
  readonly entries: Set<BankEntry>;
  parameters: number;
  /** Made when it is asked; undefined after its entries changed. */
  prepared: Prepared | undefined;
}

interface Prepared {
  readonly statement: Database.Statement<unknown[], unknown> | undefined;
  readonly entries: readonly BankEntry[];
  readonly values: readonly BoundValue[];
}

export class FilterBank {
  readonly #db: Database.Database;
  readonly #table: string;
  readonly #key: readonly string[];
  readonly #chunks: Chunk[] = [];
  readonly #chunkByEntry = new Map<BankEntry, Chunk>();

  constructor(db: Database.Database, table: string, key: readonly string[]) {
    this.#db = db;
    this.#table = table;
    this.#key = key;
  }

  add(entry: BankEntry): void {
    const parameters = entry.filter.filter((piece) => typeof piece === 'number').length;
    let chunk = this.#chunks.find((candidate) => {
      const isFull = candidate.entries.size >= filtersMax;
      return !isFull && candidate.parameters + parameters <= parametersMax;
    });
    if (chunk === undefined) {
      chunk = { entries: new Set(), parameters: 0, prepared: undefined };
      this.#chunks.push(chunk);
    }
    chunk.entries.add(entry);
    chunk.parameters += parameters;
    chunk.prepared = undefined;
    this.#chunkByEntry.set(entry, chunk);
  }

  remove(entry: BankEntry): void {
    const chunk = this.#chunkByEntry.get(entry);
    if (chunk === undefined) return;
    this.#chunkByEntry.delete(entry);
    chunk.entries.delete(entry);
    chunk.parameters -= entry.filter.filter((piece) => typeof piece === 'number').length;
    chunk.prepared = undefined;
    if (chunk.entries.size === 0) this.#chunks.splice(this.#chunks.indexOf(chunk), 1);
  }

  /** Entries whose filter is true for the present row of a key; none when there is no such row. */
  matches(key: readonly RawCell[]): BankEntry[] {
    const found: BankEntry[] = [];
    for (const chunk of this.#chunks) {
      chunk.prepared ??= this.#prepare(chunk);
      const { statement, entries, values } = chunk.prepared;
      const row = tryAsk(statement, [...values, ...key]);
      if (row === 'none') return found;
      for (const [index, entry] of entries.entries()) {
        if (row === 'unknown' || row[index] === 1) found.push(entry);
      }
    }
    return found;
  }

  #prepare(chunk: Chunk): Prepared {
    const entries = [...chunk.entries];
    const values: BoundValue[] = [];
    const columns = entries.map(({ query, filter }) => {
      const text = filter.map((piece) => {
        if (typeof piece === 'string') return piece;
        values.push(query.values[piece - 1] ?? null);
        return '?';
      });
      return `(${text.join('')}) IS TRUE`;
    });
    const match = this.#key.map((name) => `r.${quoteName(name)} = ? COLLATE BINARY`);
    const sql =
      `SELECT ${columns.join(', ')} FROM main.${quoteName(this.#table)} AS r ` +
      `WHERE ${match.join(' AND ')}`;
    return { statement: this.#tryPrepare(sql), entries, values };
  }

  /** Undefined where the filters cannot be asked together: then each entry counts as a match. */
  #tryPrepare(sql: string): Prepared['statement'] {
    try {
      return this.#db.prepare<unknown[], unknown>(sql).raw(true);
    } catch (error) {
      if (sqliteCode(error) !== 'SQLITE_ERROR') throw error;
      return undefined;
    }
  }
}

/** Whether each filter is true; `none` when there is no row, `unknown` where they cannot be asked. */
function tryAsk(
  statement: Prepared['statement'],
  values: readonly BoundValue[],
): number[] | 'none' | 'unknown' {
  if (statement === undefined) return 'unknown';
  try {
    return (statement.get(values) as number[] | undefined) ?? 'none';
  } catch (error) {
    if (sqliteCode(error) !== 'SQLITE_ERROR') throw error;
    return 'unknown';
  }
}
