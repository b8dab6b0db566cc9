// A process that loads a storage until it is killed, and says on its standard output what was
// acknowledged: `local <id>`, `large <id>`, `remote <version>`. Arguments: path, number of the run.

import { copyTestReplica, testActor } from './testing.ts';
import { openThreadedStorage } from './threaded-storage.ts';

export const loadSchema = `
  CREATE TABLE local (id TEXT NOT NULL PRIMARY KEY, v INT);
  CREATE TABLE large (id TEXT NOT NULL, n INT NOT NULL, v TEXT, PRIMARY KEY (id, n));
  CREATE TABLE remote (id INTEGER PRIMARY KEY, v TEXT);
`;

/** Rows of one large transaction: a square. */
export const largeRows = 400;

const writers = 8;

async function load(path: string, run: string): Promise<void> {
  const storage = await openThreadedStorage({
    path,
    synchronous: 'normal',
    cacheKib: 2_000,
    maxClockDriftMs: 500,
  });
  await storage.applySchema({ texts: [loadSchema], allowDestructive: false });
  storage.onFailure((error) => {
    throw error;
  });
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const transact = async (sql: string, params: (string | number)[]): Promise<void> => {
    const outcome = await storage.transact({ statements: [{ sql, params }] });
    if (!outcome.ok) throw outcome.error;
  };
  const local = async (writer: number): Promise<never> => {
    for (let n = 0; ; n++) {
      const id = `${run}-${writer}-${n}`;
      await transact('INSERT INTO local VALUES (?, ?)', [id, n]);
      say(`local ${id}`);
    }
  };
  const large = async (): Promise<never> => {
    const digits = Array.from({ length: Math.sqrt(largeRows) }, (_, i) => `(${i})`).join(', ');
    const sql =
      `WITH d(i) AS (VALUES ${digits}) ` +
      `INSERT INTO large SELECT ?, a.i * 1000 + b.i, 'row' FROM d AS a, d AS b`;
    for (let n = 0; ; n++) {
      const id = `${run}-${n}`;
      await transact(sql, [id]);
      say(`large ${id}`);
    }
  };
  const remote = async (): Promise<never> => {
    const peer = copyTestReplica(testActor('b'), loadSchema);
    peer.clock.wallMs = Date.now() - 60_000;
    for (let n = 0; ; n++) {
      const from = peer.log.length;
      for (let i = 0; i < 20; i++) peer.run(`INSERT INTO remote VALUES (${n * 20 + i}, 'v')`);
      const outcome = await storage.merge(peer.log.slice(from));
      for (const { version } of outcome.applied) say(`remote ${version}`);
    }
  };
  say('ready');
  await Promise.race([...Array.from({ length: writers }, (_, n) => local(n)), large(), remote()]);
}

const [, script, path, run] = process.argv;
if (script === import.meta.filename && path !== undefined && run !== undefined) {
  await load(path, run);
}
