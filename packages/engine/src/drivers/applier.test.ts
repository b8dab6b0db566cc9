// The way of received chunks into the storage: bounded, without duplicates, with a mirror of the
// bookkeeping that never says anything else than the storage (promises P7 and P10).

import { beforeEach, expect, it, vi } from 'vitest';
import type { ActorId } from '../base/actor-id.ts';
import { PatinaError } from '../base/errors.ts';
import type { BookkeepingChange, Chunk, EmptyVersions, MergeOutcome, Storage } from '../ports.ts';
import { directStorage } from '../storage/direct-storage.ts';
import { contents, copyTestReplica, type TestReplica, testActor } from '../storage/testing.ts';
import { Bookkeeping } from '../sync/bookkeeping.ts';
import { Applier } from './applier.ts';

const actorId: ActorId = testActor('a');

function chunkOf(version: number, bytes = 10, seq = 0): Chunk {
  const header = { actorId, version, hlc: version, startSeq: seq, endSeq: seq, lastSeq: seq };
  return { header, bytes: new Uint8Array(bytes).fill(version % 256) };
}

function outcomeOf(changes: readonly BookkeepingChange[]): MergeOutcome {
  return { changes, applied: [], quarantined: [], malformed: 0, ownVersionUnknown: undefined };
}

/** A call that the test answers when it likes. */
interface Call<T> {
  readonly input: T;
  readonly answer: (outcome: MergeOutcome) => void;
  readonly refuse: (error: Error) => void;
}

let merges: Call<readonly Uint8Array[]>[];
let empties: { input: readonly EmptyVersions[]; refuse: boolean }[];
let isEmptyRefused: boolean;
let mirror: Bookkeeping;
let errors: PatinaError[];
let merged: MergeOutcome[];
let applier: Applier;

function fakeStorage(): Storage {
  const fake: Partial<Storage> = {
    merge: (input) =>
      new Promise((answer, refuse) => {
        merges.push({ input, answer, refuse });
      }),
    recordEmpty: (input) => {
      empties.push({ input, refuse: isEmptyRefused });
      if (isEmptyRefused) return Promise.reject(new PatinaError('PATINA_OVERLOADED', 'no room'));
      return Promise.resolve(
        input.flatMap(({ actorId: id, versions }) =>
          versions.map(([start, end]) => ({ kind: 'versions' as const, actorId: id, start, end })),
        ),
      );
    },
  };
  return fake as Storage;
}

function version(number: number): BookkeepingChange {
  return { kind: 'versions', actorId, start: number, end: number };
}

beforeEach(() => {
  merges = [];
  empties = [];
  isEmptyRefused = false;
  mirror = new Bookkeeping();
  errors = [];
  merged = [];
  applier = new Applier({
    storage: fakeStorage(),
    mirror,
    onMerged: (outcome) => merged.push(outcome),
    onError: (error) => errors.push(error),
  });
});

it('drops what is known and what waits, and takes again what came to nothing', async () => {
  mirror.recordVersions(actorId, 1, 1);
  applier.offer([chunkOf(1), chunkOf(2), chunkOf(2), chunkOf(3)]);
  expect(applier.counters.duplicates).toBe(2);
  expect(applier.isKnown(chunkOf(2).header)).toBe(true);
  expect(applier.queued).toBe(2);
  expect(merges.map(({ input }) => input.length)).toEqual([2]);
  merges[0]?.answer(outcomeOf([version(2)]));
  await vi.waitFor(() => expect(applier.queued).toBe(0));
  expect(mirror.contains(actorId, 2)).toBe(true);
  // Version 3 was not taken: its next copy is not a duplicate.
  expect(applier.isKnown(chunkOf(3).header)).toBe(false);
  applier.offer([chunkOf(3)]);
  expect(merges).toHaveLength(2);
});

it('tells the mirror before the listener', async () => {
  let seen: boolean | undefined;
  const telling = new Applier({
    storage: fakeStorage(),
    mirror,
    onMerged: () => {
      seen = mirror.contains(actorId, 1);
    },
    onError: (error) => errors.push(error),
  });
  telling.offer([chunkOf(1)]);
  merges[0]?.answer(outcomeOf([version(1)]));
  await vi.waitFor(() => expect(seen).toBe(true));
});

it('has at most two batches under way, and cuts batches by bytes', async () => {
  applier.offer(Array.from({ length: 10 }, (_, index) => chunkOf(index + 1, 100 * 1024)));
  expect(merges.map(({ input }) => input.length)).toEqual([3, 3]);
  merges[0]?.answer(outcomeOf([]));
  await vi.waitFor(() => expect(merges).toHaveLength(3));
  merges[1]?.answer(outcomeOf([]));
  merges[2]?.answer(outcomeOf([]));
  await vi.waitFor(() => expect(merges).toHaveLength(4));
  merges[3]?.answer(outcomeOf([]));
  await vi.waitFor(() => expect(applier.queued).toBe(0));
});

