// Rings follow the least round trip of a window, with hysteresis and one step at a time.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  RttWindow,
  ringBoundsMs,
  ringHysteresisMs,
  ringOf,
  rttWindowSize,
  settleRing,
} from './rings.ts';

describe('settleRing', () => {
  const cases: [string, number | undefined, number, number][] = [
    ['the first sample has no hysteresis, below', undefined, 5.9, 0],
    ['the first sample has no hysteresis, at', undefined, 6, 1],
    ['the first sample may be in any ring', undefined, 250, 5],
    ['the first sample at the last boundary', undefined, 200, 5],
    ['stays above a boundary within 2 ms', 0, 7.9, 0],
    ['leaves 2 ms above a boundary', 0, 8, 1],
    ['stays below a boundary within 2 ms', 1, 4, 1],
    ['comes back more than 2 ms below it', 1, 3.9, 0],
    ['moves one step up at a time', 0, 500, 1],
    ['moves one step down at a time', 5, 1, 4],
    ['stays in the last ring', 5, 100_000, 5],
    ['stays in the first ring', 0, 0, 0],
  ];
  it.each(cases)('%s', (_, current, rttMs, expected) => {
    expect(settleRing(current, rttMs)).toBe(expected);
  });

  it('every round trip settles on exactly one ring, near where it belongs', () => {
    const anyRing = fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined });
    fc.assert(
      fc.property(anyRing, fc.double({ min: 0, max: 400, noNaN: true }), (start, rttMs) => {
        let ring = settleRing(start, rttMs);
        for (let step = 0; step < ringBoundsMs.length; step++) ring = settleRing(ring, rttMs);
        expect(settleRing(ring, rttMs)).toBe(ring);
        const lowerMs = (ringBoundsMs[ring - 1] ?? 0) - ringHysteresisMs;
        const upperMs = (ringBoundsMs[ring] ?? Number.POSITIVE_INFINITY) + ringHysteresisMs;
        expect(rttMs).toBeGreaterThanOrEqual(lowerMs);
        expect(rttMs).toBeLessThan(upperMs);
      }),
      { numRuns: 2_000 },
    );
  });

  it('jitter of less than the hysteresis never moves a ring twice', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ringBoundsMs),
        fc.array(fc.double({ min: -1.9, max: 1.9, noNaN: true }), { minLength: 1 }),
        (boundMs, jitters) => {
          const first = settleRing(undefined, boundMs + (jitters[0] ?? 0));
          let ring = first;
          for (const jitterMs of jitters) ring = settleRing(ring, boundMs + jitterMs);
          expect(ring).toBe(first);
        },
      ),
    );
  });
});

it.each([
  [0, 0],
  [6, 1],
  [15, 2],
  [50, 3],
  [100, 4],
  [200, 5],
])('ringOf(%d) is %d', (rttMs, ring) => {
  expect(ringOf(rttMs)).toBe(ring);
});

describe('RttWindow', () => {
  it('knows nothing at first', () => {
    const window = new RttWindow();
    expect([window.ring, window.minMs, window.medianMs]).toEqual([undefined, undefined, undefined]);
  });

  it('gives least and median of the last samples only', () => {
    const window = new RttWindow();
    window.add(1);
    for (let index = 0; index < rttWindowSize - 1; index++) window.add(40 + index);
    expect(window.minMs).toBe(1);
    expect(window.ring).toBe(0);
    window.add(60);
    expect(window.minMs).toBe(40);
    expect(window.medianMs).toBe(49);
    expect(window.ring).toBe(1);
    window.add(60);
    expect(window.ring).toBe(2);
  });

  it('is not moved by a few slow answers', () => {
    const window = new RttWindow();
    for (let index = 0; index < 200; index++) window.add(index % 10 === 0 ? 2 : 500);
    expect(window.ring).toBe(0);
  });

  it('refuses what is no round trip', () => {
    expect(() => new RttWindow().add(-1)).toThrow('round trip');
    expect(() => new RttWindow().add(Number.NaN)).toThrow('round trip');
  });
});
