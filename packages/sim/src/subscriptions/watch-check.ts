// Checks what a watch tells: every row that changed since is named, with its image as it is now.

import type { WatchGroup } from '@patina/engine/live/live-queries.ts';
import { FuzzFailure } from './fuzz-case.ts';
import type { Oracle } from './oracle.ts';
import { quoted } from './tables.ts';

export interface WatchPlan {
  readonly table: string;
  readonly filter: string | undefined;
  readonly images: boolean;
  readonly key: readonly string[];
}

interface TableState {
  /** All columns as JSON text, by the JSON text of the key. */
  readonly rows: ReadonlyMap<string, string>;
  /** Keys of the rows for which the filter is true. */
  readonly wanted: ReadonlySet<string>;
}

export class WatchCheck {
  readonly id: string;
  readonly plan: WatchPlan;
  cursor: string;
  readonly #oracle: Oracle;
  #before: TableState;
  readonly #named = new Map<string, 'update' | 'delete'>();
  /** Keys of rows that changed before the schema did. */
  readonly #due = new Set<string>();

  constructor(id: string, plan: WatchPlan, cursor: string, oracle: Oracle) {
    this.id = id;
    this.plan = plan;
    this.cursor = cursor;
    this.#oracle = oracle;
    this.#before = this.#read();
  }

  /** Takes a group; `isNow`: nothing was written since the snapshot that it tells of. */
  take({ notices, cursor }: WatchGroup, isNow: boolean): void {
    this.cursor = cursor;
    const now = isNow ? this.#read() : undefined;
    const seen = new Set<string>();
    for (const { type, key, row } of notices) {
      if (seen.has(key)) throw new FuzzFailure('watch', `${key} is named twice in one group`);
      seen.add(key);
      this.#named.set(key, type);
      if (now === undefined) continue;
      const present = now.rows.get(key);
      if ((present === undefined) !== (type === 'delete')) {
        throw new FuzzFailure('watch', `${type} of ${key}, which is ${present ?? 'not there'}`);
      }
      if (this.plan.images && type === 'update' && row !== present) {
        throw new FuzzFailure('watch', `${key} is ${present}, and told as ${row}`);
      }
    }
  }

  /** All that changed since the last check must have been named. */
  check(): void {
    const now = this.#read();
    const fail = (what: string, key: string): never => {
      throw new FuzzFailure('watch', `${what} ${key} of ${this.plan.table} was not told`);
    };
    for (const key of this.#changedUntil(now)) {
      if (!now.rows.has(key) && this.#named.get(key) !== 'delete') fail('deleted row', key);
      if (now.wanted.has(key) && this.#named.get(key) !== 'update') fail('changed row', key);
    }
    this.#named.clear();
    this.#due.clear();
    this.#before = now;
  }

  /** Has `change` made, after which rows look different although nobody wrote them. */
  acrossSchema(change: () => void): void {
    for (const key of this.#changedUntil(this.#read())) this.#due.add(key);
    change();
    this.#before = this.#read();
  }

  #changedUntil(now: TableState): Set<string> {
    const keys = new Set(this.#due);
    for (const key of [...this.#before.rows.keys(), ...now.rows.keys()]) {
      if (this.#before.rows.get(key) !== now.rows.get(key)) keys.add(key);
    }
    return keys;
  }

  /** What was before does not count any more. */
  restart(cursor: string): void {
    this.cursor = cursor;
    this.#named.clear();
    this.#due.clear();
    this.#before = this.#read();
  }

  #read(): TableState {
    const { table, filter, key } = this.plan;
    const sql = `SELECT ${key.map(quoted).join(', ')}, * FROM ${quoted(table)}`;
    const rows = this.#oracle.rowsByKey(sql, key.length);
    if (filter === undefined) return { rows, wanted: new Set(rows.keys()) };
    const wanted = this.#oracle.rowsByKey(`${sql} WHERE ${filter}`, key.length);
    return { rows, wanted: new Set(wanted.keys()) };
  }
}
