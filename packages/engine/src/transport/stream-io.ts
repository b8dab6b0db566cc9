// Reading and writing a QUIC stream around two traps of the native library. A write beyond what flow
// control allows makes it tell the peer so, whose acknowledgement wakes us, and so on for ever: writes
// are cut to the capacity. And what is thrown away unread, by STOP_SENDING or RESET_STREAM, is never
// given back to the window of the connection, until nothing moves any more: so we use neither, and
// read to its end even what nobody wants.

import type { Connection } from '@matrixai/quic/native/types.js';

/** Bytes read from a stream at a time. */
const readChunkBytes = 64 * 1024;

/** One buffer for all reads of the process: what is kept is copied out at once. */
export const readBuffer = Buffer.allocUnsafeSlow(readChunkBytes);

/**
 * Writes as much of `bytes` as flow control takes, and `fin` with the last of them. Returns how many
 * it took. Throws when the peer does not read the stream any more. The stream must have been created.
 */
export function writeStream(conn: Connection, id: number, bytes: Uint8Array, fin: boolean): number {
  if (bytes.length === 0) {
    conn.streamSend(id, bytes, fin);
    return 0;
  }
  const capacity = conn.streamCapacity(id);
  if (capacity <= 0) return 0;
  if (capacity >= bytes.length) return conn.streamSend(id, bytes, fin) ?? 0;
  return conn.streamSend(id, bytes.subarray(0, capacity), false) ?? 0;
}

/** Reads what is there and throws it away; returns whether the stream has ended. */
export function discardStream(conn: Connection, id: number): boolean {
  try {
    for (;;) {
      const result = conn.streamRecv(id, readBuffer);
      if (result === null) return false;
      if (result[1]) return true;
    }
  } catch {
    // Reset by the peer, or forgotten by QUIC: there is nothing left to read.
    return true;
  }
}
