// Staged edits as statements, held against SQLite: each touches exactly its row while the row is as it was seen,
// and nothing once somebody has changed what the edit rests on.

import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CellValue } from '../../../grid/grid-types.ts';
import { keyText, type Row } from '../rows/row-pages.ts';
import {
  changedMeanwhile,
  type EditedTable,
  newRowId,
  previewOf,
  rebased,
  rowsStatement,
  type StagedEdits,
  statementsOf,
  withDeleted,
  withNew,
  withValue,
} from './staged-edits.ts';

const column = { type: '', isNotNull: false, isGenerated: false, default: null };

const table: EditedTable = {
  name: 'what "is" it?',
  columns: [
    { ...column, name: 'id', isKey: true, isNotNull: true },
    { ...column, name: 'a?"b', isKey: false },
    { ...column, name: 'part', isKey: true, isNotNull: true },
    { ...column, name: 'c', isKey: false },
    { ...column, name: 'made', isKey: false, isGenerated: true },
  ],
  key: ['part', 'id'],
};

const none: StagedEdits = new Map();

function open(rows: readonly Row[]): DatabaseSync {
  const db = new DatabaseSync(':memory:');
  db.exec(`CREATE TABLE "what ""is"" it?" (id NOT NULL, "a?""b", part NOT NULL, c,
    made GENERATED ALWAYS AS (id || '!'), PRIMARY KEY (part, id))`);
  const insert = db.prepare('INSERT INTO "what ""is"" it?" VALUES (?, ?, ?, ?)');
  for (const row of rows) insert.run(...row.slice(0, 4).map(bound));
  return db;
}

function bound(value: CellValue): null | number | bigint | string | Uint8Array {
  return Array.isArray(value) ? new Uint8Array(value) : (value as null | number | string);
}

function read(value: unknown): CellValue {
  return value instanceof Uint8Array ? [...value] : (value as CellValue);
}

function run(db: DatabaseSync, sql: string, params: readonly CellValue[]): number {
  return Number(db.prepare(sql).run(...params.map(bound)).changes);
}

function rowsIn(db: DatabaseSync): Row[] {
  const all = db.prepare('SELECT * FROM "what ""is"" it?" ORDER BY part, id');
  return all.all().map((row) => Object.values(row).map(read));
}

function keyOf(row: Row): readonly CellValue[] {
  return [row[2] ?? null, row[0] ?? null];
}

const value: fc.Arbitrary<CellValue> = fc.oneof(
  fc.constant(null),
  fc.integer({ min: -2, max: 2 }),
  fc.constantFrom('', 'x', '?', "it's", '1'),
  fc.constantFrom<CellValue>([], [0, 255]),
  fc.constantFrom(0.5, -1e100),
);
const key = fc.record({ id: fc.integer({ min: 0, max: 3 }), part: fc.constantFrom('p', 'q?') });
const rows: fc.Arbitrary<Row[]> = fc.uniqueArray(
  fc.tuple(key, value, value).map(([{ id, part }, a, c]) => [id, a, part, c, `${id}!`]),
  { selector: (row) => keyText(keyOf(row)), maxLength: 6 },
);

/** A value for a cell of one of the rows, or that one of them be deleted. */
const edit = fc.record({
  at: fc.nat(5),
  act: fc.constantFrom('a?"b', 'c', 'delete'),
  value,
});

function stage(
  seen: readonly Row[],
  edits: readonly { at: number; act: string; value: CellValue }[],
) {
  return edits.reduce<StagedEdits>((staged, { at, act, value: wanted }) => {
    const row = seen[at % Math.max(1, seen.length)];
    if (row === undefined) return staged;
    if (act === 'delete') return withDeleted(staged, keyOf(row), row);
    return withValue(staged, table, { key: keyOf(row), seen: row, column: act }, wanted);
  }, none);
}

