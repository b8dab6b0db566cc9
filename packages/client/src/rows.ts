// The shape in which a program wants its rows: objects by column name, arrays of cells, or whatever its
// parser makes of them.

import { ClientError } from './client-error.ts';
import type { Cell } from './values.ts';

/** A row by column name; of several columns of one name the last counts. */
export type RowObject = { readonly [column: string]: Cell };

/** Makes a typed row of a plain one, or throws: a function, or an object such as a schema of zod. */
export type RowParser<Row> = ((row: RowObject) => Row) | { parse(row: unknown): Row };

export interface RowOptions<Row> {
  /** Checks and types each row. Without it the type of a row is what the program says it is. */
  readonly parse?: RowParser<Row> | undefined;
  /** `array`: rows are arrays of cells, in the order of the columns. Not together with `parse`. */
  readonly rowMode?: 'object' | 'array' | undefined;
}

export type RowMaker<Row> = (columns: readonly string[], cells: readonly Cell[]) => Row;

/** The function that makes rows as the options say. */
export function rowMaker<Row>({ parse, rowMode }: RowOptions<Row>): RowMaker<Row> {
  if (parse !== undefined) {
    if (rowMode === 'array') {
      throw new ClientError('PATINA_BAD_VALUE', 'a parser takes rows as objects, not as arrays');
    }
    const take = typeof parse === 'function' ? parse : (row: RowObject) => parse.parse(row);
    return (columns, cells) => take(objectOf(columns, cells));
  }
  // The one place where the type that the program gave is taken at its word.
  if (rowMode === 'array') return (_columns, cells) => cells as Row;
  return (columns, cells) => objectOf(columns, cells) as Row;
}

function objectOf(columns: readonly string[], cells: readonly Cell[]): RowObject {
  const row: Record<string, Cell> = {};
  for (let index = 0; index < columns.length; index++) {
    const name = columns[index] ?? '';
    // An assignment to __proto__ would set no column.
    if (name === '__proto__') Object.defineProperty(row, name, cellProperty(cells[index] ?? null));
    else row[name] = cells[index] ?? null;
  }
  return Object.freeze(row);
}

function cellProperty(value: Cell): PropertyDescriptor {
  return { value, enumerable: true };
}
