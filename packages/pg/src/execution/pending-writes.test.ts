// The writes of an open transaction: savepoints, bounds, and which queries have to see them.

import { expect, test } from 'vitest';
import { PendingWrites } from './pending-writes.ts';
import { executionLimitsDefault } from './ports.ts';

function sqlOf(writes: PendingWrites): string[] {
  return writes.statements.map(({ sql }) => sql);
}

test('savepoints take back what was written since, and stay until they are released', () => {
  const writes = new PendingWrites(false, 0, executionLimitsDefault);
  writes.add({ sql: 'one' }, ['t'], 1);
  writes.savepoint('a');
  writes.add({ sql: 'two' }, ['t'], 1);
  writes.savepoint('b');
  writes.add({ sql: 'three' }, ['t'], 1);
  writes.rollbackTo('a');
  expect(sqlOf(writes)).toEqual(['one']);
  expect(() => writes.rollbackTo('b')).toThrow(/"b" does not exist/);
  writes.add({ sql: 'four' }, ['t'], 1);
  writes.rollbackTo('a');
  expect(sqlOf(writes)).toEqual(['one']);
  writes.release('a');
  expect(() => writes.release('a')).toThrow(expect.objectContaining({ sqlState: '3B001' }));
});

test('of two savepoints with one name the later counts', () => {
  const writes = new PendingWrites(false, 0, executionLimitsDefault);
  writes.savepoint('a');
  writes.add({ sql: 'one' }, ['t'], 1);
  writes.savepoint('a');
  writes.add({ sql: 'two' }, ['t'], 1);
  writes.rollbackTo('a');
  expect(sqlOf(writes)).toEqual(['one']);
  writes.release('a');
  writes.rollbackTo('a');
  expect(sqlOf(writes)).toEqual([]);
});

test('a transaction has bounds, and a rollback to a savepoint gives room', () => {
  const limits = { ...executionLimitsDefault, pendingStatementsMax: 2, pendingBytesMax: 10 };
  const writes = new PendingWrites(false, 0, limits);
  writes.makeRoom();
  writes.savepoint('a');
  writes.add({ sql: 'one' }, ['t'], 20);
  expect(() => writes.makeRoom()).toThrow(/larger than 10 bytes/);
  writes.rollbackTo('a');
  writes.makeRoom();
  writes.add({ sql: 'one' }, ['t'], 1);
  writes.add({ sql: 'two' }, ['t'], 1);
  expect(() => writes.makeRoom()).toThrow(/larger than 2 statements/);
});

test('a query that reads other tables than were written needs none of the writes', () => {
  const writes = new PendingWrites(false, 0, executionLimitsDefault);
  expect(writes.hasWritten(['t'])).toBe(false);
  writes.savepoint('a');
  writes.add({ sql: 'INSERT INTO t VALUES (1)' }, ['t'], 0);
  expect(writes.hasWritten(['u'])).toBe(false);
  expect(writes.hasWritten(['u', 't'])).toBe(true);
  writes.rollbackTo('a');
  expect(writes.hasWritten(['t'])).toBe(false);
});
