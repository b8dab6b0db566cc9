// Messages come out of a stream as they went in, however the stream is cut; lengths are capped.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeAbortMark, encodeEndMark, encodeFrameHeader, FrameReader } from './frame-reader.ts';

/** Everything that a reader finds in `bytes`, fed in the given pieces. */
function readAll(reader: FrameReader, bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const messages: Buffer[] = [];
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  let start = 0;
  for (const end of ends) {
    const piece = bytes.subarray(start, end);
    for (let at = 0; at < piece.length; ) {
      const taken = reader.take(piece, at);
      expect(taken.bytes).toBeGreaterThan(0);
      at += taken.bytes;
      if (taken.message !== undefined) messages.push(Buffer.from(taken.message));
    }
    start = end;
  }
  return messages;
}

function frame(message: Uint8Array): Buffer {
  return Buffer.concat([encodeFrameHeader(message.length), message]);
}

describe('FrameReader', () => {
  it('has a layout that must not change', () => {
    expect(frame(Buffer.from('abc')).toString('hex')).toBe('03000000616263');
    expect(encodeEndMark().toString('hex')).toBe('ffffffff');
    expect(encodeAbortMark().toString('hex')).toBe('feffffff');
  });

  it('finds the same messages however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 }),
        fc.array(fc.nat(), { maxLength: 12 }),
        (messages, cuts) => {
          const bytes = Buffer.concat([...messages.map(frame), encodeEndMark()]);
          const reader = new FrameReader(300);
          const found = readAll(reader, bytes, cuts);
          expect(found.map((message) => message.toString('hex'))).toEqual(
            messages.map((message) => Buffer.from(message).toString('hex')),
          );
          expect(reader.isEnded).toBe(true);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('tells an orderly end from an abort', () => {
    const ended = (bytes: Buffer) => {
      const reader = new FrameReader(10);
      readAll(reader, bytes, []);
      return reader.isEnded;
    };
    expect(ended(encodeEndMark())).toBe(true);
    expect(ended(Buffer.concat([frame(Buffer.of(1)), encodeEndMark()]))).toBe(true);
    expect(ended(encodeAbortMark())).toBe(false);
    expect(ended(frame(Buffer.of(1)))).toBe(false);
    expect(ended(frame(Buffer.of(1, 2)).subarray(0, 5))).toBe(false);
  });

  it('grows to large messages', () => {
    const message = Buffer.alloc(3_000_000, 7);
    const cuts = Array.from({ length: 40 }, (_, index) => index * 75_000);
    const [found] = readAll(new FrameReader(3_000_000), frame(message), cuts);
    expect(found?.equals(message)).toBe(true);
  });

  it('refuses a length over the limit, and anything behind the end', () => {
    const code = 'PATINA_WIRE_MALFORMED';
    expect(() => new FrameReader(10).take(encodeFrameHeader(11), 0)).toThrow(
      expect.objectContaining({ code }),
    );
    const reader = new FrameReader(10);
    reader.take(encodeEndMark(), 0);
    expect(() => reader.take(Buffer.of(0), 0)).toThrow(expect.objectContaining({ code }));
  });
});
