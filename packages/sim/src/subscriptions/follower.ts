// A client that holds a result and applies the changes it is told, as the documents say that a client
// can. It trusts nothing: every change has to fit what it holds.

import type { ChangeGroup, LiveChange } from '@patina/engine/live/live-queries.ts';
import { FuzzFailure } from './fuzz-case.ts';

export class Follower {
  readonly isOrdered: boolean;
  changeId: number;
  /** Cells as JSON text, by row id. */
  readonly #cells: Map<number, string>;
  #order: number[];

  constructor(isOrdered: boolean, changeId: number, rows: readonly (readonly [number, string])[]) {
    this.isOrdered = isOrdered;
    this.changeId = changeId;
    this.#cells = new Map(rows);
    this.#order = rows.map(([rowId]) => rowId);
    if (this.#cells.size !== rows.length) throw new FuzzFailure('row id', 'a row id came twice');
  }

  /** Rows with their ids, in order where there is one, otherwise by id. */
  entries(): [number, string][] {
    const ids = this.isOrdered ? this.#order : [...this.#cells.keys()].sort((a, b) => a - b);
    return ids.map((rowId) => [rowId, this.#cells.get(rowId) ?? '']);
  }

  rows(): string[] {
    return this.entries().map(([, cells]) => cells);
  }

  copy(): Follower {
    return new Follower(this.isOrdered, this.changeId, this.entries());
  }

  apply({ changes }: ChangeGroup): void {
    const placed: { rowId: number; position: number }[] = [];
    const removed = new Set<number>();
    for (const change of changes) {
      if (change.changeId !== this.changeId + 1) {
        throw new FuzzFailure('change id', `${change.changeId} follows ${this.changeId}`);
      }
      this.changeId = change.changeId;
      this.#change(change);
      const { rowId, position } = change;
      if (change.type === 'delete' || position !== undefined) removed.add(rowId);
      if (!this.isOrdered) continue;
      if (change.type === 'insert' && position === undefined) {
        throw new FuzzFailure('position', `row ${rowId} was inserted without a position`);
      }
      if (position !== undefined) placed.push({ rowId, position });
    }
    if (!this.isOrdered) return;
    const order = this.#order.filter((rowId) => !removed.has(rowId));
    for (const { rowId, position } of placed.sort((a, b) => a.position - b.position)) {
      if (position > order.length)
        throw new FuzzFailure('position', `${position} is beyond the end`);
      order.splice(position, 0, rowId);
    }
    if (order.length !== this.#cells.size) {
      throw new FuzzFailure('position', `${this.#cells.size} rows, ${order.length} have a place`);
    }
    this.#order = order;
  }

  #change({ type, rowId, cells, position }: LiveChange): void {
    const known = this.#cells.get(rowId);
    if (type === 'insert') {
      if (known !== undefined) throw new FuzzFailure('row id', `row ${rowId} was inserted twice`);
      this.#cells.set(rowId, cells);
      return;
    }
    if (known === undefined)
      throw new FuzzFailure('row id', `${type} of row ${rowId}, which is not there`);
    if (type === 'delete') {
      if (known !== cells) {
        throw new FuzzFailure('last cells', `row ${rowId} was ${known} and is deleted as ${cells}`);
      }
      this.#cells.delete(rowId);
      return;
    }
    if (known === cells && position === undefined) {
      throw new FuzzFailure('idle update', `row ${rowId} is updated and stays ${cells}`);
    }
    this.#cells.set(rowId, cells);
  }
}
