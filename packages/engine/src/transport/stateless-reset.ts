// Stateless reset (RFC 9000, section 10.3): a node that restarted answers packets of connections it no
// longer knows with a token that ends them, so that its peers re-dial at once instead of sending into
// the void until a timeout. Tokens are told in HELLO and derived from the node's key, which outlives
// the process. The native library knows tokens of servers only; ours work both ways.

import { createHash, createHmac, randomFillSync } from 'node:crypto';
import { resetTokenBytes } from './hello.ts';

/** Shortest packet that can carry a token unnoticed, bytes. */
const resetBytesMin = 5 + resetTokenBytes;
const resetBytesMax = 43;

/** Resets sent per second at most: a restart must not turn a flood into another. */
const resetsPerSecondMax = 200;

/** Makes our tokens and resets. */
export class ResetSender {
  readonly #key: Buffer;
  #windowStartMs = 0;
  #sentInWindow = 0;

  /** `secret` must be the same after a restart: the private key, in mTLS mode. */
  constructor(secret: string) {
    this.#key = createHash('sha256').update('patina stateless reset\0').update(secret).digest();
  }

  /** The token of our connection id. */
  token(connectionId: Uint8Array): Buffer {
    const mac = createHmac('sha256', this.#key).update(connectionId).digest();
    return mac.subarray(0, resetTokenBytes);
  }

  /**
   * The answer to a packet of `packetBytes` for an unknown connection id; undefined when it is too
   * short to be answered with something shorter (which keeps two nodes from resetting each other for
   * ever), or when too many were sent already.
   */
  build(connectionId: Uint8Array, packetBytes: number, nowMs: number): Buffer | undefined {
    const length = Math.min(packetBytes - 1, resetBytesMax);
    if (length < resetBytesMin) return undefined;
    if (nowMs - this.#windowStartMs >= 1000) {
      this.#windowStartMs = nowMs;
      this.#sentInWindow = 0;
    }
    if (++this.#sentInWindow > resetsPerSecondMax) return undefined;
    const packet = Buffer.allocUnsafe(length);
    randomFillSync(packet, 0, length - resetTokenBytes);
    // Must look like a packet with a short header: first bit clear, second set.
    packet[0] = ((packet[0] ?? 0) & 0x3f) | 0x40;
    this.token(connectionId).copy(packet, length - resetTokenBytes);
    return packet;
  }
}

/** The token at the end of a packet, as a map key; undefined when the packet cannot be a reset. */
export function resetTokenOf(packet: Buffer): string | undefined {
  if (packet.length < resetBytesMin || ((packet[0] ?? 0) & 0xc0) !== 0x40) return undefined;
  return packet.toString('latin1', packet.length - resetTokenBytes);
}
