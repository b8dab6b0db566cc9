// Pins the bytes of a chunk's head and checks that no mutated head gets through as an impossible one.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChunkHeader } from '../ports.ts';
import { actorIdFromBytes } from './actor-id.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { chunkHeaderBytesMax, decodeChunkHeader, encodeChunkHeader } from './chunk-header.ts';
import { PatinaError } from './errors.ts';

const actorId = actorIdFromBytes(Uint8Array.from({ length: 16 }, (_, index) => index));

const golden: { header: ChunkHeader; hex: string }[] = [
  {
    header: { actorId, version: 1, hlc: 0, startSeq: 0, endSeq: 0, lastSeq: 0 },
    hex: '01000102030405060708090a0b0c0d0e0f0100000000',
  },
  {
    header: {
      actorId,
      version: 300,
      hlc: Number.MAX_SAFE_INTEGER,
      startSeq: 127,
      endSeq: 128,
      lastSeq: 16_384,
    },
    hex: '01000102030405060708090a0b0c0d0e0fac02ffffffffffffff0f7f8001808001',
  },
];

function encode(header: ChunkHeader): Uint8Array {
  const writer = new ByteWriter();
  encodeChunkHeader(writer, header);
  return writer.finish();
}

const headers: fc.Arbitrary<ChunkHeader> = fc
  .record({
    id: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    version: fc.maxSafeNat().map((version) => Math.max(1, version)),
    hlc: fc.maxSafeNat(),
    seqs: fc.tuple(fc.maxSafeNat(), fc.maxSafeNat(), fc.maxSafeNat()),
  })
  .map(({ id, version, hlc, seqs }) => {
    const [startSeq = 0, endSeq = 0, lastSeq = 0] = seqs.toSorted((a, b) => a - b);
    return { actorId: actorIdFromBytes(id), version, hlc, startSeq, endSeq, lastSeq };
  });

describe('chunk header', () => {
  it.each(golden)('has the pinned bytes $hex', ({ header, hex }) => {
    expect(Buffer.from(encode(header)).toString('hex')).toBe(hex);
    expect(decodeChunkHeader(new ByteReader(Buffer.from(hex, 'hex')))).toEqual(header);
  });

  it('reads back what was written and stops at the body', () => {
    fc.assert(
      fc.property(headers, fc.uint8Array({ maxLength: 9 }), (header, body) => {
        const bytes = encode(header);
        expect(bytes.length).toBeLessThanOrEqual(chunkHeaderBytesMax);
        const reader = new ByteReader(Buffer.concat([bytes, body]));
        expect(decodeChunkHeader(reader)).toEqual(header);
        expect(reader.remaining).toBe(body.length);
      }),
    );
  });

  it.each([{ version: 0 }, { startSeq: 2, endSeq: 1 }, { endSeq: 10, lastSeq: 9 }])(
    'refuses to write %o',
    (patch) => {
      const base = { actorId, version: 1, hlc: 1, startSeq: 0, endSeq: 1, lastSeq: 9 };
      expect(() => encode({ ...base, ...patch })).toThrow(/chunk header/);
    },
  );

  it('either refuses mutated bytes or reads a possible header from them', () => {
    let refused = 0;
    fc.assert(
      fc.property(headers, fc.nat(), fc.nat(255), fc.nat(64), (header, at, value, cut) => {
        const bytes = Buffer.from(encode(header));
        bytes[at % bytes.length] = value;
        try {
          const read = decodeChunkHeader(new ByteReader(bytes.subarray(0, cut)));
          expect(read.version).toBeGreaterThanOrEqual(1);
          expect(read.startSeq).toBeLessThanOrEqual(read.endSeq);
          expect(read.endSeq).toBeLessThanOrEqual(read.lastSeq);
        } catch (error) {
          if (!(error instanceof PatinaError)) throw error;
          expect(error.code).toBe('PATINA_WIRE_MALFORMED');
          refused++;
        }
      }),
      { numRuns: 500 },
    );
    expect(refused).toBeGreaterThan(0);
  });
});
