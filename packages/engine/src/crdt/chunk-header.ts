// The chunk header under the name of the codec that it belongs to. The code is in base, because sync
// reads headers too and may not depend on the rules of merging.

export {
  chunkBytesMax,
  chunkFormatVersion,
  chunkHeaderBytesMax,
  decodeChunkHeader,
  encodeChunkHeader,
} from '../base/chunk-header.ts';
