// The result of a live query as the client holds it: rows under the client's own ids, which stay the
// same whichever node tells of them, and own change ids, which rise by exactly 1.

import { ClientError, protocolError } from '../client-error.ts';
import type { RowMaker } from '../rows.ts';
import { type Cell, cellsKey } from '../values.ts';
import { reorder, unmoved } from './row-order.ts';
import type { ChangeType, ServerChange } from './server-lines.ts';
import { matchRows } from './snapshot-match.ts';

/** A change of a result, in the client's numbers. */
export interface LiveChange<Row> {
  readonly type: ChangeType;
  /** The same for a row as long as it is in the result. */
  readonly rowId: number;
  /** The row as it is now; of a deleted row what it was. */
  readonly row: Row;
  /** Rises by exactly 1. */
  readonly changeId: number;
  /**
   * In ordered results the place of the row after all changes of the event, where it was put in or
   * moved. To follow: take out the deleted and the moved rows, then put rows in by rising position.
   */
  readonly position: number | undefined;
}

/** A row of a snapshot, in the node's numbers. */
export interface ServerRow {
  readonly rowId: number;
  readonly cells: readonly Cell[];
}

export interface HeldRow<Row> {
  readonly id: number;
  readonly cells: readonly Cell[];
  readonly row: Row;
}

export class ResultRows<Row> {
  readonly #make: RowMaker<Row>;
  readonly #rowsMax: number;
  #columns: readonly string[] = [];
  #heldById = new Map<number, HeldRow<Row>>();
  #idByServerId = new Map<number, number>();
  /** Undefined for a result without an order. */
  #order: readonly number[] | undefined;
  #nextId = 1;
  #changeId = 0;
  #held: readonly HeldRow<Row>[] | undefined;
  #rows: readonly Row[] | undefined;

  constructor(make: RowMaker<Row>, rowsMax: number) {
    this.#make = make;
    this.#rowsMax = rowsMax;
  }

  get columns(): readonly string[] {
    return this.#columns;
  }

  get changeId(): number {
    return this.#changeId;
  }

  get nextRowId(): number {
    return this.#nextId;
  }

  get isOrdered(): boolean {
    return this.#order !== undefined;
  }

  /** All rows, in order where there is one. The array never changes; a change makes a new one. */
  get held(): readonly HeldRow<Row>[] {
    this.#held ??= Object.freeze(
      this.#order === undefined
        ? [...this.#heldById.values()]
        : this.#order.flatMap((id) => this.#heldById.get(id) ?? []),
    );
    return this.#held;
  }

  get rows(): readonly Row[] {
    this.#rows ??= Object.freeze(this.held.map(({ row }) => row));
    return this.#rows;
  }

