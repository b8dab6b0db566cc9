// A range of cells as text for other programs.

import { stringifyExactJson } from '@patina/api/exact-json.ts';
import { hexOf, wholeText } from './cell-text.ts';
import type { CellValue } from './grid-types.ts';

export const copyForms = ['text', 'csv', 'json', 'markdown', 'insert'] as const;
export type CopyForm = (typeof copyForms)[number];

/** Cells that are copied at once: more would freeze the page. */
export const copyCellsMax = 1_000_000;

export interface CopiedCells {
  readonly titles: readonly string[];
  readonly rows: readonly (readonly CellValue[])[];
  readonly tableName: string;
}

export function copyAs(form: CopyForm, cells: CopiedCells): string {
  const { titles, rows } = cells;
  switch (form) {
    case 'text':
      // What programs of tables paste: a cell stays one cell.
      return rows.map((row) => row.map((value) => flat(wholeText(value))).join('\t')).join('\n');
    case 'csv':
      return [titles, ...rows]
        .map((row) => row.map((value) => quotedCsv(wholeText(value))).join(','))
        .join('\r\n');
    case 'json':
      return jsonOf(cells);
    case 'markdown':
      return markdownOf(cells);
    case 'insert':
      return insertsOf(cells);
  }
}

function flat(text: string): string {
  return text.replaceAll(/[\t\r\n]+/g, ' ');
}

function quotedCsv(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function jsonOf({ titles, rows }: CopiedCells): string {
  const lines = rows.map((row) => {
    const fields = titles.map(
      (title, index) => `${JSON.stringify(title)}: ${stringifyExactJson(row[index] ?? null)}`,
    );
    return `  {${fields.join(', ')}}`;
  });
  return `[\n${lines.join(',\n')}\n]`;
}

function markdownOf({ titles, rows }: CopiedCells): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => flat(cell).replaceAll('|', '\\|')).join(' | ')} |`;
  return [
    line(titles),
    line(titles.map(() => '---')),
    ...rows.map((row) => line(row.map((value) => (value === null ? 'NULL' : wholeText(value))))),
  ].join('\n');
}

function insertsOf({ titles, rows, tableName }: CopiedCells): string {
  const names = titles.map(quotedName).join(', ');
  return rows
    .map(
      (row) =>
        `INSERT INTO ${quotedName(tableName)} (${names}) VALUES (${row.map(literalOf).join(', ')});`,
    )
    .join('\n');
}

export function quotedName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A value as SQL writes it. */
export function literalOf(value: CellValue): string {
  if (value === null) return 'NULL';
  if (Array.isArray(value)) return `X'${hexOf(value)}'`;
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`;
  if (typeof value === 'number' && !Number.isFinite(value)) return value > 0 ? '9e999' : '-9e999';
  return String(value);
}
