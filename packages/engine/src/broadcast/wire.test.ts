// Pins the bytes of a broadcast frame, and checks that mutated frames are read or refused, nothing else.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PatinaError } from '../base/errors.ts';
import {
  decodeFrame,
  encodeFrame,
  type FrameEntry,
  frameChunksMax,
  frameVersion,
  hopsMax,
} from './wire.ts';

const entries: fc.Arbitrary<FrameEntry[]> = fc.array(
  fc
    .record({
      reach: fc.nat(),
      hops: fc.integer({ min: 1, max: 100 }),
      bytes: fc.uint8Array({ maxLength: 200 }),
    })
    // Only the origin tells its reach.
    .map((entry) => (entry.hops === 1 ? entry : { ...entry, reach: 0 })),
  { maxLength: 8 },
);

function plain(frame: readonly FrameEntry[]): unknown {
  return frame.map(({ reach, hops, bytes }) => ({ reach, hops, bytes: [...bytes] }));
}

describe('broadcast frame', () => {
  it.each([
    { frame: [], hex: '02' },
    { frame: [{ reach: 2, hops: 1, bytes: Uint8Array.of(0xaa, 0xbb) }], hex: '020402aabb' },
    { frame: [{ reach: 0, hops: 3, bytes: Uint8Array.of(0xaa) }], hex: '020701aa' },
    {
      frame: [
        { reach: 0, hops: 1, bytes: Uint8Array.of(1) },
        { reach: 300, hops: 1, bytes: new Uint8Array(130) },
      ],
      hex: `02000101d8048201${'00'.repeat(130)}`,
    },
  ])('has the pinned bytes $hex', ({ frame, hex }) => {
    expect(Buffer.from(encodeFrame(frame)).toString('hex')).toBe(hex);
    expect(plain(decodeFrame(Buffer.from(hex, 'hex')))).toEqual(plain(frame));
  });

  it('is read back as it was written', () => {
    fc.assert(
      fc.property(entries, (frame) => {
        expect(plain(decodeFrame(encodeFrame(frame)))).toEqual(plain(frame));
      }),
    );
  });

  it('survives mutation', () => {
    let refused = 0;
    fc.assert(
      fc.property(entries, fc.nat(), fc.nat(255), fc.nat(300), (frame, at, value, cut) => {
        const bytes = Buffer.from(encodeFrame(frame));
        bytes[at % bytes.length] = value;
        try {
          encodeFrame(decodeFrame(bytes.subarray(0, cut)));
        } catch (error) {
          if (!(error instanceof PatinaError)) throw error;
          expect(error.code).toBe('PATINA_WIRE_MALFORMED');
          refused++;
        }
      }),
      { numRuns: 2000 },
    );
    expect(refused).toBeGreaterThan(100);
  });

  it('has a limit on hops, and carries all up to it', () => {
    const entry = { reach: 0, bytes: Uint8Array.of(1) };
    const most = { ...entry, hops: hopsMax };
    expect(plain(decodeFrame(encodeFrame([most])))).toEqual(plain([most]));
    const beyond = encodeFrame([{ ...entry, hops: hopsMax + 1 }]);
    expect(() => decodeFrame(beyond)).toThrow(/hops/);
    const largest = Buffer.from([frameVersion, ...Buffer.from('ffffffffffffff0f', 'hex'), 1, 1]);
    expect(() => decodeFrame(largest)).toThrow(/hops/);
  });

  it('has a limit on its chunks', () => {
    const bytes = Buffer.alloc(1 + (frameChunksMax + 1) * 2);
    bytes[0] = frameVersion;
    expect(() => decodeFrame(bytes)).toThrow(/too many chunks/);
    expect(decodeFrame(bytes.subarray(0, -2))).toHaveLength(frameChunksMax);
  });
});
