// Values as SQLite holds them, and as JavaScript can.

/** Text whose bytes are no UTF-8: SQLite keeps such text, JavaScript strings cannot. */
export class OddText {
  readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** A value as SQLite holds it; integers outside the safe range are bigints. */
export type SqlValue = null | number | bigint | string | Uint8Array | OddText;
