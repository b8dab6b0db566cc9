// What of a table is loaded: pages that adjoin one another, each of the rows between two keys. A page can be
// read again by itself, for its keys stay where they are while rows come and go between them.

import { stringifyExactJson } from '@patina/api/exact-json.ts';
import type { CellValue } from '../../../grid/grid-types.ts';
import type { RowKey, RowRange } from './page-sql.ts';

export type Row = readonly CellValue[];

export interface RowPage {
  readonly after: RowKey | undefined;
  /** The last key that belongs to it; undefined where it reaches to the end of the table. */
  readonly until: RowKey | undefined;
  readonly rows: readonly Row[];
  /** Something may have changed since it was read. */
  readonly isOld: boolean;
}

/** The rows of a range. */
export interface RangeAnswer {
  readonly rows: readonly Row[];
  /** There are more rows than its limits let through. */
  readonly isCut: boolean;
}

export type KeyOf = (row: Row) => RowKey;

/** How the key is found in rows of these columns; undefined where there is none. */
export function keyOfRows(key: readonly string[], columns: readonly string[]): KeyOf | undefined {
  if (key.length === 0) return undefined;
  const places = key.map((name) => columns.indexOf(name));
  return (row) => places.map((place) => row[place] ?? null);
}

/** Rows that a page is read with, and those that it may grow to until it is split. */
export const pageRows = 200;
export const grownRowsMax = 1_000;

/** Rows that are kept: filters find what lies beyond. */
export const rowsMax = 20_000;

/** Equal for equal keys only. */
export function keyText(key: RowKey): string {
  return stringifyExactJson(key);
}

export function rowsOf(pages: readonly RowPage[]): readonly Row[] {
  return pages.flatMap(({ rows }) => rows);
}

/** Whether there is no more to load. */
export function isComplete(pages: readonly RowPage[]): boolean {
  const last = pages.at(-1);
  if (last === undefined) return false;
  return (
    last.until === undefined || pages.reduce((sum, { rows }) => sum + rows.length, 0) >= rowsMax
  );
}

/** What comes after the last page. */
export function nextRange(pages: readonly RowPage[]): RowRange {
  return { after: pages.at(-1)?.until, until: undefined, limit: pageRows };
}

/** The pages with the one that was read by {@link nextRange}. */
export function withNext(
  pages: readonly RowPage[],
  { rows, isCut }: RangeAnswer,
  keyOf: KeyOf,
): readonly RowPage[] {
  const last = rows.at(-1);
  const isEnd = last === undefined || (!isCut && rows.length < pageRows);
  const until = isEnd ? undefined : keyOf(last);
  return [...pages, { after: pages.at(-1)?.until, until, rows, isOld: false }];
}

/** What a page is read again by. */
export function rangeOf({ after, until }: RowPage): RowRange {
  return { after, until, limit: grownRowsMax };
}

/** Pages of which all may have changed. */
export function asOld(pages: readonly RowPage[]): readonly RowPage[] {
  return pages.map((page) => ({ ...page, isOld: true }));
}

/** The first page with rows from `first` up to `end` that has to be read again. */
export function oldPageIn(
  pages: readonly RowPage[],
  first: number,
  end: number,
): number | undefined {
  let place = 0;
  for (const [index, { rows, isOld }] of pages.entries()) {
    const from = place;
    place += rows.length;
    // A page without rows is in view where it stands; the last one is where new rows may come.
    const isInView = from < end && (place > first || rows.length === 0);
    if (isOld && (isInView || (index === pages.length - 1 && end >= place))) return index;
  }
  return undefined;
}

export interface RowChange {
  readonly tone: 'inserted' | 'changed';
  /** Places of the columns that have another value. */
  readonly columns: ReadonlySet<number>;
}

export interface ReadAgain {
  readonly pages: readonly RowPage[];
  /** By the text of the key. */
  readonly changes: ReadonlyMap<string, RowChange>;
}

/** The pages after one of them was read again. What it has grown beyond its limit is loaded anew later. */
export function withAgain(
  pages: readonly RowPage[],
  index: number,
  { rows, isCut }: RangeAnswer,
  keyOf: KeyOf,
): ReadAgain {
  const page = pages[index];
  if (page === undefined) return { pages, changes: new Map() };
  const changes = changesOf(page.rows, rows, keyOf);
  const last = rows.at(-1);
  const isSplit = last !== undefined && (isCut || rows.length >= grownRowsMax);
  const again = { ...page, rows, isOld: false };
  if (!isSplit) return { pages: pages.with(index, again), changes };
  return { pages: [...pages.slice(0, index), { ...again, until: keyOf(last) }], changes };
}

function changesOf(
  before: readonly Row[],
  after: readonly Row[],
  keyOf: KeyOf,
): ReadonlyMap<string, RowChange> {
  const former = new Map(before.map((row) => [keyText(keyOf(row)), row]));
  const changes = new Map<string, RowChange>();
  for (const row of after) {
    const text = keyText(keyOf(row));
    const old = former.get(text);
    const columns = new Set<number>();
    if (old === undefined) changes.set(text, { tone: 'inserted', columns });
    else {
      for (const [column, value] of row.entries()) {
        if (!isSame(value, old[column] ?? null)) columns.add(column);
      }
      if (columns.size > 0) changes.set(text, { tone: 'changed', columns });
    }
  }
  return changes;
}

/** Whether two values are the same for SQLite's IS. */
export function isSame(one: CellValue, other: CellValue): boolean {
  if (!Array.isArray(one) || !Array.isArray(other)) return one === other;
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