describe('staged edits', () => {
  it('touch one row each, and make of it what was typed', () => {
    fc.assert(
      fc.property(rows, fc.array(edit, { maxLength: 8 }), (before, wished) => {
        const db = open(before);
        const seen = rowsIn(db);
        const expected = new Map(seen.map((row) => [keyText(keyOf(row)), [...row]]));
        for (const { at, act, value: wanted } of wished) {
          const row = seen[at % Math.max(1, seen.length)];
          const now = row === undefined ? undefined : expected.get(keyText(keyOf(row)));
          if (row === undefined || now === undefined) continue;
          if (act === 'delete') expected.delete(keyText(keyOf(row)));
          else now[act === 'c' ? 3 : 1] = wanted;
        }
        for (const { sql, params } of statementsOf(table, stage(seen, wished))) {
          expect(run(db, sql, params)).toBe(1);
        }
        expect(rowsIn(db)).toEqual([...expected.values()]);
        db.close();
      }),
    );
  });

  it('touch nothing exactly where others have changed what they rest on', () => {
    const others = fc.array(fc.tuple(fc.nat(5), fc.constantFrom('"a?""b"', 'c', ''), value));
    fc.assert(
      fc.property(rows, fc.array(edit, { maxLength: 4 }), others, (before, wished, changes) => {
        const db = open(before);
        const seen = rowsIn(db);
        const staged = stage(seen, wished);
        for (const [at, name, wanted] of changes) {
          const row = seen[at % Math.max(1, seen.length)];
          if (row === undefined) continue;
          const where = 'WHERE part = ? AND id = ?';
          if (name === '') run(db, `DELETE FROM "what ""is"" it?" ${where}`, keyOf(row));
          else
            run(db, `UPDATE "what ""is"" it?" SET ${name} = ? ${where}`, [wanted, ...keyOf(row)]);
        }
        const now = new Map(rowsIn(db).map((row) => [keyText(keyOf(row)), row]));
        for (const statement of statementsOf(table, staged)) {
          const each = staged.get(statement.id);
          if (each === undefined) throw new Error('a statement is of an edit');
          const row = now.get(statement.id);
          const meanwhile = changedMeanwhile(table, each, row);
          const isHeld = meanwhile !== 'gone' && meanwhile.length === 0;
          expect(run(db, statement.sql, statement.params)).toBe(isHeld ? 1 : 0);
          const mine = row === undefined || isHeld ? undefined : rebased(table, each, row);
          if (mine === undefined) continue;
          for (const { sql, params } of statementsOf(table, new Map([[statement.id, mine]]))) {
            expect(run(db, sql, params)).toBe(1);
          }
        }
        db.close();
      }),
    );
  });

  it('find the rows of their keys again', () => {
    fc.assert(
      fc.property(rows, (before) => {
        const db = open(before);
        const seen = rowsIn(db);
        const wanted = seen.filter((_, index) => index % 2 === 0);
        if (wanted.length === 0) return;
        const [sql, params] = rowsStatement(table, wanted.map(keyOf));
        const found = db
          .prepare(sql)
          .all(...params.map(bound))
          .map((row) => Object.values(row).map(read));
        const byKey = (all: readonly Row[]) => all.map((row) => keyText(row)).toSorted();
        expect(byKey(found)).toEqual(byKey(wanted));
        db.close();
      }),
    );
  });

  it('are none once a value is typed back', () => {
    const row: Row = [1, [1, 2], 'p', 'x', '1!'];
    const place = { key: keyOf(row), seen: row, column: 'a?"b' };
    const staged = withValue(none, table, place, null);
    expect(staged.size).toBe(1);
    expect(withValue(staged, table, place, [1, 2]).size).toBe(0);
  });

  it('rest on what the reader saw when each value was typed', () => {
    const before: Row = [1, 'old a', 'p', 'old c', '1!'];
    const place = { key: keyOf(before), column: 'c' };
    const staged = withValue(none, table, { ...place, seen: before }, 'mine');
    // Both columns change in the table, which the reader sees, before he types again.
    const now: Row = [1, 'new a', 'p', 'new c', '1!'];
    const both = withValue(staged, table, { ...place, seen: now, column: 'a?"b' }, 'old a');
    const [edit] = both.values();
    if (edit === undefined) throw new Error('it is staged');
    // What he typed for c still rests on the value that he saw then; a is set back on purpose.
    expect(changedMeanwhile(table, edit, now)).toEqual([
      { column: 'c', seen: 'old c', now: 'new c' },
    ]);
    expect(statementsOf(table, both)[0]?.params).toEqual(
      expect.arrayContaining(['mine', 'old a', 'old c', 'new a']),
    );
    // As it is in the table now, nothing of c remains.
    const back = withValue(both, table, { ...place, seen: now }, 'new c');
    expect(statementsOf(table, back)[0]?.params).toEqual(['old a', 'p', 1, 'new a']);
  });

  it('write deletions first, and leave new rows their defaults', () => {
    const row: Row = [1, 'a', 'p', 'x', '1!'];
    const added = withNew(
      none,
      newRowId(1),
      new Map<string, CellValue>([
        ['id', 1],
        ['part', 'p'],
      ]),
    );
    const staged = withDeleted(withNew(added, newRowId(2), new Map()), keyOf(row), row);
    expect(statementsOf(table, staged).map(({ sql }) => sql)).toEqual([
      'DELETE FROM "what ""is"" it?" WHERE "part" = ? AND "id" = ? AND "a?""b" IS ? AND "c" IS ?',
      'INSERT INTO "what ""is"" it?" ("id", "part") VALUES (?, ?)',
      'INSERT INTO "what ""is"" it?" DEFAULT VALUES',
    ]);
  });

  it('are shown with their values, and names with question marks as they are', () => {
    const params = [null, "it's ?", [1, 255], 'x'.repeat(100)];
    const sql = 'UPDATE "a?""b" SET "c" = ?, "d?" = ? WHERE "e" IS ? AND "f" IS ?';
    expect(previewOf({ sql, params })).toBe(
      `UPDATE "a?""b" SET "c" = NULL, "d?" = 'it''s ?' WHERE "e" IS X'01ff' AND "f" IS '${'x'.repeat(59)}…`,
    );
  });
});
