// Read-your-writes at any node: callers wait until a version and all before it are here.

import { beforeEach, expect, it } from 'vitest';
import type { Cancel } from '../ports.ts';
import { testActor } from '../storage/testing.ts';
import { Bookkeeping } from '../sync/bookkeeping.ts';
import { VersionWaiters } from './version-waiters.ts';

const a = testActor('a');

let book: Bookkeeping;
let due: { delayMs: number; run: () => void; cancelled: boolean }[];
let waiters: VersionWaiters;

beforeEach(() => {
  book = new Bookkeeping();
  due = [];
  waiters = new VersionWaiters(book, {
    after(delayMs, run): Cancel {
      const entry = { delayMs, run, cancelled: false };
      due.push(entry);
      return () => {
        entry.cancelled = true;
      };
    },
  });
});

/** What became of the promise by now. */
async function stateOf(promise: Promise<void>): Promise<string> {
  const settled = promise.then(
    () => 'here',
    (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : 'other'),
  );
  return await Promise.race([settled, new Promise<string>((r) => setImmediate(r, 'waiting'))]);
}

it('answers at once what is here', async () => {
  book.recordVersions(a, 1, 3);
  expect(await stateOf(waiters.wait(a, 3, 1_000))).toBe('here');
  expect(due).toEqual([]);
});

it('answers when it has come, with all before it', async () => {
  const second = waiters.wait(a, 2, 1_000);
  const fourth = waiters.wait(a, 4, 1_000);
  book.recordVersions(a, 4, 4);
  waiters.check();
  expect(await stateOf(fourth)).toBe('waiting');
  book.recordVersions(a, 1, 2);
  waiters.check();
  expect([await stateOf(second), await stateOf(fourth)]).toEqual(['here', 'waiting']);
  book.recordPartial(a, 3, 0, 1, 5);
  waiters.check();
  expect(await stateOf(fourth)).toBe('waiting');
  book.recordVersions(a, 3, 3);
  waiters.check();
  expect(await stateOf(fourth)).toBe('here');
  expect(due.map(({ cancelled }) => cancelled)).toEqual([true, true]);
});

it('gives up after the time given', async () => {
  const waiting = waiters.wait(a, 2, 1_500);
  expect(due).toMatchObject([{ delayMs: 1_500 }]);
  due[0]?.run();
  expect(await stateOf(waiting)).toBe('PATINA_WAIT_TIMEOUT');
  book.recordVersions(a, 1, 2);
  waiters.check();
});

it('bounds how many wait', async () => {
  const all = Array.from({ length: 10_000 }, () => waiters.wait(a, 1, 1_000));
  expect(await stateOf(waiters.wait(a, 1, 1_000))).toBe('PATINA_OVERLOADED');
  book.recordVersions(a, 1, 1);
  waiters.check();
  await Promise.all(all);
  const again = waiters.wait(a, 2, 1_000);
  expect(await stateOf(again)).toBe('waiting');
  waiters.stop();
  expect(await stateOf(again)).toBe('PATINA_SHUTTING_DOWN');
});

it('pauses for a time, whatever arrives meanwhile, and ends with all waiting', async () => {
  const pause = waiters.pause(700);
  book.recordVersions(a, 1, 5);
  waiters.check();
  expect(await stateOf(pause)).toBe('waiting');
  expect(due[0]?.delayMs).toBe(700);
  due[0]?.run();
  expect(await stateOf(pause)).toBe('here');
  const ended = waiters.pause(700);
  waiters.stop();
  expect(await stateOf(ended)).toBe('PATINA_SHUTTING_DOWN');
});
