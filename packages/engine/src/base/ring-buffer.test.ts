// Holds the ring buffer against a plain array.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RingBuffer } from './ring-buffer.ts';

const steps = fc.array(
  fc.tuple(fc.constantFrom('push', 'push', 'unshift', 'shift', 'pop', 'clear'), fc.nat()),
  { maxLength: 100, size: 'max' },
);

describe('RingBuffer', () => {
  it('does what an array does, through every growth and wrap', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const ring = new RingBuffer<number>();
        const model: number[] = [];
        for (const [kind, value] of script) {
          if (kind === 'push') {
            ring.push(value);
            model.push(value);
          } else if (kind === 'unshift') {
            ring.unshift(value);
            model.unshift(value);
          } else if (kind === 'shift') expect(ring.shift()).toBe(model.shift());
          else if (kind === 'pop') expect(ring.pop()).toBe(model.pop());
          else if (value % 8 === 0) {
            ring.clear();
            model.length = 0;
          }
          expect(ring.length).toBe(model.length);
          expect([...ring]).toEqual(model);
        }
        expect(ring.at(0)).toBe(model[0]);
        expect(ring.at(model.length)).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });
});
