// A file of an older format gets what it lacks when it is opened, and keeps everything else.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { internalFormat } from './internal-schema.ts';
import { openTestReplica, testActor } from './testing.ts';

it('brings a file of format 1 up to date', () => {
  const folder = mkdtempSync(join(tmpdir(), 'patina-format-'));
  const path = join(folder, 'node.db');
  try {
    const actor = testActor('a');
    const schema = 'CREATE TABLE t (id INTEGER PRIMARY KEY NOT NULL)';
    const older = openTestReplica({ actor, schema, db: new Database(path) });
    older.run('INSERT INTO t VALUES (1)');
    older.replica.db.exec(`
      DROP VIEW patina_subscriptions; DROP TABLE __patina_subscriptions; DROP TABLE __patina_commits;
      UPDATE __patina_state SET format = 1;
    `);
    older.replica.db.close();
    const newer = openTestReplica({ actor, schema: '', db: new Database(path) });
    newer.run('INSERT INTO t VALUES (2)');
    expect(newer.all('SELECT id FROM t')).toHaveLength(2);
    expect(newer.all('SELECT * FROM patina_subscriptions')).toEqual([]);
    expect(newer.all('SELECT format FROM __patina_state')).toEqual([{ format: internalFormat }]);
    newer.replica.db.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
