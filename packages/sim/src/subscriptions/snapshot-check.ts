// Reads a snapshot of a result a page at a time while the result changes, and checks that it is what
// the result was when the snapshot was opened.

import type { SnapshotReader } from '@patina/engine/live/engine/engine-types.ts';
import type { Follower } from './follower.ts';
import { FuzzFailure } from './fuzz-case.ts';

export class SnapshotCheck {
  readonly queryId: string;
  readonly #reader: SnapshotReader;
  readonly #follower: Follower;
  readonly #expected: string;
  readonly #rowsMax: number;
  readonly #rows: [number, string][] = [];
  isAtEnd = false;

  /** `follower` holds the result of this moment. */
  constructor(queryId: string, reader: SnapshotReader, follower: Follower, rowsMax: number) {
    this.queryId = queryId;
    this.#reader = reader;
    this.#follower = follower;
    this.#expected = JSON.stringify(follower.entries());
    this.#rowsMax = rowsMax;
    if (reader.changeId !== follower.changeId) {
      throw new FuzzFailure('snapshot', `is at ${reader.changeId}, told was ${follower.changeId}`);
    }
  }

  /** Whether the result has changed since. */
  get isAmid(): boolean {
    return this.#follower.changeId > this.#reader.changeId;
  }

  readPage(): void {
    if (this.isAtEnd) return;
    const page = this.#reader.next(this.#rowsMax);
    if (page !== undefined) {
      this.#rows.push(...readLines(page));
      return;
    }
    this.isAtEnd = true;
    const read = JSON.stringify(this.#rows);
    if (read === this.#expected) return;
    throw new FuzzFailure('snapshot', `read ${read}, was ${this.#expected}`);
  }
}

/** The rows of a page: ids with the JSON text of the cells. */
export function readLines({ lines, count }: { lines: string; count: number }): [number, string][] {
  const rows = lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line): [number, string] => {
      const [, rowId, cells] = /^\{"row":\[(\d+),(\[.*\])\]\}$/.exec(line) ?? [];
      if (rowId === undefined || cells === undefined)
        throw new FuzzFailure('snapshot', `line ${line}`);
      return [Number(rowId), cells];
    });
  if (rows.length !== count)
    throw new FuzzFailure('snapshot', `${rows.length} lines, told ${count}`);
  return rows;
}
