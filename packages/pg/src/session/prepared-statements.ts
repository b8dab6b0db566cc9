// Prepared statements of a session, by the names of the protocol and of PREPARE, which are the same.

import { PgError } from '../pg-error.ts';
import type { ParsedStatement, Planned, ResultColumn } from '../sql/planned.ts';
import type { Oid } from '../types/oids.ts';

/** Prepared statements of one session. */
export const statementsMax = 10_000;

/** Characters of all their texts together. */
export const statementTextMax = 64 * 1024 * 1024;

export interface PreparedStatement {
  readonly name: string;
  /** undefined for an empty query. */
  readonly parsed: ParsedStatement | undefined;
  /** Types as the client gave them. */
  readonly givenTypes: readonly Oid[];
  readonly paramTypes: readonly Oid[];
  readonly columns: readonly ResultColumn[];
  /** EXECUTE and FETCH: its columns are those of another statement or portal, which may have changed. */
  readonly isIndirect: boolean;
  /** Whether it looks at rows already when it is prepared, as PostgreSQL takes a snapshot then. */
  readonly seesRows: boolean;
}

export class PreparedStatements {
  readonly #byName = new Map<string, PreparedStatement>();
  #textLength = 0;

  find(name: string): PreparedStatement | undefined {
    return this.#byName.get(name);
  }

  /** Throws 26000. */
  get(name: string): PreparedStatement {
    const statement = this.#byName.get(name);
    if (statement !== undefined) return statement;
    const what = name === '' ? 'unnamed prepared statement' : `prepared statement "${name}"`;
    throw new PgError('26000', `${what} does not exist`);
  }

  /** Throws 42P05 when a name other than the empty one is taken, 54000 when there are too many. */
  add(statement: PreparedStatement): void {
    const { name } = statement;
    if (name !== '' && this.#byName.has(name)) {
      throw new PgError('42P05', `prepared statement "${name}" already exists`);
    }
    if (this.#byName.size >= statementsMax && !this.#byName.has(name)) {
      throw new PgError('54000', `a session has at most ${statementsMax} prepared statements`);
    }
    this.delete(name);
    const length = lengthOf(statement);
    if (this.#textLength + length > statementTextMax) {
      throw new PgError('54000', 'the prepared statements of the session are too long together');
    }
    this.#textLength += length;
    this.#byName.set(name, statement);
  }

  delete(name: string): void {
    const statement = this.#byName.get(name);
    if (statement === undefined) return;
    this.#byName.delete(name);
    this.#textLength -= lengthOf(statement);
  }

  /** Forgets those with names; the unnamed one stays, as in PostgreSQL. */
  clear(): void {
    for (const name of this.#byName.keys()) if (name !== '') this.delete(name);
  }
}

function lengthOf({ parsed }: PreparedStatement): number {
  return parsed?.text.length ?? 0;
}

/** 0A000 where a statement that was prepared would now answer with other columns. */
export function checkSameColumns(before: readonly ResultColumn[], planned: Planned): void {
  const now = 'columns' in planned ? planned.columns : [];
  const isSame =
    planned.kind !== 'query' && planned.kind !== 'write'
      ? true
      : now.length === before.length &&
        now.every(({ type }, index) => type.oid === before[index]?.type.oid);
  if (!isSame) throw new PgError('0A000', 'cached plan must not change result type');
}
