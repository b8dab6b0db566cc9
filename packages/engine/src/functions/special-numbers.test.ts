// NaN and the infinities among exact numbers, as PostgreSQL 15 treats them.

import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, it } from 'vitest';
import { faultOfMessage } from './function-error.ts';
import { installOnNodeSqlite } from './install.ts';

const database = new DatabaseSync(':memory:');
installOnNodeSqlite(database);
afterAll(() => database.close());

function ask(expression: string): unknown {
  try {
    return database.prepare(`SELECT ${expression} AS it`).get()?.['it'];
  } catch (error) {
    const fault = faultOfMessage(error instanceof Error ? error.message : '');
    return `! ${fault?.fault.sqlState} ${fault?.message}`;
  }
}

const infinite = "'Infinity'";

it.each([
  [`pg_numeric_add(${infinite}, 1)`, 'Infinity'],
  [`pg_numeric_sub(${infinite}, ${infinite})`, 'NaN'],
  [`pg_numeric_sub(${infinite}, '1e400')`, 'Infinity'],
  [`pg_numeric_mul(${infinite}, 0)`, 'NaN'],
  [`pg_numeric_mul('1e-400', ${infinite})`, 'Infinity'],
  [`pg_numeric_mul(${infinite}, -2)`, '-Infinity'],
  [`pg_numeric_div(1, ${infinite})`, '0'],
  [`pg_numeric_div(${infinite}, 0)`, '! 22012 division by zero'],
  ["pg_numeric_div('NaN', 0)", 'NaN'],
  [`pg_numeric_mod('5.25', ${infinite})`, '5.25'],
  [`pg_numeric_mod(${infinite}, 5)`, 'NaN'],
  [`pg_numeric_power('0.5', ${infinite})`, '0'],
  ["pg_numeric_power(1, 'NaN')", '1'],
  ["pg_numeric_power('NaN', 0)", '1'],
  ["pg_numeric_neg('-Infinity')", 'Infinity'],
  ["pg_numeric_abs('-Infinity')", 'Infinity'],
  ["pg_numeric_sign('-Infinity')", '-1'],
  ["pg_numeric_sqrt('-Infinity')", '! 2201F cannot take square root of a negative number'],
  ["pg_numeric_exp('-Infinity')", '0'],
  ["pg_numeric_round('NaN', 2)", 'NaN'],
  [`pg_numeric_ceil(${infinite})`, 'Infinity'],
  ["pg_numeric_scale('NaN')", null],
  [`pg_numeric_cmp('NaN', ${infinite})`, 1],
  ["pg_numeric_cmp('NaN', 'NaN')", 0],
  ["pg_numeric_cmp('-Infinity', '-1e100')", -1],
  ["pg_numeric_greatest('NaN', NULL, 1)", 'NaN'],
  ["pg_numeric_least('NaN', 1)", '1'],
  ["pg_to_int4('NaN')", '! 0A000 cannot convert NaN to integer'],
  [`pg_to_int8(${infinite})`, '! 0A000 cannot convert infinity to bigint'],
  ["pg_numeric_scaled('NaN', 5, 2)", 'NaN'],
  [`pg_numeric_scaled(${infinite}, 5, 2)`, '! 22003 numeric field overflow'],
  ['pg_float_numeric(9e999)', 'Infinity'],
])('%s is %s', (expression, wanted) => {
  expect(ask(expression)).toBe(wanted);
});

it('sorts them around all other numbers', () => {
  const sorted = ['-Infinity', '-1e100', '-5', '0', '5', '1e100', 'Infinity', 'NaN'];
  const rows = database
    .prepare('SELECT value FROM json_each(?) ORDER BY pg_numeric_key(value)')
    .all(JSON.stringify(sorted.toReversed()));
  expect(rows.map(({ value }) => value)).toEqual(sorted);
});

it.each([
  [
    ['NaN', '1', '2'],
    ['NaN', '1', 'NaN', 'NaN', 'NaN'],
  ],
  [
    ['Infinity', '1', '2'],
    ['Infinity', '1', 'Infinity', 'Infinity', 'NaN'],
  ],
  [
    ['Infinity', '-Infinity'],
    ['Infinity', '-Infinity', 'NaN', 'NaN', 'NaN'],
  ],
])('%j has maximum, minimum, sum, average and variance %j', (values, wanted) => {
  const row = database
    .prepare(
      `SELECT pg_numeric_max(value) AS a, pg_numeric_min(value) AS b, pg_numeric_sum(value) AS c,
        pg_numeric_avg(value) AS d, pg_numeric_var_samp(value) AS e FROM json_each(?)`,
    )
    .get(JSON.stringify(values));
  expect(Object.values(row ?? {})).toEqual(wanted);
});
