// Waiting for a version: until it and all before it are here, or the time is over.

import { expect, it } from 'vitest';
import { actorIdFromBytes } from '../base/actor-id.ts';
import type { Timers } from '../ports.ts';
import { Bookkeeping } from '../sync/bookkeeping.ts';
import { VersionWaiters } from './version-waiters.ts';

const actor = actorIdFromBytes(new Uint8Array(16).fill(7));

/** Timers that fire when told to. */
class HandTimers implements Timers {
  readonly #runs = new Set<() => void>();

  after(_delayMs: number, run: () => void): () => void {
    this.#runs.add(run);
    return () => this.#runs.delete(run);
  }

  get pending(): number {
    return this.#runs.size;
  }

  fire(): void {
    for (const run of [...this.#runs]) run();
  }
}

function setUp(): { book: Bookkeeping; timers: HandTimers; waiters: VersionWaiters } {
  const book = new Bookkeeping();
  const timers = new HandTimers();
  return { book, timers, waiters: new VersionWaiters(book, timers) };
}

/** Whether the promise has settled, once everything that is due has run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const note = (): void => {
    settled = true;
  };
  promise.then(note, note);
  await new Promise((resolve) => setImmediate(resolve));
  return settled;
}

it('resolves at once for what is here', async () => {
  const { book, timers, waiters } = setUp();
  book.recordVersions(actor, 1, 5);
  await waiters.wait(actor, 5, 1_000);
  await waiters.wait(actor, 1, 1_000);
  expect(timers.pending).toBe(0);
});

it('waits for versions before it that are missing or partial', async () => {
  const { book, timers, waiters } = setUp();
  book.recordVersions(actor, 10, 10);
  const waiting = waiters.wait(actor, 10, 1_000);
  const early = waiters.wait(actor, 3, 1_000);
  waiters.check();
  expect(await isSettled(waiting)).toBe(false);
  book.recordVersions(actor, 1, 3);
  book.recordVersions(actor, 5, 9);
  book.recordPartial(actor, 4, 0, 1, 2);
  waiters.check();
  expect(await isSettled(early)).toBe(true);
  expect(await isSettled(waiting)).toBe(false);
  book.recordVersions(actor, 4, 4);
  waiters.check();
  await waiting;
  expect(timers.pending).toBe(0);
});

it('does not wait for what is missing after it', async () => {
  const { book, waiters } = setUp();
  book.recordVersions(actor, 1, 3);
  book.recordVersions(actor, 9, 9);
  book.recordPartial(actor, 5, 0, 1, 2);
  await waiters.wait(actor, 3, 1_000);
});

it('rejects when the time is over, and when the node stops', async () => {
  const { timers, waiters } = setUp();
  const late = waiters.wait(actor, 1, 1_000);
  timers.fire();
  await expect(late).rejects.toMatchObject({ code: 'PATINA_WAIT_TIMEOUT' });
  const cut = waiters.wait(actor, 1, 1_000);
  waiters.stop();
  await expect(cut).rejects.toMatchObject({ code: 'PATINA_SHUTTING_DOWN' });
  expect(timers.pending).toBe(0);
});
