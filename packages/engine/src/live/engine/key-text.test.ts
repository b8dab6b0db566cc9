// Laws of keys as text: equal texts for what SQLite takes for equal, and back again.

import Database from 'better-sqlite3';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RawCell } from '../../storage/row-encoder.ts';
import { exactTextOf, keyTextOf, parseKeyText, splitKeyText } from './key-text.ts';

const cell: fc.Arbitrary<RawCell> = fc.oneof(
  fc.constant(null),
  fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
  fc.bigInt(-3n, 3n),
  fc.constantFrom(2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n),
  fc.double({ noNaN: true }),
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom(2 ** 53, 2 ** 63, -(2 ** 63), -0),
  fc.string({ unit: 'grapheme', maxLength: 5 }),
  fc.constantFrom('n;', 's1:a', '1', 'i1;', ':', ';'),
  fc.uint8Array({ maxLength: 3 }),
);

function isSame(one: RawCell, other: RawCell): boolean {
  if (one instanceof Uint8Array && other instanceof Uint8Array) {
    return Buffer.compare(one, other) === 0;
  }
  return Object.is(one, other);
}

test('a text that keeps types apart is read back exactly', () => {
  fc.assert(
    fc.property(fc.array(cell, { maxLength: 5 }), (cells) => {
      const text = exactTextOf(cells, 0);
      const read = parseKeyText(text);
      expect(read.length).toBe(cells.length);
      for (const [index, value] of read.entries()) {
        expect(isSame(value, cells[index] ?? null)).toBe(true);
      }
      expect(splitKeyText(text).join('')).toBe(text);
    }),
  );
});

test('two keys have one text exactly where SQLite finds them equal', () => {
  const db = new Database(':memory:');
  const isEqual = db.prepare<RawCell[], bigint>('SELECT ? IS ?').pluck().safeIntegers();
  fc.assert(
    fc.property(cell, cell, (one, other) => {
      const texts = [one, other].map((value) => keyTextOf([value], 0, 1, []));
      expect(texts[0] === texts[1]).toBe(isEqual.get(one, other) === 1n);
    }),
    { numRuns: 2_000 },
  );
  db.close();
});
