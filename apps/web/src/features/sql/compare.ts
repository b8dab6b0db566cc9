// The answers of all nodes to one query, side by side: rows are found again by their key, and each is equal
// everywhere, different somewhere, or missing somewhere. Pure, so that it can be tested with any answers.

import type { cellSchema } from '@patina/api/schemas.ts';
import type { z } from 'zod';

export type CellValue = z.infer<typeof cellSchema>;
type Row = readonly CellValue[];

export interface NodeRows {
  readonly node: string;
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

export type RowState = 'equal' | 'differs' | 'missing';

export interface ComparedRow {
  readonly key: Row;
  /** From 1, where several rows of a node have the same key. */
  readonly occurrence: number;
  readonly state: RowState;
  /** One for each node, in their order; undefined where it has no such row. */
  readonly rows: readonly (Row | undefined)[];
  /** Places of the columns whose values are not the same in all rows that are there. */
  readonly differing: readonly number[];
}

export interface Comparison {
  readonly columns: readonly string[];
  readonly keyColumns: readonly number[];
  readonly rows: readonly ComparedRow[];
  readonly counts: Readonly<Record<RowState, number>>;
  readonly isEqual: boolean;
}

/**
 * @param keyColumns Places of the columns that tell rows apart; none: the whole row does.
 * @returns undefined where the nodes answer with different columns, or none answers.
 */
export function compareRows(
  nodes: readonly NodeRows[],
  keyColumns: readonly number[],
): Comparison | undefined {
  const [first] = nodes;
  if (first === undefined || nodes.some((node) => !isSameList(node.columns, first.columns))) {
    return undefined;
  }
  const places = keyColumns.length === 0 ? first.columns.map((_, index) => index) : keyColumns;
  const found = new Map<string, Found>();
  for (const [index, node] of nodes.entries()) collect(found, node.rows, index, places);
  const rows = [...found.values()].map((each) => compared(each, nodes.length));
  const counts = { equal: 0, differs: 0, missing: 0 };
  for (const { state } of rows) counts[state]++;
  return {
    columns: first.columns,
    keyColumns: places,
    rows,
    counts,
    isEqual: counts.differs === 0 && counts.missing === 0,
  };
}

interface Found {
  readonly key: Row;
  readonly occurrence: number;
  readonly rows: Map<number, Row>;
}

/** Rows of one node with equal keys are told apart by their order among themselves, the same everywhere. */
function collect(
  found: Map<string, Found>,
  rows: readonly Row[],
  nodeIndex: number,
  places: readonly number[],
): void {
  const byKey = new Map<string, Row[]>();
  for (const row of rows) {
    const text = textOf(places.map((place) => row[place] ?? null));
    const same = byKey.get(text);
    if (same === undefined) byKey.set(text, [row]);
    else same.push(row);
  }
  for (const [text, same] of byKey) {
    const ordered = same.length === 1 ? same : same.toSorted(byText);
    ordered.forEach((row, index) => {
      const name = `${index} ${text}`;
      const key = places.map((place) => row[place] ?? null);
      const entry = found.get(name) ?? { key, occurrence: index + 1, rows: new Map() };
      entry.rows.set(nodeIndex, row);
      found.set(name, entry);
    });
  }
}

function compared({ key, occurrence, rows }: Found, nodeCount: number): ComparedRow {
  const list = Array.from({ length: nodeCount }, (_, index) => rows.get(index));
  const present = list.filter((row) => row !== undefined);
  const [first] = present;
  const differing = (first ?? []).flatMap((value, place) =>
    present.every((row) => isSameCell(row[place] ?? null, value)) ? [] : [place],
  );
  const isMissing = present.length < nodeCount;
  const state = isMissing ? 'missing' : differing.length > 0 ? 'differs' : 'equal';
  return { key, occurrence, state, rows: list, differing };
}

export function isSameCell(one: CellValue, other: CellValue): boolean {
  return one === other || cellText(one) === cellText(other);
}

/** Equal for equal values only: the type is in it. */
function cellText(value: CellValue): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return JSON.stringify(value);
  return Array.isArray(value) ? `x${value.join(' ')}` : String(value);
}

function textOf(row: Row): string {
  return row.map(cellText).join(',');
}

function byText(one: Row, other: Row): number {
  const a = textOf(one);
  const b = textOf(other);
  return a < b ? -1 : a > b ? 1 : 0;
}

function isSameList(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((item, index) => item === other[index]);
}

interface KeyedTable {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly key: number }[];
}

/**
 * The columns of a result that hold the primary key, where one table is read and all of its key is among them;
 * none otherwise: then the whole row tells rows apart.
 */
export function keyColumnsOf(
  columns: readonly string[],
  mentioned: readonly string[],
  tables: readonly KeyedTable[],
): readonly number[] {
  const [only, ...others] = new Set(mentioned.map((name) => name.toLowerCase()));
  if (only === undefined || others.length > 0) return [];
  const table = tables.find(({ name }) => name.toLowerCase() === only);
  const key = (table?.columns ?? []).filter((column) => column.key > 0);
  const places = key
    .toSorted((a, b) => a.key - b.key)
    .map(({ name }) => columns.findIndex((each) => each.toLowerCase() === name.toLowerCase()));
  return places.includes(-1) ? [] : places;
}
