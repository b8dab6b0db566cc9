// Merging chunks that were changed on the way never throws, never corrupts, and never counts what is
// malformed as received.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeChunk } from '../crdt/changeset-codec.ts';
import { contents, copyTestReplica, openTestReplica, testActor } from './testing.ts';

const schema = `
  CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INT NOT NULL DEFAULT 0 CHECK (b < 100));
  CREATE TABLE pair (x TEXT NOT NULL, y BLOB NOT NULL, v, PRIMARY KEY (y, x)) WITHOUT ROWID;
  CREATE TABLE firm (k INT NOT NULL PRIMARY KEY, n INT, s TEXT) STRICT;
`;

function makeLog(): Uint8Array[] {
  const a = copyTestReplica(testActor('a'), schema);
  a.run("INSERT INTO t VALUES (1, 'x', 1), (2, 'y', 2)", "INSERT INTO firm VALUES (1, 2, 's')");
  a.run("INSERT INTO pair VALUES ('p', x'01', 1.5), ('q', x'02', 'text')");
  a.run("UPDATE t SET a = 'z', b = 9", 'UPDATE pair SET v = NULL');
  a.run('DELETE FROM t WHERE id = 2', 'UPDATE firm SET k = 7');
  a.replica.db.close();
  return a.log;
}

const log = makeLog();

const mutation = fc.record({
  chunk: fc.nat(log.length - 1),
  /** The head is long: bytes behind it are hit as often. */
  at: fc.oneof(fc.nat(), fc.integer({ min: 22, max: 90 })),
  byte: fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 2, 255)),
  cut: fc.option(fc.nat(200), { freq: 8 }),
});

function isMalformed(bytes: Uint8Array): boolean {
  try {
    decodeChunk(bytes);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'PATINA_WIRE_MALFORMED';
  }
}

it('takes changed bytes for what they are', () => {
  const seen = { malformed: 0, quarantined: 0, applied: 0 };
  const property = fc.property(
    fc.array(mutation, { minLength: 1, maxLength: 6 }),
    fc.boolean(),
    (mutations, isFilled) => {
      const b = openTestReplica({ actor: testActor('b'), schema, maxClockDriftMs: 500 });
      if (isFilled) b.replica.merge(log);
      for (const { chunk, at, byte, cut } of mutations) {
        const bytes = Buffer.from(log[chunk] as Uint8Array);
        bytes[at % bytes.length] = byte;
        const sent = cut === null ? bytes : bytes.subarray(0, cut);
        const before = [contents(b.replica), JSON.stringify(b.replica.book.state())];
        const outcome = b.replica.merge([sent]);
        seen.malformed += outcome.malformed;
        seen.quarantined += outcome.quarantined.length;
        seen.applied += outcome.applied.length;
        const [rows, book] = before;
        if (outcome.applied.length === 0) expect(contents(b.replica)).toBe(rows);
        if (outcome.malformed > 0 || isMalformed(sent)) {
          expect(JSON.stringify(b.replica.book.state())).toBe(book);
        }
      }
      expect(b.replica.verifyBookkeeping()).toEqual([]);
      expect(b.replica.db.pragma('integrity_check')).toEqual([{ integrity_check: 'ok' }]);
      // It goes on working, for itself and for others.
      b.run("INSERT INTO t VALUES (99, 'own', 1) ON CONFLICT DO UPDATE SET a = 'own'");
      const c = copyTestReplica(testActor('c'), schema);
      expect(c.replica.merge(b.log)).toMatchObject({ malformed: 0, quarantined: [] });
      c.replica.db.close();
      b.replica.db.close();
    },
  );
  fc.assert(property, { numRuns: 300 });
  expect(Math.min(seen.malformed, seen.quarantined, seen.applied)).toBeGreaterThan(10);
}, 60_000);

it('does not count a malformed piece of a large version as received', () => {
  const [a, b] = [copyTestReplica(testActor('a'), schema), copyTestReplica(testActor('b'), schema)];
  a.run(
    'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) ' +
      "INSERT INTO t SELECT i, printf('%060d', i), 1 FROM n",
  );
  expect(a.log.length).toBeGreaterThan(3);
  const [first, second] = a.log as [Uint8Array, Uint8Array];
  const broken = second.subarray(0, second.length - 1);
  expect(b.replica.merge([first, broken])).toMatchObject({ malformed: 1, applied: [] });
  const [state] = b.replica.book.state();
  expect(state?.partials).toMatchObject([{ version: 1, seqs: [[0, expect.any(Number)]] }]);
  b.replica.merge(a.log);
  expect(contents(b.replica)).toBe(contents(a.replica));
});
