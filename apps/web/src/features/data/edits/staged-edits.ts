// Edits that were made on the page and not written yet, and the statements that write them. Each statement names
// the values that the reader saw, so that it touches its row only while the row still is as it was seen.

import { literalOf, quotedName } from '../../../grid/copy-as.ts';
import type { CellValue } from '../../../grid/grid-types.ts';
import type { RowKey } from '../rows/page-sql.ts';
import { isSame, keyText, type Row } from '../rows/row-pages.ts';

export interface EditedColumn {
  readonly name: string;
  readonly type: string;
  readonly isNotNull: boolean;
  readonly isKey: boolean;
  readonly isGenerated: boolean;
  /** The SQL of what it has where nothing is given; null is NULL. */
  readonly default: string | null;
}

export interface EditedTable {
  readonly name: string;
  /** In the order of the rows. */
  readonly columns: readonly EditedColumn[];
  /** Columns of the primary key, in its order. */
  readonly key: readonly string[];
}

type Values = ReadonlyMap<string, CellValue>;

export type StagedEdit =
  /** Columns that are not in `values` get their defaults. */
  | { readonly kind: 'insert'; readonly values: Values }
  | { readonly kind: 'update'; readonly key: RowKey; readonly seen: Row; readonly values: Values }
  | { readonly kind: 'delete'; readonly key: RowKey; readonly seen: Row };

/** By a name: the text of the key for rows of the table, {@link newRowId} for new ones. */
export type StagedEdits = ReadonlyMap<string, StagedEdit>;

/** Edits that are written at once at most. */
export const editsMax = 500;

export function newRowId(number: number): string {
  return `new ${number}`;
}

/** The edits with one more value of a row; none where the row already has it. */
export function withValue(
  edits: StagedEdits,
  table: EditedTable,
  place: { readonly key: RowKey; readonly seen: Row; readonly column: string },
  value: CellValue,
): StagedEdits {
  const { key, seen, column } = place;
  const id = keyText(key);
  const staged = edits.get(id);
  if (staged?.kind === 'delete') return edits;
  const at = table.columns.findIndex(({ name }) => name === column);
  const current = seen[at] ?? null;
  const values = new Map(staged?.values);
  if (isSame(value, current)) values.delete(column);
  else values.set(column, value);
  if (values.size === 0) return without(edits, id);
  // Values that were typed before rest on what was seen then.
  const rests = staged?.kind === 'update' ? staged.seen.with(at, current) : seen;
  return put(edits, id, { kind: 'update', key, seen: rests, values });
}

/** The edits with a row that is to be deleted; what was staged for it goes. */
export function withDeleted(edits: StagedEdits, key: RowKey, seen: Row): StagedEdits {
  return put(edits, keyText(key), { kind: 'delete', key, seen });
}

/** The edits with a new row, or with other values of one that is staged. */
export function withNew(edits: StagedEdits, id: string, values: Values): StagedEdits {
  return put(edits, id, { kind: 'insert', values });
}

export function without(edits: StagedEdits, id: string): StagedEdits {
  const next = new Map(edits);
  next.delete(id);
  return next;
}

function put(edits: StagedEdits, id: string, edit: StagedEdit): StagedEdits {
  return new Map(edits).set(id, edit);
}

function seenOf({ columns }: EditedTable, row: Row, name: string): CellValue {
  return row[columns.findIndex((column) => column.name === name)] ?? null;
}

/** The edit on top of what its row is now; undefined where nothing is left of it. */
export function rebased(table: EditedTable, edit: StagedEdit, now: Row): StagedEdit | undefined {
  if (edit.kind === 'insert') return edit;
  if (edit.kind === 'delete') return { ...edit, seen: now };
  const values = new Map(
    [...edit.values].filter(([name, value]) => !isSame(value, seenOf(table, now, name))),
  );
  return values.size === 0 ? undefined : { ...edit, seen: now, values };
}

export interface SeenChange {
  readonly column: string;
  readonly seen: CellValue;
  readonly now: CellValue;
}

