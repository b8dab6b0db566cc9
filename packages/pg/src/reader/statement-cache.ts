// Prepared statements of a reader, with what writes their rows, by the bytes that ask for them. The ones
// not used for longest are forgotten; all are when the schema changes.

import type { StatementSync } from 'node:sqlite';
import { PgError } from '../pg-error.ts';
import type { ReaderDatabase } from './reader-database.ts';
import type { ReaderStatement } from './reader-protocol.ts';
import { createRowOutput, type RowOutputWriter } from './row-output.ts';

export interface KeptStatement {
  readonly statement: StatementSync;
  readonly output: RowOutputWriter;
  /** How long its last run took, milliseconds; infinite before the first. */
  slowestMs: number;
}

/** Statements that are kept, and the length of text up to which they are. */
const statementsMax = 500;
const keptBytesMax = 32 * 1024;

export class StatementCache {
  readonly #database: ReaderDatabase;
  readonly #kept = new Map<string, KeptStatement>();

  constructor(database: ReaderDatabase) {
    this.#database = database;
  }

  /** Prepares a statement, or takes the one that is there. Throws what SQLite or the authorizer says. */
  get(key: Uint8Array): KeptStatement {
    const text = Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1');
    const known = this.#kept.get(text);
    if (known !== undefined) {
      if (this.#kept.size > statementsMax / 2) {
        this.#kept.delete(text);
        this.#kept.set(text, known);
      }
      return known;
    }
    const asked = statementOf(key);
    const statement = this.#database.prepare(asked.sql, asked.readsCatalog);
    const output = createRowOutput(asked.columns, asked.output, asked.settings);
    const kept: KeptStatement = { statement, output, slowestMs: Number.POSITIVE_INFINITY };
    if (key.length <= keptBytesMax) this.#keep(text, kept);
    return kept;
  }

  clear(): void {
    this.#kept.clear();
  }

  #keep(text: string, kept: KeptStatement): void {
    if (this.#kept.size >= statementsMax) {
      const oldest = this.#kept.keys().next();
      if (oldest.done !== true) this.#kept.delete(oldest.value);
    }
    this.#kept.set(text, kept);
  }
}

/** What the endpoint wrote with `encodeStatement`; both ends are this program. */
function statementOf(key: Uint8Array): ReaderStatement {
  const value: unknown = JSON.parse(Buffer.from(key).toString('utf8'));
  if (typeof value !== 'object' || value === null || !('sql' in value)) {
    throw new PgError('XX000', 'a reader was asked for something that is no statement');
  }
  return value as ReaderStatement;
}
