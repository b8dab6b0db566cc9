// A schema is read as SQLite understands it, and told in PostgreSQL's terms.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ObjectIds } from './object-ids.ts';
import { readSchemaView } from './schema-reader.ts';
import { readViewTypes, viewTypesComment } from './view-types.ts';

const ddl = [
  'CREATE INDEX flights_delay ON flights (delay, lower(origin) DESC) WHERE delay > 0',
  'CREATE VIEW late AS SELECT id, delay + 1 AS more FROM flights',
  `CREATE TABLE flights (
    id TEXT NOT NULL PRIMARY KEY, origin TEXT DEFAULT 'x' CHECK (origin <> ''), delay INTEGER,
    pilot TEXT REFERENCES pilots, twice INT AS (delay * 2) STORED
  )`,
  'CREATE TABLE pilots (name TEXT, shift INT, PRIMARY KEY (shift, name)) WITHOUT ROWID',
  'CREATE TABLE rowids (id INTEGER PRIMARY KEY, text TEXT)',
  'CREATE TABLE __patina_state (id INTEGER PRIMARY KEY)',
  'CREATE VIEW patina_members AS SELECT id FROM __patina_state',
  'CREATE VIEW broken AS SELECT gone FROM nowhere',
  'CREATE TRIGGER t AFTER INSERT ON flights BEGIN SELECT 1; END',
  'CREATE VIRTUAL TABLE words USING fts5(a)',
];

const view = readSchemaView(ddl);

describe('a schema', () => {
  it('has what users made and the views of Patina, in the order of names', () => {
    expect(view.relations.map(({ name, kind }) => `${kind} ${name}`)).toEqual([
      'view broken',
      'table flights',
      'view late',
      'view patina_members',
      'table pilots',
      'table rowids',
    ]);
  });

  it('has columns with keys, defaults and generated ones', () => {
    const flights = view.find('flights');
    expect(flights?.columns).toMatchObject([
      { name: 'id', isNotNull: true, keyPosition: 1, isGenerated: false },
      { name: 'origin', isNotNull: false, defaultSql: "'x'" },
      { name: 'delay', keyPosition: 0 },
      { name: 'pilot' },
      { name: 'twice', isGenerated: true },
    ]);
    expect(flights?.checks).toEqual(["origin <> ''"]);
    expect(view.find('pilots')?.columns.map(({ keyPosition }) => keyPosition)).toEqual([2, 1]);
    expect(view.find('broken')?.columns).toEqual([]);
  });

  it('has indexes with the names that PostgreSQL gives keys', () => {
    expect(view.find('flights')?.indexes).toMatchObject([
      { name: 'flights_pkey', isPrimaryKey: true, isUnique: true, columns: ['id'], sql: undefined },
      { name: 'flights_delay', isPrimaryKey: false, columns: ['delay', undefined] },
    ]);
    expect(view.find('pilots')?.indexes).toMatchObject([
      { name: 'pilots_pkey', columns: ['shift', 'name'] },
    ]);
    expect(view.find('rowids')?.indexes).toMatchObject([{ name: 'rowids_pkey', columns: ['id'] }]);
  });

  it('has foreign keys, to the other key where no columns are named', () => {
    expect(view.find('flights')?.foreignKeys).toEqual([
      {
        columns: ['pilot'],
        table: 'pilots',
        tableColumns: ['shift', 'name'],
        onUpdate: 'NO ACTION',
        onDelete: 'NO ACTION',
      },
    ]);
  });

  it('finds relations by the search path or a schema, whatever the case', () => {
    expect(view.find('FLIGHTS')?.name).toBe('flights');
    expect(view.find('flights', 'public')?.name).toBe('flights');
    expect(view.find('flights', 'pg_catalog')).toBeUndefined();
    expect(view.find('flights', 'other')).toBeUndefined();
    expect(view.find('patina_members')).toBe(view.find('patina_members', 'pg_catalog'));
    expect(view.find('pg_class')?.oid).toBe(1259);
    expect(view.find('columns')).toBeUndefined();
    expect(view.find('columns', 'information_schema')?.columns).toHaveLength(44);
    expect(view.find('__patina_state')).toBeUndefined();
  });

  it('is the same value until it changes; object ids stay with their names', () => {
    expect(readSchemaView([...ddl], view)).toBe(view);
    const next = readSchemaView([...ddl, 'CREATE TABLE another (id INT PRIMARY KEY)'], view);
    expect(next.version).not.toBe(view.version);
    for (const { name, oid } of view.relations) expect(next.find(name)?.oid).toBe(oid);
  });
});

describe('types of views', () => {
  it('come from the note in their text', () => {
    const types = [
      { oid: 20, typmod: -1 },
      { oid: 1043, typmod: 14 },
    ];
    const noted = readSchemaView([
      `CREATE VIEW v (a, b) AS ${viewTypesComment(types)} SELECT 1 + 1, 'x' || 'y'`,
    ]);
    expect(noted.find('v')?.columns.map(({ type }) => type)).toEqual(types);
    expect(readViewTypes('CREATE VIEW v AS SELECT 1')).toBeUndefined();
  });
});

describe('object ids', () => {
  it('are distinct, positive and no built-in ones', () => {
    const names = fc.uniqueArray(fc.string(), { maxLength: 200 });
    fc.assert(
      fc.property(names, (given) => {
        const ids = new ObjectIds();
        const oids = given.map((name) => ids.idOf('relation', name));
        expect(new Set(oids).size).toBe(given.length);
        for (const oid of oids) expect(oid >= 16_384 && oid < 2 ** 31).toBe(true);
        expect(given.map((name) => ids.idOf('relation', name))).toEqual(oids);
      }),
      { seed: 4 },
    );
  });
});
