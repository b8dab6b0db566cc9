// Functions that connections have beyond SQLite's own: how queries that call them are followed.

import { afterAll, describe, expect, it } from 'vitest';
import { analyse } from './analyse.ts';
import { knowFunctions } from './functions.ts';
import { openTestDatabase } from './testing/database.ts';

knowFunctions(
  new Map([
    ['own_scalar', 'scalar'],
    ['own_total', 'aggregate'],
    ['own_now', 'time'],
    ['own_dice', 'chance'],
  ]),
);

const { catalog, close } = openTestDatabase();
afterAll(close);

function plan(sql: string) {
  const vetted = { tablesRead: ['a'], columns: ['x'] };
  return analyse(sql, [], catalog, vetted).plan;
}

describe('a function', () => {
  it('of its arguments alone is followed by keys', () => {
    expect(plan('SELECT own_scalar(x) FROM a WHERE own_scalar(y) = 1')).toMatchObject({
      mode: 'key-wise',
      dependsOnTime: false,
    });
  });

  it('that gathers rows is run whole', () => {
    expect(plan('SELECT own_total(x) FROM a').mode).not.toBe('key-wise');
  });

  it('of the time is run again now and then', () => {
    expect(plan('SELECT x FROM a WHERE y < own_now()')).toMatchObject({ dependsOnTime: true });
  });

  it('of chance is refused', () => {
    expect(() => plan('SELECT own_dice() FROM a')).toThrow(/cannot use own_dice/);
  });
});
