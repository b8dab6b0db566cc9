// Judges incoming values by their columns alone (schema/column-guards.ts), before they meet any row. The
// CHECKs are asked of SQLite itself, in temporary tables with one row and the one column they name.

import type { ColumnGuard } from '../base/column-guard.ts';
import { PatinaError } from '../base/errors.ts';
import { quoteName } from '../base/sql-text.ts';
import { OddText, type SqlValue } from '../base/value.ts';
import type { ReplicatedTable } from '../crdt/table.ts';
import { sqliteCode } from './sqlite-errors.ts';
import type { Statements } from './statements.ts';

/** A guard and where its value stands in the changes of a block. */
export interface PlacedGuard {
  readonly index: number;
  readonly guard: ColumnGuard;
}

export class ValueGuard {
  readonly #statements: Statements;
  /** Temporary tables by the definition of their column. */
  #tableByDefinition = new Map<string, string>();

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  /** Makes the temporary tables; to be called outside of a transaction, which could undo them. */
  setTables(tables: Iterable<ReplicatedTable>): void {
    const definitions = [...tables].flatMap(({ guards }) => guards.flatMap((g) => g.checked));
    const known = [...this.#tableByDefinition.keys()];
    if (definitions.length === known.length && definitions.every((d) => known.includes(d))) return;
    const { db } = this.#statements;
    for (const name of this.#tableByDefinition.values()) db.exec(`DROP TABLE temp.${name}`);
    this.#tableByDefinition = new Map();
    // The row begins as NULL, whatever the CHECK thinks of it.
    db.pragma('ignore_check_constraints = ON');
    for (const [index, definition] of [...new Set(definitions)].entries()) {
      const name = `"__patina_guard_${index}"`;
      try {
        db.exec(
          `CREATE TEMP TABLE ${name} (${definition}); INSERT INTO temp.${name} VALUES (NULL)`,
        );
        this.#tableByDefinition.set(definition, name);
      } catch (error) {
        // A CHECK that names its table does not stand alone: it is taken as one over several columns.
        if (sqliteCode(error) !== 'SQLITE_ERROR') throw error;
      }
    }
    db.pragma('ignore_check_constraints = OFF');
  }

  /** Where the guards of a table apply in changes with these columns. */
  place(table: ReplicatedTable, columns: readonly string[]): PlacedGuard[] {
    if (table.guards.length === 0) return [];
    const names = [...table.key.map(({ name }) => name), ...columns];
    return names.flatMap((name, index) => {
      const guard = table.guards.find(({ column }) => column === name);
      return guard === undefined ? [] : [{ index, guard }];
    });
  }

  /** Throws PATINA_SQL_CONSTRAINT when a column would never take its value. */
  check(table: ReplicatedTable, guards: readonly PlacedGuard[], values: readonly SqlValue[]): void {
    for (const { index, guard } of guards) {
      const value = values[index] ?? null;
      if (value === null && guard.notNull) throw refused(`NOT NULL: ${table.name}.${guard.column}`);
      if (!fitsStrictType(value, guard.strictType)) {
        throw refused(`${guard.strictType} of a STRICT table: ${table.name}.${guard.column}`);
      }
      for (const definition of guard.checked) this.#checkOne(guard.column, definition, value);
    }
  }

  #checkOne(column: string, definition: string, value: SqlValue): void {
    const name = this.#tableByDefinition.get(definition);
    if (name === undefined) return;
    const isOdd = value instanceof OddText;
    const mark = isOdd ? 'CAST(? AS TEXT)' : '?';
    try {
      this.#statements
        .get(`UPDATE temp.${name} SET ${quoteName(column)} = ${mark}`)
        .run(isOdd ? value.bytes : value);
    } catch (error) {
      if (sqliteCode(error) !== 'SQLITE_CONSTRAINT_CHECK') throw error;
      throw refused(`CHECK of ${definition}`);
    }
  }
}

function refused(what: string): PatinaError {
  return new PatinaError('PATINA_SQL_CONSTRAINT', `constraint failed: ${what}`, {
    hint: 'The change is kept and tried again when the schema of this node changes.',
  });
}

/** Whether a value has a class that a STRICT column of this type stores. */
function fitsStrictType(value: SqlValue, type: string | undefined): boolean {
  if (value === null) return true;
  switch (type) {
    case 'INT':
    case 'INTEGER':
      return typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value));
    case 'REAL':
      return typeof value === 'bigint' || typeof value === 'number';
    case 'TEXT':
      return typeof value === 'string' || value instanceof OddText;
    case 'BLOB':
      return value instanceof Uint8Array;
    default:
      return true;
  }
}
