// A node whose database was replaced by a backup keeps its live queries: what they are told next leads from
// what they had to what is there now.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { restoreDatabase } from '../../storage/backup.ts';
import { Host } from '../../storage/host.ts';
import { createLiveQueries } from './create-live-queries.ts';
import type { LiveHub } from './live-hub.ts';
import { HeldResult, until } from './testing-readers.ts';

const sql = 'SELECT id, body FROM notes';

function start(path: string): Host {
  return new Host({ path, synchronous: 'normal', cacheKib: 2_000, maxClockDriftMs: 500 });
}

function write(host: Host, ...statements: string[]): void {
  const { outcomes } = host.replica.transact(
    statements.map((text) => ({ statements: [{ sql: text }] })),
  );
  for (const outcome of outcomes) if (!outcome.ok) throw outcome.error;
}

function openLive(directory: string): LiveHub {
  return createLiveQueries({
    databasePath: join(directory, 'node.db'),
    stateDirectory: join(directory, 'subscriptions'),
    compileCacheDirectory: join(tmpdir(), 'patina-test-compile-cache'),
  });
}

function open(live: LiveHub, reader: HeldResult): Promise<unknown> {
  const from = reader.opened === undefined ? {} : { from: reader.cursor };
  const query = { sql, params: [] };
  return live.open({ query, role: 'reader', client: 'test', ...from }, reader);
}

test.each([
  ['shorter than', 0],
  ['longer than', 30],
])('a restored database whose log is %s the former', async (_what, more) => {
  const directory = mkdtempSync(join(tmpdir(), 'patina-restored-'));
  const path = join(directory, 'node.db');
  const lives: LiveHub[] = [];
  try {
    const former = start(path);
    former.applySchema({
      texts: ['CREATE TABLE notes (id INTEGER PRIMARY KEY NOT NULL, body TEXT);'],
      allowDestructive: false,
    });
    write(former, "INSERT INTO notes VALUES (1, 'kept')");
    former.backup(join(directory, 'backup.db'));
    const first = openLive(directory);
    lives.push(first);
    const reader = new HeldResult();
    await open(first, reader);
    await until(() => reader.snapshotEnd !== undefined);
    write(
      former,
      "INSERT INTO notes VALUES (2, 'lost')",
      "UPDATE notes SET body = 'lost too' WHERE id = 1",
    );
    first.wake();
    await until(
      () => reader.rows().includes('[2,"lost"]') && reader.rows().includes('[1,"lost too"]'),
    );
    await first.stop();
    former.close();

    restoreDatabase(join(directory, 'backup.db'), path, undefined);
    const restored = start(path);
    for (let id = 10; id < 10 + more; id++)
      write(restored, `INSERT INTO notes VALUES (${id}, 'new')`);
    const second = openLive(directory);
    lives.push(second);
    await open(second, reader);
    const db = new Database(path, { readonly: true });
    const rows = db.prepare(sql).raw().all();
    db.close();
    const expected = rows.map((row) => JSON.stringify(row)).toSorted();
    await until(() => JSON.stringify(reader.rows()) === JSON.stringify(expected));
    write(restored, "INSERT INTO notes VALUES (99, 'after')");
    second.wake();
    await until(() => reader.rows().includes('[99,"after"]'));
    expect(reader.ended).toMatchObject({ code: 'PATINA_SHUTTING_DOWN' });
    await second.stop();
    restored.close();
  } finally {
    for (const live of lives) await live.stop();
    rmSync(directory, { recursive: true, force: true });
  }
});
