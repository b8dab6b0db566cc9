// Readers of live queries for tests: they hold what they were told, and check the order of it.

import { must } from '../../base/assert.ts';
import type { PatinaError } from '../../base/errors.ts';
import type {
  ChangeGroup,
  LiveOpened,
  LiveSink,
  WatchGroup,
  WatchOpened,
  WatchSink,
} from '../live-queries.ts';

const patienceMs = 20_000;

/** Waits for a condition, with a deadline. */
export async function until(condition: () => boolean, what = String(condition)): Promise<void> {
  const deadlineMs = performance.now() + patienceMs;
  while (!condition()) {
    if (performance.now() > deadlineMs) throw new Error(`in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A result as a reader that applied everything has it: cells by row id. */
export class HeldResult implements LiveSink {
  opened: LiveOpened | undefined;
  readonly cellsByRow = new Map<number, string>();
  readonly groups: ChangeGroup[] = [];
  snapshotEnd: number | undefined;
  changeId = 0;
  lagged: string | undefined;
  ended: PatinaError | 'closed' | undefined;
  rowPages = 0;
  /** Called before rows and groups are taken; a promise holds them up. */
  onTake: () => void | Promise<void> = () => undefined;

  onOpened(opened: LiveOpened): void {
    this.opened = opened;
    if (opened.start !== 'resumed') this.cellsByRow.clear();
    this.changeId = opened.changeId ?? 0;
  }

  onRows(lines: Uint8Array, count: number): void | Promise<void> {
    const texts = Buffer.from(lines).toString('utf8').trimEnd().split('\n');
    if (texts.length !== count) throw new Error(`${count} rows announced, ${texts.length} came`);
    for (const text of texts) {
      const [, rowId, cells] = must(/^\{"row":\[(\d+),(.*)\]\}$/.exec(text) ?? undefined, text);
      this.cellsByRow.set(Number(rowId), must(cells, text));
    }
    this.rowPages++;
    return this.onTake();
  }

  onSnapshotEnd({ changeId }: { readonly changeId: number }): void {
    this.snapshotEnd = changeId;
    this.changeId = changeId;
  }

  onGroup(group: ChangeGroup): void | Promise<void> {
    this.groups.push(group);
    for (const { type, rowId, cells, changeId } of group.changes) {
      if (changeId !== this.changeId + 1) {
        throw new Error(`change ${changeId} follows ${this.changeId}`);
      }
      this.changeId = changeId;
      if (this.cellsByRow.has(rowId) === (type === 'insert')) {
        throw new Error(`${type} of row ${rowId}`);
      }
      if (type === 'delete') this.cellsByRow.delete(rowId);
      else this.cellsByRow.set(rowId, cells);
    }
    return this.onTake();
  }

  onLagged(cursor: string): void {
    this.lagged = cursor;
  }

  onEnded(error: PatinaError | undefined): void {
    this.ended = error ?? 'closed';
  }

  /** All rows in one order, to compare. */
  rows(): string[] {
    return [...this.cellsByRow.values()].toSorted();
  }

  /** Where to go on. */
  get cursor(): string {
    return `${must(this.opened, 'it was opened').id}:${this.changeId}`;
  }
}

/** What a reader of changed rows was told. */
export class HeldNotices implements WatchSink {
  opened: WatchOpened | undefined;
  readonly groups: WatchGroup[] = [];
  lagged: string | undefined;
  ended: PatinaError | 'closed' | undefined;

  onOpened(opened: WatchOpened): void {
    this.opened = opened;
  }

  onGroup(group: WatchGroup): void {
    this.groups.push(group);
  }

  onLagged(cursor: string): void {
    this.lagged = cursor;
  }

  onEnded(error: PatinaError | undefined): void {
    this.ended = error ?? 'closed';
  }

  /** Type and key of each notice, in order. */
  notices(): string[] {
    return this.groups.flatMap(({ notices }) => notices.map(({ type, key }) => `${type} ${key}`));
  }
}
