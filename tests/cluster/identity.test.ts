// No version is used twice: a restored backup, a copied directory and two live copies of one database
// become actors of their own, and keep working in the cluster.

import { copyFileSync, cpSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestCluster, type TestNode } from './harness.ts';

const schema = 'CREATE TABLE t (id TEXT NOT NULL PRIMARY KEY, value TEXT);';

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await TestCluster.create({ nodes: 2, schema });
  await cluster.start();
});

afterAll(() => cluster.close());

function insert(node: TestNode, id: string): ReturnType<TestNode['api']['transact']> {
  return node.api.transact([['INSERT INTO t VALUES (?, ?)', [id, `value of ${id}`]]]);
}

async function ids(node: TestNode): Promise<unknown[]> {
  return (await node.api.query('SELECT id FROM t ORDER BY id')).flat();
}

/** Waits until the nodes have exactly these rows. */
async function expectIds(nodes: readonly TestNode[], expected: readonly string[]): Promise<void> {
  await cluster.eventually(`rows ${expected.join(', ')}`, 20_000, async () => {
    for (const node of nodes) {
      expect(await ids(node), node.name).toEqual(expected.toSorted());
    }
  });
}

it('restores a backup as a new actor, and the rest comes from the others', async () => {
  const [one, two] = [cluster.node(1), cluster.node(2)];
  await insert(one, 'a');
  await insert(two, 'b');
  await expectIds([one, two], ['a', 'b']);
  const backup = join(cluster.directory, 'backup.db');
  expect(await one.patina('backup', backup)).toMatchObject({ code: 0 });
  const former = await one.api.actorId();
  // After the backup: these versions of the former actor must not be made a second time.
  await insert(one, 'c');
  await expectIds([two], ['a', 'b', 'c']);
  expect(await one.patina('restore', backup)).toMatchObject({ code: 1 });
  await one.end('SIGTERM');
  expect(await one.patina('restore', backup)).toMatchObject({ code: 0 });
  await one.start();
  expect(await one.api.actorId()).not.toBe(former);
  await insert(one, 'd');
  await expectIds([one, two], ['a', 'b', 'c', 'd']);
  await cluster.met();
  for (const node of [one, two]) {
    expect(await node.patina('sync', 'verify')).toMatchObject({ code: 0 });
  }
});

it('gives a copied directory an actor of its own', async () => {
  const [one, two] = [cluster.node(1), cluster.node(2)];
  const expected = await ids(one);
  await one.end('SIGTERM');
  const copy = await cluster.newcomer('copy', { schema });
  copyDatabase(one, copy);
  await Promise.all([one.start(), copy.start()]);
  const actors = await Promise.all([one, two, copy].map(({ api }) => api.actorId()));
  expect(new Set(actors).size).toBe(3);
  await Promise.all([insert(one, 'from-one'), insert(copy, 'from-copy')]);
  await expectIds([one, two, copy], [...expected.map(String), 'from-one', 'from-copy']);
  for (const node of [one, two, copy]) {
    expect(await node.patina('sync', 'verify')).toMatchObject({ code: 0 });
  }
  await copy.end('SIGTERM');
});

it('comes back from a replaced file that lacks its last versions as a new actor', async () => {
  const [one, two] = [cluster.node(1), cluster.node(2)];
  const former = await two.api.actorId();
  await two.end('SIGTERM');
  const old = join(cluster.directory, 'old.db');
  copyFileSync(two.databaseFile, old);
  await two.start();
  await insert(two, 'after-the-copy');
  const expected = (await ids(two)).map(String);
  await expectIds([one], expected);
  await two.end('SIGKILL');
  // The log of the newer file would be replayed into the older one.
  for (const suffix of ['-wal', '-shm']) rmSync(two.databaseFile + suffix, { force: true });
  copyFileSync(old, two.databaseFile);
  await two.start();
  expect(await two.api.actorId()).not.toBe(former);
  await insert(two, 'as-a-new-actor');
  await expectIds([one, two], [...expected, 'as-a-new-actor']);
});

it.each(['at the same time', 'one after the other'])(
  'parts two live copies that no file can tell apart, started %s',
  async (how) => {
    const [one, two] = [cluster.node(1), cluster.node(2)];
    const expected = (await ids(one)).map(String);
    await one.end('SIGTERM');
    const twin = await cluster.newcomer(`twin ${how}`, { schema });
    copyDatabase(one, twin);
    trustCopy(twin);
    const written: string[] = [];
    const startAndWrite = async (node: TestNode): Promise<void> => {
      await node.start();
      for (let n = 0; n < 20; n++) {
        const id = `${how} ${node.name} ${n}`;
        await insert(node, id);
        written.push(id);
      }
    };
    if (how === 'one after the other') await startAndWrite(one);
    await Promise.all([one, twin].filter((node) => !node.isRunning).map(startAndWrite));
    await cluster.eventually('each has an actor of its own', 20_000, async () => {
      const actors = await Promise.all([one, two, twin].map(({ api }) => api.actorId()));
      expect(new Set(actors).size).toBe(3);
    });
    // They found out from each other, not from their files.
    const logs = one.process.output + twin.process.output;
    expect(logs).toContain('took a new actor id');
    expect(logs).not.toContain('was given a new actor id');
    await expectIds([one, two, twin], [...expected, ...written]);
    for (const node of [one, two, twin]) {
      expect(await node.patina('sync', 'verify')).toMatchObject({ code: 0 });
    }
    await twin.end('SIGTERM');
  },
);

/**
 * Makes a copied database believe that it is the original, as on a cloned machine, where even the
 * numbers of files are the same.
 */
function trustCopy({ databaseFile }: TestNode): void {
  const { dev, ino } = statSync(databaseFile, { bigint: true });
  const memory = new Database(`${databaseFile}-node`);
  try {
    const update = memory.prepare("UPDATE memory SET value = ? WHERE key = 'file'");
    expect(update.run(`${dev}:${ino}`).changes).toBe(1);
  } finally {
    memory.close();
  }
}

/** Copies the database and everything beside it, as a person would. */
function copyDatabase(from: TestNode, to: TestNode): void {
  for (const name of readdirSync(from.directory)) {
    if (name.startsWith('node.db')) {
      cpSync(join(from.directory, name), join(to.directory, name), { recursive: true });
    }
  }
}
