// What cannot be applied is kept, blocks nothing, is served on as the same bytes, and is applied when its
// time or its schema has come (promise P11).

import { expect, it } from 'vitest';
import { ByteWriter } from '../base/bytes.ts';
import { encodeChunkHeader } from '../base/chunk-header.ts';
import { encodeChunk } from '../crdt/changeset-codec.ts';
import { ChangeServer } from './change-server.ts';
import { applyReplicaSchema } from './schema-apply.ts';
import {
  contents,
  copyTestReplica,
  openTestReplica,
  type TestReplica,
  testActor,
  testStartMs,
} from './testing.ts';

const small = 'CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);';
const large = `
  CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT);
  CREATE TABLE u (id INTEGER PRIMARY KEY, v);
`;

function applySchema(node: TestReplica, schema: string): void {
  applyReplicaSchema(node.replica, [schema], { allowDestructive: true });
}

function reasons(node: TestReplica): unknown[] {
  return node.all('SELECT version, reason FROM patina_quarantine ORDER BY actor_id, version');
}

it('keeps changes of unknown tables and columns, and blocks nothing else', () => {
  const [a, b] = [copyTestReplica(testActor('a'), large), copyTestReplica(testActor('b'), small)];
  a.run("INSERT INTO t (id, a) VALUES (1, 'x')");
  a.run("INSERT INTO u VALUES (1, 'y')");
  a.run("UPDATE t SET b = 'z'");
  a.run("UPDATE t SET a = 'w'");
  const { applied, quarantined } = b.replica.merge(a.log);
  expect(quarantined.map(({ header, reason }) => [header.version, reason])).toEqual([
    [1, 'PATINA_SCHEMA_REFUSED'],
    [2, 'PATINA_SCHEMA_REFUSED'],
    [3, 'PATINA_SCHEMA_REFUSED'],
  ]);
  expect(applied.map(({ version }) => version)).toEqual([4]);
  expect(b.all('SELECT id, a FROM t')).toEqual([{ id: 1, a: 'w' }]);
  // The versions count as known: nobody has to send them again.
  expect(b.replica.book.stateOf(a.replica.actorId)).toMatchObject({ head: 4, gaps: [] });
  expect(b.replica.merge(a.log).quarantined).toEqual([]);
  expect(b.replica.verifyBookkeeping()).toEqual([]);
});

it('serves them on as the same bytes, whole and in pieces', () => {
  const [a, b] = [copyTestReplica(testActor('a'), large), copyTestReplica(testActor('b'), small)];
  a.run("INSERT INTO u VALUES (1, 'y')");
  a.run("INSERT INTO t VALUES (1, 'x', 'y')");
  b.replica.merge(a.log);
  const server = new ChangeServer(b.replica.db);
  const { actorId } = a.replica;
  const full = server.read({ kind: 'full', actorId, start: 1, end: 9 }, 1e6);
  expect(full.chunks.map((chunk) => Buffer.from(chunk))).toEqual(a.log.map((c) => Buffer.from(c)));
  expect(full.empty).toEqual([]);
  const partial = server.read({ kind: 'partial', actorId, version: 1, seqs: [[0, 9]] }, 1e6);
  expect(partial.chunks.map((chunk) => Buffer.from(chunk))).toEqual([
    Buffer.from(a.log[0] as Uint8Array),
  ]);
  const c = copyTestReplica(testActor('c'), large);
  c.replica.merge(full.chunks);
  expect(contents(c.replica)).toBe(contents(a.replica));
});

it('applies all that waited when the schema arrives, more than one look finds', () => {
  const versions = 2_300;
  const [a, b] = [copyTestReplica(testActor('a'), large), copyTestReplica(testActor('b'), small)];
  for (let id = 1; id <= versions; id++) a.run(`INSERT INTO u VALUES (${id}, 'v${id}')`);
  a.run("INSERT INTO t VALUES (1, 'x', 'y')");
  b.replica.merge(a.log);
  applySchema(b, `${small} CREATE TABLE u (id INTEGER PRIMARY KEY, v);`);
  const first = b.replica.retryQuarantined('all');
  expect(first.applied).toHaveLength(versions);
  expect(reasons(b)).toEqual([{ version: versions + 1, reason: 'PATINA_SCHEMA_REFUSED' }]);
  applySchema(b, large);
  expect(b.replica.retryQuarantined('all').applied).toHaveLength(1);
  expect(reasons(b)).toEqual([]);
  expect(contents(b.replica)).toBe(contents(a.replica));
  expect(b.replica.verifyBookkeeping()).toEqual([]);
});

it('reaches those that can be applied behind many that still cannot', () => {
  const [a, b, c] = [
    copyTestReplica(testActor('a'), large),
    copyTestReplica(testActor('b'), small),
    copyTestReplica(testActor('c'), large),
  ];
  for (let id = 1; id <= 1_200; id++) a.run(`INSERT INTO u VALUES (${id}, 0)`);
  c.run("INSERT INTO t VALUES (1, 'x', 'y')");
  b.replica.merge([...a.log, ...c.log]);
  applySchema(b, 'CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT);');
  const since = b.all('SELECT DISTINCT since_ms FROM patina_quarantine');
  b.clock.wallMs += 5_000;
  expect(b.replica.retryQuarantined('all').applied).toHaveLength(1);
  expect(b.all('SELECT b FROM t')).toEqual([{ b: 'y' }]);
  // They have been waiting since they came, not since the last look.
  expect(b.all('SELECT DISTINCT since_ms FROM patina_quarantine')).toEqual(since);
});

