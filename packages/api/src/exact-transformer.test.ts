// Integers of any size survive the wire of tRPC, and everything else is plain JSON.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { exactTransformer } from './exact-transformer.ts';

function overTheWire(value: unknown): unknown {
  return exactTransformer.deserialize(
    JSON.parse(JSON.stringify(exactTransformer.serialize(value))),
  );
}

test('a bigint keeps its digits', () => {
  const value = { rows: [[1n, -9_223_372_036_854_775_808n], [null]], id: 7 };
  expect(overTheWire(value)).toEqual(value);
  expect(exactTransformer.serialize(5n)).toEqual({ $integer: '5' });
});

test('values without bigints are not copied', () => {
  const value = { rows: [[1, 'x', null]], nested: { a: [true] } };
  expect(exactTransformer.serialize(value)).toBe(value);
});

test('an object that looks like an integer stays an object', () => {
  for (const value of [{ $integer: '5' }, { $integer: { $integer: '5' } }, { $integer: 5n }]) {
    expect(overTheWire(value)).toEqual(value);
  }
});

test('whatever JSON can say, and bigints, arrives as it was', () => {
  const leaf = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n }),
  );
  const key = fc.oneof(
    fc.string().filter((name) => name !== '__proto__'),
    fc.constant('$integer'),
  );
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
    ),
  }));
  fc.assert(
    fc.property(value, (each) => {
      expect(overTheWire(each)).toEqual(each);
    }),
  );
});
