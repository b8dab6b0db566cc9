// The columns of one replicated table as a reader process sees them, for what reads tables beside the writer.

import { PatinaError } from '../base/errors.ts';
import type { ReaderPool } from './reader-pool.ts';

export interface TableColumns {
  readonly name: string;
  /** Key columns in key order. */
  readonly key: readonly string[];
  /** Everything but generated columns, in declared order; the key among them. */
  readonly all: readonly string[];
  /** Columns by their numbers in cell clocks. */
  readonly nameById: ReadonlyMap<number, string>;
}

export interface ReadLimits {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

const columnsSql =
  'SELECT p.name, p.pk, c.id FROM __patina_tables AS r, pragma_table_xinfo(r.name) AS p ' +
  'LEFT JOIN __patina_columns AS c ON c.tbl = r.name AND c.name = p.name ' +
  'WHERE r.name = ? AND p.hidden = 0 ORDER BY p.cid';

/** Rejects with PATINA_NOT_FOUND where there is no replicated table of this name. */
export async function readTableColumns(
  readers: Pick<ReaderPool, 'all'>,
  table: string,
  { timeoutMs, signal }: ReadLimits,
): Promise<TableColumns> {
  const { rows } = await readers.all({
    sql: columnsSql,
    params: [table],
    timeoutMs,
    isOwn: true,
    ...(signal === undefined ? {} : { signal }),
  });
  const columns = rows.map(([name, place, id]) => ({
    name: String(name),
    place: Number(place),
    id: id === null ? undefined : Number(id),
  }));
  if (columns.length === 0) throw noTable(table);
  const key = columns.filter(({ place }) => place > 0).toSorted((a, b) => a.place - b.place);
  return {
    name: table,
    key: key.map(({ name }) => name),
    all: columns.map(({ name }) => name),
    nameById: new Map(columns.flatMap(({ name, id }) => (id === undefined ? [] : [[id, name]]))),
  };
}

function noTable(table: string): PatinaError {
  return new PatinaError('PATINA_NOT_FOUND', `there is no replicated table ${table}`, {
    hint: 'Look at the list of tables: views and tables of this node alone are not replicated.',
  });
}
