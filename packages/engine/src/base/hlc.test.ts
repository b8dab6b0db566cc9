// The clock's laws: it follows real time, never goes backwards, and never leaves the safe integers.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hlcEpochMs, hlcFromUnixMs, hlcNext, hlcTicksPerMs, hlcToUnixMs } from './hlc.ts';

/** From the epoch of the clock until the year 2093, near the end of its range. */
const unixMs = fc.integer({ min: hlcEpochMs, max: hlcEpochMs + 69 * 365 * 86_400_000 });

describe('HLC', () => {
  it('counts 4096 steps per millisecond since 2024', () => {
    expect(hlcEpochMs).toBe(Date.UTC(2024, 0, 1));
    expect(hlcFromUnixMs(hlcEpochMs)).toBe(0);
    expect(hlcFromUnixMs(hlcEpochMs + 1)).toBe(4096);
    expect(hlcFromUnixMs(hlcEpochMs + 1.9)).toBe(4096);
    expect(hlcFromUnixMs(0)).toBe(0);
    expect(hlcNext(0, hlcEpochMs)).toBe(1);
  });

  it('keeps the time that it was made from', () => {
    fc.assert(
      fc.property(unixMs, fc.nat(hlcTicksPerMs - 1), (ms, counter) => {
        expect(hlcToUnixMs(hlcFromUnixMs(ms))).toBe(ms);
        expect(hlcToUnixMs(hlcFromUnixMs(ms) + counter)).toBe(ms);
      }),
    );
  });

  it('rises with every step, whatever the wall clock does, and is never behind it', () => {
    fc.assert(
      fc.property(fc.array(unixMs, { maxLength: 50 }), (times) => {
        let last = 0;
        for (const time of times) {
          const next = hlcNext(last, time);
          expect(next).toBeGreaterThan(last);
          expect(Number.isSafeInteger(next)).toBe(true);
          expect(hlcToUnixMs(next)).toBeGreaterThanOrEqual(time);
          last = next;
        }
      }),
    );
  });

  it('is ahead of a wall clock that stands still by one millisecond per 4096 steps', () => {
    let last = hlcFromUnixMs(hlcEpochMs + 1000);
    for (let step = 0; step < 2 * hlcTicksPerMs; step++) last = hlcNext(last, hlcEpochMs + 1000);
    expect(hlcToUnixMs(last)).toBe(hlcEpochMs + 1002);
  });

  it('stops rather than leave the safe integers', () => {
    expect(() => hlcNext(Number.MAX_SAFE_INTEGER, hlcEpochMs)).toThrow(/safe integer/);
  });
});
