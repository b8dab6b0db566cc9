// Kysely with its PostgreSQL dialect: schema, queries, transactions, streams and introspection.

import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import Cursor from 'pg-cursor';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientConfig, useTarget } from '../support/target.ts';

interface Tables {
  person: { id: number; name: string | null; age: number | null; born: Date | null };
  pet: { id: number; owner_id: number | null; name: string | null; info: unknown };
}

const target = useTarget();
let db: Kysely<Tables>;

beforeAll(async () => {
  const pool = new pg.Pool({ ...clientConfig(target()), max: 5 });
  db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool, cursor: Cursor }) });
  await db.schema
    .createTable('person')
    .ifNotExists()
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('name', 'varchar(50)')
    .addColumn('age', 'integer', (column) => column.defaultTo(18))
    .addColumn('born', 'timestamptz')
    .execute();
  await db.schema
    .createTable('pet')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('owner_id', 'integer')
    .addColumn('name', 'text')
    .addColumn('info', 'jsonb')
    .execute();
  await db.schema.createIndex('pet_owner').on('pet').column('owner_id').execute();
});
afterAll(() => db.destroy());

test('inserts, selects, updates, deletes', async () => {
  const born = new Date('2000-01-02T03:04:05Z');
  const inserted = await db
    .insertInto('person')
    .values([
      { id: 1, name: 'Ann', age: 30, born },
      { id: 2, name: 'Bob', age: 40, born: null },
    ])
    .returningAll()
    .execute();
  expect(inserted).toEqual([
    { id: 1, name: 'Ann', age: 30, born },
    { id: 2, name: 'Bob', age: 40, born: null },
  ]);
  await db
    .insertInto('pet')
    .values({ id: 1, owner_id: 1, name: 'Rex', info: JSON.stringify({ kind: 'dog' }) })
    .execute();
  const joined = await db
    .selectFrom('person as p')
    .leftJoin('pet', 'pet.owner_id', 'p.id')
    .select(({ fn, ref }) => [
      'p.name',
      fn.count<string>('pet.id').as('pets'),
      sql<string>`max(${ref('pet.info')} ->> 'kind')`.as('kind'),
    ])
    .groupBy(['p.id', 'p.name'])
    .orderBy('p.id')
    .execute();
  expect(joined).toEqual([
    { name: 'Ann', pets: '1', kind: 'dog' },
    { name: 'Bob', pets: '0', kind: null },
  ]);
  const updated = await db
    .updateTable('person')
    .set((eb) => ({ age: eb('age', '+', 1) }))
    .where('name', 'ilike', 'b%')
    .returning(['id', 'age'])
    .execute();
  expect(updated).toEqual([{ id: 2, age: 41 }]);
  const upserted = await db
    .insertInto('person')
    .values({ id: 2, name: 'Rob', age: 1, born: null })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ name: 'Rob' }))
    .returning('name')
    .executeTakeFirstOrThrow();
  expect(upserted).toEqual({ name: 'Rob' });
  const { numDeletedRows } = await db
    .deleteFrom('pet')
    .using('person')
    .whereRef('pet.owner_id', '=', 'person.id')
    .executeTakeFirstOrThrow();
  expect(numDeletedRows).toBe(1n);
});

test('a transaction and its rollback', async () => {
  const failing = db.transaction().execute(async (transaction) => {
    await transaction
      .insertInto('person')
      .values({ id: 10, name: 'X', age: 1, born: null })
      .execute();
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect(await db.selectFrom('person').selectAll().where('id', '=', 10).execute()).toEqual([]);
});

test('a controlled transaction with savepoints', async () => {
  const transaction = await db.startTransaction().execute();
  await transaction
    .insertInto('person')
    .values({ id: 20, name: 'a', age: 1, born: null })
    .execute();
  const inner = await transaction.savepoint('s').execute();
  await inner.insertInto('person').values({ id: 21, name: 'b', age: 1, born: null }).execute();
  await inner.rollbackToSavepoint('s').execute();
  await transaction.commit().execute();
  const rows = await db.selectFrom('person').select('id').where('id', '>=', 20).execute();
  expect(rows).toEqual([{ id: 20 }]);
});

test('a stream of rows', async () => {
  const ns: number[] = [];
  const series = sql<{ n: number }>`generate_series(1, 250)`.as<'g'>('g');
  const query = db.selectFrom(series).select(sql<number>`g`.as('n'));
  for await (const { n } of query.stream(100)) ns.push(n);
  expect(ns).toHaveLength(250);
});

test('windows, common tables, sets and lists', async () => {
  const rows = await db
    .with('numbered', (query) =>
      query
        .selectFrom('person')
        .select(['id', sql<string>`row_number() over (order by id desc)`.as('place')]),
    )
    .selectFrom('numbered')
    .selectAll()
    .where('id', 'in', [1, 2])
    .orderBy('id')
    .distinctOn('id')
    .execute();
  expect(rows).toEqual([
    { id: 1, place: '3' },
    { id: 2, place: '2' },
  ]);
});

test('introspection', async () => {
  const tables = await db.introspection.getTables();
  const person = tables.find(({ name }) => name === 'person');
  expect(person).toMatchObject({ schema: 'public', isView: false });
  expect(
    person?.columns.map(({ name, dataType, isNullable }) => [name, dataType, isNullable]),
  ).toEqual([
    ['id', 'int4', false],
    ['name', 'varchar', true],
    ['age', 'int4', true],
    ['born', 'timestamptz', true],
  ]);
  expect(person?.columns[2]?.hasDefaultValue).toBe(true);
  const schemas = await db.introspection.getSchemas();
  expect(schemas.map(({ name }) => name)).toContain('public');
});

test('an error keeps its SQLSTATE', async () => {
  const failing = db
    .insertInto('person')
    .values({ id: 1, name: 'x', age: 1, born: null })
    .execute();
  await expect(failing).rejects.toMatchObject({ code: '23505', constraint: 'person_pkey' });
});
