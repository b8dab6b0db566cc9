// Which chunks came lately: tells duplicates apart while the first copy is still on its way through the
// applier, when bookkeeping does not know it yet. Bounded; forgetting early costs a duplicate, no more.

import type { ChunkHeader } from '../ports.ts';

export class SeenChunks {
  readonly #chunksMax: number;
  /**
   * Two generations, of which the older one is dropped whole: taking single keys out of the front of a
   * Set gets slow as it fills.
   */
  #recent = new Set<string>();
  #older = new Set<string>();

  /** Remembers at least the last `chunksMax / 2` chunks, and at most `chunksMax`. */
  constructor(chunksMax: number = 131_072) {
    this.#chunksMax = chunksMax;
  }

  get size(): number {
    return this.#recent.size + this.#older.size;
  }

  /** Remembers the chunk; returns whether it was not remembered already. */
  add(header: ChunkHeader): boolean {
    const key = chunkKey(header);
    if (this.#recent.has(key) || this.#older.has(key)) return false;
    if (this.#recent.size >= this.#chunksMax / 2) {
      this.#older = this.#recent;
      this.#recent = new Set();
    }
    this.#recent.add(key);
    return true;
  }

  /** To be called for a chunk that was dropped before it was applied, so that a later copy is taken. */
  forget(header: ChunkHeader): void {
    const key = chunkKey(header);
    this.#recent.delete(key);
    this.#older.delete(key);
  }
}

/** Names a chunk among all chunks of all versions. */
export function chunkKey({ actorId, version, startSeq, endSeq }: ChunkHeader): string {
  return `${actorId}/${version}/${startSeq}-${endSeq}`;
}
