// psycopg2, psycopg 3, asyncpg and SQLAlchemy, by the programs in ../programs.

import { expect, test } from 'vitest';
import { failuresOf, hasPython, runPython } from '../support/programs.ts';
import { useTarget } from '../support/target.ts';

const target = useTarget();

const drivers: [module: string, program: string, stepsMin: number][] = [
  ['psycopg2', 'psycopg2_matrix.py', 40],
  ['psycopg', 'psycopg3_matrix.py', 40],
  ['asyncpg', 'asyncpg_matrix.py', 40],
  ['sqlalchemy', 'sqlalchemy_matrix.py', 20],
];

for (const [module, program, stepsMin] of drivers) {
  test.skipIf(!hasPython(module))(module, async () => {
    const told = await runPython(program, target());
    expect(failuresOf(told)).toEqual({});
    expect(Object.keys(told).length).toBeGreaterThan(stepsMin);
  });
}
