// The name of a chunk among all chunks of all versions, to find it again in a map.

import type { ChunkHeader } from '../ports.ts';

export function chunkKey({ actorId, version, startSeq, endSeq }: ChunkHeader): string {
  return `${actorId}/${version}/${startSeq}-${endSeq}`;
}
