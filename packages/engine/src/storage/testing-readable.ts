// Replicas on files with reader processes beside them, for tests of what is read beside the writer.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { createReaderPool, type ReaderPool } from './reader-pool.ts';
import { openTestReplica, type TestReplica, testActor } from './testing.ts';

export interface ReadableReplica extends TestReplica {
  readonly readers: ReaderPool;
}

export interface ReadableBench {
  readonly nodes: readonly ReadableReplica[];
  /** Brings every node everything that any of them wrote. */
  exchange(): void;
  close(): Promise<void>;
}

/** Opens a node for each digit, whose actor id has that digit alone; all clocks are one. */
export function openReadableReplicas(digits: readonly string[], schema: string): ReadableBench {
  const folder = mkdtempSync(join(tmpdir(), 'patina-readable-'));
  const clock = { wallMs: 1_735_700_000_000 };
  const nodes = digits.map((digit): ReadableReplica => {
    const databasePath = join(folder, `${digit}.db`);
    const db = new Database(databasePath);
    db.pragma('journal_mode = WAL');
    const replica = openTestReplica({ actor: testActor(digit), schema, db, clock });
    const compileCacheDirectory = join(tmpdir(), 'patina-test-compile-cache');
    const readers = createReaderPool({ databasePath, compileCacheDirectory });
    return { ...replica, readers };
  });
  return {
    nodes,
    exchange() {
      for (const to of nodes) {
        for (const from of nodes) if (from !== to) to.replica.merge(from.log);
      }
      for (const { log } of nodes) log.length = 0;
    },
    async close() {
      await Promise.all(nodes.map(({ readers }) => readers.stop()));
      for (const { replica } of nodes) replica.db.close();
      rmSync(folder, { recursive: true });
    },
  };
}
