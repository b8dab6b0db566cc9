// A broadcast frame: several chunks for one peer, each with its reach, as the very bytes that their
// origin encoded.
//
//   version (1), then until the end: reach, length, chunk

import { ByteReader, ByteWriter, malformed } from '../base/bytes.ts';

export const frameVersion = 1;

/** The longest frame that is read. */
export const frameBytesMax = 16 * 1024 * 1024;

/** Chunks of one frame. */
export const frameChunksMax = 16_384;

export interface FrameEntry {
  /**
   * How many peers the sender sends this chunk to by itself, when it is the origin and leaves nobody out that it
   * knows of; 0 when the receivers are to pass it on.
   */
  readonly reach: number;
  readonly bytes: Uint8Array;
}

export function encodeFrame(entries: readonly FrameEntry[]): Uint8Array {
  const writer = new ByteWriter(entries.reduce((total, { bytes }) => total + bytes.length + 16, 1));
  writer.u8(frameVersion);
  for (const { reach, bytes } of entries) {
    writer.varint(reach);
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
    entries.push({ reach: reader.varint(), bytes: reader.bytes() });
  }
  return entries;
}
