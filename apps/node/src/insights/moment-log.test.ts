// What is read of a log is what was added, in order, whichever range is asked for.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MomentLog } from './moment-log.ts';

test('moments rise strictly, also while the clock stands still or goes back', () => {
  let nowMs = 2_000_000_000_000;
  const log = new MomentLog<{ n: number }>(100, () => nowMs);
  const hlcs = [1, 2, 3].map((n) => log.add({ n }).hlc);
  nowMs -= 5_000;
  hlcs.push(log.add({ n: 4 }).hlc);
  expect(hlcs).toEqual([...new Set(hlcs)].toSorted((a, b) => a - b));
});

test('ranges are what a filter of the kept entries gives', () => {
  const sizes = fc.record({
    max: fc.integer({ min: 1, max: 20 }),
    added: fc.integer({ min: 0, max: 50 }),
    at: fc.nat(60),
    limit: fc.integer({ min: 1, max: 30 }),
    modulus: fc.integer({ min: 1, max: 3 }),
  });
  fc.assert(
    fc.property(sizes, ({ max, added, at, limit, modulus }) => {
      let nowMs = 2_000_000_000_000;
      const log = new MomentLog<{ n: number }>(max, () => nowMs++);
      const all = Array.from({ length: added }, (_, n) => log.add({ n }));
      const kept = all.slice(-max);
      const hlc = all[at]?.hlc ?? 0;
      const isWanted = ({ n }: { n: number }): boolean => n % modulus === 0;
      expect(log.length).toBe(kept.length);
      expect(log.read({ limit }, isWanted)).toEqual(
        kept.toReversed().filter(isWanted).slice(0, limit),
      );
      expect(log.read({ after: hlc, limit }, isWanted)).toEqual(
        kept.filter((entry) => entry.hlc > hlc && isWanted(entry)).slice(0, limit),
      );
      expect(log.read({ before: hlc, limit }, isWanted)).toEqual(
        kept
          .toReversed()
          .filter((entry) => entry.hlc < hlc && isWanted(entry))
          .slice(0, limit),
      );
    }),
  );
});
