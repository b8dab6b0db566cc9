// Times of day with a zone, as PostgreSQL 15 has them.

import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterAll, afterEach, expect, it } from 'vitest';
import { installOnNodeSqlite } from './install.ts';
import { fixNow } from './moment.ts';
import { formatOffset } from './time-zones.ts';

const database = new DatabaseSync(':memory:');
installOnNodeSqlite(database);
afterAll(() => database.close());
afterEach(() => fixNow(undefined));

function ask(expression: string, ...params: string[]): unknown {
  return database.prepare(`SELECT ${expression} AS it`).get(...params)?.['it'];
}

it.each([
  ["pg_timestamptz_timetz('2024-02-29 23:20:30+00', 'Europe/Berlin')", '00:20:30+01'],
  ["pg_timestamptz_timetz('2024-07-01 23:20:30.5+00', 'America/New_York')", '19:20:30.5-04'],
  ["pg_timestamptz_timetz('infinity', 'UTC')", null],
  ["pg_timetz_time('10:20:30+02')", '10:20:30'],
  ["pg_time_add('23:30:00+02', '2 hours')", '01:30:00+02'],
  ["pg_extract_timetz('hour', '10:00:00+02')", '10'],
  ["pg_extract_timetz('second', '10:00:01.5+02')", '1.500000'],
  ["pg_extract_timetz('epoch', '10:00:00+02')", '28800.000000'],
  ["pg_extract_timetz('timezone', '10:00:00+02')", '7200'],
  ["pg_extract_timetz('timezone_hour', '10:00:00-05:30')", '-5'],
  ["pg_extract_timetz('timezone_minute', '10:00:00-05:30')", '-30'],
  ["pg_timetz_cmp('10:00:00+02', '09:30:00+01')", -1],
  ["pg_timetz_cmp('10:00:00+02', '09:00:00+01')", -1],
  ["pg_timetz_cmp('10:00:00+02', '10:00:00+02')", 0],
])('%s is %s', (expression, wanted) => {
  expect(ask(expression)).toBe(wanted);
});

it('goes to the offset that a zone has now', () => {
  fixNow(Date.UTC(2024, 0, 15));
  expect(ask("pg_timetz_at_zone('10:00:00+02', 'Europe/Berlin')")).toBe('09:00:00+01');
  fixNow(Date.UTC(2024, 6, 15));
  expect(ask("pg_timetz_at_zone('10:00:00+02', 'Europe/Berlin')")).toBe('10:00:00+02');
  expect(ask("pg_timetz_at_zone('01:00:00+12', 'UTC')")).toBe('13:00:00+00');
  expect(ask("pg_timetz_at_zone('10:00:00+02', '05:00:00')")).toBe('13:00:00+05');
});

it('knows no years and no fields of its own', () => {
  expect(() => ask("pg_extract_timetz('year', '10:00:00+02')")).toThrow(
    'unit "year" not supported for type time with time zone',
  );
  expect(() => ask("pg_extract_timetz('foo', '10:00:00+02')")).toThrow(
    'unit "foo" not recognized for type time with time zone',
  );
});

it('has keys that sort as the times compare', () => {
  const time = fc
    .tuple(fc.nat({ max: 23 }), fc.nat({ max: 59 }), fc.integer({ min: -15, max: 15 }))
    .map(([hour, minute, offset]) => {
      const clock = [hour, minute, 0].map((part) => String(part).padStart(2, '0')).join(':');
      return `${clock}${formatOffset(offset * 3_600)}`;
    });
  fc.assert(
    fc.property(time, time, (a, b) => {
      const [x, y] = [ask('pg_timetz_key(?)', a), ask('pg_timetz_key(?)', b)].map(String);
      const byKey = x === y ? 0 : (x ?? '') < (y ?? '') ? -1 : 1;
      expect(byKey).toBe(ask('pg_timetz_cmp(?, ?)', a, b));
    }),
    { seed: 4, numRuns: 300 },
  );
});
