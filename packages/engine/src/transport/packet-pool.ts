// The buffer into which packets are written. The kernel nearly always takes a packet at once, so one
// buffer serves them all; only a packet that had to be queued keeps its buffer.

/** Largest packet that the native library writes, bytes. */
const packetBytesMax = 16_384;

export class PacketPool {
  #buffer = Buffer.allocUnsafeSlow(packetBytesMax);

  /** The buffer for the next packet. */
  take(): Buffer {
    return this.#buffer;
  }

  /** The buffer was not free after the send: the next packet gets another. */
  abandon(): void {
    this.#buffer = Buffer.allocUnsafeSlow(packetBytesMax);
  }
}
