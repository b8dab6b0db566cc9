// A taker gets everything once and in order, however it takes; what waits is counted exactly.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Outbox } from './outbox.ts';

it('hands over in order, one at a time, and counts what waits', async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('push' as const), changes: fc.nat(9), isSlow: fc.boolean() }),
    fc.record({ kind: fc.constantFrom('take' as const, 'start' as const) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const taken: number[] = [];
      const gates: PromiseWithResolvers<void>[] = [];
      const waiting = new Map<number, number>();
      let underWay = 0;
      let drained = 0;
      const outbox = new Outbox({
        onDrained: () => void drained++,
        onFault: (error) => {
          throw error;
        },
      });
      const push = (number: number, changes: number, isSlow: boolean): void => {
        waiting.set(number, changes);
        outbox.push({
          changes,
          bytes: 2 * changes,
          deliver: () => {
            expect(underWay).toBe(0);
            waiting.delete(number);
            taken.push(number);
            if (!isSlow) return undefined;
            underWay++;
            const gate = Promise.withResolvers<void>();
            gates.push(gate);
            return gate.promise.then(() => void underWay--);
          },
        });
      };
      const take = async (): Promise<void> => {
        gates.shift()?.resolve();
        await new Promise((resolve) => setImmediate(resolve));
      };
      let pushed = 0;
      for (const each of steps) {
        if (each.kind === 'push') push(pushed++, each.changes, each.isSlow);
        else if (each.kind === 'start') outbox.start();
        else await take();
        const changes = [...waiting.values()].reduce((sum, count) => sum + count, 0);
        expect([outbox.length, outbox.changes, outbox.bytes]).toEqual([
          waiting.size,
          changes,
          2 * changes,
        ]);
      }
      outbox.start();
      while (!outbox.isEmpty) await take();
      expect(taken).toEqual(Array.from({ length: pushed }, (_, number) => number));
      expect(drained > 0).toBe(pushed > 0);
    }),
    { numRuns: 200 },
  );
});

it('hands nothing over after it was stopped, or after the taker failed', async () => {
  const faults: unknown[] = [];
  const taken: string[] = [];
  const outbox = new Outbox({
    onDrained: () => undefined,
    onFault: (error) => void faults.push(error),
  });
  const parcel = (name: string, fails = false) => ({
    changes: 1,
    bytes: 1,
    deliver: async () => {
      taken.push(name);
      if (fails) throw new Error('full');
    },
  });
  outbox.start();
  outbox.push(parcel('first', true));
  outbox.push(parcel('second'));
  await new Promise((resolve) => setImmediate(resolve));
  outbox.push(parcel('third'));
  await new Promise((resolve) => setImmediate(resolve));
  expect(taken).toEqual(['first']);
  expect(faults).toHaveLength(1);
});
