// Gives an actor's youngest versions to another actor: for a database that must become a new actor after
// it has already written under an id that is not its own any more.

import { quoteName } from '../base/sql-text.ts';
import { baseTableName, cellTableName, type ReplicatedTable } from '../crdt/table.ts';
import type { Statements } from './statements.ts';

/** Versions `from` and later of `actor` become versions 1, 2, … of `to`. */
export function moveVersions(
  statements: Statements,
  tables: Iterable<ReplicatedTable>,
  move: { readonly actor: number; readonly from: number; readonly to: number },
): void {
  for (const { name } of tables) {
    for (const clocks of [baseTableName(name), cellTableName(name)]) {
      statements
        .get(
          `UPDATE ${quoteName(clocks)} SET actor = ?, version = version - ? ` +
            'WHERE actor = ? AND version >= ?',
        )
        .run(move.to, move.from - 1, move.actor, move.from);
    }
  }
}
