// A transaction of any size appears whole or not at all (promise P4), however its chunks arrive, by whom
// they are served, and whatever stops in between.

import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { seededRng, shuffled } from '../base/rng.ts';
import { decodeChunk } from '../crdt/changeset-codec.ts';
import type { SyncNeed } from '../ports.ts';
import { ChangeServer } from './change-server.ts';
import {
  contents,
  copyTestReplica,
  openTestReplica,
  type TestReplica,
  testActor,
} from './testing.ts';

const schema = `
  CREATE TABLE big (id INTEGER PRIMARY KEY, a TEXT, b INT, c REAL, d);
  CREATE TABLE side (k TEXT NOT NULL PRIMARY KEY, v);
`;

const rows = 20_000;

function makeLarge(count: number = rows): TestReplica {
  const a = copyTestReplica(testActor('a'), schema);
  a.run(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count}) ` +
      "INSERT INTO big SELECT i, printf('row %d', i), i, i / 3.0, NULL FROM n",
    "INSERT INTO side VALUES ('k', 1)",
  );
  return a;
}

function count(node: TestReplica): unknown {
  return node.all('SELECT count(*) AS n FROM big');
}

/** All that `from` can serve of its peers' versions, as sync asks for it. */
function serveAll(server: ChangeServer, need: SyncNeed, bytesMax: number): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let rest: SyncNeed | undefined = need; rest !== undefined; ) {
    const slice = server.read(rest, bytesMax);
    chunks.push(...slice.chunks);
    rest = slice.rest;
  }
  return chunks;
}

it('is cut into chunks that cover all seqs once', () => {
  const a = makeLarge();
  expect(a.log.length).toBeGreaterThan(10);
  const headers = a.log.map((chunk) => decodeChunk(chunk).header);
  const [first] = headers;
  let next = 0;
  for (const { startSeq, endSeq, lastSeq, version, hlc } of headers) {
    const { lastSeq: last, hlc: time } = first ?? {};
    expect([startSeq, lastSeq, version, hlc]).toEqual([next, last, 1, time]);
    next = endSeq + 1;
  }
  expect(next - 1).toBe(first?.lastSeq);
  for (const chunk of a.log) expect(chunk.length).toBeLessThan(64 * 1024);
});

it('appears whole when its last chunk is here, in whatever order, with repetitions', () => {
  const a = makeLarge();
  for (const seed of [1, 2, 3]) {
    const rng = seededRng(seed);
    const b = copyTestReplica(testActor('b'), schema);
    const [lost, ...others] = shuffled(rng, a.log) as [Uint8Array, ...Uint8Array[]];
    for (const chunk of shuffled(rng, [...others, ...others.slice(0, 5)])) {
      const { applied, quarantined, malformed } = b.replica.merge([chunk]);
      expect({ applied, quarantined, malformed }).toEqual({
        applied: [],
        quarantined: [],
        malformed: 0,
      });
      expect(count(b)).toEqual([{ n: 0 }]);
    }
    expect(b.replica.book.stateOf(a.replica.actorId).partials).toHaveLength(1);
    expect(b.replica.verifyBookkeeping()).toEqual([]);
    expect(b.replica.merge([lost]).applied).toMatchObject([{ version: 1 }]);
    expect(contents(b.replica)).toBe(contents(a.replica));
    expect(b.all('SELECT count(*) AS n FROM __patina_partials')).toEqual([{ n: 0 }]);
    expect(b.replica.verifyBookkeeping()).toEqual([]);
    b.replica.db.close();
  }
});

it('is not seen by another reader of the file before it is whole', () => {
  const a = makeLarge(3_000);
  const b = copyTestReplica(testActor('b'), schema);
  b.replica.merge(a.log.slice(1));
  const image = new Database(b.replica.db.serialize());
  expect(image.prepare('SELECT count(*) AS n FROM big').get()).toEqual({ n: 0 });
  expect(image.prepare('SELECT count(*) AS n FROM side').get()).toEqual({ n: 0 });
});

it('goes on after a restart with what was buffered', () => {
  const a = makeLarge();
  const b = copyTestReplica(testActor('b'), schema);
  const half = Math.floor(a.log.length / 2);
  b.replica.merge(a.log.slice(half));
  const again = openTestReplica({
    actor: testActor('b'),
    schema: '',
    db: new Database(b.replica.db.serialize()),
  });
  expect(again.replica.book.state()).toEqual(b.replica.book.state());
  expect(again.replica.merge(a.log.slice(half)).changes).toEqual([]);
  again.replica.merge(a.log.slice(0, half));
  expect(contents(again.replica)).toBe(contents(a.replica));
});

it('is served on by a relay that has only a part of it', () => {
  const a = makeLarge();
  const relay = copyTestReplica(testActor('b'), schema);
  const late = copyTestReplica(testActor('c'), schema);
  const part = a.log.slice(3, 9);
  relay.replica.merge(part);
  const { actorId } = a.replica;
  const server = new ChangeServer(relay.replica.db);
  expect(server.read({ kind: 'full', actorId, start: 1, end: 1 }, 1e6)).toEqual({
    chunks: [],
    empty: [],
    rest: undefined,
  });
  const [partial] = relay.replica.book.stateOf(actorId).partials;
  const need = { kind: 'partial', actorId, version: 1, seqs: partial?.seqs ?? [] } as const;
  const served = serveAll(server, need, 1e6);
  expect(served.map((chunk) => Buffer.from(chunk))).toEqual(part.map((c) => Buffer.from(c)));
  late.replica.merge(served);
  expect(late.replica.book.stateOf(actorId)).toEqual(relay.replica.book.stateOf(actorId));
  // The rest comes from the origin, by what is missing.
  const seqs = late.replica.book.missingSeqs(actorId, 1) ?? [];
  const origin = new ChangeServer(a.replica.db);
  late.replica.merge(serveAll(origin, { kind: 'partial', actorId, version: 1, seqs }, 10_000));
  expect(contents(late.replica)).toBe(contents(a.replica));
  expect(late.replica.verifyBookkeeping()).toEqual([]);
});

it.each([1, 30_000, 1e9])(
  'is served whole from clocks and rows in slices of %i bytes',
  (bytesMax) => {
    const a = makeLarge(9_000);
    a.run("UPDATE big SET a = 'later' WHERE id % 3 = 0");
    const b = copyTestReplica(testActor('b'), schema);
    const { actorId } = a.replica;
    const server = new ChangeServer(a.replica.db);
    const chunks = serveAll(server, { kind: 'full', actorId, start: 1, end: 2 }, bytesMax);
    b.replica.merge(shuffled(seededRng(bytesMax), chunks));
    expect(contents(b.replica)).toBe(contents(a.replica));
    expect(b.replica.book.state()).toEqual(a.replica.book.state());
  },
);

it('completes although its tail was overwritten where the rest is asked for', () => {
  const a = makeLarge(5_000);
  const whole = [...a.log];
  const b = copyTestReplica(testActor('b'), schema);
  b.replica.merge(whole.slice(0, 2));
  // The last rows of version 1 are gone at the origin: its last seq there is smaller now.
  a.run('DELETE FROM big WHERE id > 2000', 'DELETE FROM side');
  const { actorId } = a.replica;
  const server = new ChangeServer(a.replica.db);
  const seqs = b.replica.book.missingSeqs(actorId, 1) ?? [];
  b.replica.merge(serveAll(server, { kind: 'partial', actorId, version: 1, seqs }, 10_000));
  b.replica.merge(serveAll(server, { kind: 'full', actorId, start: 2, end: 2 }, 1e6));
  expect(b.replica.book.state()).toEqual(a.replica.book.state());
  expect(contents(b.replica)).toBe(contents(a.replica));
});

it('completes from one that has overwritten all of it', () => {
  const a = makeLarge(5_000);
  const b = copyTestReplica(testActor('b'), schema);
  b.replica.merge(a.log.slice(0, 2));
  a.run("UPDATE big SET a = 'z', b = 0, c = 0, d = 0", 'DELETE FROM big', 'DELETE FROM side');
  const { actorId } = a.replica;
  const server = new ChangeServer(a.replica.db);
  const seqs = b.replica.book.missingSeqs(actorId, 1) ?? [];
  const rest = serveAll(server, { kind: 'partial', actorId, version: 1, seqs }, 10_000);
  const { applied } = b.replica.merge(rest);
  expect(applied).toMatchObject([
    { version: 1, hlc: decodeChunk(a.log[0] as Uint8Array).header.hlc },
  ]);
  b.replica.merge(a.log.slice(-1));
  b.replica.merge(serveAll(server, { kind: 'full', actorId, start: 1, end: 2 }, 1e6));
  expect(contents(b.replica)).toBe(contents(a.replica));
});

it('chunks of two servers that cut differently make one version', () => {
  const a = makeLarge();
  const b = copyTestReplica(testActor('b'), schema);
  const { actorId } = a.replica;
  const server = new ChangeServer(a.replica.db);
  const last = decodeChunk(a.log[0] as Uint8Array).header.lastSeq;
  const other = serveAll(
    server,
    { kind: 'partial', actorId, version: 1, seqs: [[100, last - 100]] },
    200_000,
  );
  const mixed = [...other, a.log[0] as Uint8Array, a.log.at(-1) as Uint8Array];
  b.replica.merge(shuffled(seededRng(5), mixed));
  expect(contents(b.replica)).toBe(contents(a.replica));
  expect(b.replica.book.state()).toEqual(a.replica.book.state());
});
