// Percentiles and modes as PostgreSQL 15 gave them.

import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, it } from 'vitest';
import { faultOfMessage } from './function-error.ts';
import { installOnNodeSqlite } from './install.ts';

const database = new DatabaseSync(':memory:');
installOnNodeSqlite(database);
afterAll(() => database.close());

/** Over the values of a list that stands in parentheses. */
function over(call: string, list: string): unknown {
  const values = list.replaceAll(/[^,]+/g, '($&)');
  try {
    return database.prepare(`WITH t(x) AS (VALUES ${values}) SELECT ${call} AS it FROM t`).get()?.[
      'it'
    ];
  } catch (error) {
    return faultOfMessage(error instanceof Error ? error.message : '')?.message;
  }
}

const [numeric, interval, text] = [1_700, 1_186, 25];

it.each([
  ['pg_percentile_cont(x, 0.5)', '4,1,NULL,3,2', 2.5],
  ['pg_percentile_cont_desc(x, 0.25)', '1,2,3,4', 3.25],
  ["pg_percentile_cont(x, '[0.25,0.75]')", '1,2,3,4', '[1.75,3.25]'],
  ['pg_percentile_cont(x, 0.3)', "'1.5','20.25','3.1'", 2.46],
  ['pg_percentile_cont(x, NULL)', '1,2', null],
  ['pg_percentile_cont(x, 0.5)', 'NULL', null],
  ['pg_percentile_cont(x, 1.5)', '1,2', 'percentile value 1.5 is not between 0 and 1'],
  ['pg_percentile_cont(x, -0.5)', '1,2', 'percentile value -0.5 is not between 0 and 1'],
  ['pg_percentile_cont_interval(x, 0.5)', "'1 day','3 days','02:00:00'", '1 day'],
  ['pg_percentile_cont_interval(x, 0.5)', "'1 day','3 days'", '2 days'],
  ['pg_percentile_disc(x, 0.5)', '1,2,3,4', 2],
  ['pg_percentile_disc_desc(x, 0.5)', '1,2,3,4', 3],
  ['pg_percentile_disc(x, 0)', '3,1,2', 1],
  ['pg_percentile_disc(x, 1)', '3,1,2', 3],
  [`pg_percentile_disc(x, '[0.25,0.75]', 23)`, '1,2,3,4', '[1,3]'],
  [`pg_percentile_disc(x, 0.5, ${numeric})`, "'1.5','20.25','3.1'", '3.1'],
  [`pg_percentile_disc(x, 0.9, ${interval})`, "'1 day','3 days','100:00:00'", '100:00:00'],
  [`pg_percentile_disc(x, 0.5, ${text})`, "'a','B','c'", 'a'],
  [`pg_mode(x, ${text})`, "'a','b','b','a'", 'a'],
  [`pg_mode_desc(x, ${text})`, "'a','b','b','a'", 'b'],
  [`pg_mode(x, ${numeric})`, "'2','1.0','1.00'", '1.0'],
  ['pg_mode(x)', 'NULL', null],
])('%s over %s is %s', (call, list, wanted) => {
  const got = over(call, list);
  if (typeof wanted === 'number') expect(got).toBeCloseTo(wanted, 12);
  else expect(got).toBe(wanted);
});

it('passes on whole numbers as INTEGERs', () => {
  expect(over('typeof(pg_percentile_disc(x, 0.5))', '1,2')).toBe('integer');
  expect(over('typeof(pg_mode(x))', '1,2')).toBe('integer');
  expect(over('typeof(pg_percentile_cont(x, 0))', '1,2')).toBe('real');
});
