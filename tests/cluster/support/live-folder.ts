// What a program makes of the events of a live query alone, and what was wrong with them: the judge of
// tests in which the nodes die.

import type { LiveEvent } from '@patina/client/live/subscription-fold.ts';
import type { Cell } from '@patina/client/values.ts';

export type CellRow = readonly Cell[];

export class LiveFolder {
  readonly rows = new Map<number, CellRow>();
  /** Row ids in the order of the result. */
  order: number[] = [];
  /** What was not as promised. */
  readonly faults: string[] = [];
  changeId = 0;
  changes = 0;
  snapshots = 0;
  restarts = 0;

  take(event: LiveEvent<CellRow>): void {
    if (event.type === 'restarted') {
      this.restarts++;
    } else if (event.type === 'snapshot') {
      this.snapshots++;
      this.changeId = event.changeId;
      this.order = [...event.rowIds];
      for (const [index, id] of event.rowIds.entries()) this.rows.set(id, event.rows[index] ?? []);
    } else {
      this.#changes(event);
    }
  }

  /** The rows as texts, in order. */
  get texts(): string[] {
    return this.order.map((id) => (this.rows.get(id) ?? ['?']).map(String).join('|'));
  }

  #changes({ changes }: Extract<LiveEvent<CellRow>, { type: 'changes' }>): void {
    const out = new Set<number>();
    const placed: [number, number][] = [];
    for (const { type, rowId, row, changeId, position } of changes) {
      if (changeId !== this.changeId + 1) {
        this.faults.push(`change ${changeId} after ${this.changeId}`);
      }
      this.changeId = changeId;
      this.changes++;
      const before = this.rows.get(rowId);
      if ((type === 'insert') !== (before === undefined)) {
        this.faults.push(`${type} of row ${rowId}`);
      }
      if (type === 'update' && position === undefined && before?.join('|') === row.join('|')) {
        this.faults.push(`an update of row ${rowId} that says nothing new`);
      }
      if (type === 'delete') this.rows.delete(rowId);
      else this.rows.set(rowId, row);
      if (type === 'delete' || position !== undefined) out.add(rowId);
      if (type !== 'delete' && position !== undefined) placed.push([position, rowId]);
      else if (type === 'insert') this.order.push(rowId);
    }
    this.order = this.order.filter((id) => !out.has(id));
    for (const [position, id] of placed.toSorted(([a], [b]) => a - b)) {
      this.order.splice(position, 0, id);
    }
  }
}