/**
 * What others have changed of what an edit rests on: of an update the columns that it writes, of a deletion all.
 * @param now The row as it is; undefined where it is there no more.
 */
export function changedMeanwhile(
  table: EditedTable,
  edit: StagedEdit,
  now: Row | undefined,
): 'gone' | readonly SeenChange[] {
  if (edit.kind === 'insert') return [];
  if (now === undefined) return 'gone';
  return guardedColumns(table, edit).flatMap((column) => {
    const seen = seenOf(table, edit.seen, column);
    const current = seenOf(table, now, column);
    return isSame(seen, current) ? [] : [{ column, seen, now: current }];
  });
}

function guardedColumns(
  { columns }: EditedTable,
  edit: Exclude<StagedEdit, { readonly kind: 'insert' }>,
): readonly string[] {
  if (edit.kind === 'update') return [...edit.values.keys()];
  return columns.filter(({ isKey, isGenerated }) => !isKey && !isGenerated).map(({ name }) => name);
}

export interface EditStatement {
  /** Of the edit that it writes. */
  readonly id: string;
  readonly sql: string;
  readonly params: readonly CellValue[];
}

/** What writes the edits, each for one row: deletions first, so that their keys and unique values are free. */
export function statementsOf(table: EditedTable, edits: StagedEdits): readonly EditStatement[] {
  const order = { delete: 0, update: 1, insert: 2 } as const;
  return [...edits]
    .toSorted(([, one], [, other]) => order[one.kind] - order[other.kind])
    .map(([id, edit]) => ({ id, ...statementOf(table, edit) }));
}

function statementOf(table: EditedTable, edit: StagedEdit): Omit<EditStatement, 'id'> {
  const name = quotedName(table.name);
  if (edit.kind === 'insert') {
    const names = [...edit.values.keys()].map(quotedName).join(', ');
    if (names === '') return { sql: `INSERT INTO ${name} DEFAULT VALUES`, params: [] };
    const marks = Array.from(edit.values, () => '?').join(', ');
    return {
      sql: `INSERT INTO ${name} (${names}) VALUES (${marks})`,
      params: [...edit.values.values()],
    };
  }
  const guards = guardedColumns(table, edit);
  const where = [
    ...table.key.map((column) => `${quotedName(column)} = ?`),
    ...guards.map((column) => `${quotedName(column)} IS ?`),
  ].join(' AND ');
  const held = [...edit.key, ...guards.map((column) => seenOf(table, edit.seen, column))];
  if (edit.kind === 'delete') return { sql: `DELETE FROM ${name} WHERE ${where}`, params: held };
  const set = [...edit.values.keys()].map((column) => `${quotedName(column)} = ?`).join(', ');
  return {
    sql: `UPDATE ${name} SET ${set} WHERE ${where}`,
    params: [...edit.values.values(), ...held],
  };
}

/** Characters of a value that a preview shows. */
const previewCharsMax = 60;

/** A statement as people read it: its values in place of the question marks. */
export function previewOf({ sql, params }: Pick<EditStatement, 'sql' | 'params'>): string {
  let next = 0;
  // Names in quotation marks may hold question marks of their own.
  return sql.replaceAll(/"(?:[^"]|"")*"|\?/g, (part) =>
    part === '?' ? shortLiteral(params[next++] ?? null) : part,
  );
}

function shortLiteral(value: CellValue): string {
  const literal = literalOf(value);
  return literal.length > previewCharsMax ? `${literal.slice(0, previewCharsMax)}…` : literal;
}

/** Asks for the rows of some keys as they are now. */
export function rowsStatement(
  { name, columns, key }: EditedTable,
  keys: readonly RowKey[],
): [sql: string, params: CellValue[]] {
  const names = columns.map((column) => quotedName(column.name)).join(', ');
  const keyNames = key.map(quotedName).join(', ');
  const marks = keys.map((values) => `(${values.map(() => '?').join(', ')})`).join(', ');
  return [
    `SELECT ${names} FROM ${quotedName(name)} WHERE (${keyNames}) IN (VALUES ${marks})`,
    keys.flat(),
  ];
}
