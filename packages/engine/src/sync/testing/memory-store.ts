// Test support: a node's storage without tables. It keeps chunks, does the bookkeeping as a storage
// does, answers needs in slices, and counts what arrived more than once.

import type { ActorId } from '../../base/actor-id.ts';
import { ByteReader, ByteWriter } from '../../base/bytes.ts';
import { decodeChunkHeader, encodeChunkHeader } from '../../base/chunk-header.ts';
import { IntervalSet } from '../../base/interval-set.ts';
import type { BookkeepingChange, Chunk, EmptyVersions, NeedSlice, SyncNeed } from '../../ports.ts';
import { Bookkeeping } from '../bookkeeping.ts';

export function makeChunk(header: Chunk['header'], bodyBytes: number): Chunk {
  const writer = new ByteWriter();
  encodeChunkHeader(writer, header);
  writer.raw(new Uint8Array(bodyBytes).fill(header.version));
  return { header, bytes: writer.finish() };
}

export function readChunk(bytes: Uint8Array): Chunk {
  return { header: decodeChunkHeader(new ByteReader(bytes)), bytes };
}

export class MemoryStore {
  readonly actorId: ActorId;
  readonly bookkeeping = new Bookkeeping();
  /** Chunks that brought nothing new. */
  duplicates = 0;
  readonly #chunks = new Map<ActorId, Map<number, Chunk[]>>();

  constructor(actorId: ActorId) {
    this.actorId = actorId;
  }

  /** Commits one local version of `chunkCount` chunks of one seq each. */
  write(bodyBytes: number, chunkCount: number = 1): Chunk[] {
    const { actorId } = this;
    const version = this.bookkeeping.head(actorId) + 1;
    const lastSeq = chunkCount - 1;
    const chunks = Array.from({ length: chunkCount }, (_, seq) => {
      return makeChunk(
        { actorId, version, hlc: version, startSeq: seq, endSeq: seq, lastSeq },
        bodyBytes,
      );
    });
    this.apply(chunks, []);
    return chunks;
  }

  /** A version whose changes were all overwritten: known, with nothing to send. */
  writeEmpty(): void {
    const version = this.bookkeeping.head(this.actorId) + 1;
    this.bookkeeping.recordVersions(this.actorId, version, version);
  }

  apply(chunks: readonly Chunk[], empty: readonly EmptyVersions[]): BookkeepingChange[] {
    const changes: BookkeepingChange[] = [];
    for (const { header, bytes } of chunks) {
      if (this.bookkeeping.containsChunk(header)) {
        this.duplicates++;
        continue;
      }
      this.#keep({ header, bytes: Uint8Array.from(bytes) });
      const { actorId, version, startSeq, endSeq, lastSeq } = header;
      const isWhole = startSeq === 0 && endSeq === lastSeq;
      const status = isWhole
        ? 'complete-seqs'
        : this.bookkeeping.recordPartial(actorId, version, startSeq, endSeq, lastSeq);
      if (status === 'complete-seqs') this.bookkeeping.recordVersions(actorId, version, version);
    }
    for (const { actorId, versions } of empty) {
      for (const [start, end] of versions) this.bookkeeping.recordVersions(actorId, start, end);
    }
    return changes;
  }

  read(need: SyncNeed, bytesMax: number): NeedSlice {
    return need.kind === 'full' ? this.#readFull(need, bytesMax) : this.#readPartial(need);
  }

  #readFull(need: Extract<SyncNeed, { kind: 'full' }>, bytesMax: number): NeedSlice {
    const { actorId, start, end } = need;
    const chunks: Uint8Array[] = [];
    const empty = new IntervalSet();
    let bytes = 0;
    for (let version = end; version >= start; version--) {
      if (!this.bookkeeping.contains(actorId, version)) continue;
      const stored = this.#chunks.get(actorId)?.get(version);
      if (stored === undefined) empty.add(version);
      for (const chunk of stored ?? []) {
        chunks.push(chunk.bytes);
        bytes += chunk.bytes.length;
      }
      if (bytes >= bytesMax && version > start) {
        return { chunks, empty: asEmpty(actorId, empty), rest: { ...need, end: version - 1 } };
      }
    }
    return { chunks, empty: asEmpty(actorId, empty), rest: undefined };
  }

  #readPartial(need: Extract<SyncNeed, { kind: 'partial' }>): NeedSlice {
    const { actorId, version } = need;
    const seqs = IntervalSet.from(need.seqs);
    const stored = this.#chunks.get(actorId)?.get(version) ?? [];
    const wanted = stored.filter(({ header }) =>
      seqs.intersectsRange(header.startSeq, header.endSeq),
    );
    return { chunks: wanted.map(({ bytes }) => bytes), empty: [], rest: undefined };
  }

  #keep(chunk: Chunk): void {
    const { actorId, version } = chunk.header;
    const versions = this.#chunks.get(actorId) ?? new Map<number, Chunk[]>();
    this.#chunks.set(actorId, versions);
    versions.set(version, [...(versions.get(version) ?? []), chunk]);
  }
}

function asEmpty(actorId: ActorId, versions: IntervalSet): EmptyVersions[] {
  return versions.isEmpty ? [] : [{ actorId, versions: versions.toArray() }];
}
