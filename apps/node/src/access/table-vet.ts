// Finds out which tables a statement touches, on a clone of the schema in memory. Only principals that are
// limited to some tables pay for it: before each of their statements the schema is read, so that what is
// vetted against is never older than the request.

import type { TableVet } from '@patina/api/access/table-vet.ts';
import type { ReaderPool } from '@patina/engine/storage/reader-pool.ts';
import { createSqlVetter, type SqlVetter } from '@patina/engine/storage/sql-vetter.ts';

const readMsMax = 5_000;

/** How often the schema is looked at while somebody waits for changes of it, milliseconds. */
const watchPeriodMs = 500;

const schemaSql = 'SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid';

export interface NodeTableVet extends TableVet {
  close(): void;
}

/** Makes a vet; the clone is made for the first who asks. */
export function createTableVet(readers: Pick<ReaderPool, 'all'>): NodeTableVet {
  let vetter: SqlVetter | undefined;
  let known = '';
  let timer: NodeJS.Timeout | undefined;
  const listeners = new Set<() => void>();

  async function refresh(): Promise<SqlVetter> {
    const { rows } = await readers.all({ sql: schemaSql, timeoutMs: readMsMax });
    const ddl = rows.map(([sql]) => String(sql));
    const now = JSON.stringify(ddl);
    vetter ??= createSqlVetter();
    if (now !== known) {
      vetter.setSchema(ddl);
      const isFirst = known === '';
      known = now;
      if (!isFirst) for (const listener of [...listeners]) listener();
    }
    return vetter;
  }

  function look(): void {
    // A reader that cannot be asked now can be asked at the next look.
    refresh().catch(() => undefined);
  }

  return {
    async tablesOf(sql, mode) {
      const { tablesRead, tablesWritten } = (await refresh()).vet(sql, mode);
      return { tablesRead, tablesWritten };
    },
    onSchemaChange(listener) {
      listeners.add(listener);
      timer ??= setInterval(look, watchPeriodMs).unref();
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        clearInterval(timer);
        timer = undefined;
      };
    },
    close() {
      clearInterval(timer);
      listeners.clear();
      vetter?.close();
      vetter = undefined;
    },
  };
}
