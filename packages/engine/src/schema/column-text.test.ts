// Definitions and CHECKs as they stand in the text of a CREATE TABLE, whatever stands between them.

import { describe, expect, it } from 'vitest';
import { checkExpressions, columnGuards } from './column-guards.ts';
import { columnDefinition, tableItems } from './column-text.ts';
import type { ColumnFacts, TableFacts } from './facts.ts';

const sql = `CREATE TABLE "odd (name, here" ( -- id, first
  id INTEGER PRIMARY KEY, /* a comment, with ( and ' */
  a TEXT DEFAULT 'x,y)' CHECK (a <> ')'),
  "b c" NUMERIC(10, 2) NOT NULL DEFAULT (1 + (2)),
  [d] REAL, \`e\`\`f\` BLOB,
  "g""h" INT AS (id * 2) STORED,
  'i' TEXT COLLATE NOCASE,
  größe INT,
  CONSTRAINT both CHECK (a < "b c" AND id > 0),
  CHECK(größe>0)
) WITHOUT ROWID`;

describe('text', () => {
  it('falls into items', () => {
    expect(tableItems(sql)).toHaveLength(10);
  });

  it.each([
    ['id', 'id INTEGER PRIMARY KEY'],
    ['A', "a TEXT DEFAULT 'x,y)' CHECK (a <> ')')"],
    ['b c', '"b c" NUMERIC(10, 2) NOT NULL DEFAULT (1 + (2))'],
    ['d', '[d] REAL'],
    ['e`f', '`e``f` BLOB'],
    ['g"h', '"g""h" INT AS (id * 2) STORED'],
    ['i', "'i' TEXT COLLATE NOCASE"],
    ['Größe', 'größe INT'],
    ['nowhere', undefined],
  ])('defines %s', (column, definition) => {
    expect(columnDefinition(sql, column)).toBe(definition);
  });

  it('of no table has no items', () => {
    for (const text of ['', 'CREATE TABLE t', "CREATE TABLE '", 'CREATE TABLE t (', '(', '/*']) {
      expect(() => tableItems(text)).not.toThrow();
    }
  });
});

const column: ColumnFacts = {
  name: 'a',
  type: 'TEXT',
  notNull: false,
  defaultSql: undefined,
  keyPosition: 0,
  generated: false,
};

function guardsOf(columns: readonly Partial<ColumnFacts>[], createSql: string, strict = false) {
  const facts: TableFacts = {
    name: 't',
    sql: createSql,
    kind: 'table',
    withoutRowid: false,
    strict,
    autoincrement: false,
    columns: columns.map((facts) => ({ ...column, ...facts })),
    indexes: [],
    foreignKeys: 0,
  };
  return columnGuards(facts);
}

describe('CHECKs', () => {
  it('are found in columns and in the table', () => {
    expect(checkExpressions(sql)).toEqual(["a <> ')'", 'a < "b c" AND id > 0', 'größe>0']);
    expect(checkExpressions('CREATE TABLE t ("check" TEXT, a check(a) CHECK ((a)), b)')).toEqual([
      'a',
      '(a)',
    ]);
  });

  it('are kept with the column that they name alone', () => {
    const create =
      "CREATE TABLE t (a TEXT COLLATE nocase CHECK (a IN ('b')), b CHECK (b > A), c VARCHAR(3) " +
      'CHECK (length("c") < 3), g AS (a), CHECK (g), CHECK (1), CHECK (lower(b) = x\'b\'))';
    const columns = [{}, { name: 'b', type: '' }, { name: 'c', type: 'VARCHAR(3)' }];
    const found = guardsOf([...columns, { name: 'g', generated: true }], create);
    expect(found.map(({ column: name, checked }) => [name, checked])).toEqual([
      ['a', [`"a" "TEXT" COLLATE "nocase" CHECK (a IN ('b'))`]],
      ['b', [`"b" CHECK (lower(b) = x'b')`]],
      ['c', ['"c" "VARCHAR(3)" CHECK (length("c") < 3)']],
    ]);
  });

  it('are not the only guards', () => {
    expect(guardsOf([{ notNull: true }, { name: 'b' }], 'CREATE TABLE t (a, b)')).toEqual([
      { column: 'a', notNull: true, strictType: undefined, checked: [] },
    ]);
    expect(guardsOf([{ type: 'int' }, { type: 'ANY' }], 'CREATE TABLE t (a, b)', true)).toEqual([
      { column: 'a', notNull: false, strictType: 'INT', checked: [] },
    ]);
  });
});