it('drops broadcasts beyond its limit, counted, and has room again after', async () => {
  const mib = 1024 * 1024;
  applier.offer(Array.from({ length: 70 }, (_, index) => chunkOf(index + 1, mib)));
  expect(applier.counters.dropped).toBe(6);
  expect(applier.queued).toBe(64);
  merges[0]?.answer(outcomeOf([]));
  await vi.waitFor(() => expect(applier.queued).toBe(63));
  applier.offer([chunkOf(99, mib), chunkOf(100, mib)]);
  expect(applier.counters.dropped).toBe(7);
  // A sync session bounds itself: its deliveries are taken.
  applier.deliver([chunkOf(200, mib)], [], () => {});
  expect(applier.counters.dropped).toBe(7);
  expect(applier.queued).toBe(65);
});

it('says that a delivery was dealt with after it was, in order', async () => {
  const done: string[] = [];
  applier.deliver([chunkOf(1)], [{ actorId, versions: [[2, 3]] }], () => done.push('first'));
  applier.deliver([chunkOf(4)], [], () => done.push('second'));
  applier.deliver([chunkOf(4)], [], () => done.push('known'));
  expect(done).toEqual([]);
  merges[0]?.answer(outcomeOf([version(1)]));
  await vi.waitFor(() => expect(done).toEqual(['first']));
  expect(mirror.stateOf(actorId)).toMatchObject({ head: 3, gaps: [] });
  merges[1]?.answer(outcomeOf([version(4)]));
  await vi.waitFor(() => expect(done).toEqual(['first', 'second', 'known']));
});

it('survives a storage that refuses, tells it, and takes the same again', async () => {
  const done = vi.fn();
  applier.deliver([chunkOf(1)], [], done);
  merges[0]?.refuse(new PatinaError('PATINA_DISK_FULL', 'no space'));
  await vi.waitFor(() => expect(done).toHaveBeenCalled());
  expect(errors).toMatchObject([{ code: 'PATINA_DISK_FULL' }]);
  expect(applier.counters.failures).toBe(1);
  expect(applier.queued).toBe(0);
  applier.offer([chunkOf(1)]);
  expect(merges).toHaveLength(2);
});

it('keeps the mirror right when one half of a batch is refused', async () => {
  isEmptyRefused = true;
  const done = vi.fn();
  applier.deliver([chunkOf(1)], [{ actorId, versions: [[5, 6]] }], done);
  await vi.waitFor(() => expect(errors).toHaveLength(1));
  merges[0]?.answer(outcomeOf([version(1)]));
  await vi.waitFor(() => expect(done).toHaveBeenCalled());
  // The storage has version 1, so the mirror has it: nobody would ever say so again.
  expect(mirror.stateOf(actorId)).toMatchObject({ head: 1 });
  expect(merged).toHaveLength(1);
});

it('takes nothing more once it is stopped', async () => {
  applier.offer([chunkOf(1), chunkOf(2, 300 * 1024), chunkOf(3, 300 * 1024), chunkOf(4)]);
  applier.stop();
  applier.offer([chunkOf(5)]);
  expect(applier.queued).toBe(0);
  for (const { answer } of merges) answer(outcomeOf([]));
  await vi.waitFor(() => expect(merged).toHaveLength(merges.length));
  expect(merges.length).toBeLessThanOrEqual(2);
  expect(errors).toEqual([]);
});

it('mirrors a real storage, whatever comes in whatever order', async () => {
  const schema = 'CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);';
  const a = copyTestReplica(actorId, schema);
  const b: TestReplica = copyTestReplica(testActor('b'), schema);
  for (let id = 1; id <= 30; id++) a.run(`INSERT INTO t VALUES (${id}, 'v')`);
  a.run("UPDATE t SET v = 'w' WHERE id < 20");
  const real = new Applier({
    storage: directStorage(b.replica),
    mirror,
    onMerged: () => {},
    onError: (error) => errors.push(error),
  });
  const chunks = a.log.map((bytes, index): Chunk => {
    const header = { actorId, version: index + 1, hlc: 0, startSeq: 0, endSeq: 0, lastSeq: 0 };
    return { header, bytes };
  });
  const done = vi.fn();
  real.offer(chunks.toReversed().slice(0, 20));
  real.deliver(chunks, [], done);
  real.deliver([], [{ actorId, versions: [[40, 41]] }], done);
  await vi.waitFor(() => expect(done).toHaveBeenCalledTimes(2));
  expect(mirror.state()).toEqual(b.replica.book.state());
  expect(contents(b.replica)).toBe(contents(a.replica));
  expect(real.counters).toMatchObject({ merged: 31, failures: 0 });
});
