// Which chunks came lately: tells duplicates apart while the first copy is still on its way through the
// applier, when bookkeeping does not know it yet. Bounded; forgetting early costs a duplicate, no more.

import type { ChunkHeader } from '../ports.ts';

export class SeenChunks {
  readonly #keys = new Set<string>();
  readonly #chunksMax: number;

  constructor(chunksMax: number = 65_536) {
    this.#chunksMax = chunksMax;
  }

  get size(): number {
    return this.#keys.size;
  }

  /** Remembers the chunk; returns whether it was not remembered already. */
  add(header: ChunkHeader): boolean {
    const key = chunkKey(header);
    if (this.#keys.has(key)) return false;
    this.#keys.add(key);
    if (this.#keys.size > this.#chunksMax) {
      const [oldest] = this.#keys;
      if (oldest !== undefined) this.#keys.delete(oldest);
    }
    return true;
  }

  /** To be called for a chunk that was dropped before it was applied, so that a later copy is taken. */
  forget(header: ChunkHeader): void {
    this.#keys.delete(chunkKey(header));
  }
}

/** Names a chunk among all chunks of all versions. */
export function chunkKey({ actorId, version, startSeq, endSeq }: ChunkHeader): string {
  return `${actorId}/${version}/${startSeq}-${endSeq}`;
}
