// A growing buffer that rows are written into, again and again without a new one for each.

/** Begins with room for a few hundred short rows. */
const capacityMin = 64 * 1024;

/** A buffer that one great value made larger than this is given up after use. */
const capacityKeptMax = 1024 * 1024;

export class WireBuffer {
  #buffer = Buffer.allocUnsafeSlow(capacityMin);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  i16(value: number): void {
    this.#reserve(2);
    const buffer = this.#buffer;
    buffer[this.#length++] = value >>> 8;
    buffer[this.#length++] = value;
  }

  u8(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#length++] = value;
  }

  i32(value: number): void {
    this.#reserve(4);
    this.putI32(this.#length, value);
    this.#length += 4;
  }

  /** Overwrites four bytes that were written before: lengths, which are known afterwards. */
  putI32(offset: number, value: number): void {
    const buffer = this.#buffer;
    buffer[offset] = value >>> 24;
    buffer[offset + 1] = value >>> 16;
    buffer[offset + 2] = value >>> 8;
    buffer[offset + 3] = value;
  }

  /** Appends text in UTF-8; short ASCII, which most of it is, without leaving JavaScript. */
  text(text: string): void {
    const size = text.length;
    this.#reserve(size * 3);
    const buffer = this.#buffer;
    const start = this.#length;
    if (size > 32) {
      this.#length = start + buffer.write(text, start);
      return;
    }
    for (let index = 0; index < size; index++) {
      const unit = text.charCodeAt(index);
      if (unit >= 0x80) {
        this.#length = start + buffer.write(text, start);
        return;
      }
      buffer[start + index] = unit;
    }
    this.#length = start + size;
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Forgets what was written after `length`. */
  truncate(length: number): void {
    this.#length = length;
  }

  /** The bytes from `start` on, as a view that the next write may change. */
  view(start = 0): Buffer {
    return this.#buffer.subarray(start, this.#length);
  }

  /** A copy of everything, which is forgotten here. */
  take(): Buffer {
    const taken = Buffer.from(this.view());
    this.reset();
    return taken;
  }

  reset(): void {
    this.#length = 0;
    if (this.#buffer.length > capacityKeptMax) this.#buffer = Buffer.allocUnsafeSlow(capacityMin);
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
}
