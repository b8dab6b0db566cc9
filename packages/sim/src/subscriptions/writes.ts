// Random statements that write: single rows and many, upserts, replacements, moved keys, rows that come
// back. Some break a constraint; then the transaction leaves nothing.

import type { Rng } from '@patina/engine/base/rng.ts';
import { between, chance, pick } from '../random.ts';
import { type FuzzColumn, type FuzzTable, quoted } from './tables.ts';
import { literal, poolValue } from './values.ts';

export function drawWrite(rng: Rng, tables: readonly FuzzTable[]): string {
  const table = pick(rng, tables);
  const name = quoted(table.name);
  const names = table.columns.map((column) => column.name).join(', ');
  const keys = table.columns.filter(({ isKey }) => isKey);
  const others = table.columns.filter(({ isKey }) => !isKey);
  const rows = (): string =>
    Array.from({ length: chance(rng, 0.7) ? 1 : between(rng, 2, 5) }, () =>
      rowText(rng, table),
    ).join(', ');
  switch (rng.below(12)) {
    case 0:
    case 1:
    case 2:
      return `INSERT OR REPLACE INTO ${name} (${names}) VALUES ${rows()}`;
    case 3:
      return `INSERT OR IGNORE INTO ${name} (${names}) VALUES ${rows()}`;
    case 4: {
      const set = assignments(rng, others);
      const target = keys.map((key) => key.name).join(', ');
      return (
        `INSERT INTO ${name} (${names}) VALUES ${rows()} ` +
        `ON CONFLICT (${target}) DO UPDATE SET ${set}`
      );
    }
    case 5:
    case 6:
    case 7:
      return `UPDATE ${name} SET ${assignments(rng, others)} WHERE ${condition(rng, table)}`;
    case 8:
      return `UPDATE OR REPLACE ${name} SET ${assignments(rng, keys)} WHERE ${condition(rng, table)}`;
    case 9:
      return `UPDATE ${name} SET ${assignments(rng, others)}`;
    default:
      return `DELETE FROM ${name} WHERE ${condition(rng, table)}`;
  }
}

/** Many rows with long texts in one statement, so that the version has several chunks. */
export function manyRows(table: FuzzTable, count: number): string {
  const values = table.columns.map(({ pool, isKey }) => {
    if (!isKey) return pool === 'text' || pool === 'any' ? "printf('%0400d', i)" : 'i % 5';
    return pool === 'text'
      ? "printf('k%d', i)"
      : pool === 'blob'
        ? "CAST(printf('k%d', i) AS BLOB)"
        : 'i + 100';
  });
  const names = table.columns.map(({ name }) => name).join(', ');
  return (
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count}) ` +
    `INSERT OR REPLACE INTO ${quoted(table.name)} (${names}) SELECT ${values.join(', ')} FROM n`
  );
}

function rowText(rng: Rng, table: FuzzTable): string {
  return `(${table.columns.map((column) => valueText(rng, column)).join(', ')})`;
}

function valueText(rng: Rng, column: FuzzColumn): string {
  if (!column.isNotNull && chance(rng, 0.15)) return 'NULL';
  return literal(poolValue(rng, column.pool));
}

function assignments(rng: Rng, columns: readonly FuzzColumn[]): string {
  const column = pick(rng, columns);
  const isNumber = column.pool === 'int' || column.pool === 'small' || column.pool === 'id';
  const next = isNumber && chance(rng, 0.3) ? `${column.name} + 1` : valueText(rng, column);
  return `${column.name} = ${next}`;
}

function condition(rng: Rng, table: FuzzTable): string {
  const keys = table.columns.filter(({ isKey }) => isKey);
  if (chance(rng, 0.75)) {
    const key = pick(rng, keys);
    return `${key.name} ${pick(rng, ['=', '=', '=', '<', '>='])} ${literal(poolValue(rng, key.pool))}`;
  }
  const column = pick(rng, table.columns);
  return chance(rng, 0.2) ? `${column.name} IS NULL` : `${column.name} = ${valueText(rng, column)}`;
}
