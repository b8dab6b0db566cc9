// What holds for all values: arithmetic of decimals against whole numbers, calendars there and back, keys that
// sort as the values compare, documents that stay what they are.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arrayJson, arrayLiteral, parseArrayLiteral, parseJsonArray } from './array-form.ts';
import { arrayKey, compareArrays, compareTexts } from './array-order.ts';
import { dateOf, daysOf, finite } from './calendar.ts';
import {
  add,
  compare,
  type Decimal,
  decimalKey,
  divide,
  formatDecimal,
  multiply,
  negate,
  parseDecimal,
  powerOfTen,
  remainder,
  squareRoot,
  truncate,
} from './decimal.ts';
import { formatInterval } from './interval.ts';
import { parseInterval } from './interval-input.ts';
import { jsonKey } from './json-key.ts';
import { compareJsonb, jsonbOfText, normalized, parseJson } from './json-value.ts';
import { isLike } from './like.ts';
import { addInterval, difference } from './moment-arithmetic.ts';
import { readMoment, utcText } from './stored-times.ts';
import { offsetAt, toLocal, toUtc } from './time-zones.ts';

const seed = process.env['PATINA_SEED'] === 'random' ? Date.now() | 0 : 4;
const options = { seed, numRuns: 500 };

const decimals = fc
  .record({
    units: fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
    scale: fc.integer({ min: 0, max: 12 }),
  })
  .map((value): Decimal => value);

/** The same number in units of ten to the minus 24. */
function fixed({ units, scale }: Decimal): bigint {
  return units * powerOfTen(24 - scale);
}

describe(`decimals (seed ${seed})`, () => {
  it('come back from their text', () => {
    fc.assert(
      fc.property(decimals, (value) => {
        expect(parseDecimal(formatDecimal(value))).toEqual(value);
      }),
      options,
    );
  });

  it('add, subtract and multiply as whole numbers do', () => {
    fc.assert(
      fc.property(decimals, decimals, (a, b) => {
        expect(fixed(add(a, b))).toBe(fixed(a) + fixed(b));
        expect(fixed(add(a, negate(b)))).toBe(fixed(a) - fixed(b));
        expect(fixed(multiply(a, b)) * powerOfTen(24)).toBe(fixed(a) * fixed(b));
      }),
      options,
    );
  });

  it('are their quotient times the divisor and the remainder', () => {
    fc.assert(
      fc.property(decimals, decimals, (a, b) => {
        fc.pre(b.units !== 0n);
        const rest = remainder(a, b);
        expect(fixed(a)).toBe(fixed(multiply(truncate(exact(a, b), 0), b)) + fixed(rest));
        // Rounded to its last digit.
        const error = add(multiply(divide(a, b), b), negate(a));
        const bound = multiply({ units: 1n, scale: divide(a, b).scale }, b);
        expect(absolute(error.units) * powerOfTen(bound.scale)).toBeLessThanOrEqual(
          absolute(bound.units) * powerOfTen(error.scale),
        );
      }),
      options,
    );
  });

  it('are near the square of their root', () => {
    fc.assert(
      fc.property(decimals, (value) => {
        fc.pre(value.units > 0n);
        const root = squareRoot(value);
        const half: Decimal = { units: 5n, scale: root.scale + 1 };
        const [low, high] = [add(root, negate(half)), add(root, half)];
        expect(compare(multiply(high, high), value)).toBe(1);
        if (low.units > 0n) expect(compare(multiply(low, low), value)).toBe(-1);
      }),
      options,
    );
  });

  it('sort by their keys', () => {
    fc.assert(
      fc.property(decimals, decimals, (a, b) => {
        expect(Math.sign(compareTexts(decimalKey(a), decimalKey(b)))).toBe(compare(a, b));
      }),
      options,
    );
  });
});

function absolute(value: bigint): bigint {
  return value < 0n ? -value : value;
}

/** A quotient in whole numbers. */
function exact(a: Decimal, b: Decimal): Decimal {
  return { units: fixed(a) / fixed(b), scale: 0 };
}

const days = fc.integer({ min: -730_000, max: 3_000_000 });
const microseconds = fc.integer({ min: 0, max: 86_400_000_000 - 1 });

