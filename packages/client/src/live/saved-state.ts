// The state of a live query as plain JSON, so that a program can go on after its own restart without
// missing or repeating a change.

import { ClientError } from '../client-error.ts';
import { base64Of, bytesOfBase64, type Cell } from '../values.ts';
import type { ResultRows, ServerRow } from './result-rows.ts';

/** Plain JSON. What it holds is a matter of the client: keep it, and give it back as `from`. */
export interface LiveState {
  readonly format: 1;
  readonly statement: string;
  /** Absent where the next node has to be asked for a snapshot. */
  readonly cursor?: string;
  readonly isOrdered: boolean;
  readonly columns: readonly string[];
  readonly changeId: number;
  readonly nextRowId: number;
  /** The client's row id, the node's, and the cells. */
  readonly rows: readonly (readonly [number, number, readonly SavedCell[]])[];
}

export type SavedCell =
  | null
  | number
  | string
  | { readonly int: string }
  | { readonly blob: string };

/** Puts a result and its cursor into JSON. */
export function writeState<Row>(
  result: ResultRows<Row>,
  { statement, cursor }: { readonly statement: string; readonly cursor: string | undefined },
): LiveState {
  const serverIds = result.serverIds();
  return {
    format: 1,
    statement,
    ...(cursor === undefined ? {} : { cursor }),
    isOrdered: result.isOrdered,
    columns: result.columns,
    changeId: result.changeId,
    nextRowId: result.nextRowId,
    rows: result.held.map(({ id, cells }) => [id, serverIds.get(id) ?? 0, cells.map(saveCell)]),
  };
}

/** The opposite; throws PATINA_BAD_VALUE for what is no state of this statement. */
export function readState(state: LiveState, statement: string) {
  if (state.format !== 1 || !Array.isArray(state.rows)) {
    throw badState('it was not made by this version of the client');
  }
  if (state.statement !== statement) throw badState('it is of another statement');
  const { cursor, isOrdered, columns, changeId, nextRowId } = state;
  if (cursor !== undefined && !/^[0-9a-f-]{36}:\d{1,15}$/.test(cursor)) {
    throw badState('its cursor is damaged');
  }
  const rows: ServerRow[] = [];
  const ids: number[] = [];
  for (const [id, rowId, cells] of state.rows) {
    rows.push({ rowId, cells: cells.map(readCell) });
    ids.push(id);
  }
  return { cursor, isOrdered, columns, changeId, nextRowId, rows, ids };
}

function saveCell(cell: Cell): SavedCell {
  if (typeof cell === 'bigint') return { int: String(cell) };
  if (typeof cell === 'number' && !Number.isFinite(cell)) return { int: String(cell) };
  return cell instanceof Uint8Array ? { blob: base64Of(cell) } : cell;
}

function readCell(cell: SavedCell): Cell {
  if (typeof cell !== 'object' || cell === null) return cell;
  if ('blob' in cell) return bytesOfBase64(cell.blob);
  return cell.int.endsWith('Infinity') ? Number(cell.int) : BigInt(cell.int);
}

function badState(why: string): ClientError {
  return new ClientError('PATINA_BAD_VALUE', `this state cannot be gone on from: ${why}`, {
    hint: 'Leave from out to begin with a snapshot.',
  });
}
