// Whether two results are the same, as far as the query determines them.

import type { FuzzQuery } from './fuzz-case.ts';

/** A sentence that says how they differ; undefined: they do not. */
export function differenceOf(
  query: Pick<FuzzQuery, 'isLoose' | 'order'>,
  isOrdered: boolean,
  held: readonly string[],
  fresh: readonly string[],
): { readonly check: 'rows' | 'order'; readonly message: string } | undefined {
  const form = query.isLoose === true ? loosely : (row: string): string => row;
  const [a, b] = [held.map(form), fresh.map(form)];
  const missing = without(b, a);
  const extra = without(a, b);
  if (missing.length + extra.length > 0) {
    const message = `held ${shown(held)}, fresh ${shown(fresh)}: lacks ${shown(missing)}, has too much ${shown(extra)}`;
    return { check: 'rows', message };
  }
  if (!isOrdered || query.order === undefined) return undefined;
  const key = query.order === 'total' ? (row: string) => row : keyOf(query.order);
  const wrong = a.findIndex((row, index) => key(row) !== key(b[index] ?? ''));
  if (wrong < 0) return undefined;
  return { check: 'order', message: `at ${wrong}: held ${shown(held)}, fresh ${shown(fresh)}` };
}

/** The columns that order the rows; equal ones may look different. */
function keyOf(places: readonly number[]): (row: string) => string {
  return (row) => {
    const cells = cellsOf(loosely(row));
    return places.map((place) => cells[place]).join(',');
  };
}

/** Cuts the JSON text of an array into those of its cells. */
function cellsOf(row: string): string[] {
  return row.slice(1, -1).match(/"(?:[^"\\]|\\.)*"|\[[^\]]*\]|[^,]+/g) ?? [];
}

/** Equal texts for values that some collation, or SQLite's comparison of numbers, takes for equal. */
function loosely(row: string): string {
  return row
    .replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
    .replace(/ +"/g, '"')
    .replace(/-0\.0/g, '0')
    .replace(/(\d)\.0(?!\d)/g, '$1')
    .replace(/9007199254740992|9\.00719925474099[23]e\+?15/g, '9007199254740992');
}

function without(rows: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const row of others) left.set(row, (left.get(row) ?? 0) + 1);
  return rows.filter((row) => {
    const count = left.get(row) ?? 0;
    if (count > 0) left.set(row, count - 1);
    return count === 0;
  });
}

function shown(rows: readonly string[]): string {
  const most = rows.slice(0, 20).join(' ');
  return rows.length > 20 ? `${most} … (${rows.length})` : `(${most})`;
}
