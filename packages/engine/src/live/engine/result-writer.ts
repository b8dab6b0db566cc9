// Carries out the edits of a result: numbers rows and changes, keeps both, and makes the group of
// changes that subscribers get.

import { must } from '../../base/assert.ts';
import { PatinaError } from '../../base/errors.ts';
import type { ChangeGroup, ChangeOrigin, LiveChange } from '../live-queries.ts';
import type { StateStore } from '../state/state-store.ts';
import type { EngineLimits } from './engine-types.ts';
import { keptQuery, type LiveQuery } from './live-query.ts';
import type { RowEdit } from './row-edits.ts';
import { hiddenRows, resultRows } from './row-set.ts';
import type { SnapshotRegistry } from './snapshot-registry.ts';

export class ResultWriter {
  readonly #store: StateStore;
  readonly #snapshots: SnapshotRegistry;
  readonly #limits: EngineLimits;
  /** Rows kept of all queries. */
  rowCount = 0;

  constructor(store: StateStore, snapshots: SnapshotRegistry, limits: EngineLimits) {
    this.#store = store;
    this.#snapshots = snapshots;
    this.#limits = limits;
  }

  /** Throws PATINA_SUBSCRIPTION_LIMIT when a query would grow by so many rows beyond a limit. */
  checkGrowth(query: LiveQuery, rows: number): void {
    if (rows <= 0) return;
    const count = query.rowCount + query.hiddenCount + rows;
    const { queryRowsMax, rowsMax } = this.#limits;
    if (count > queryRowsMax) {
      throw new PatinaError(
        'PATINA_SUBSCRIPTION_LIMIT',
        `the query holds more than ${queryRowsMax} rows`,
        { hint: 'Follow less of the table with WHERE, or raise the limit.' },
      );
    }
    if (this.rowCount + rows > rowsMax) {
      throw new PatinaError(
        'PATINA_SUBSCRIPTION_LIMIT',
        `all live queries of this node hold more than ${rowsMax} rows together`,
        { hint: 'Close subscriptions that are not needed, or raise the limit.' },
      );
    }
  }

  /** Notes that rows were added to (or taken from) the sets of a query. */
  count(query: LiveQuery, set: 'result' | 'hidden', rows: number): void {
    if (set === 'result') query.rowCount += rows;
    else query.hiddenCount += rows;
    this.rowCount += rows;
  }

  /** Edits the rows of a query that is not live yet: nobody has seen them, so there are no changes. */
  writeUnseen(
    query: LiveQuery,
    edits: readonly RowEdit[],
    order: readonly number[] | undefined,
  ): void {
    const { changeId } = query;
    this.#carryOut(query, edits, order);
    query.changeId = changeId;
    this.#store.putProgress(keptQuery(query));
  }

  /** Edits the rows of a live query; `order` is the one before, of an ordered result. */
  write(
    query: LiveQuery,
    edits: readonly RowEdit[],
    origins: readonly ChangeOrigin[],
    order: readonly number[] | undefined,
  ): ChangeGroup {
    this.#snapshots.noteEdits(query, edits);
    const changes = this.#carryOut(query, edits, order);
    this.#keepChanges(query, changes, origins);
    this.#store.putProgress(keptQuery(query));
    return { origins, changes };
  }

  /** Edits the rows behind the groups of a query. */
  writeHidden(query: LiveQuery, edits: readonly RowEdit[]): void {
    if (edits.length === 0) return;
    const rows = hiddenRows(this.#store, query);
    for (const edit of edits) {
      if (edit.type === 'insert') rows.insert(query.nextHiddenId++, edit.identity, edit.cells);
      else if (edit.type === 'delete') rows.delete(edit.row.rowId, edit.row.identity);
      else rows.update(edit.row.rowId, edit.row.identity, edit.cells);
    }
    this.count(query, 'hidden', growth(edits));
    this.#store.putProgress(keptQuery(query));
  }

  #carryOut(
    query: LiveQuery,
    edits: readonly RowEdit[],
    order: readonly number[] | undefined,
  ): LiveChange[] {
    const rows = resultRows(this.#store, query);
    const firstNewRow = query.nextRowId;
    const changes: LiveChange[] = [];
    for (const edit of edits) {
      changes.push(toChange(edit, ++query.changeId, query.nextRowId));
      if (edit.type === 'insert') rows.insert(query.nextRowId++, edit.identity, edit.cells);
      else if (edit.type === 'delete') rows.delete(edit.row.rowId, edit.row.identity);
      else if (edit.row.cells !== edit.cells) {
        rows.update(edit.row.rowId, edit.row.identity, edit.cells);
      }
    }
    this.count(query, 'result', growth(edits));
    if (order !== undefined) {
      this.#store.putOrder(query.number, orderAfter(order, changes, firstNewRow));
    }
    return changes;
  }

  #keepChanges(
    query: LiveQuery,
    changes: readonly LiveChange[],
    origins: readonly ChangeOrigin[],
  ): void {
    const { changesMax } = this.#limits;
    if (changes.length > changesMax) {
      // Nobody resumes within a group: a part of one is of no use.
      this.#store.trimChanges(query.number, query.changeId);
      query.minChangeId = query.changeId;
      return;
    }
    for (const [index, change] of changes.entries()) {
      this.#store.addChange(query.number, {
        ...change,
        position: change.position,
        origins: index === 0 ? JSON.stringify(origins) : undefined,
      });
    }
    const tooOld = query.changeId - changesMax;
    // A part is dropped at a time, so that a change does not cost a deletion each.
    if (tooOld - query.minChangeId <= changesMax / 4) return;
    query.minChangeId = this.#store.groupEnd(query.number, tooOld) ?? query.changeId;
    this.#store.trimChanges(query.number, query.minChangeId);
  }
}

function toChange(edit: RowEdit, changeId: number, newRowId: number): LiveChange {
  const { type } = edit;
  if (edit.type === 'insert') {
    const change = { type, rowId: newRowId, cells: edit.cells, changeId };
    return edit.position === undefined ? change : { ...change, position: edit.position };
  }
  const { rowId } = edit.row;
  if (edit.type === 'delete') return { type, rowId, cells: edit.row.cells, changeId };
  const change = { type, rowId, cells: edit.cells, changeId };
  return edit.position === undefined ? change : { ...change, position: edit.position };
}

/** By how many rows edits make a set larger. */
export function growth(edits: readonly RowEdit[]): number {
  let rows = 0;
  for (const { type } of edits) rows += type === 'insert' ? 1 : type === 'delete' ? -1 : 0;
  return rows;
}

/** The order of a result after a group, made as every reader of the group makes it. */
function orderAfter(
  order: readonly number[],
  changes: readonly LiveChange[],
  firstNewRow: number,
): number[] {
  const placed = changes.filter(({ position }) => position !== undefined);
  const out = new Set(
    changes
      .filter(({ type, position }) => type === 'delete' || position !== undefined)
      .map(({ rowId }) => rowId),
  );
  const stayed = order.filter((rowId) => !out.has(rowId) && rowId < firstNewRow);
  const rowIdByPosition = new Map(placed.map((change) => [change.position, change.rowId]));
  const after: number[] = [];
  const length = stayed.length + placed.length;
  let next = 0;
  while (after.length < length) {
    const rowId = rowIdByPosition.get(after.length) ?? stayed[next++];
    after.push(must(rowId, 'positions leave no holes'));
  }
  return after;
}
