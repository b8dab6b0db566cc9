// Records join: whatever order, and however often, nodes tell each other, they end up with the same, and a
// removal wins over every change.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CredentialRecord, isUsable, join, removed, textOf } from './records.ts';

const seed = process.env.PATINA_SEED === 'random' ? undefined : 16;
const options = { ...(seed === undefined ? {} : { seed }), numRuns: 1_000 };

/** Records of one credential, as different nodes may have them. */
const record: fc.Arbitrary<CredentialRecord> = fc
  .record({
    secret: fc.constantFrom('one', 'two'),
    roles: fc.uniqueArray(fc.constantFrom('reader' as const, 'writer' as const)),
    revision: fc.integer({ min: 1, max: 3 }),
    removedMs: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
    tables: fc.option(fc.array(fc.constantFrom('a*', 'b')), { nil: undefined }),
  })
  .map(({ removedMs, tables, ...rest }) => {
    const whole: CredentialRecord = {
      id: '0123456789ab',
      kind: 'user',
      name: 'anna',
      createdMs: 1,
      ...rest,
      ...(tables === undefined ? {} : { tables }),
    };
    return removedMs === undefined ? whole : removed(whole, removedMs);
  });

test('the order does not matter, nor does repetition', () => {
  fc.assert(
    fc.property(record, record, record, (a, b, c) => {
      expect(textOf(join(a, b))).toBe(textOf(join(b, a)));
      expect(textOf(join(join(a, b), c))).toBe(textOf(join(a, join(b, c))));
      expect(textOf(join(a, a))).toBe(textOf(a));
    }),
    options,
  );
});

test('what was removed stays so, whatever was changed elsewhere, and keeps no secret', () => {
  fc.assert(
    fc.property(record, record, (a, b) => {
      const gone = join(removed(a, 2), b);
      expect(gone.removedMs).toBeLessThanOrEqual(2);
      expect(isUsable(gone, 0)).toBe(false);
      expect(gone.secret).toBe('');
      expect(gone.roles).toEqual([]);
    }),
    options,
  );
});

test('a change wins over what it changed', () => {
  fc.assert(
    fc.property(record, (a) => {
      fc.pre(a.removedMs === undefined);
      const next: CredentialRecord = { ...a, roles: ['metrics'], revision: a.revision + 1 };
      expect(textOf(join(a, next))).toBe(textOf(next));
    }),
    options,
  );
});
