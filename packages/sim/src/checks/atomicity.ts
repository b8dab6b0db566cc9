// P4 and P5: a transaction is visible whole or not at all, and wins or loses whole. Rows of a group in
// `atomic` are only ever written all together, with one token; so at every commit on every node all
// rows of a group must be there with the same token, or none.

import type { Machine } from '../machine.ts';
import { largeGroupFirst, largeGroupRows, smallGroups } from '../workload/schema.ts';
import { cachedRows } from './cached-statements.ts';

interface GroupRow {
  readonly grp: number;
  readonly rows: number;
  readonly low: string;
  readonly high: string;
  readonly differing: number;
}

const groupsSql =
  'SELECT grp, count(*) AS rows, min(token) AS low, max(token) AS high, ' +
  'sum(substr(copy, 1, length(token)) IS NOT token) AS differing FROM atomic ';

export interface AtomicityFault {
  readonly group: number;
  readonly message: string;
}

/** What is visible only in part on this machine; undefined when nothing is. */
export function atomicityFault(
  machine: Machine,
  which: 'small' | 'all',
): AtomicityFault | undefined {
  const where = which === 'small' ? `WHERE grp < ${largeGroupFirst} ` : '';
  const sql = `${groupsSql}${where}GROUP BY grp`;
  const groups = cachedRows<GroupRow>(machine.disk.db, sql);
  for (const { grp, rows, low, high, differing } of groups) {
    const expected = grp < largeGroupFirst ? smallGroups[grp] : largeGroupRows;
    if (rows !== expected) {
      const message = `${machine.name} shows ${rows} rows of group ${grp}, not ${expected} or none`;
      return { group: grp, message };
    }
    if (low !== high || differing > 0) {
      const message = `${machine.name} shows parts of ${low} and ${high} in group ${grp}`;
      return { group: grp, message };
    }
  }
  return undefined;
}
