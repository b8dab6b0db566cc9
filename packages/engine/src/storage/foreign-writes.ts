// Writes by other programs with the plain SQLite library are captured by the triggers under the open
// version, with the clock of the last one. When they are noticed, they become a version of their own.

import { quoteName } from '../base/sql-text.ts';
import { baseTableName, cellTableName, type ReplicatedTable } from '../crdt/table.ts';
import type { Statements } from './statements.ts';

/**
 * Gives the rows of the open version their clock and their seqs; returns whether there are any. seqs
 * are counted per connection outside, so they may be negative or meet: shifted to start at 0 and
 * doubled, a cell comes after the base of the same seq, as it would have within one connection.
 */
export function adoptForeignRows(
  statements: Statements,
  tables: Iterable<ReplicatedTable>,
  clock: { readonly actor: number; readonly version: number; readonly hlc: number },
): boolean {
  const known = [...tables];
  const names = known.flatMap(({ name }) => [
    { name: baseTableName(name), offset: 0 },
    { name: cellTableName(name), offset: 1 },
  ]);
  let firstSeq: number | undefined;
  for (const { name } of names) {
    const row = statements
      .get(`SELECT min(seq) FROM ${quoteName(name)} WHERE actor = ? AND version = ?`, 'raw')
      .get(clock.actor, clock.version) as [number | null];
    if (row[0] !== null) firstSeq = Math.min(firstSeq ?? row[0], row[0]);
  }
  if (firstSeq === undefined) return false;
  for (const { name, offset } of names) {
    statements
      .get(
        `UPDATE ${quoteName(name)} SET hlc = ?, seq = (seq - ?) * 2 + ? WHERE actor = ? AND version = ?`,
      )
      .run(clock.hlc, firstSeq, offset, clock.actor, clock.version);
  }
  for (const { name, key } of known) {
    const keys = key.map((_, index) => `k${index}`);
    dropOlderCells(statements, name, keys, clock);
  }
  return true;
}

/**
 * REPLACE by a program without recursive triggers leaves the cell clocks of the row that it replaced.
 * Other nodes see a row that began anew, without any.
 */
function dropOlderCells(
  statements: Statements,
  table: string,
  keys: readonly string[],
  clock: { readonly actor: number; readonly version: number; readonly hlc: number },
): void {
  const base = quoteName(baseTableName(table));
  const list = keys.join(', ');
  const match = keys.map((key) => `b.${key} = c.${key}`).join(' AND ');
  statements
    .get(
      `DELETE FROM ${quoteName(cellTableName(table))} AS c ` +
        `WHERE (${list}) IN (SELECT ${list} FROM ${base} WHERE actor = ? AND version = ?) ` +
        `AND (hlc < ? OR seq < (SELECT b.seq FROM ${base} AS b WHERE ${match}))`,
    )
    .run(clock.actor, clock.version, clock.hlc);
}
