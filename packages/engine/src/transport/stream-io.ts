// Reading and writing QUIC streams. Of all that QUIC offers to end a stream early we use nothing: the
// native library forgets to repeat a lost STOP_SENDING, a RESET_STREAM of a stream that it has closed,
// and a FIN without data that was lost together with earlier data. So every stream ends by a FIN that
// comes with its last bytes, what nobody wants is read to its end, and frame-reader.ts tells an
// orderly end from an abort.

import type { Connection } from '@matrixai/quic/native/types.js';

/** Bytes read from a stream at a time. */
const readChunkBytes = 64 * 1024;

/** One buffer for all reads of the process: what is kept is copied out at once. */
export const readBuffer = Buffer.allocUnsafeSlow(readChunkBytes);

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
