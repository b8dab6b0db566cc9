// JDBC, which Java's tools and most GUI tools stand on, by the program in ../programs.

import { expect, test } from 'vitest';
import { failuresOf, hasJdbc, runJava } from '../support/programs.ts';
import { useTarget } from '../support/target.ts';

const target = useTarget();

test.skipIf(!hasJdbc())('pgjdbc', async () => {
  const told = await runJava('JdbcMatrix.java', target());
  expect(failuresOf(told)).toEqual({});
  expect(Object.keys(told).length).toBeGreaterThan(35);
});
