// Callers that wait until a version is here, and all of its actor's before it: read-your-writes at any
// node. Sync brings the newest first, so a version alone says nothing of what its writer had seen.

import type { ActorId } from '../base/actor-id.ts';
import { PatinaError } from '../base/errors.ts';
import type { Timers } from '../ports.ts';
import type { BookkeepingView } from '../sync/bookkeeping.ts';

/** Callers that may wait at once. */
const waitersMax = 10_000;

interface Waiter {
  readonly isDone: () => boolean;
  readonly settle: (error: PatinaError | undefined) => void;
}

export class VersionWaiters {
  readonly #book: BookkeepingView;
  readonly #timers: Timers;
  readonly #waiters = new Set<Waiter>();

  constructor(book: BookkeepingView, timers: Timers) {
    this.#book = book;
    this.#timers = timers;
  }

  /**
   * Resolves once the version and all before it are here; rejects with PATINA_WAIT_TIMEOUT after
   * `waitMs`.
   */
  wait(actorId: ActorId, version: number, waitMs: number): Promise<void> {
    if (this.#isHere(actorId, version)) return Promise.resolve();
    const isDone = (): boolean => this.#isHere(actorId, version);
    return this.#add(isDone, waitMs, notHere(actorId, version));
  }

  /** Resolves after this time; rejects when all waiting is ended. */
  pause(ms: number): Promise<void> {
    return this.#add(() => false, ms, undefined);
  }

  #add(isDone: () => boolean, waitMs: number, late: PatinaError | undefined): Promise<void> {
    if (this.#waiters.size >= waitersMax) {
      return Promise.reject(new PatinaError('PATINA_OVERLOADED', 'too many callers are waiting'));
    }
    return new Promise((resolve, reject) => {
      const cancel = this.#timers.after(waitMs, () => waiter.settle(late));
      const waiter: Waiter = {
        isDone,
        settle: (error) => {
          cancel();
          this.#waiters.delete(waiter);
          if (error === undefined) resolve();
          else reject(error);
        },
      };
      this.#waiters.add(waiter);
    });
  }

  /** Looks who is done, after the bookkeeping has changed. */
  check(): void {
    for (const waiter of this.#waiters) {
      if (waiter.isDone()) waiter.settle(undefined);
    }
  }

  /** Ends all waiting. */
  stop(): void {
    const error = new PatinaError('PATINA_SHUTTING_DOWN', 'the node is stopping');
    for (const waiter of this.#waiters) waiter.settle(error);
  }

  #isHere(actorId: ActorId, version: number): boolean {
    const book = this.#book.bookOf(actorId);
    if (book === undefined || book.head < version) return false;
    if ((book.gaps.first ?? version + 1) <= version) return false;
    for (const partial of book.partialVersions) if (partial <= version) return false;
    return true;
  }
}

/** The version has not arrived in time. */
export function notHere(actorId: ActorId, version: number): PatinaError {
  return new PatinaError(
    'PATINA_WAIT_TIMEOUT',
    `version ${version} of actor ${actorId} has not arrived within the time given`,
    { hint: 'Wait longer, or ask the node that made it.' },
  );
}
