// Frames survive any cutting of the stream, and nothing over the limit is kept.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { encodeFrame, FrameDecoder } from './frames.ts';

it('gives back what was sent, however the bytes are cut', () => {
  const cuts = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 });
  fc.assert(
    fc.property(fc.array(fc.jsonValue(), { maxLength: 6 }), cuts, (values, sizes) => {
      const bytes = Buffer.concat(values.map((value) => encodeFrame(value, 1 << 20)));
      const decoder = new FrameDecoder(1 << 20);
      const received: unknown[] = [];
      for (let at = 0, turn = 0; at < bytes.length; turn++) {
        const size = sizes[turn % sizes.length] ?? 1;
        received.push(...decoder.push(bytes.subarray(at, at + size)));
        at += size;
      }
      expect(JSON.stringify(received)).toBe(JSON.stringify(values));
      expect(decoder.isPartial).toBe(false);
    }),
  );
});

it('refuses a length over the limit as soon as it is read', () => {
  const decoder = new FrameDecoder(16);
  expect(() => decoder.push(Buffer.from([0, 0, 0, 17]))).toThrow(/over the limit of 16/);
  expect(() => encodeFrame('x'.repeat(16), 16)).toThrow(/over the limit of 16/);
});

it('refuses what is not JSON', () => {
  const decoder = new FrameDecoder(16);
  expect(() => decoder.push(Buffer.from([0, 0, 0, 2, 0x7b, 0x7b]))).toThrow(/not JSON/);
});