  /** The node's numbers of the rows, by the client's. */
  serverIds(): ReadonlyMap<number, number> {
    return new Map([...this.#idByServerId].map(([serverId, id]) => [id, serverId]));
  }

  /** Takes a first snapshot. */
  fill(columns: readonly string[], rows: readonly ServerRow[], isOrdered: boolean): void {
    const ids = rows.map((_row, index) => this.#nextId + index);
    this.restore({ columns, isOrdered, rows, ids, nextRowId: this.#nextId + rows.length });
  }

  /** Takes what was saved, or a first snapshot, under the given ids. */
  restore(saved: {
    readonly columns: readonly string[];
    readonly isOrdered: boolean;
    readonly rows: readonly ServerRow[];
    readonly ids: readonly number[];
    readonly nextRowId: number;
    readonly changeId?: number;
  }): void {
    const { columns, isOrdered, rows, ids } = saved;
    const made = rows.map(({ cells }, index) => {
      return { id: ids[index] ?? 0, cells, row: this.#make(columns, cells) };
    });
    this.#columns = columns;
    this.#heldById = new Map(made.map((held) => [held.id, held]));
    this.#idByServerId = new Map(rows.map(({ rowId }, index) => [rowId, ids[index] ?? 0]));
    if (this.#heldById.size < rows.length || this.#idByServerId.size < rows.length) {
      throw protocolError('two rows of one id');
    }
    this.#order = isOrdered ? ids : undefined;
    this.#nextId = saved.nextRowId;
    this.#changeId = saved.changeId ?? this.#changeId;
    this.#changed();
  }

  /** Applies a step whole, or throws and leaves everything as it was. */
  apply(step: readonly ServerChange[]): LiveChange<Row>[] {
    const changes: LiveChange<Row>[] = [];
    const heldById = new Map<number, HeldRow<Row> | undefined>();
    const idByServerId = new Map<number, number | undefined>();
    const out = new Set<number>();
    const idByPosition = new Map<number, number>();
    let nextId = this.#nextId;
    for (const { type, rowId, cells, position } of step) {
      const known = idByServerId.has(rowId)
        ? idByServerId.get(rowId)
        : this.#idByServerId.get(rowId);
      if ((known === undefined) !== (type === 'insert')) {
        throw protocolError(`an ${type} of a row that cannot be`);
      }
      const id = known ?? nextId++;
      const before = heldById.get(id) ?? this.#heldById.get(id);
      const made = (): HeldRow<Row> => ({ id, cells, row: this.#make(this.#columns, cells) });
      const held = type === 'delete' ? (before ?? made()) : made();
      idByServerId.set(rowId, type === 'delete' ? undefined : id);
      heldById.set(id, type === 'delete' ? undefined : held);
      if (type === 'delete' || position !== undefined) out.add(id);
      if (position !== undefined && type !== 'delete') idByPosition.set(position, id);
      const changeId = this.#changeId + changes.length + 1;
      changes.push({ type, rowId: id, row: held.row, changeId, position });
    }
    this.#placeAll(out, idByPosition);
    this.#nextId = nextId;
    this.#changeId += changes.length;
    for (const [serverId, id] of idByServerId) setOrDelete(this.#idByServerId, serverId, id);
    for (const [id, held] of heldById) setOrDelete(this.#heldById, id, held);
    this.#changed();
    if (this.#heldById.size > this.#rowsMax) throw tooManyRows(this.#rowsMax);
    return changes;
  }

  #placeAll(out: ReadonlySet<number>, idByPosition: ReadonlyMap<number, number>): void {
    if (this.#order === undefined) return;
    const order = reorder(this.#order, out, idByPosition);
    if (order === undefined) throw protocolError('positions that leave holes');
    this.#order = order;
  }

  /**
   * Takes a snapshot in place of what is held, and tells the difference. Rows that are in both keep
   * their ids.
   */
  replace(
    columns: readonly string[],
    rows: readonly ServerRow[],
    isOrdered: boolean,
  ): LiveChange<Row>[] {
    const before = this.held;
    const heldBefore = this.#heldById;
    const areColumnsSame =
      columns.length === this.#columns.length &&
      columns.every((name, index) => name === this.#columns[index]);
    const equalCells = new Map(before.map(({ id, cells }) => [id, cells]));
    const matches = matchRows(
      before,
      rows.map(({ cells }) => cells),
    );
    let nextId = this.#nextId;
    const held = rows.map(({ cells }, index): HeldRow<Row> => {
      const id = matches[index] ?? nextId++;
      const same = areColumnsSame && isEqual(equalCells.get(id), cells);
      const old = heldBefore.get(id);
      return same && old !== undefined ? old : { id, cells, row: this.#make(columns, cells) };
    });
    const staying = isOrdered
      ? unmoved(
          before.map(({ id }) => id),
          held.map(({ id }) => id),
        )
      : undefined;
    this.#columns = columns;
    this.#heldById = new Map(held.map((row) => [row.id, row]));
    this.#idByServerId = new Map(rows.map(({ rowId }, index) => [rowId, held[index]?.id ?? 0]));
    this.#order = isOrdered ? held.map(({ id }) => id) : undefined;
    this.#nextId = nextId;
    this.#changed();
    const changes: LiveChange<Row>[] = [];
    const add = (type: ChangeType, { id, row }: HeldRow<Row>, position?: number): void => {
      changes.push({ type, rowId: id, row, changeId: ++this.#changeId, position });
    };
    for (const row of before) if (!this.#heldById.has(row.id)) add('delete', row);
    for (const [index, row] of held.entries()) {
      const position = staying === undefined || staying.has(row.id) ? undefined : index;
      const old = heldBefore.get(row.id);
      if (old === undefined) add('insert', row, position);
      else if (old !== row || position !== undefined) add('update', row, position);
    }
    return changes;
  }

  #changed(): void {
    this.#held = undefined;
    this.#rows = undefined;
  }
}

/** The refusal of a result that is larger than the client may hold. */
export function tooManyRows(rowsMax: number): ClientError {
  return new ClientError('PATINA_ROWS_LIMIT', `the result has more than ${rowsMax} rows`, {
    hint: 'Narrow the query, or give a higher rowsMax.',
  });
}

function isEqual(a: readonly Cell[] | undefined, b: readonly Cell[]): boolean {
  return a !== undefined && cellsKey(a) === cellsKey(b);
}

function setOrDelete<Value>(map: Map<number, Value>, key: number, value: Value | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}
