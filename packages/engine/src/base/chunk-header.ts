// The head of a chunk: which piece of which version of which actor its bytes are. It stands in front
// of the body, so that relays can route and count chunks without ever looking inside.

import type { ChunkHeader } from '../ports.ts';
import { assert } from './assert.ts';
import { type ByteReader, type ByteWriter, malformed } from './bytes.ts';

/** The first byte of every chunk; a node that reads another one refuses the chunk. */
export const chunkFormatVersion = 1;

/** The most bytes that a header can take: format, actor id and five varints of 8 bytes. */
export const chunkHeaderBytesMax = 1 + 16 + 5 * 8;

/**
 * The longest chunk that broadcast and sync carry, with room for what they wrap around it within a
 * message of 16 MiB. A cell cannot be cut, so a commit that needs a longer chunk has to be refused at
 * its origin: it would never reach anybody.
 */
export const chunkBytesMax = 16 * 1024 * 1024 - 64 * 1024;

/** Appends the header; the body follows. Asserts that the header is a possible one. */
export function encodeChunkHeader(writer: ByteWriter, header: ChunkHeader): void {
  const problem = headerProblem(header);
  assert(problem === undefined, () => `chunk header: ${problem}`);
  writer.u8(chunkFormatVersion);
  writer.actorId(header.actorId);
  writer.varint(header.version);
  writer.varint(header.hlc);
  writer.varint(header.startSeq);
  writer.varint(header.endSeq);
  writer.varint(header.lastSeq);
}

/** Reads a header and leaves the reader at the body. Throws PATINA_WIRE_MALFORMED. */
export function decodeChunkHeader(reader: ByteReader): ChunkHeader {
  const format = reader.u8();
  if (format !== chunkFormatVersion) throw malformed(`chunk format ${format} is not known here`);
  const header: ChunkHeader = {
    actorId: reader.actorId(),
    version: reader.varint(),
    hlc: reader.varint(),
    startSeq: reader.varint(),
    endSeq: reader.varint(),
    lastSeq: reader.varint(),
  };
  const problem = headerProblem(header);
  if (problem !== undefined) throw malformed(problem);
  return header;
}

function headerProblem(header: ChunkHeader): string | undefined {
  if (header.version < 1) return 'a version is at least 1';
  if (header.startSeq > header.endSeq) return 'a chunk starts before it ends';
  if (header.endSeq > header.lastSeq) return 'a chunk ends within its version';
  return undefined;
}
