// However many follow, one poll runs; it ends with the last of them, and whoever is slow gets what is newest.

import { expect, test } from 'vitest';
import { SharedPoll } from './shared-poll.ts';

/** A poll that reads numbers as they come, and counts what it does. */
function counting(read: (n: number) => Promise<number> = async (n) => n) {
  const seen = { reads: 0, underWay: 0, mostUnderWay: 0, signals: [] as AbortSignal[] };
  const poll = new SharedPoll({
    periodMs: 60,
    async read(signal) {
      seen.signals.push(signal);
      seen.underWay++;
      seen.mostUnderWay = Math.max(seen.mostUnderWay, seen.underWay);
      try {
        return await read(++seen.reads);
      } finally {
        seen.underWay--;
      }
    },
  });
  return { poll, seen };
}

async function take<T>(stream: AsyncGenerator<T, void>): Promise<T> {
  const { value, done } = await stream.next();
  if (done === true) throw new Error('it ended');
  return value;
}

test('all who follow share one poll, which ends with the last of them', async () => {
  const { poll, seen } = counting();
  const first = poll.follow(undefined);
  const second = poll.follow(undefined);
  expect(seen.reads).toBe(0);
  expect(await take(first)).toBe(1);
  // There is one already: no need to wait.
  expect(await take(second)).toBe(1);
  expect(await Promise.all([take(first), take(second)])).toEqual([2, 2]);
  expect(poll.followers).toBe(2);
  expect(seen.mostUnderWay).toBe(1);
  await first.return();
  expect(await take(second)).toBe(3);
  await second.return();
  expect(poll.followers).toBe(0);
  expect(seen.signals.every(({ aborted }) => aborted)).toBe(true);
  // A poll that begins anew takes up nothing of the old one.
  const third = poll.follow(undefined);
  expect(await take(third)).toBe(4);
  await third.return();
});

test('whoever is slow misses some, and nothing queues up', async () => {
  const { poll, seen } = counting();
  const slow = poll.follow(undefined);
  const quick = poll.follow(undefined);
  expect(await take(slow)).toBe(1);
  for (let n = 1; n <= 4; n++) expect(await take(quick)).toBe(n);
  expect(await take(slow)).toBe(4);
  expect(await take(slow)).toBe(5);
  await Promise.all([slow.return(), quick.return()]);
  expect(seen.underWay).toBe(0);
});

test('a follower that goes away while it waits ends at once', async () => {
  const never = Promise.withResolvers<number>();
  const { poll, seen } = counting(() => never.promise);
  const controller = new AbortController();
  const stream = poll.follow(controller.signal);
  const next = stream.next();
  expect(poll.followers).toBe(1);
  controller.abort();
  expect(await next).toEqual({ value: undefined, done: true });
  expect(poll.followers).toBe(0);
  expect(seen.signals[0]?.aborted).toBe(true);
  // What it reads late belongs to nobody.
  never.resolve(7);
  expect(await poll.follow(controller.signal).next()).toMatchObject({ done: true });
});

test('a failure ends it for all who follow; whoever comes later begins anew', async () => {
  const { poll } = counting(async (n) => {
    if (n === 2) throw new Error('broken');
    return n;
  });
  const first = poll.follow(undefined);
  const second = poll.follow(undefined);
  expect([await take(first), await take(second)]).toEqual([1, 1]);
  const ends = await Promise.allSettled([first.next(), second.next()]);
  expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  const third = poll.follow(undefined);
  expect(await take(third)).toBe(3);
  await third.return();
});
