// Knex and Objection: schema builder, migrations, streams, graphs of models.

import knexFactory, { type Knex } from 'knex';
import { Model } from 'objection';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientConfig, useTarget } from '../support/target.ts';

const target = useTarget();
let knex: Knex;

beforeAll(async () => {
  const { host = '', port = 0, user = '', password, database = '' } = clientConfig(target());
  const connection = { host, port, user, password: String(password), database };
  knex = knexFactory({ client: 'pg', connection, pool: { min: 0, max: 5 } });
  await knex.schema.createTable('shops', (table) => {
    table.integer('id').primary();
    table.string('name', 40);
    table.boolean('open').defaultTo(true);
    table.decimal('rating', 3, 1);
    table.jsonb('info');
    table.timestamp('founded');
  });
  await knex.schema.createTable('wares', (table) => {
    table.integer('id').primary();
    table.integer('shop_id').index();
    table.text('name');
  });
});
afterAll(() => knex.destroy());

describe('knex', () => {
  test('the schema builder sees what it made', async () => {
    expect(await knex.schema.hasTable('shops')).toBe(true);
    expect(await knex.schema.hasTable('nowhere')).toBe(false);
    expect(await knex.schema.hasColumn('shops', 'rating')).toBe(true);
    await knex.schema.alterTable('shops', (table) => {
      table.integer('staff').defaultTo(0);
    });
    const columns = await knex('shops').columnInfo();
    expect(columns).toMatchObject({
      id: { type: 'integer', nullable: false },
      name: { type: 'character varying', maxLength: 40, nullable: true },
      open: { type: 'boolean', defaultValue: 'true' },
      staff: { type: 'integer' },
    });
  });

  test('inserts, selects, updates, deletes', async () => {
    const rows = [
      { id: 1, name: 'Kiosk', rating: '4.5', info: { x: [1] } },
      { id: 2, name: 'Mill', open: false, founded: new Date('1950-01-01T00:00:00Z') },
    ];
    expect(await knex('shops').insert(rows).returning(['id', 'open'])).toEqual([
      { id: 1, open: true },
      { id: 2, open: false },
    ]);
    expect(await knex('shops').where('id', 1).first('name', 'rating', 'info')).toEqual({
      name: 'Kiosk',
      rating: '4.5',
      info: { x: [1] },
    });
    expect(await knex('shops').where('rating', '>', 4).increment('staff', 3)).toBe(1);
    expect(await knex('shops').whereILike('name', 'K%').pluck('staff')).toEqual([3]);
    await knex('shops').insert({ id: 1, name: 'Stand' }).onConflict('id').merge(['name']);
    await knex('shops').insert({ id: 1, name: 'Never' }).onConflict('id').ignore();
    expect(await knex('shops').orderBy('id').pluck('name')).toEqual(['Stand', 'Mill']);
    expect(await knex('shops').count({ n: '*' }).first()).toEqual({ n: '2' });
    expect(await knex('shops').where({ id: 2 }).delete()).toBe(1);
  });

  test('transactions with nested ones as savepoints', async () => {
    await knex.transaction(async (outer) => {
      await outer('wares').insert({ id: 1, shop_id: 1, name: 'kept' });
      const inner = outer.transaction(async (nested) => {
        await nested('wares').insert({ id: 2, shop_id: 1, name: 'gone' });
        throw new Error('no');
      });
      await expect(inner).rejects.toThrow('no');
    });
    expect(await knex('wares').pluck('id')).toEqual([1]);
  });

  test('a stream of rows', async () => {
    const stream = knex.raw('select n from generate_series(1, 150) g(n)').stream();
    let seen = 0;
    for await (const row of stream) if (row.n > 0) seen++;
    expect(seen).toBe(150);
  });

  test('a batch, and SQLSTATEs', async () => {
    const wares = Array.from({ length: 100 }, (_, n) => ({
      id: 100 + n,
      shop_id: 1,
      name: `w${n}`,
    }));
    await knex.batchInsert('wares', wares, 30);
    expect(await knex('wares').where('id', '>=', 100).count({ n: '*' }).first()).toEqual({
      n: '100',
    });
    await expect(knex('wares').insert({ id: 100 })).rejects.toMatchObject({ code: '23505' });
    await expect(knex('nowhere').select()).rejects.toMatchObject({ code: '42P01' });
  });
});

class Shop extends Model {
  static override tableName = 'shops';
  declare id: number;
  declare name: string;
  declare wares?: Ware[];
  static override relationMappings = () => ({
    wares: {
      relation: Model.HasManyRelation,
      modelClass: Ware,
      join: { from: 'shops.id', to: 'wares.shop_id' },
    },
  });
}

class Ware extends Model {
  static override tableName = 'wares';
  declare id: number;
  declare name: string;
}

describe('objection', () => {
  test('graphs go in and come out', async () => {
    await Shop.query(knex).insertGraph(
      {
        id: 50,
        name: 'Graph',
        wares: [
          { id: 501, name: 'a' },
          { id: 502, name: 'b' },
        ],
      },
      { allowRefs: true },
    );
    const joined = await Shop.query(knex).findById(50).withGraphJoined('wares').orderBy('wares.id');
    expect(joined?.wares?.map(({ name }) => name)).toEqual(['a', 'b']);
    const fetched = await Shop.query(knex).where('id', 50).withGraphFetched('wares');
    expect(fetched[0]?.wares).toHaveLength(2);
  });

  test('patches in a transaction', async () => {
    await Shop.transaction(knex, async (transaction) => {
      const patched = await Shop.query(transaction).patchAndFetchById(50, { name: 'Patched' });
      expect(patched.name).toBe('Patched');
    });
    const { total } = await Ware.query(knex).where('shop_id', 50).page(0, 1);
    expect(total).toBe(2);
  });
});
