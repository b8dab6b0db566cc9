// How long a suspect has to refute, and how our own health stretches what we do.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Awareness } from './awareness.ts';
import { lan } from './config.ts';
import { Suspicion, suspicionBounds, suspicionTimeoutMs } from './suspicion.ts';
import { actorId } from './test-network.ts';

const config = {
  probePeriodMs: 1_000,
  suspicionPeriods: 3,
  suspicionMaxFactor: 4,
  suspicionConfirmations: 3,
};

describe('suspicionBounds', () => {
  it.each([
    [1, 3_000, 0],
    [2, 3_000, 0],
    [3, 3_000, 1],
    [4, 3_000, 2],
    [10, 3_000, 3],
    [100, 6_000, 3],
    [1_000, 9_000, 3],
  ])('with %d members', (size, minMs, confirmations) => {
    const bounds = suspicionBounds(config, size);
    expect(bounds.minMs).toBeCloseTo(minMs, 6);
    expect(bounds.maxMs).toBeCloseTo(minMs * 4, 6);
    expect(bounds.confirmations).toBe(confirmations);
  });
});

describe('suspicionTimeoutMs', () => {
  const bounds = { minMs: 2_000, maxMs: 30_000, confirmations: 3 };
  it.each([
    [0, 30_000],
    [1, 16_000],
    [2, 7_810],
    [3, 2_000],
    [4, 2_000],
  ])('after %d confirmations', (confirmed, expected) => {
    expect(Math.round(suspicionTimeoutMs(bounds, confirmed) / 10) * 10).toBe(expected);
  });

  it('is the least at once when nobody could confirm', () => {
    expect(suspicionTimeoutMs({ ...bounds, confirmations: 0 }, 0)).toBe(2_000);
  });

  it('never grows with a confirmation, and keeps its bounds', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60_000 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 0, max: 8 }),
        (minMs, factor, confirmations) => {
          const any = { minMs, maxMs: minMs * factor, confirmations };
          let last = Number.POSITIVE_INFINITY;
          for (let confirmed = 0; confirmed <= confirmations + 1; confirmed++) {
            const timeoutMs = suspicionTimeoutMs(any, confirmed);
            expect(timeoutMs).toBeLessThanOrEqual(last);
            expect(timeoutMs).toBeGreaterThanOrEqual(minMs);
            expect(timeoutMs).toBeLessThanOrEqual(any.maxMs);
            last = timeoutMs;
          }
          expect(last).toBe(minMs);
        },
      ),
    );
  });
});

describe('Suspicion', () => {
  it('counts each suspecting node once', () => {
    const suspicion = new Suspicion(suspicionBounds(lan, 5), 1_000, actorId(1));
    const { deadlineMs } = suspicion;
    expect(deadlineMs).toBe(1_000 + 7_500);
    expect(suspicion.confirm(actorId(1))).toBe(false);
    expect(suspicion.deadlineMs).toBe(deadlineMs);
    expect(suspicion.confirm(actorId(2))).toBe(true);
    expect(suspicion.confirm(actorId(2))).toBe(false);
    expect(suspicion.deadlineMs).toBeLessThan(deadlineMs);
    expect(suspicion.confirm(actorId(3))).toBe(true);
    expect(suspicion.deadlineMs).toBe(1_000 + 2_500);
  });

  it('is mature after half of the least timeout', () => {
    const suspicion = new Suspicion(suspicionBounds(lan, 5), 1_000, actorId(1));
    expect([2_249, 2_250].map((nowMs) => suspicion.isMature(nowMs))).toEqual([false, true]);
  });

  it('takes no more confirmations than it needs', () => {
    const suspicion = new Suspicion(suspicionBounds(lan, 5), 0, actorId(1));
    suspicion.confirm(actorId(2));
    suspicion.confirm(actorId(3));
    expect(suspicion.confirm(actorId(4))).toBe(false);
  });
});

it('Awareness stays within its limits', () => {
  const awareness = new Awareness(8);
  expect(awareness.factor).toBe(1);
  awareness.adjust(-1);
  expect(awareness.score).toBe(0);
  awareness.adjust(3);
  expect(awareness.factor).toBe(4);
  awareness.adjust(100);
  expect([awareness.score, awareness.factor]).toEqual([8, 9]);
  awareness.adjust(-1);
  expect(awareness.score).toBe(7);
});
