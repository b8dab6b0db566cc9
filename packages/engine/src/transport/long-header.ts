// The part of a long packet header that is the same in every version of QUIC (RFC 8999): enough to
// find a packet's connection, and to answer one of a version that we don't speak.

/** Longest connection id of QUIC version 1, bytes. */
const connectionIdBytesMax = 20;

const versionOffset = 1;
const destinationOffset = 5;

export interface LongHeader {
  /** 0 for version negotiation. */
  readonly version: number;
  /** The receiver's connection id. */
  readonly destination: Buffer;
  /** The sender's connection id. */
  readonly source: Buffer;
}

/** Whether a packet has a long header: its first bit says so. */
export function hasLongHeader(packet: Buffer): boolean {
  return ((packet[0] ?? 0) & 0x80) !== 0;
}

/** Reads the header; undefined when the packet is too short or its ids are too long. */
export function parseLongHeader(packet: Buffer): LongHeader | undefined {
  const destinationBytes = packet[destinationOffset] ?? 256;
  const destinationEnd = destinationOffset + 1 + destinationBytes;
  const sourceBytes = packet[destinationEnd] ?? 256;
  const sourceEnd = destinationEnd + 1 + sourceBytes;
  if (destinationBytes > connectionIdBytesMax || sourceBytes > connectionIdBytesMax)
    return undefined;
  if (sourceEnd > packet.length) return undefined;
  return {
    version: packet.readUInt32BE(versionOffset),
    destination: packet.subarray(destinationOffset + 1, destinationEnd),
    source: packet.subarray(destinationEnd + 1, sourceEnd),
  };
}