describe('times', () => {
  it('dates and days stand for each other', () => {
    fc.assert(
      fc.property(days, (day) => {
        expect(daysOf(dateOf(day))).toBe(day);
      }),
      options,
    );
  });

  it('moments come back from their text', () => {
    fc.assert(
      fc.property(days, microseconds, (day, us) => {
        expect(readMoment(utcText(finite(day, us)))).toEqual(finite(day, us));
      }),
      options,
    );
  });

  it('a difference leads back', () => {
    fc.assert(
      fc.property(days, microseconds, days, microseconds, (day, us, otherDay, otherUs) => {
        const [a, b] = [finite(day, us), finite(otherDay, otherUs)];
        expect(addInterval(b, difference(a, b))).toEqual(a);
      }),
      options,
    );
  });

  it('intervals come back from their text', () => {
    const parts = fc.record({
      months: fc.integer({ min: -20_000, max: 20_000 }),
      days: fc.integer({ min: -20_000, max: 20_000 }),
      us: fc.integer({ min: -1e14, max: 1e14 }),
    });
    fc.assert(
      fc.property(parts, (interval) => {
        expect(parseInterval(formatInterval(interval))).toEqual(interval);
      }),
      options,
    );
  });

  it('zones lead to UTC and back', () => {
    const zones = fc.constantFrom(
      'Europe/Berlin',
      'America/St_Johns',
      'Asia/Kolkata',
      'Etc/GMT+5',
      'UTC',
    );
    // From 1970 on offsets are whole minutes everywhere.
    const recent = fc.integer({ min: -10_957, max: 13_000 });
    fc.assert(
      fc.property(zones, recent, microseconds, (zone, day, us) => {
        const utc = finite(day, us);
        const back = toUtc(toLocal(utc, zone), zone);
        // An hour that comes twice is taken as the second one.
        expect(toLocal(back, zone)).toEqual(toLocal(utc, zone));
        expect(Math.abs(offsetAt(zone, back) - offsetAt(zone, utc))).toBeLessThanOrEqual(3_600);
      }),
      options,
    );
  });
});

const items = fc.array(fc.oneof(fc.constant(null), fc.integer({ min: -99, max: 99 })), {
  maxLength: 5,
});
const texts = fc.array(fc.oneof(fc.constant(null), fc.string({ unit: 'grapheme', maxLength: 6 })), {
  maxLength: 5,
});

describe('arrays', () => {
  it('come back from JSON and from braces', () => {
    fc.assert(
      fc.property(texts, (value) => {
        expect(parseJsonArray(arrayJson(value))).toEqual(value);
        expect(parseArrayLiteral(arrayLiteral(value, String), (text) => text)).toEqual(value);
      }),
      options,
    );
  });

  it('keep numbers that JavaScript has not', () => {
    expect(arrayJson(parseJsonArray('[9223372036854775807]') ?? [])).toBe('[9223372036854775807]');
  });

  it('sort by their keys', () => {
    fc.assert(
      fc.property(items, items, (a, b) => {
        expect(Math.sign(compareTexts(arrayKey(a), arrayKey(b)))).toBe(
          Math.sign(compareArrays(a, b)),
        );
      }),
      options,
    );
  });
});

describe('documents', () => {
  it('have one normal form, which holds what they hold', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        fc.pre(!text.includes('\\u0000'));
        const normal = jsonbOfText(text);
        expect(jsonbOfText(normal)).toBe(normal);
        expect(compareJsonb(normalized(parseJson(text)), normalized(parseJson(normal)))).toBe(0);
      }),
      options,
    );
  });

  it('sort by their keys', () => {
    const small = fc.oneof(
      fc.constantFrom('null', 'true', 'false', '[]', '{}', '""', '1', '-2.5', '1e3', '0'),
      fc.constantFrom(
        '[1]',
        '[1,2]',
        '["a"]',
        '{"a":1}',
        '{"a":2}',
        '{"b":1}',
        '[[]]',
        '"ab"',
        '"a"',
      ),
    );
    fc.assert(
      fc.property(small, small, (a, b) => {
        const [one, other] = [normalized(parseJson(a)), normalized(parseJson(b))];
        const order = Math.sign(compareJsonb(one, other));
        expect(Math.sign(compareTexts(jsonKey(one), jsonKey(other)))).toBe(order);
      }),
      options,
    );
  });
});

const patternByMark: ReadonlyMap<string, string> = new Map([
  ['%', '.*'],
  ['_', '.'],
  ['\\%', '%'],
]);

it('LIKE matches as the regular expression does', () => {
  const pieces = fc.array(fc.constantFrom('a', 'b', '%', '_', '\\%', '😀'), { maxLength: 6 });
  const subjects = fc.array(fc.constantFrom('a', 'b', '%', '😀', '\n'), { maxLength: 6 });
  fc.assert(
    fc.property(subjects, pieces, (subject, pattern) => {
      const source = pattern.map((each) => patternByMark.get(each) ?? each).join('');
      const wanted = new RegExp(`^(?:${source})$`, 'su').test(subject.join(''));
      expect(isLike(subject.join(''), pattern.join(''))).toBe(wanted);
    }),
    options,
  );
});
