// The result of a live query as the page holds it: rows in order, brought from step to step by the changes
// that the node tells. It knows nothing of time or of the network. A step that can't be is refused, and then
// the result has to be read anew: a wrong row is worse than a late one.

import type { Cell, LiveEvent } from './live-events.ts';

export interface LiveRow {
  readonly id: number;
  /** As they are now. */
  cells: readonly Cell[];
}

type ChangesEvent = Extract<LiveEvent, { kind: 'changes' }>;
export type TellsOfRow = ChangesEvent['changes'][number];

/** A change that was made to the result. */
export interface MadeChange {
  readonly type: TellsOfRow['type'];
  readonly row: LiveRow;
  readonly changeId: number;
  /** Of an updated row: its cells before. */
  readonly former: readonly Cell[] | undefined;
  /** Of a deleted row: where it stood. */
  readonly index: number | undefined;
}

/** What the node told does not fit to what is held. */
export class StepMismatch extends Error {}

export class LiveResult {
  #order: LiveRow[] = [];
  #byId = new Map<number, LiveRow>();
  #filling: LiveRow[] | undefined;
  /** The number of the last change that is in it. */
  #changeId = 0;
  columns: readonly string[] = [];
  isOrdered = false;

  /** In the order of the result. */
  get rows(): readonly LiveRow[] {
    return this.#order;
  }

  get changeId(): number {
    return this.#changeId;
  }

  /** Rows that were told of a snapshot which has not ended. */
  get filled(): number {
    return this.#filling?.length ?? 0;
  }

  /** A stream begins: with a snapshot, or with the changes after those that are here. */
  begin({ columns, ordered, start }: Extract<LiveEvent, { kind: 'opened' }>): void {
    this.#filling = undefined;
    if (start === 'resumed') return;
    this.#filling = [];
    this.columns = columns;
    this.isOrdered = ordered;
  }

  fill(rows: readonly (readonly [number, readonly Cell[]])[]): void {
    for (const [id, cells] of rows) this.#filling?.push({ id, cells });
  }

  /** What was held gives way to the snapshot, all at once. */
  endFill(changeId: number): void {
    this.#order = this.#filling ?? [];
    this.#byId = new Map(this.#order.map((row) => [row.id, row]));
    this.#filling = undefined;
    this.#changeId = changeId;
  }

  /** Makes one whole step; changes that are in the result already are passed over. */
  apply(changes: readonly TellsOfRow[]): MadeChange[] {
    const fresh = changes.filter((change) => change.change_id > this.#changeId);
    const step = new Step(this.#byId);
    for (const change of fresh) step.take(change);
    this.#order = step.ordered(this.#order);
    this.#changeId = fresh.at(-1)?.change_id ?? this.#changeId;
    return step.made();
  }
}

/** The work of one step: first the cells, then the order. */
class Step {
  readonly #byId: Map<number, LiveRow>;
  /** Rows that leave their place. */
  readonly #out = new Set<LiveRow>();
  readonly #deletedAt = new Map<LiveRow, number>();
  readonly #appended: LiveRow[] = [];
  readonly #placed: { readonly row: LiveRow; readonly position: number }[] = [];
  readonly #made: MadeChange[] = [];

  constructor(byId: Map<number, LiveRow>) {
    this.#byId = byId;
  }

  take(change: TellsOfRow): void {
    const { type, row_id: id, cells, change_id: changeId, position } = change;
    const held = this.#byId.get(id);
    if ((held === undefined) !== (type === 'insert')) {
      throw new StepMismatch(`change ${changeId}: ${type} of row ${id} does not fit`);
    }
    const row = held ?? { id, cells };
    const former = type === 'update' ? row.cells : undefined;
    if (type === 'delete') this.#byId.delete(id);
    else this.#byId.set(id, row);
    if (type === 'delete' || (type === 'update' && position !== undefined)) this.#out.add(row);
    if (type === 'delete') this.#deletedAt.set(row, 0);
    else if (position !== undefined) this.#placed.push({ row, position });
    else if (type === 'insert') this.#appended.push(row);
    row.cells = cells;
    this.#made.push({ type, row, changeId, former, index: undefined });
  }

  /** Takes out what leaves its place, then puts in by rising place. */
  ordered(order: LiveRow[]): LiveRow[] {
    const kept = this.#out.size === 0 ? order : order.filter((row, at) => this.#stays(row, at));
    for (const row of this.#appended) kept.push(row);
    if (this.#placed.length === 0) return kept;
    const all: LiveRow[] = [];
    let next = 0;
    for (const { row, position } of this.#placed.toSorted((a, b) => a.position - b.position)) {
      while (all.length < position && next < kept.length) {
        const before = kept[next++];
        if (before !== undefined) all.push(before);
      }
      if (all.length !== position) {
        throw new StepMismatch(`place ${position} of row ${row.id} does not fit`);
      }
      all.push(row);
    }
    for (; next < kept.length; next++) {
      const after = kept[next];
      if (after !== undefined) all.push(after);
    }
    return all;
  }

  #stays(row: LiveRow, at: number): boolean {
    if (!this.#out.has(row)) return true;
    if (this.#deletedAt.has(row)) this.#deletedAt.set(row, at);
    return false;
  }

  made(): MadeChange[] {
    return this.#made.map((each) =>
      each.type === 'delete' ? { ...each, index: this.#deletedAt.get(each.row) } : each,
    );
  }
}
