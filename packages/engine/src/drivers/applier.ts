// Hands received chunks to the storage in batches, drops what is known or already waiting, and keeps the
// main thread's copy of the bookkeeping in step with the storage (promise P7).

import { assert } from '../base/assert.ts';
import { asPatinaError, type PatinaError } from '../base/errors.ts';
import type { Chunk, ChunkHeader, EmptyVersions, MergeOutcome, Storage } from '../ports.ts';
import type { Bookkeeping } from '../sync/bookkeeping.ts';
import { NeedSet, needOfChunk } from '../sync/need-set.ts';

/** Bytes merged in one commit: local transactions wait behind it for some tens of milliseconds. */
const batchBytesMax = 256 * 1024;

const batchChunksMax = 2_000;

/** Bytes that may wait; broadcast beyond it is dropped and counted, sync brings it again. */
const queueBytesMax = 64 * 1024 * 1024;

/** Batches given to the storage and not answered. */
const batchesInFlightMax = 2;

export interface ApplierCounters {
  merged: number;
  duplicates: number;
  dropped: number;
  malformed: number;
  quarantined: number;
  failures: number;
}

export interface ApplierOptions {
  readonly storage: Storage;
  readonly mirror: Bookkeeping;
  /** Told of every answer of the storage, after the mirror was brought up to date. */
  readonly onMerged: (outcome: MergeOutcome) => void;
  readonly onError: (error: PatinaError) => void;
}

/** Chunks, or a mark that everything before it was dealt with. */
type Item =
  | { readonly kind: 'chunk'; readonly chunk: Chunk }
  | { readonly kind: 'empty'; readonly empty: readonly EmptyVersions[] }
  | { readonly kind: 'mark'; readonly done: () => void };

export class Applier {
  readonly #options: ApplierOptions;
  #queue: Item[] = [];
  #queuedBytes = 0;
  readonly #waitingKeys = new Set<string>();
  /** The waiting chunks as needs: what sync must not ask for a second time. */
  readonly waiting = new NeedSet();
  #inFlight = 0;
  #lastRun: Promise<void> = Promise.resolve();
  #isStopped = false;
  readonly counters: ApplierCounters = {
    merged: 0,
    duplicates: 0,
    dropped: 0,
    malformed: 0,
    quarantined: 0,
    failures: 0,
  };

  constructor(options: ApplierOptions) {
    this.#options = options;
  }

  /** Chunks that wait for the storage. */
  get queued(): number {
    return this.#waitingKeys.size;
  }

  /** Whether the chunk is here or on its way into the storage. */
  isKnown(header: ChunkHeader): boolean {
    return this.#options.mirror.containsChunk(header) || this.#waitingKeys.has(keyOf(header));
  }

  /** Takes chunks of a broadcast; those for which there is no room are left to sync. */
  offer(chunks: readonly Chunk[]): void {
    for (const chunk of chunks) {
      if (this.#queuedBytes + chunk.bytes.length > queueBytesMax) this.counters.dropped++;
      else this.#push(chunk);
    }
    this.#pump();
  }

  /** Takes a delivery of a sync session, which is bounded by itself; `done` when it was dealt with. */
  deliver(chunks: readonly Chunk[], empty: readonly EmptyVersions[], done: () => void): void {
    for (const chunk of chunks) this.#push(chunk);
    if (empty.length > 0) this.#queue.push({ kind: 'empty', empty });
    this.#queue.push({ kind: 'mark', done });
    this.#pump();
  }

  /** Takes no more work; what waits is dropped, and would be synced again after a restart. */
  stop(): void {
    this.#isStopped = true;
    this.#queue = [];
    this.#waitingKeys.clear();
    this.#queuedBytes = 0;
  }

  #push(chunk: Chunk): void {
    if (this.#isStopped) return;
    if (this.isKnown(chunk.header)) {
      this.counters.duplicates++;
      return;
    }
    this.#waitingKeys.add(keyOf(chunk.header));
    this.waiting.add(needOfChunk(chunk.header));
    this.#queuedBytes += chunk.bytes.length;
    this.#queue.push({ kind: 'chunk', chunk });
  }

  #pump(): void {
    while (this.#queue.length > 0 && this.#inFlight < batchesInFlightMax) {
      const batch = this.#take();
      this.#inFlight++;
      // Marks speak of everything before them, so of the batch before, too.
      this.#lastRun = this.#run(batch, this.#lastRun);
      void this.#lastRun.finally(() => {
        this.#inFlight--;
        this.#pump();
      });
    }
  }

  #take(): Item[] {
    let bytes = 0;
    let count = 0;
    for (const item of this.#queue) {
      if (item.kind === 'chunk') bytes += item.chunk.bytes.length;
      count++;
      if (bytes >= batchBytesMax || count >= batchChunksMax) break;
    }
    const batch = this.#queue.slice(0, count);
    this.#queue = this.#queue.slice(count);
    return batch;
  }

  async #run(batch: readonly Item[], before: Promise<void>): Promise<void> {
    const chunks = batch.flatMap((item) => (item.kind === 'chunk' ? [item.chunk] : []));
    const empty = batch.flatMap((item) => (item.kind === 'empty' ? item.empty : []));
    const { storage } = this.#options;
    const merging =
      chunks.length > 0
        ? storage.merge(chunks.map(({ bytes }) => bytes))
        : Promise.resolve(undefined);
    const emptying = empty.length > 0 ? storage.recordEmpty(empty) : Promise.resolve([]);
    // One may be refused and the other done: the mirror has to follow what was done.
    await Promise.all([
      this.#settle(merging, chunks, (outcome) => {
        if (outcome !== undefined) this.#merged(outcome);
      }),
      this.#settle(emptying, [], (changes) => {
        for (const change of changes) this.#options.mirror.apply(change);
        if (changes.length > 0) this.#options.onMerged({ ...nothingMerged, changes });
      }),
    ]);
    await before;
    for (const item of batch) if (item.kind === 'mark') item.done();
  }

  async #settle<T>(
    work: Promise<T>,
    chunks: readonly Chunk[],
    done: (value: T) => void,
  ): Promise<void> {
    try {
      const value = await work;
      this.#forget(chunks);
      done(value);
    } catch (error) {
      // The storage refused: it stays lacking, and sync asks for it again.
      this.#forget(chunks);
      this.counters.failures++;
      this.#options.onError(asPatinaError(error));
    }
  }

  #merged(outcome: MergeOutcome): void {
    for (const change of outcome.changes) this.#options.mirror.apply(change);
    this.counters.merged += outcome.applied.length;
    this.counters.malformed += outcome.malformed;
    this.counters.quarantined += outcome.quarantined.length;
    this.#options.onMerged(outcome);
  }

  #forget(chunks: readonly Chunk[]): void {
    for (const { header, bytes } of chunks) {
      if (!this.#waitingKeys.delete(keyOf(header))) continue;
      this.#queuedBytes -= bytes.length;
      this.waiting.remove(needOfChunk(header));
    }
    assert(this.#queuedBytes >= 0 || this.#isStopped, 'bytes leave the queue once');
  }
}

const nothingMerged: MergeOutcome = {
  changes: [],
  applied: [],
  quarantined: [],
  malformed: 0,
  ownVersionUnknown: undefined,
};

function keyOf(header: ChunkHeader): string {
  return `${header.actorId}:${header.version}:${header.startSeq}:${header.endSeq}`;
}
