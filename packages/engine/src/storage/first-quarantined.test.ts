// Versions in quarantine count as known in the bookkeeping, and cannot be seen: whoever answers for what
// is visible has to ask for them.

import { expect, it } from 'vitest';
import { openTestReplica, testActor } from './testing.ts';

const schema = 'CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);';

it('tells the lowest version of an actor that is known and not visible', () => {
  const ahead = openTestReplica({ actor: testActor('a'), schema });
  const here = openTestReplica({ actor: testActor('b'), schema, maxClockDriftMs: 500 });
  ahead.run("INSERT INTO t VALUES (1, 'in time')");
  ahead.clock.wallMs += 10_000;
  ahead.run("INSERT INTO t VALUES (2, 'ahead')");
  ahead.run("INSERT INTO t VALUES (3, 'ahead')");
  here.replica.merge(ahead.log);
  expect(here.replica.book.head(testActor('a'))).toBe(3);
  expect(here.all('SELECT id FROM t')).toEqual([{ id: 1 }]);
  expect(here.replica.firstQuarantined(testActor('a'))).toBe(2);
  expect(here.replica.firstQuarantined(testActor('c'))).toBeUndefined();
  here.clock.wallMs += 10_000;
  here.replica.retryQuarantined('due');
  expect(here.replica.firstQuarantined(testActor('a'))).toBeUndefined();
  expect(here.all('SELECT id FROM t')).toHaveLength(3);
});
