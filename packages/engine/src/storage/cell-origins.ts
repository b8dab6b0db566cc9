// Which write each cell of a row is from, read from the clock tables in a reader process. A cell without a
// clock of its own has that of its row's base (docs/decisions/0001).

import { PatinaError } from '../base/errors.ts';
import type { Hlc } from '../base/hlc.ts';
import { quoteName } from '../base/sql-text.ts';
import { baseTableName, cellTableName } from '../crdt/table.ts';
import type { ReaderPool } from './reader-pool.ts';
import type { SqlCell, SqlParam } from './sql-value.ts';
import { type ReadLimits, readTableColumns, type TableColumns } from './table-columns.ts';

/** The last write to a cell. */
export interface CellOrigin {
  /** 32 hex digits. */
  readonly actorId: string;
  readonly version: number;
  readonly hlc: Hlc;
}

/** Origins by column; a column whose last write has not arrived here is missing. */
export type RowOrigins = ReadonlyMap<string, CellOrigin>;

/** Cells asked for at once; more are refused with PATINA_RESULT_TOO_LARGE. */
export const originCellsMax = 100_000;

/**
 * For each key, in their order, the origins of its row; undefined where there is no such row. All of one
 * snapshot. Rejects with PATINA_NOT_FOUND where the table is not replicated, with PATINA_BODY_INVALID where a
 * key does not have as many values as the table's.
 */
export async function readCellOrigins(
  readers: Pick<ReaderPool, 'all'>,
  table: string,
  keys: readonly (readonly SqlParam[])[],
  limits: ReadLimits,
): Promise<(RowOrigins | undefined)[]> {
  const columns = await readTableColumns(readers, table, limits);
  checkKeys(columns, keys);
  if (keys.length === 0) return [];
  const { timeoutMs, signal } = limits;
  const { rows } = await readers.all({
    sql: originsSql(columns, keys.length),
    params: keys.flat(),
    timeoutMs,
    isOwn: true,
    ...(signal === undefined ? {} : { signal }),
  });
  const rowsByPlace = Map.groupBy(rows, ([place]) => Number(place));
  return keys.map((_key, place) => {
    const found = rowsByPlace.get(place);
    return found === undefined ? undefined : originsOf(columns, found);
  });
}

function checkKeys({ name, key, all }: TableColumns, keys: readonly (readonly SqlParam[])[]): void {
  const wrong = keys.find((values) => values.length !== key.length);
  if (wrong !== undefined) {
    const message = `a key of ${name} has ${key.length} values, not ${wrong.length}`;
    throw new PatinaError('PATINA_BODY_INVALID', message, {
      hint: `They are those of ${key.join(', ')}, in this order.`,
    });
  }
  if (keys.length * all.length <= originCellsMax) return;
  const message = `${keys.length} rows of ${name} have more than ${originCellsMax} cells`;
  throw new PatinaError('PATINA_RESULT_TOO_LARGE', message, { hint: 'Ask for fewer rows.' });
}

/**
 * For each key whose row exists: its place, the base (version, hlc, actor id), and on a line for each of its
 * cell clocks the same of that, after the number of the column. A cell that is older than its base (left behind
 * by a REPLACE outside of Patina) does not count.
 */
function originsSql({ name, key }: TableColumns, keyCount: number): string {
  const places = key.map((_, index) => `k${index}`);
  const marks = key.map(() => '?').join(', ');
  const wanted = Array.from({ length: keyCount }, (_, place) => `(${place}, ${marks})`);
  const sameKey = (left: string, right: string): string =>
    places.map((place) => `${left}.${place} = ${right}.${place}`).join(' AND ');
  const isNewer =
    'c.version = 0 OR c.hlc > b.hlc OR (c.hlc = b.hlc AND (c.actor <> b.actor OR c.seq > b.seq))';
  return (
    `WITH wanted (place, ${places.join(', ')}) AS (VALUES ${wanted.join(', ')}) ` +
    'SELECT w.place, b.version, b.hlc, lower(hex(ba.id)), c.col, c.version, c.hlc, lower(hex(ca.id)) ' +
    `FROM wanted AS w CROSS JOIN ${quoteName(baseTableName(name))} AS b ON ${sameKey('b', 'w')} ` +
    `LEFT JOIN ${quoteName(cellTableName(name))} AS c ON ${sameKey('c', 'b')} AND (${isNewer}) ` +
    'LEFT JOIN __patina_actors AS ba ON ba.ordinal = b.actor ' +
    'LEFT JOIN __patina_actors AS ca ON ca.ordinal = c.actor ' +
    // Of an even causal length are rows that are gone.
    'WHERE (b.cl & 1) = 1'
  );
}

function originsOf(columns: TableColumns, found: readonly (readonly SqlCell[])[]): RowOrigins {
  const [, ...base] = found[0] ?? [];
  const origins = new Map(columns.all.map((name) => [name, originOf(base)]));
  for (const [, , , , id, ...cell] of found) {
    const name = id === null ? undefined : columns.nameById.get(Number(id));
    if (name !== undefined) origins.set(name, originOf(cell));
  }
  return new Map(
    [...origins].flatMap(([name, origin]) => (origin === undefined ? [] : [[name, origin]])),
  );
}

/** Undefined for version 0: that write is known of, and not here yet. */
function originOf([version, hlc, actorId]: readonly (SqlCell | undefined)[]):
  | CellOrigin
  | undefined {
  if (Number(version) === 0) return undefined;
  return { actorId: String(actorId), version: Number(version), hlc: Number(hlc) };
}
