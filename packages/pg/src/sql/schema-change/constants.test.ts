// Constants become what their columns keep, as PostgreSQL coerces them.

import { loadModule, type Node } from 'libpg-query';
import { beforeAll, describe, expect, it } from 'vitest';
import { PgError } from '../../pg-error.ts';
import { parseOne } from '../../utility/testing-tools.ts';
import { storedConstantSql } from './constants.ts';

beforeAll(loadModule);

function expression(text: string): Node {
  const node = parseOne(`select ${text}`);
  const target = 'SelectStmt' in node ? node.SelectStmt.targetList?.[0] : undefined;
  const val = target !== undefined && 'ResTarget' in target ? target.ResTarget.val : undefined;
  if (val === undefined) throw new Error(`no expression in ${text}`);
  return val;
}

const numeric10x2 = 655_366;

describe('a constant', () => {
  it.each([
    ["'yes'", 16, -1, '1'],
    ['false', 16, -1, '0'],
    ["' 12 '", 23, -1, '12'],
    ['-3', 20, -1, '-3'],
    ['1.5', 23, -1, '2'],
    ['1e3', 701, -1, '1e3'],
    ['1.50', 1700, -1, "'1.50'"],
    ['0', 1700, numeric10x2, "'0.00'"],
    ['1.5', 1700, numeric10x2, "'1.50'"],
    ["'it''s'::text", 25, -1, "'it''s'"],
    ['7', 25, -1, "'7'"],
    ["'ABCDEF01-0000-4000-8000-000000000000'", 2950, -1, "'abcdef01-0000-4000-8000-000000000000'"],
    ["'2024-02-03'", 1184, -1, "'2024-02-03 00:00:00+00'"],
    ["'2024-02-03T04:05:06.700Z'", 1184, -1, "'2024-02-03 04:05:06.7+00'"],
    ["'2024-02-03 04:05'", 1114, -1, "'2024-02-03 04:05:00'"],
    ["'{}'", 1009, -1, "'[]'"],
    [`'{a,"b c",NULL}'`, 1009, -1, `'["a","b c",null]'`],
    ["'{1,2}'::int[]", 1007, -1, "'[1,2]'"],
    ['null', 25, -1, 'NULL'],
    ["'now'", 1184, -1, undefined],
    ['1 + 1', 23, -1, undefined],
  ])('%s of type %i with modifier %i is %s', (text, oid, typmod, sql) => {
    expect(storedConstantSql(expression(text), { oid, typmod })).toBe(sql);
  });

  it.each([
    ["'maybe'", 16],
    ["'x'", 23],
    ["'x'", 701],
    ["'x'", 1700],
    ["'1,2'", 1007],
  ])('%s is none of type %i', (text, oid) => {
    expect(() => storedConstantSql(expression(text), { oid, typmod: -1 })).toThrow(
      expect.objectContaining({ sqlState: '22P02' }),
    );
    expect(() => storedConstantSql(expression(text), { oid, typmod: -1 })).toThrow(PgError);
  });
});
