// Cancel keys: only the secret of a session cancels what it runs.

import { expect, test } from 'vitest';
import { CancelRegistry } from './cancel-registry.ts';

test('only the right secret cancels, and only its own session', () => {
  const registry = new CancelRegistry();
  const cancelled: string[] = [];
  const one = registry.register(() => cancelled.push('one'));
  const other = registry.register(() => cancelled.push('other'));
  expect(one.processId).not.toBe(other.processId);
  expect(registry.cancel({ ...one, secret: one.secret ^ 1 })).toBe(false);
  expect(registry.cancel({ processId: 999, secret: one.secret })).toBe(false);
  expect(cancelled).toEqual([]);
  expect(registry.cancel(one)).toBe(true);
  // As clients may send it: without the sign.
  expect(registry.cancel({ ...other, secret: other.secret >>> 0 })).toBe(true);
  expect(cancelled).toEqual(['one', 'other']);
  registry.unregister(one.processId);
  expect(registry.cancel(one)).toBe(false);
});
