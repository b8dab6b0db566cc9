// Which versions of which actors are here. The storage writer keeps one copy in step with its tables
// and stores the row differences; mirrors elsewhere apply the same changes and stay equal (P7).

import type { ActorId } from '../base/actor-id.ts';
import { assert } from '../base/assert.ts';
import type { Interval } from '../base/interval-set.ts';
import type { ActorState, BookkeepingChange, ChunkHeader } from '../ports.ts';
import type { BookkeepingDiff, PartialStatus } from './actor-book.ts';
import { ActorBook } from './actor-book.ts';

/** Bookkeeping for those who only look. */
export interface BookkeepingView {
  /** Rises with every change: equal revisions of one object mean equal contents. */
  readonly revision: number;
  /** Highest version known of; 0 for an actor never heard of. */
  head(actorId: ActorId): number;
  /** Whether the whole version is known (applied, empty, or superseded). */
  contains(actorId: ActorId, version: number): boolean;
  /** Whether these seqs are here, in a known or in a partial version. */
  containsSeqs(actorId: ActorId, version: number, startSeq: number, endSeq: number): boolean;
  /** Whether the chunk brings nothing new. */
  containsChunk(header: ChunkHeader): boolean;
  /** Seqs lacking of a partial version; undefined when the version is not partial. */
  missingSeqs(actorId: ActorId, version: number): Interval[] | undefined;
  /** The actor's book itself, not to be changed; undefined for an actor never heard of. */
  bookOf(actorId: ActorId): ActorBook | undefined;
  /** A copy; head 0 for an actor never heard of. */
  stateOf(actorId: ActorId): ActorState;
  /** A copy of everything, ordered by actor id. */
  state(): ActorState[];
  /** Whether any version is lacking in part or wholly, of all actors but `except`. */
  isLacking(except?: ActorId): boolean;
}

export class Bookkeeping implements BookkeepingView {
  readonly #books = new Map<ActorId, ActorBook>();
  #revision = 0;

  get revision(): number {
    return this.#revision;
  }

  head(actorId: ActorId): number {
    return this.#books.get(actorId)?.head ?? 0;
  }

  contains(actorId: ActorId, version: number): boolean {
    return this.#books.get(actorId)?.contains(version) ?? false;
  }

  containsSeqs(actorId: ActorId, version: number, startSeq: number, endSeq: number): boolean {
    return this.#books.get(actorId)?.containsSeqs(version, startSeq, endSeq) ?? false;
  }

  containsChunk(header: ChunkHeader): boolean {
    return this.containsSeqs(header.actorId, header.version, header.startSeq, header.endSeq);
  }

  missingSeqs(actorId: ActorId, version: number): Interval[] | undefined {
    return this.#books.get(actorId)?.missingSeqs(version);
  }

  bookOf(actorId: ActorId): ActorBook | undefined {
    return this.#books.get(actorId);
  }

  stateOf(actorId: ActorId): ActorState {
    return (this.#books.get(actorId) ?? ActorBook.empty(actorId)).state();
  }

  state(): ActorState[] {
    const books = [...this.#books.values()].filter((book) => book.head > 0);
    return books.map((book) => book.state()).toSorted(byActorId);
  }

  isLacking(except?: ActorId): boolean {
    for (const book of this.#books.values()) {
      if (book.actorId === except) continue;
      if (!book.gaps.isEmpty || book.partialCount > 0) return true;
    }
    return false;
  }

  /**
   * Versions start..end are known from now on: applied whole, or known to be empty. Call it after
   * the transaction that applied them. The result tells which rows to delete and to insert.
   */
  recordVersions(actorId: ActorId, start: number, end: number): BookkeepingDiff {
    assert(1 <= start && start <= end, 'versions start at 1 and in order');
    this.#revision++;
    return this.#ensure(actorId).recordVersions(start, end);
  }

  /**
   * Some seqs of a version are here (buffered). 'complete-seqs' says that all of them are: the version
   * becomes known only by {@link recordVersions}, after it was applied atomically.
   */
  recordPartial(
    actorId: ActorId,
    version: number,
    startSeq: number,
    endSeq: number,
    lastSeq: number,
  ): PartialStatus {
    const change = { kind: 'partial', actorId, version, startSeq, endSeq, lastSeq } as const;
    return this.apply(change).partial ?? 'known';
  }

  /** Records a change that was recorded elsewhere (or is to be), and tells what it did. */
  apply(change: BookkeepingChange): BookkeepingDiff {
    if (change.kind === 'versions') {
      return this.recordVersions(change.actorId, change.start, change.end);
    }
    const { actorId, version, startSeq, endSeq, lastSeq } = change;
    assert(version >= 1, 'versions start at 1');
    assert(startSeq >= 0 && startSeq <= endSeq && endSeq <= lastSeq, 'seqs are in order');
    this.#revision++;
    return this.#ensure(actorId).recordPartial(version, startSeq, endSeq, lastSeq);
  }

  /** Replaces everything. */
  load(states: readonly ActorState[]): void {
    this.#books.clear();
    this.#revision++;
    for (const state of states) this.#books.set(state.actorId, new ActorBook(state));
  }

  /** Replaces what is known of one actor: undoes changes of a transaction that was rolled back. */
  restore(state: ActorState): void {
    this.#revision++;
    this.#books.set(state.actorId, new ActorBook(state));
  }

  #ensure(actorId: ActorId): ActorBook {
    let book = this.#books.get(actorId);
    if (book === undefined) {
      book = ActorBook.empty(actorId);
      this.#books.set(actorId, book);
    }
    return book;
  }
}

function byActorId(a: ActorState, b: ActorState): number {
  return a.actorId < b.actorId ? -1 : 1;
}
