// Drizzle over node-postgres: relations are fetched as nested JSON by LATERAL joins.

import { desc, eq, gt, ilike, inArray, relations, sql } from 'drizzle-orm';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import {
  boolean,
  integer,
  jsonb,
  numeric,
  pgTable,
  text,
  timestamp,
  uuid,
  varchar,
} from 'drizzle-orm/pg-core';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientConfig, useTarget } from '../support/target.ts';

const authors = pgTable('authors', {
  id: integer().primaryKey(),
  name: varchar({ length: 50 }),
  active: boolean().default(true),
  joined: timestamp({ withTimezone: true }),
  token: uuid(),
});
const books = pgTable('books', {
  id: integer().primaryKey(),
  authorId: integer('author_id'),
  title: text(),
  price: numeric({ precision: 8, scale: 2 }),
  tags: text().array(),
  info: jsonb().$type<{ pages: number }>(),
});
const authorRelations = relations(authors, ({ many }) => ({ books: many(books) }));
const bookRelations = relations(books, ({ one }) => ({
  author: one(authors, { fields: [books.authorId], references: [authors.id] }),
}));
const schema = { authors, books, authorRelations, bookRelations };

const target = useTarget();
let pool: pg.Pool;
let db: NodePgDatabase<typeof schema>;

beforeAll(async () => {
  pool = new pg.Pool({ ...clientConfig(target()), max: 5 });
  db = drizzle(pool, { schema });
  await db.execute(
    sql`create table authors (id integer primary key, name varchar(50), active boolean default true,
      joined timestamptz, token uuid)`,
  );
  await db.execute(
    sql`create table books (id integer primary key, author_id integer, title text, price numeric(8,2),
      tags text[], info jsonb)`,
  );
  await db.insert(authors).values([
    {
      id: 1,
      name: 'Ann',
      joined: new Date('2024-02-29T12:00:00Z'),
      token: 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
    },
    { id: 2, name: 'Bob', active: false },
  ]);
  await db.insert(books).values([
    { id: 1, authorId: 1, title: 'One', price: '9.90', tags: ['x', 'y z'], info: { pages: 100 } },
    { id: 2, authorId: 1, title: 'Two', price: '19.95' },
    { id: 3, authorId: 2, title: 'Three', tags: [] },
  ]);
});
afterAll(() => pool.end());

test('rows come back as the types of their columns', async () => {
  expect(await db.select().from(authors).orderBy(authors.id)).toEqual([
    {
      id: 1,
      name: 'Ann',
      active: true,
      joined: new Date('2024-02-29T12:00:00Z'),
      token: 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
    },
    { id: 2, name: 'Bob', active: false, joined: null, token: null },
  ]);
  expect(await db.select().from(books).where(eq(books.id, 1))).toEqual([
    { id: 1, authorId: 1, title: 'One', price: '9.90', tags: ['x', 'y z'], info: { pages: 100 } },
  ]);
});

test('joins, aggregates and conditions', async () => {
  const rows = await db
    .select({ name: authors.name, n: sql<number>`cast(count(${books.id}) as int)` })
    .from(authors)
    .leftJoin(books, eq(books.authorId, authors.id))
    .where(inArray(authors.id, [1, 2]))
    .groupBy(authors.name)
    .orderBy(desc(authors.name));
  expect(rows).toEqual([
    { name: 'Bob', n: 1 },
    { name: 'Ann', n: 2 },
  ]);
  const titles = await db
    .select({ title: books.title })
    .from(books)
    .where(ilike(books.title, 't%'))
    .orderBy(books.id);
  expect(titles).toEqual([{ title: 'Two' }, { title: 'Three' }]);
  expect(await db.$count(books, gt(books.price, '10'))).toBe(1);
});

test('relational queries', async () => {
  const found = await db.query.authors.findMany({
    columns: { name: true },
    with: { books: { columns: { title: true, price: true }, orderBy: (book) => book.id } },
    orderBy: (author) => author.id,
  });
  expect(found).toEqual([
    {
      name: 'Ann',
      books: [
        { title: 'One', price: expect.anything() },
        { title: 'Two', price: expect.anything() },
      ],
    },
    { name: 'Bob', books: [{ title: 'Three', price: null }] },
  ]);
  const book = await db.query.books.findFirst({ where: eq(books.id, 3), with: { author: true } });
  expect(book?.author?.name).toBe('Bob');
});

test('upserts, updates and deletes return rows', async () => {
  const upserted = await db
    .insert(authors)
    .values({ id: 2, name: 'Rob' })
    .onConflictDoUpdate({ target: authors.id, set: { name: sql`excluded.name` } })
    .returning({ name: authors.name, active: authors.active });
  expect(upserted).toEqual([{ name: 'Rob', active: false }]);
  const updated = await db
    .update(books)
    .set({ price: sql`${books.price} * 2` })
    .where(eq(books.id, 1))
    .returning();
  expect(updated[0]?.price).toBe('19.80');
  expect(await db.delete(books).where(eq(books.id, 3)).returning({ id: books.id })).toEqual([
    { id: 3 },
  ]);
});

test('transactions, nested ones too', async () => {
  await db.transaction(async (outer) => {
    await outer.insert(authors).values({ id: 30, name: 'kept' });
    const inner = outer.transaction(async (nested) => {
      await nested.insert(authors).values({ id: 31, name: 'gone' });
      nested.rollback();
    });
    await expect(inner).rejects.toThrow('Rollback');
  });
  const kept = await db.select({ id: authors.id }).from(authors).where(gt(authors.id, 29));
  expect(kept).toEqual([{ id: 30 }]);
});

test('a prepared statement with placeholders', async () => {
  const byId = db
    .select({ name: authors.name })
    .from(authors)
    .where(eq(authors.id, sql.placeholder('id')))
    .prepare('author_by_id');
  expect(await byId.execute({ id: 1 })).toEqual([{ name: 'Ann' }]);
  expect(await byId.execute({ id: 99 })).toEqual([]);
});
