// A broadcast frame: several chunks for one peer, as the very bytes that their origin encoded, each with how
// it comes: from its origin, with its reach, or over so many hops.
//
//   version (2), then until the end: way, length, chunk
//   way: 2 * reach where the sender is the origin, 2 * hops + 1 where it passes the chunk on

import { ByteReader, ByteWriter, malformed } from '../base/bytes.ts';

export const frameVersion = 2;

/** The longest frame that is read. */
export const frameBytesMax = 16 * 1024 * 1024;

/** Hops that a frame says: far more than a chunk ever takes, so that no count grows without end. */
export const hopsMax = 255;

/** Chunks of one frame. */
export const frameChunksMax = 16_384;

export interface FrameEntry {
  /**
   * How many peers the sender sends this chunk to by itself, when it is the origin and leaves nobody out that it
   * knows of; 0 when the receivers are to pass it on.
   */
  readonly reach: number;
  /** Sends that bring it from its origin to the receiver of this frame: 1 from the origin itself. */
  readonly hops: number;
  readonly bytes: Uint8Array;
}

export function encodeFrame(entries: readonly FrameEntry[]): Uint8Array {
  const writer = new ByteWriter(entries.reduce((total, { bytes }) => total + bytes.length + 16, 1));
  writer.u8(frameVersion);
  for (const { reach, hops, bytes } of entries) {
    writer.varint(hops === 1 ? 2 * reach : 2 * hops + 1);
    writer.bytes(bytes);
  }
  return writer.finish();
}

/** Chunks are views into `bytes`. Throws PATINA_WIRE_MALFORMED. */
export function decodeFrame(bytes: Uint8Array): FrameEntry[] {
  if (bytes.length > frameBytesMax) throw malformed('a broadcast frame over its limit');
  const reader = new ByteReader(bytes);
  const version = reader.u8();
  if (version !== frameVersion) throw malformed(`broadcast frame version ${version}`);
  const entries: FrameEntry[] = [];
  while (reader.remaining > 0) {
    if (entries.length === frameChunksMax) throw malformed('a broadcast frame of too many chunks');
    const way = reader.varint();
    const half = Math.floor(way / 2);
    const isFromOrigin = way % 2 === 0;
    const [reach, hops] = isFromOrigin ? [half, 1] : [0, Math.max(2, half)];
    if (hops > hopsMax) throw malformed('a chunk over more hops than there can be');
    entries.push({ reach, hops, bytes: reader.bytes() });
  }
  return entries;
}
