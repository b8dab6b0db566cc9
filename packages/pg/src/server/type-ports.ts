// The parts of the type system that sessions are given: parameters read, COPY data read, sizes told. Stands
// in, for the simplest types alone, until the types' own decoders take its place.

import type { SqlValue } from '@patina/engine/base/value.ts';
import type { CopyDecoder, MakeCopyDecoder } from '../execution/copy-in.ts';
import type { Format, RunSettings } from '../session/requests.ts';
import type { Oid } from '../types/oids.ts';

export function decodeParam(
  oid: Oid,
  format: Format,
  bytes: Uint8Array | undefined,
  _settings: RunSettings,
): SqlValue {
  if (bytes === undefined) return null;
  const buffer = Buffer.from(bytes);
  if (format === 1 && oid === 23) return buffer.readInt32BE(0);
  if (format === 1 && oid === 20) return buffer.readBigInt64BE(0);
  const text = buffer.toString('utf8');
  return oid === 23 || oid === 20 ? BigInt(text) : oid === 701 ? Number(text) : text;
}

export function sizeOf(_oid: Oid): number {
  return -1;
}

export const makeCopyDecoder: MakeCopyDecoder = ({ types }) => {
  let rest = '';
  const decoder: CopyDecoder = {
    push(bytes) {
      const lines = (rest + Buffer.from(bytes).toString('utf8')).split('\n');
      rest = lines.pop() ?? '';
      return lines
        .filter((line) => line !== '\\.')
        .map((line) =>
          line.split('\t').map((cell, i) => {
            if (cell === '\\N') return null;
            return types[i] === 23 || types[i] === 20 ? BigInt(cell) : cell;
          }),
        );
    },
    end: () => [],
  };
  return decoder;
};
