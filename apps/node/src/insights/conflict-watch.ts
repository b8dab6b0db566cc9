// Lost writes are kept in the database by whoever merges; here they become events. Looked at only after
// something was merged, and not often: a query for it costs a reader a millisecond.

import type { ReaderPool } from '@patina/engine/storage/reader-pool.ts';
import type { EventEntry } from './node-events.ts';

/** Conflicts of one look that become events; the table has them all. */
const lookRowsMax = 50;
const readMsMax = 5_000;

const newestSql = 'SELECT coalesce(max(number), 0) FROM patina_conflicts';
const sinceSql =
  'SELECT number, "table", pk, "column", rule, winner_actor, loser_actor ' +
  `FROM patina_conflicts WHERE number > ? ORDER BY number DESC LIMIT ${lookRowsMax}`;

export class ConflictWatch {
  readonly #readers: ReaderPool;
  #lastNumber: number | undefined;
  #lastMerged = 0;

  constructor(readers: ReaderPool) {
    this.#readers = readers;
  }

  /** Conflicts since the last look; `merged` counts merged versions since the start. */
  async look(merged: number): Promise<EventEntry[]> {
    if (merged === this.#lastMerged && this.#lastNumber !== undefined) return [];
    this.#lastMerged = merged;
    if (this.#lastNumber === undefined) {
      const { rows } = await this.#readers.all({ sql: newestSql, timeoutMs: readMsMax });
      this.#lastNumber = Number(rows[0]?.[0] ?? 0);
      return [];
    }
    const params = [this.#lastNumber];
    const { rows } = await this.#readers.all({ sql: sinceSql, params, timeoutMs: readMsMax });
    this.#lastNumber = Math.max(this.#lastNumber, ...rows.map(([number]) => Number(number)));
    return rows.toReversed().map(([number, table, key, column, rule, winner, loser]) => ({
      kind: 'conflict',
      text: `a write to ${table} ${key} lost by ${rule}`,
      fields: {
        number: Number(number),
        table: String(table),
        key: String(key),
        column: column === null || column === undefined ? null : String(column),
        rule: String(rule),
        winner: winner === null || winner === undefined ? null : String(winner),
        loser: loser === null || loser === undefined ? null : String(loser),
      },
    }));
  }
}
