// Random numbers of SQL: drawn anew without a moment, the same again with one.

import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterAll, afterEach, expect, it } from 'vitest';
import { installOnNodeSqlite } from './install.ts';
import { setMoment } from './moment.ts';

const database = new DatabaseSync(':memory:');
installOnNodeSqlite(database);
afterAll(() => database.close());
afterEach(() => setMoment(undefined));

function ask(expression: string, ...params: (bigint | number)[]): unknown {
  const statement = database.prepare(`SELECT ${expression} AS it`);
  statement.setReadBigInts(true);
  return statement.get(...params)?.['it'];
}

const draws = ['pg_random()', 'pg_random_id()', 'pg_random_between(1, 1000000000000)'];

it.each(draws)('%s differs from call to call', (draw) => {
  expect(ask(draw)).not.toBe(ask(draw));
});

it.each([...draws, 'pg_txid_current()'])('%s is the same at the same moment', (draw) => {
  const drawn = [1, 2].map(() => {
    setMoment({ nowMs: 1_700_000_000_000, seed: 'a seed' });
    return ask(draw);
  });
  expect(drawn[0]).toBe(drawn[1]);
  setMoment({ nowMs: 1_700_000_000_000, seed: 'another' });
  expect(ask(draw)).not.toBe(drawn[0]);
});

it('draws within bounds, of all widths', () => {
  const bound = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
  fc.assert(
    fc.property(bound, bound, (a, b) => {
      const [low, high] = a <= b ? [a, b] : [b, a];
      const drawn = ask('pg_random_between(?, ?)', low, high) as bigint;
      expect(drawn >= low && drawn <= high).toBe(true);
    }),
    { seed: 4, numRuns: 200 },
  );
  expect(ask('pg_random_between(7, 7)')).toBe(7n);
  expect(() => ask('pg_random_between(2, 1)')).toThrow('lower bound must be less than or equal');
});

it('draws fractions and ids in their ranges', () => {
  for (let index = 0; index < 200; index++) {
    const fraction = Number(ask('pg_random()'));
    expect(fraction >= 0 && fraction < 1).toBe(true);
    const id = ask('pg_random_id()') as bigint;
    expect(id > 0n && id < 2n ** 53n).toBe(true);
  }
});