it('keeps a kind of change that it does not know', () => {
  const [a, b] = [copyTestReplica(testActor('a'), small), copyTestReplica(testActor('b'), small)];
  a.run("INSERT INTO t VALUES (1, 'x')");
  const chunk = Buffer.from(a.log[0] as Uint8Array);
  const writer = new ByteWriter();
  const header = {
    actorId: a.replica.actorId,
    version: 1,
    hlc: 5,
    startSeq: 0,
    endSeq: 1,
    lastSeq: 1,
  };
  encodeChunkHeader(writer, header);
  writer.varint(1);
  writer.u8(77);
  const unknown = writer.finish();
  expect(b.replica.merge([unknown])).toMatchObject({
    malformed: 0,
    quarantined: [{ reason: 'PATINA_SCHEMA_REFUSED' }],
  });
  expect(b.replica.merge([chunk]).applied).toEqual([]);
  // A large version of which one chunk holds it is kept whole.
  const parts = [0, 1].map((seq) => {
    const part = { ...header, version: 2, startSeq: seq, endSeq: seq };
    if (seq === 0) return encodeChunk(part, []);
    const odd = new ByteWriter();
    encodeChunkHeader(odd, part);
    odd.varint(1);
    odd.u8(77);
    return odd.finish();
  });
  expect(b.replica.merge(parts)).toMatchObject({ quarantined: [{ header: { version: 2 } }] });
  expect(b.all('SELECT count(*) AS n FROM __patina_partials')).toEqual([{ n: 0 }]);
  expect(b.replica.verifyBookkeeping()).toEqual([]);
});

it('keeps changesets of clocks ahead aside, and applies them when their time has come', () => {
  const options = { schema: large, maxClockDriftMs: 500 };
  const a = openTestReplica({ ...options, actor: testActor('a') });
  const b = openTestReplica({ ...options, actor: testActor('b') });
  a.clock.wallMs = testStartMs + 60_000;
  a.run("INSERT INTO t (id, a) VALUES (1, 'ahead')");
  const before = b.replica.lastHlc;
  expect(b.replica.merge(a.log).quarantined).toMatchObject([{ reason: 'clock-ahead' }]);
  // It must not drag our clock along.
  expect(b.replica.lastHlc).toBe(before);
  b.run("INSERT INTO t (id, a) VALUES (1, 'here')");
  expect(b.all('SELECT a FROM t')).toEqual([{ a: 'here' }]);
  b.clock.wallMs = testStartMs + 59_000;
  expect(b.replica.retryQuarantined('due').applied).toEqual([]);
  expect(b.replica.retryQuarantined('all').applied).toEqual([]);
  b.clock.wallMs = testStartMs + 59_600;
  expect(b.replica.retryQuarantined('due').applied).toHaveLength(1);
  expect(b.all('SELECT a FROM t')).toEqual([{ a: 'ahead' }]);
  a.clock.wallMs = testStartMs + 60_001;
  a.replica.merge(b.log);
  expect(contents(a.replica)).toBe(contents(b.replica));
});

it('keeps a large changeset of a clock ahead aside when its last chunk tells no time', () => {
  const b = openTestReplica({ actor: testActor('b'), schema: small, maxClockDriftMs: 500 });
  const a = openTestReplica({ actor: testActor('a'), schema: small });
  a.clock.wallMs = testStartMs + 60_000;
  a.run("INSERT INTO t VALUES (1, 'x')");
  const server = new ChangeServer(a.replica.db);
  const { actorId } = a.replica;
  // Seqs 5..9 were overwritten: the chunk that says so has nothing to take a clock from.
  const need = {
    kind: 'partial',
    actorId,
    version: 1,
    seqs: [
      [0, 4],
      [5, 9],
    ],
  } as const;
  const first = server.read(need, 1e6);
  const second = server.read({ ...need, seqs: [[5, 9]] }, 1e6);
  const outcome = b.replica.merge([...first.chunks, ...second.chunks]);
  expect(outcome.quarantined).toMatchObject([
    { reason: 'clock-ahead', header: { version: 1, hlc: a.replica.lastHlc } },
  ]);
  b.clock.wallMs = testStartMs + 60_000;
  expect(b.replica.retryQuarantined('due').applied).toMatchObject([{ hlc: a.replica.lastHlc }]);
  expect(contents(b.replica)).toBe(contents(a.replica));
});

it('mixed schemas end equal once all have the newest', () => {
  const nodes = [
    copyTestReplica(testActor('a'), large),
    copyTestReplica(testActor('b'), small),
    copyTestReplica(testActor('c'), small),
  ];
  const [a, b, c] = nodes as [TestReplica, TestReplica, TestReplica];
  a.run("INSERT INTO t VALUES (1, 'a', 'b'), (2, 'a', 'b')", 'INSERT INTO u VALUES (1, 1)');
  b.run("INSERT INTO t VALUES (1, 'later'), (3, 'old schema')");
  const exchange = (): void => {
    for (const node of nodes) node.replica.merge(nodes.flatMap(({ log }) => log));
  };
  exchange();
  a.run("UPDATE t SET b = 'c' WHERE id = 3");
  b.run("UPDATE t SET a = 'd' WHERE id = 2");
  c.run('DELETE FROM t WHERE id = 1');
  exchange();
  for (const node of [b, c]) {
    applySchema(node, large);
    node.replica.retryQuarantined('all');
  }
  exchange();
  for (const node of [b, c]) expect(contents(node.replica)).toBe(contents(a.replica));
  expect(a.all('SELECT * FROM t ORDER BY id')).toEqual([
    // Where row 2 had not arrived there was nothing to update.
    { id: 2, a: 'a', b: 'b' },
    { id: 3, a: 'old schema', b: 'c' },
  ]);
});
