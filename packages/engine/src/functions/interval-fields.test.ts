// What PostgreSQL 15 read with INTERVAL '…' and fields.

import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, it } from 'vitest';
import { installOnNodeSqlite } from './install.ts';

const database = new DatabaseSync(':memory:');
installOnNodeSqlite(database);
afterAll(() => database.close());

const [month, year, day, hour, minute, second] = [2, 4, 8, 1_024, 2_048, 4_096];
const all = 0x7fff;

function modifier(fields: number, digits = 0xffff): number {
  return fields * 65_536 + digits;
}

function call(name: string, text: string, typmod: number): unknown {
  return database.prepare(`SELECT ${name}(?, ?) AS it`).get(text, BigInt(typmod))?.['it'];
}

it.each([
  ['1', modifier(year), '1 year'],
  ['1', modifier(month), '1 mon'],
  ['1', modifier(day), '1 day'],
  ['1', modifier(hour), '01:00:00'],
  ['1', modifier(minute), '00:01:00'],
  ['30', modifier(second), '00:00:30'],
  ['1.5', modifier(hour), '01:00:00'],
  ['14 months', modifier(year), '1 year'],
  ['14 months 3 days', modifier(month), '1 year 2 mons'],
  ['1-2', modifier(year | month), '1 year 2 mons'],
  ['1 day 10:20:30', modifier(day), '1 day'],
  ['1 2:03', modifier(day | hour | minute), '1 day 02:03:00'],
  ['10:20', modifier(minute | second), '00:10:20'],
  ['-10:20', modifier(minute | second), '-00:10:20'],
  ['1.55', modifier(second, 1), '00:00:01.6'],
  ['1.5555 seconds', modifier(all, 2), '00:00:01.56'],
  ['1.5 seconds', modifier(all, 0), '00:00:02'],
  ['1.5 seconds', modifier(all), '00:00:01.5'],
])('reads %s with modifier %i as %s', (text, typmod, wanted) => {
  expect(call('pg_interval_read', text, typmod)).toBe(wanted);
});

it.each([
  ['1 day 02:03:04.567', modifier(day | hour | minute), '1 day 02:03:00'],
  ['1 day 03:00:00', modifier(day), '1 day'],
  ['-00:00:01.55', modifier(all, 1), '-00:00:01.6'],
  ['-00:00:00.04', modifier(all, 1), '00:00:00'],
])('fits %s to modifier %i as %s', (text, typmod, wanted) => {
  expect(call('pg_interval_typmod', text, typmod)).toBe(wanted);
});
