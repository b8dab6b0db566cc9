// P6: a row lives and dies by its causal length, which only grows, and is visible exactly when that is
// odd. So on each node no row ever goes back to an earlier life.

import { quoteName } from '@patina/engine/base/sql-text.ts';
import { baseTableName, clockKeys } from '@patina/engine/crdt/table.ts';
import type { Replica } from '@patina/engine/storage/replica.ts';
import { contendedTables } from '../workload/schema.ts';
import { cachedRows } from './cached-statements.ts';

interface LifeRow {
  readonly key: string;
  readonly cl: number;
  readonly visible: number;
}

export class Lifetimes {
  readonly #lengths = new Map<string, number>();

  /** What went backwards since the last look, or is shown though dead; undefined when nothing. */
  faultOf(replica: Replica): string | undefined {
    for (const name of contendedTables) {
      const sql = lifeSql(replica, name);
      if (sql === undefined) return `table ${name} is not replicated`;
      for (const { key, cl, visible } of cachedRows<LifeRow>(replica.db, sql)) {
        const id = `${name} ${key}`;
        const before = this.#lengths.get(id) ?? 0;
        if (cl < before) return `row ${id} went back from life ${before} to ${cl}`;
        if ((cl % 2 === 1) !== (visible === 1)) {
          return `row ${id} has causal length ${cl} and is ${visible === 1 ? '' : 'not '}visible`;
        }
        this.#lengths.set(id, cl);
      }
    }
    return undefined;
  }

  /** Another image of the disk: lives begin anew. */
  forget(): void {
    this.#lengths.clear();
  }
}

function lifeSql(replica: Replica, name: string): string | undefined {
  const table = replica.tables.get(name);
  if (table === undefined) return undefined;
  const keys = clockKeys(table);
  const shown = keys.map((key) => `quote(b.${key})`).join(" || ',' || ");
  const joined = table.key
    .map((column, index) => `t.${quoteName(column.name)} IS b.${keys[index]}`)
    .join(' AND ');
  return (
    `SELECT ${shown} AS key, b.cl AS cl, ` +
    `EXISTS (SELECT 1 FROM ${quoteName(name)} AS t WHERE ${joined}) AS visible ` +
    `FROM ${quoteName(baseTableName(name))} AS b WHERE b.k0 < ${largeKeyMin(name)}`
  );
}

/** Rows of large groups are left out: they are many, and checked by their groups. */
function largeKeyMin(name: string): string {
  return name === 'atomic' ? '100' : "x'ff'";
}
