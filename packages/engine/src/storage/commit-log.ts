// The order in which versions became visible here. Live queries read it inside the snapshot on which
// they evaluate, so they know exactly which versions that snapshot holds and the one before it did not.

import type { Statements } from './statements.ts';

/** How many of the latest entries are kept: whoever is further behind looks at everything anew. */
export const commitLogMax = 20_000;

/** Entries are dropped so many at a time: each drop is a write of its own. */
const trimPeriod = 1_000;

/** Actor ordinal and version of an entry that says: what you knew of versions or tables is void. */
export const resetEntry = { actor: 0, version: 0 } as const;

export class CommitLog {
  readonly #statements: Statements;

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  /** Inside a write transaction: the changes of this version become visible with it. */
  append(actor: number, version: number): void {
    const { lastInsertRowid } = this.#statements
      .get('INSERT INTO __patina_commits (actor, version) VALUES (?, ?)')
      .run(actor, version);
    const seq = Number(lastInsertRowid);
    if (seq % trimPeriod !== 0) return;
    this.#statements.get('DELETE FROM __patina_commits WHERE seq <= ?').run(seq - commitLogMax);
  }

  /** Inside a write transaction: tables or the numbers of versions change with it. */
  reset(): void {
    this.append(resetEntry.actor, resetEntry.version);
  }
}
