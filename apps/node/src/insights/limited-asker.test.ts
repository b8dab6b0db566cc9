// Whoever is limited to some tables gets no further through another node: the one that answers holds to the
// patterns that come with the question.

import { expect, test } from 'vitest';
import { LimitedAsker } from './limited-asker.ts';

const limits = new LimitedAsker({
  tablesOf: async (sql) => {
    const tables = [...sql.matchAll(/FROM (\w+)/g)].map(([, table]) => table ?? '');
    if (tables.length === 0) throw new Error('no such statement');
    return { tablesRead: tables, tablesWritten: [] };
  },
  onSchemaChange: () => () => undefined,
});
const some = { access_tables: ['flights*'] };

test('statements, tables and lists are held to the patterns', async () => {
  await limits.checkSql(some, 'SELECT * FROM flights_2025');
  const refused = { code: 'PATINA_FORBIDDEN' };
  await expect(limits.checkSql(some, 'SELECT * FROM airports')).rejects.toMatchObject(refused);
  expect(() => limits.checkTable(some, 'airports')).toThrow(expect.objectContaining(refused));
  limits.checkTable(some, 'flights');
  const names = ['airports', 'flights', 'patina_changes'];
  expect(limits.tablesOf(some, names, (name) => name)).toEqual(['flights']);
  const statements = ['SELECT 1 FROM flights', 'SELECT 1 FROM airports', 'nonsense'];
  expect(await limits.statementsOf(some, statements, (sql) => sql)).toEqual([statements[0]]);
});

test('whoever has no limits sees everything', async () => {
  await limits.checkSql({}, 'SELECT * FROM airports');
  limits.checkTable({}, 'airports');
  expect(limits.tablesOf({}, ['a', 'b'], (name) => name)).toEqual(['a', 'b']);
  expect(await limits.statementsOf({}, ['nonsense'], (sql) => sql)).toEqual(['nonsense']);
});
