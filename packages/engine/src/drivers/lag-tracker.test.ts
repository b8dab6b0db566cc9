// How far behind a node says it is.

import { expect, it } from 'vitest';
import { hlcFromUnixMs } from '../base/hlc.ts';
import { testActor, testStartMs } from '../storage/testing.ts';
import { Bookkeeping } from '../sync/bookkeeping.ts';
import { LagTracker } from './lag-tracker.ts';

const [self, a, b] = [testActor('5'), testActor('a'), testActor('b')];

function header(version: number, wallMs: number, actorId = a) {
  const hlc = hlcFromUnixMs(wallMs);
  return { actorId, version, hlc, startSeq: 0, endSeq: 0, lastSeq: 0 };
}

function open() {
  const book = new Bookkeeping();
  return { book, lag: new LagTracker(book) };
}

it('is nothing where nothing is lacking', () => {
  const { book, lag } = open();
  book.recordVersions(self, 1, 9);
  book.recordVersions(a, 1, 4);
  lag.applied([header(4, testStartMs)], testStartMs + 20);
  expect(lag.rows(self, testStartMs + 99_000)).toEqual([
    { actorId: self, head: 9, versions: 0, ms: 0 },
    { actorId: a, head: 4, versions: 0, ms: 0 },
  ]);
});

it('counts what was heard of, gaps and partial versions', () => {
  const { book, lag } = open();
  book.recordVersions(a, 1, 2);
  book.recordVersions(a, 5, 5);
  book.recordPartial(a, 6, 0, 3, 9);
  lag.heard(a, 9);
  lag.heard(a, 7);
  lag.applied([header(5, testStartMs)], testStartMs + 10);
  // 3 and 4 are gaps, 6 is partial, 7 to 9 were heard of.
  expect(lag.rows(self, testStartMs + 1_000)).toEqual([
    { actorId: a, head: 9, versions: 6, ms: 1_000 },
  ]);
});

it('knows actors by the states of peers only', () => {
  const { lag } = open();
  lag.heardStates([{ actorId: b, head: 3, gaps: [[1, 1]], partials: [] }]);
  expect(lag.rows(self, testStartMs)).toEqual([{ actorId: b, head: 3, versions: 3, ms: 0 }]);
});

it('does not lag behind itself, whatever others say of it', () => {
  const { book, lag } = open();
  book.recordVersions(self, 1, 2);
  lag.heard(self, 7);
  expect(lag.rows(self, testStartMs)).toEqual([{ actorId: self, head: 2, versions: 0, ms: 0 }]);
});

it('gives the 99th percentile of the last arrivals', () => {
  const { lag } = open();
  expect(lag.p99Ms).toBeUndefined();
  lag.applied([header(1, testStartMs)], testStartMs + 5);
  expect(lag.p99Ms).toBe(5);
  for (let index = 0; index < 1_023; index++) {
    lag.applied([header(index + 2, testStartMs)], testStartMs + (index < 50 ? 100 : 1));
  }
  expect(lag.p99Ms).toBe(100);
  for (let index = 0; index < 1_024; index++)
    lag.applied([header(1, testStartMs)], testStartMs + 2);
  expect(lag.p99Ms).toBe(2);
  // A clock ahead of ours is no negative lag.
  for (let index = 0; index < 1_024; index++)
    lag.applied([header(1, testStartMs + 50)], testStartMs);
  expect(lag.p99Ms).toBe(0);
});
