// Declarations and PostgreSQL's types stand for each other, and none mangles its values in SQLite.

import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { declaredTypeOf, typeOfDeclared } from './declared-types.ts';

describe('declared types', () => {
  it.each([
    [16, -1],
    [17, -1],
    [20, -1],
    [21, -1],
    [23, -1],
    [25, -1],
    [26, -1],
    [114, -1],
    [700, -1],
    [701, -1],
    [1042, 9],
    [1043, 14],
    [1043, -1],
    [1082, -1],
    [1083, -1],
    [1114, 3],
    [1184, -1],
    [1186, -1],
    [1700, -1],
    [1700, 655_366],
    [2950, -1],
    [3802, -1],
    [1007, -1],
    [1009, -1],
    [1015, 14],
    [1231, -1],
  ])('stand for type %i with modifier %i', (oid, typmod) => {
    expect(typeOfDeclared(declaredTypeOf({ oid, typmod }))).toEqual({ oid, typmod });
  });

  it.each([
    ['', 25],
    ['whatever', 25],
    ['integer', 20],
    ['  Double   Precision ', 701],
    ['DECIMAL(10, 2)', 1700],
    ['varying character (20)', 1043],
    ['timestamp(3) with time zone', 1184],
    ['datetime', 1114],
  ])('%j is %i', (declared, oid) => {
    expect(typeOfDeclared(declared).oid).toBe(oid);
  });

  it.each([
    [1700, '1.50'],
    [114, '1.50'],
    [3802, '007'],
    [1043, '1e3'],
    [1042, '01'],
    [25, '0x10'],
    [1114, '2024-01-01 00:00:00'],
    [1082, '2024-01-01'],
    [1083, '12:00:00'],
    [1186, '00:00:01'],
    [1186, '1 day'],
    [2950, '11111111-1111-4111-8111-111111111111'],
    [1007, '[1]'],
    [1231, '["1.50"]'],
  ])('type %i keeps %s as it is', (oid, value) => {
    const database = new DatabaseSync(':memory:');
    database.exec(`CREATE TABLE t (a ${declaredTypeOf({ oid, typmod: -1 })})`);
    database.prepare('INSERT INTO t VALUES (?)').run(value);
    expect(database.prepare('SELECT a, typeof(a) AS type FROM t').get()).toEqual({
      a: value,
      type: 'text',
    });
    database.close();
  });
});
