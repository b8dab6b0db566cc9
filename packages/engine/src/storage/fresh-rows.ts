// Rows whose keys nobody has used here yet, written many to a statement: the common case of merging, in
// bulk and when a new node catches up. Nothing has to be compared, so a third of the time is saved.

import { malformed } from '../base/bytes.ts';
import { OddText, type SqlValue } from '../base/value.ts';
import type { Change } from '../crdt/changeset.ts';
import { type FreshRowsSql, freshRowsSql } from '../crdt/merge-sql.ts';
import type { ReplicatedTable } from '../crdt/table.ts';
import type { Statements } from './statements.ts';

/** Rows of one statement. */
export const freshRowsMax = 16;

/** Statement texts for one table and one list of columns. */
interface Known {
  readonly table: ReplicatedTable;
  readonly columns: readonly string[];
  readonly sql: FreshRowsSql;
}

export class FreshRows {
  readonly #statements: Statements;
  #known: Known | undefined;

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  /**
   * Writes exactly {@link freshRowsMax} rows of a table with a key of one column, with their bases.
   * Returns false, having done nothing, when one of the keys has a base already, or a value has to be
   * cast: then each row goes its own way. Throws PATINA_WIRE_MALFORMED when a key stands twice.
   */
  put(
    table: ReplicatedTable,
    columns: readonly string[],
    changes: readonly Change[],
    origin: { readonly hlc: number; readonly actor: number; readonly version: number },
  ): boolean {
    const keys: SqlValue[] = [];
    const bases: SqlValue[] = [];
    const rows: SqlValue[] = [];
    for (const { cl, seq, values } of changes) {
      const key = values[0] as SqlValue;
      keys.push(key);
      bases.push(key, cl, origin.hlc, origin.actor, origin.version, seq);
      for (const value of values) {
        if (value instanceof OddText) return false;
        rows.push(value);
      }
    }
    const sql = this.#sqlOf(table, columns);
    if (this.#statements.get(sql.findBase, 'raw').get(keys) !== undefined) return false;
    const { changes: inserted } = this.#statements.get(sql.insertBases).run(bases);
    if (inserted !== changes.length) throw malformed('a key begins twice in one version');
    this.#statements.get(sql.insertRows).run(rows);
    return true;
  }

  #sqlOf(table: ReplicatedTable, columns: readonly string[]): FreshRowsSql {
    const known = this.#known;
    if (known?.table === table && known.columns === columns) return known.sql;
    const sql = freshRowsSql(table, columns, freshRowsMax);
    this.#known = { table, columns, sql };
    return sql;
  }
}
