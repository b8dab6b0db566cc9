// Writes by other programs with the plain SQLite library are captured by the triggers under the open
// version, with the clock of the last one. When they are noticed, they become a version of their own.

import { baseTableName, cellTableName, quoteName, type ReplicatedTable } from '../crdt/table.ts';
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
  const names = [...tables].flatMap(({ name }) => [
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
  return true;
}
