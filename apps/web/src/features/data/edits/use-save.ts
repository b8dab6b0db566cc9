// Writes staged edits as one transaction, and finds out what others have changed of their rows meanwhile.

import { exactTransformer } from '@patina/api/exact-transformer.ts';
import { useCallback, useState } from 'react';
import { useConnection } from '../../../connection/connection-provider.tsx';
import { type Fault, faultOf } from '../../../connection/faults.ts';
import type { Answers } from '../../../connection/shapes.ts';
import type { CellValue } from '../../../grid/grid-types.ts';
import { keyOfRows, keyText, type Row } from '../rows/row-pages.ts';
import {
  type EditedTable,
  editsMax,
  rowsStatement,
  type StagedEdits,
  statementsOf,
} from './staged-edits.ts';

/** Bytes of a transaction as it is sent: nodes end a connection that sends more than 16 MiB at once. */
const saveBytesMax = 15 * 1024 * 1024;

const tooLarge: Fault = {
  code: 'TOO_LARGE',
  text: 'The staged values, with those that they replace, are too large for one transaction from here.',
  hint: 'Undo some and save them apart, or write the large ones through the HTTP API. Nothing was sent.',
  isForbidden: false,
};

export type Written = Answers['sql']['execute'];

export type SaveState =
  | { readonly kind: 'ready' }
  | { readonly kind: 'saving' }
  | { readonly kind: 'saved'; readonly written: Written }
  /** The rows are not any more as they were seen; nothing was written. */
  | { readonly kind: 'overtaken' }
  | { readonly kind: 'failed'; readonly fault: Fault };

export interface Save {
  readonly state: SaveState;
  readonly save: (edits: StagedEdits) => Promise<void>;
}

/** @param onSaved Told once all of them are written. */
export function useSave(table: EditedTable, onSaved: () => void): Save {
  const { api } = useConnection();
  const [state, setState] = useState<SaveState>({ kind: 'ready' });
  const save = async (edits: StagedEdits) => {
    const statements = statementsOf(table, edits).map(({ sql, params }): [string, CellValue[]] => [
      sql,
      [...params],
    ]);
    if (sentBytes(statements) > saveBytesMax) {
      setState({ kind: 'failed', fault: tooLarge });
      return;
    }
    setState({ kind: 'saving' });
    try {
      const written = await api.sql.execute.mutate({
        statements,
        rows_expected: statements.map(() => 1),
      });
      setState({ kind: 'saved', written });
      onSaved();
    } catch (error) {
      const fault = faultOf(error);
      const isOvertaken = fault.code === 'PATINA_TRANSACTION_CONFLICT';
      setState(isOvertaken ? { kind: 'overtaken' } : { kind: 'failed', fault });
    }
  };
  return { state, save };
}

function sentBytes(value: unknown): number {
  return new Blob([JSON.stringify(exactTransformer.serialize(value))]).size;
}

/** Reads the rows of edits as they are now, by the text of their keys. */
export function useCurrentRows(
  table: EditedTable,
): (edits: StagedEdits, signal: AbortSignal) => Promise<ReadonlyMap<string, Row>> {
  const { api } = useConnection();
  return useCallback(
    async (edits, signal) => {
      const keys = [...edits.values()].flatMap((edit) =>
        edit.kind === 'insert' ? [] : [edit.key],
      );
      if (keys.length === 0) return new Map();
      const statement = rowsStatement(table, keys);
      const { rows, truncated } = await api.sql.query.query(
        { statement, rows_max: editsMax },
        { signal },
      );
      // A row that was cut off would look as if it were gone.
      if (truncated) {
        throw new Error('the rows are too large to be compared here; saving them compares them');
      }
      const names = table.columns.map(({ name }) => name);
      const keyOf = keyOfRows(table.key, names);
      return new Map(rows.map((row) => [keyText(keyOf?.(row) ?? []), row]));
    },
    [api, table],
  );
}
