// What else can be read out of a result: points for a chart, JSON text, and the word that a fault is about.

import { stringifyExactJson } from '@patina/api/exact-json.ts';
import { tokensOf } from '../../sql-text/tokens.ts';
import type { CellValue } from './compare.ts';

/** Points of a chart; more could not be told apart. */
export const pointsMax = 2_000;
/** Rows shown as JSON. */
export const jsonRowsMax = 1_000;
/** Characters of that, and of one value: a view of more would stand still. */
export const jsonCharsMax = 1_000_000;
export const jsonValueCharsMax = 100_000;

interface Result {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly CellValue[])[];
}

/** Places of the columns whose values are numbers, as far as they are there. */
export function numericColumns({ columns, rows }: Result): readonly number[] {
  const looked = rows.slice(0, pointsMax);
  return columns.flatMap((_, place) => {
    const values = looked.map((row) => row[place] ?? null).filter((value) => value !== null);
    const areNumbers = values.every((value) => numberOf(value) !== null);
    return values.length > 0 && areNumbers ? [place] : [];
  });
}

export interface ChartPoint {
  readonly x: string | number;
  readonly y: number | null;
}

export function chartPoints({ rows }: Result, x: number, y: number): readonly ChartPoint[] {
  return rows.slice(0, pointsMax).map((row, index) => {
    const at = row[x] ?? null;
    const label = typeof at === 'number' ? at : textOf(at);
    return { x: x === -1 ? index + 1 : label, y: numberOf(row[y] ?? null) };
  });
}

function numberOf(value: CellValue): number | null {
  if (typeof value === 'number') return value;
  return typeof value === 'bigint' ? Number(value) : null;
}

const labelCharsMax = 60;

/** A value in one short line. */
export function textOf(value: CellValue): string {
  if (value === null) return 'NULL';
  if (Array.isArray(value)) return `blob, ${value.length} B`;
  const text = String(value);
  return text.length > labelCharsMax ? `${text.slice(0, labelCharsMax)}…` : text;
}

/** The first rows as JSON, each on a line of its own; blobs as lists of bytes. */
export function jsonText({ columns, rows }: Result): { text: string; isCut: boolean } {
  const lines: string[] = [];
  let length = 0;
  let isShort = false;
  const short = (value: CellValue): CellValue => {
    const isLong =
      (typeof value === 'string' || Array.isArray(value)) && value.length > jsonValueCharsMax;
    if (!isLong) return value;
    isShort = true;
    return typeof value === 'string'
      ? `${value.slice(0, jsonValueCharsMax)}…`
      : value.slice(0, jsonValueCharsMax);
  };
  for (const row of rows.slice(0, jsonRowsMax)) {
    const fields = columns.map((name, place): [string, CellValue] => [name, row[place] ?? null]);
    const line = fields
      .map(([name, value]) => `${JSON.stringify(name)}: ${stringifyExactJson(short(value))}`)
      .join(', ');
    length += line.length;
    if (length > jsonCharsMax && lines.length > 0) break;
    lines.push(`  {${line}}`);
  }
  return { text: `[\n${lines.join(',\n')}\n]`, isCut: isShort || lines.length < rows.length };
}

interface FaultWords {
  readonly text: string;
  /** In characters from 1, as the node tells it. */
  readonly position?: number;
}

/** Where the word is that a fault is about, in a statement; undefined where that is not plain. */
export function faultPlace(
  { text: message, position }: FaultWords,
  sql: string,
): { readonly from: number; readonly to: number } | undefined {
  if (position !== undefined) return wordAt(sql, position);
  const named =
    /near "((?:[^"]|"")+)": syntax error/i.exec(message)?.[1] ??
    /no such (?:column|table|function): ([\w$]+(?:\.[\w$]+)*)/i.exec(message)?.[1];
  if (named === undefined) return undefined;
  const from = sql.toLowerCase().indexOf(named.toLowerCase());
  // Where it stands twice, there is no telling which one was meant.
  const isOnly = from !== -1 && sql.toLowerCase().lastIndexOf(named.toLowerCase()) === from;
  return isOnly ? { from, to: from + named.length } : undefined;
}

/** The word at a place, which is counted in whole characters. */
function wordAt(sql: string, position: number) {
  const from = Array.from(sql)
    .slice(0, position - 1)
    .join('').length;
  const to = tokensOf(sql).find(({ end }) => end > from)?.end ?? sql.length;
  // At the end of the text its last character stands for what lacks.
  return from < to ? { from, to } : { from: Math.max(0, sql.length - 1), to: sql.length };
}
