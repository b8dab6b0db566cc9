// Statements of pages bind every value and quote every name.

import { expect, it } from 'vitest';
import { pageStatement, typedValue } from './page-sql.ts';

const base = {
  table: 'fl"ights',
  columns: ['id', 'or"igin'],
  key: ['id'],
  filters: [],
  isDescending: false,
} as const;

const first = { after: undefined, until: undefined, limit: 10 } as const;

it('begins at the first row, in the order of the key', () => {
  expect(pageStatement(base, first)).toEqual([
    'SELECT "id", "or""igin" FROM "fl""ights" ORDER BY "id" LIMIT 10',
    [],
  ]);
});

it('goes on after a key of several columns, upwards and downwards', () => {
  const browsed = { ...base, key: ['a', 'b'] };
  const range = { ...first, after: [1, 'x'] };
  expect(pageStatement(browsed, range)[0]).toContain('WHERE ("a", "b") > (?, ?) ORDER BY "a", "b"');
  expect(pageStatement({ ...browsed, isDescending: true }, range)).toEqual([
    'SELECT "id", "or""igin" FROM "fl""ights" WHERE ("a", "b") < (?, ?) ORDER BY "a" DESC, "b" DESC LIMIT 10',
    [1, 'x'],
  ]);
});

it('reads again what lies between two keys, the second one included', () => {
  const range = { after: [5], until: [9], limit: 10 };
  expect(pageStatement(base, range)).toEqual([
    'SELECT "id", "or""igin" FROM "fl""ights" WHERE ("id") > (?) AND ("id") <= (?) ORDER BY "id" LIMIT 10',
    [5, 9],
  ]);
  expect(pageStatement({ ...base, isDescending: true }, range)[0]).toContain(
    'WHERE ("id") < (?) AND ("id") >= (?) ORDER BY "id" DESC',
  );
});

it('binds what filters compare with', () => {
  const filters = [
    { column: 'id', operator: '>=', value: '5' },
    { column: 'o', operator: 'contains', value: "'; DROP TABLE x" },
    { column: 'p', operator: 'is null', value: 'unused' },
  ] as const;
  expect(pageStatement({ ...base, filters }, first)).toEqual([
    'SELECT "id", "or""igin" FROM "fl""ights" WHERE "id" >= ? AND instr("o", ?) > 0 AND "p" IS NULL ORDER BY "id" LIMIT 10',
    [5, "'; DROP TABLE x"],
  ]);
});

it('takes what looks like a number as one, and quoted text as text', () => {
  expect(typedValue('42')).toBe(42);
  expect(typedValue('9007199254740993')).toBe(9007199254740993n);
  expect(typedValue('1.5')).toBe(1.5);
  expect(typedValue("'42'")).toBe('42');
  expect(typedValue('007')).toBe('007');
  expect(typedValue('')).toBe('');
});
