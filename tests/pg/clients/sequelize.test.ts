// Sequelize: it asks the catalogs much, quotes everything, and makes its tables by sync().

import {
  DataTypes,
  type Model,
  type ModelStatic,
  Op,
  Sequelize,
  UniqueConstraintError,
} from 'sequelize';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectionUrl, useTarget } from '../support/target.ts';

const target = useTarget();
let sequelize: Sequelize;
let User: ModelStatic<Model>;
let Task: ModelStatic<Model>;

beforeAll(async () => {
  sequelize = new Sequelize(connectionUrl(target(), ''), { dialect: 'postgres', logging: false });
  await sequelize.authenticate();
  User = sequelize.define(
    'User',
    {
      id: { type: DataTypes.INTEGER, primaryKey: true },
      name: DataTypes.STRING(40),
      admin: { type: DataTypes.BOOLEAN, defaultValue: false },
      score: DataTypes.DECIMAL(10, 2),
      info: DataTypes.JSONB,
      tags: DataTypes.ARRAY(DataTypes.TEXT),
      born: DataTypes.DATEONLY,
    },
    { timestamps: false },
  );
  Task = sequelize.define(
    'Task',
    {
      id: { type: DataTypes.UUID, defaultValue: DataTypes.UUIDV4, primaryKey: true },
      title: DataTypes.TEXT,
      UserId: DataTypes.INTEGER,
    },
    { timestamps: false },
  );
  User.hasMany(Task, { constraints: false });
  Task.belongsTo(User, { constraints: false });
  await sequelize.sync();
});
afterAll(() => sequelize.close());

test('rows go in and come out', async () => {
  await User.bulkCreate([
    {
      id: 1,
      name: 'Ann',
      score: '1.50',
      info: { a: { b: 1 } },
      tags: ['x', 'y z'],
      born: '2000-02-29',
    },
    { id: 2, name: 'Bob', admin: true },
  ]);
  const ann = await User.findByPk(1);
  expect(ann?.toJSON()).toEqual({
    id: 1,
    name: 'Ann',
    admin: false,
    score: '1.50',
    info: { a: { b: 1 } },
    tags: ['x', 'y z'],
    born: '2000-02-29',
  });
  const found = await User.findAll({
    where: { name: { [Op.iLike]: 'b%' }, [Op.or]: [{ admin: true }, { id: { [Op.gt]: 5 } }] },
  });
  expect(found.map((each) => each.get('id'))).toEqual([2]);
  expect(await User.count({ where: { tags: { [Op.contains]: ['x'] } } })).toBe(1);
  expect(await User.count({ where: { info: { a: { b: 1 } } } })).toBe(1);
});

test('associations are joined', async () => {
  await Task.bulkCreate([
    { title: 'one', UserId: 1 },
    { title: 'two', UserId: 1 },
  ]);
  const users = await User.findAll({
    include: Task,
    order: [
      ['id', 'ASC'],
      [Task, 'title', 'DESC'],
    ],
  });
  const titles = users.map((user) => {
    const tasks = user.get('Tasks') as Model[];
    return tasks.map((task) => task.get('title'));
  });
  expect(titles).toEqual([['two', 'one'], []]);
  const { count } = await User.findAndCountAll({ limit: 1, offset: 0 });
  expect(count).toBe(2);
});

test('transactions', async () => {
  const failing = sequelize.transaction(async (transaction) => {
    await User.create({ id: 10, name: 'X' }, { transaction });
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect(await User.findByPk(10)).toBeNull();
  await sequelize.transaction(async (transaction) => {
    await User.update({ name: 'Rob' }, { where: { id: 2 }, transaction });
    await User.increment('id', { by: 0, where: { id: 2 }, transaction });
  });
  expect((await User.findByPk(2))?.get('name')).toBe('Rob');
});

test('upsert, destroy, errors', async () => {
  await User.upsert({ id: 2, name: 'Upserted' });
  expect((await User.findByPk(2))?.get('name')).toBe('Upserted');
  await expect(User.create({ id: 1 })).rejects.toBeInstanceOf(UniqueConstraintError);
  expect(await User.destroy({ where: { id: 2 } })).toBe(1);
});

test('introspection', async () => {
  const queries = sequelize.getQueryInterface();
  const tables = (await queries.showAllTables()) as unknown as string[];
  expect(tables.toSorted()).toEqual(['Tasks', 'Users']);
  const columns = await queries.describeTable('Users');
  expect(columns['id']).toMatchObject({ type: 'INTEGER', allowNull: false, primaryKey: true });
  expect(columns['name']).toMatchObject({ type: 'CHARACTER VARYING(40)', allowNull: true });
  const indexes = (await queries.showIndex('Users')) as { name: string; primary: boolean }[];
  expect(indexes.map(({ name, primary }) => [name, primary])).toEqual([['Users_pkey', true]]);
});
