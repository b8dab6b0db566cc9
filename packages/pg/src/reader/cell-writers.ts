// Writes one cell in the type of its column, as text or binary. Integers and text, which most cells are, take
// a short way; for the others the types' own encoders are asked.

import type { RunSettings } from '../session/requests.ts';
import { binaryEncoder, textEncoder } from '../types/encode.ts';
import type { PgType } from '../types/oids.ts';
import type { WireBuffer } from './wire-buffer.ts';

export type PresentCell = number | bigint | string | Uint8Array;

/** Appends the bytes of a cell that is not null. Throws PgError where the type cannot hold it. */
export type CellWriter = (out: WireBuffer, cell: PresentCell) => void;

const oids = { bool: 16, int8: 20, int2: 21, int4: 23, text: 25, oid: 26, varchar: 1043 } as const;

const integers: ReadonlySet<number> = new Set([oids.int8, oids.int2, oids.int4, oids.oid]);
const texts: ReadonlySet<number> = new Set([oids.text, oids.varchar]);

/** What writes cells of this type. */
export function cellWriter(type: PgType, format: 0 | 1, settings: RunSettings): CellWriter {
  const other = encodedWriter(type, format, settings);
  if (texts.has(type.oid)) {
    return (out, cell) => (typeof cell === 'string' ? out.text(cell) : other(out, cell));
  }
  if (format === 0 && integers.has(type.oid)) {
    return (out, cell) => {
      if (typeof cell === 'bigint') out.text(String(cell));
      else other(out, cell);
    };
  }
  if (format === 1 && type.oid === oids.int4) {
    return (out, cell) => {
      if (typeof cell === 'bigint' && cell >= -0x8000_0000n && cell <= 0x7fff_ffffn) {
        out.i32(Number(cell));
      } else other(out, cell);
    };
  }
  return other;
}

function encodedWriter(type: PgType, format: 0 | 1, settings: RunSettings): CellWriter {
  if (format === 1) {
    const encode = binaryEncoder(type, settings);
    return (out, cell) => out.bytes(encode(cell));
  }
  const write = textEncoder(type, settings);
  return (out, cell) => out.text(write(cell));
}
