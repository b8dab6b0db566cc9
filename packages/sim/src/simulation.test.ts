// The simulator itself: the same seed is the same run, and each check finds what it is there for.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ByteReader } from '@patina/engine/base/bytes.ts';
import { decodeChunkHeader } from '@patina/engine/base/chunk-header.ts';
import type { LocalVersion, Storage } from '@patina/engine/ports.ts';
import type { Replica } from '@patina/engine/storage/replica.ts';
import { describe, expect, test } from 'vitest';
import { VersionRegistry } from './checks/versions.ts';
import type { Machine, WrapStorage } from './machine.ts';
import { randomActorId, rngFor } from './random.ts';
import { Simulation, type SimulationOptions } from './simulation.ts';

const mainPath = fileURLToPath(new URL('./main.ts', import.meta.url));
const testMsMax = 120_000;

const base = { nodes: 3, faultMs: 8_000, isCalm: false } as const;

function run(options: Partial<SimulationOptions> & { seed: number }) {
  return new Simulation({ ...base, ...options }).run();
}

async function runInProcess(seed: number): Promise<string> {
  const args = [mainPath, '--seed', String(seed), '--nodes', '3', '--duration', '8', '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const result: { traceHash: string } = JSON.parse(stdout.split('\n')[0] ?? '');
  return result.traceHash;
}

describe('the same seed', () => {
  test(
    'gives the same trace in this process, and in others',
    async () => {
      const first = await run({ seed: 5 });
      const again = await run({ seed: 5 });
      expect(first.failure).toBeUndefined();
      expect(first.traceLines).toBeGreaterThan(300);
      expect(again).toEqual(first);
      expect([await runInProcess(5), await runInProcess(5)]).toEqual([
        first.traceHash,
        first.traceHash,
      ]);
    },
    testMsMax,
  );

  test(
    'differs from another one',
    async () => {
      const [a, b] = [await run({ seed: 5 }), await run({ seed: 6 })];
      expect(a.traceHash).not.toBe(b.traceHash);
    },
    testMsMax,
  );
});

test(
  'a cluster without faults is equal at once',
  async () => {
    const result = await run({ seed: 1, isCalm: true });
    expect(result.failure).toBeUndefined();
    expect(result.acknowledged).toBeGreaterThan(20);
    expect(result.doubtful).toBe(0);
    expect(result.healMs).toBeLessThan(5_000);
  },
  testMsMax,
);

type Bug = (inner: Storage, replica: Replica) => Partial<Storage>;

/** A cluster of which the last node has a bug in its storage. */
function runWith(bug: Bug, seed = 1) {
  const wrapStorage: WrapStorage = (inner, replica, machine) =>
    machine.index === 2 ? { ...inner, ...bug(inner, replica) } : inner;
  return run({ seed, isCalm: true, wrapStorage });
}

/** Changes rows or clocks behind the back of the triggers. */
function tamper(replica: Replica, sql: string): void {
  replica.db.exec('UPDATE __patina_state SET applying = 1 WHERE id = 1');
  replica.db.exec(sql);
  replica.db.exec('UPDATE __patina_state SET applying = 0 WHERE id = 1');
}

/** Does something once, when `count` merges have been done. */
function afterMerges(count: number, inner: Storage, run: () => void): Partial<Storage> {
  let merges = 0;
  return {
    merge: async (chunks) => {
      const outcome = await inner.merge(chunks);
      if (++merges === count) run();
      return outcome;
    },
  };
}

describe('the checks find', () => {
  const find = (name: string, bug: Bug, check: RegExp): void => {
    test(
      name,
      async () => {
        const { failure } = await runWith(bug);
        expect(failure?.check).toMatch(check);
      },
      testMsMax,
    );
  };

  find(
    'a version that is noted and not merged',
    (inner) => {
      let merges = 0;
      return {
        merge: async (chunks) => {
          if (++merges !== 5) return inner.merge(chunks);
          const headers = chunks.map((bytes) => decodeChunkHeader(new ByteReader(bytes)));
          const empty = headers.map(({ actorId, version }) => {
            return { actorId, versions: [[version, version] as const] };
          });
          const changes = await inner.recordEmpty(empty);
          const nothing = { applied: [], quarantined: [], malformed: 0 };
          return { ...nothing, changes, ownVersionUnknown: undefined };
        },
      };
    },
    /^P1 |^P2 P3/,
  );

  find(
    'a merge that keeps the wrong value',
    (inner, replica) =>
      afterMerges(60, inner, () => tamper(replica, "UPDATE ledger SET note = 'wrong'")),
    /^P1/,
  );

  find(
    'a transaction that is visible in part',
    (inner, replica) => ({
      merge: async (chunks) => {
        const outcome = await inner.merge(chunks);
        tamper(replica, 'DELETE FROM atomic WHERE grp = 3 AND item = 7');
        return outcome;
      },
    }),
    /^P4/,
  );

  find(
    'a row that goes back to an earlier life',
    (inner, replica) =>
      afterMerges(60, inner, () =>
        tamper(replica, 'UPDATE __patina_b_hot SET cl = cl - 2 WHERE cl > 2'),
      ),
    /^P6/,
  );

  find(
    'bookkeeping in memory that runs ahead of the disk',
    (inner) => ({
      merge: async (chunks) => {
        const outcome = await inner.merge(chunks);
        const changes = outcome.changes.map((change) =>
          change.kind === 'versions' ? { ...change, end: change.end + 1 } : change,
        );
        return { ...outcome, changes };
      },
    }),
    /^P7/,
  );

  find(
    'an acknowledged write that was never made',
    (inner) => {
      let writes = 0;
      return {
        transact: async (transaction) => {
          if (++writes !== 5) return inner.transact(transaction);
          return { ok: true, results: [], version: undefined };
        },
      };
    },
    /^P2 P3/,
  );

  find(
    'a storage that fails',
    (inner) => ({
      merge: async (chunks) => {
        if (chunks.length > 0) throw new Error('the disk is gone');
        return inner.merge(chunks);
      },
    }),
    /storage error/,
  );
});

test('a version with two contents is found where somebody has it', () => {
  const actorId = randomActorId(rngFor(1, 'test'));
  const version = (content: number): LocalVersion => {
    return { actorId, version: 3, hlc: 1, lastSeq: 0, chunks: [Uint8Array.of(content)] };
  };
  const book = { contains: () => true };
  const [maker, holder] = [
    { name: 'node 0', index: 0 },
    { name: 'node 1', index: 1, running: { replica: { book } } },
  ] as unknown as [Machine, Machine];
  const registry = new VersionRegistry();
  expect(registry.faultOf(version(1), maker, [maker, holder])).toBeUndefined();
  expect(registry.faultOf(version(1), maker, [maker, holder])).toBeUndefined();
  expect(registry.faultOf(version(2), maker, [maker])).toBeUndefined();
  expect(registry.faultOf(version(3), maker, [maker, holder])).toMatch(/made twice/);
});
