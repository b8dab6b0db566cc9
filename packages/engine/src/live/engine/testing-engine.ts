// A program for tests that kill it: follows a database and says every group that the engine tells, one
// a line, the id of the query before it. Writes in between, so that there is something to tell.

import { writeSync } from 'node:fs';
import Database from 'better-sqlite3';
import { must } from '../../base/assert.ts';
import { openTestReplica, testActor } from '../../storage/testing.ts';
import { createLiveEngine } from './engine.ts';
import { testLimits } from './testing.ts';

/** What is followed: all three ways. */
export const killedQueries: readonly string[] = [
  'SELECT id, v, g FROM t',
  'SELECT g, count(*), sum(v) FROM t GROUP BY g',
  'SELECT id, v FROM t ORDER BY v DESC, id LIMIT 5',
];

export const killedSchema = 'CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER, g INTEGER)';

function main(databasePath: string, statePath: string, seed: number): void {
  const db = new Database(databasePath);
  const node = openTestReplica({ actor: testActor('a'), schema: '', db });
  let ids = 0;
  const engine = createLiveEngine({
    databasePath,
    statePath,
    limits: testLimits,
    monotonicMs: () => performance.now(),
    wallMs: () => node.clock.wallMs,
    newId: () => `query-${seed}-${++ids}`,
  });
  for (const sql of killedQueries) engine.subscribe({ sql, params: [], role: '' });
  for (let step = seed * 1_000; ; step++) {
    const [id, v, g] = [(step * 7) % 50, step % 13, step % 4];
    node.run(
      step % 5 === 0
        ? ['DELETE FROM t WHERE id = ?', [id]]
        : ['INSERT OR REPLACE INTO t VALUES (?, ?, ?)', [id, v, g]],
    );
    for (const { id: query, group } of engine.work(5).groups) {
      writeSync(1, `${query} ${JSON.stringify(group)}\n`);
    }
  }
}

if (import.meta.main) {
  const [databasePath, statePath, seed] = process.argv.slice(2);
  main(must(databasePath, 'a database'), must(statePath, 'a state file'), Number(seed));
}
