// Writes staged edits as one transaction, and finds out what others have changed of their rows meanwhile.

import { useCallback, useState } from 'react';
import { useConnection } from '../../../connection/connection-provider.tsx';
import { type Fault, faultOf } from '../../../connection/faults.ts';
import type { Answers } from '../../../connection/shapes.ts';
import { keyText, type Row } from '../rows/row-pages.ts';
import {
  type EditedTable,
  editsMax,
  rowsStatement,
  type StagedEdits,
  statementsOf,
} from './staged-edits.ts';

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
    setState({ kind: 'saving' });
    const statements = statementsOf(table, edits);
    try {
      const written = await api.sql.execute.mutate({
        statements: statements.map(({ sql, params }) => [sql, [...params]]),
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
      const { rows } = await api.sql.query.query({ statement, rows_max: editsMax }, { signal });
      const places = table.key.map((name) => table.columns.findIndex((each) => each.name === name));
      return new Map(rows.map((row) => [keyText(places.map((place) => row[place] ?? null)), row]));
    },
    [api, table],
  );
}
