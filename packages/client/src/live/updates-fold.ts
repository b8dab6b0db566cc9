// Folds the lines of the updates of a table, from whichever nodes they come, into one sequence of steps.

import { protocolError } from '../client-error.ts';
import type { RowMaker } from '../rows.ts';
import type { Cell } from '../values.ts';
import type { ChangeOrigin, UpdatesLine } from './server-lines.ts';
import { lostBy, type StreamFold, type Taken } from './stream-fold.ts';

/** A row that changed: inserts are updates. */
export interface RowUpdate<Row> {
  readonly type: 'update' | 'delete';
  /** Values of the key, in the order of its columns. */
  readonly key: readonly Cell[];
  /** The row as it is after the step, where images were asked for and it exists. */
  readonly row: Row | undefined;
}

/** All rows that one step of commits touched. */
export interface UpdatesEvent<Row> {
  readonly type: 'updates';
  readonly updates: readonly RowUpdate<Row>[];
  readonly origins: readonly ChangeOrigin[];
  /** Where to go on after this. */
  readonly cursor: string;
}

/** The first connection stands: updates follow. */
export interface UpdatesOpenedEvent {
  readonly type: 'opened';
  readonly key: readonly string[];
  readonly columns: readonly string[];
  readonly cursor: string;
}

/** What happened before this is not known: read the table anew. */
export interface UpdatesRestartedEvent {
  readonly type: 'restarted';
  readonly reason: string;
  readonly cursor: string;
}

export type TableEvent<Row> = UpdatesEvent<Row> | UpdatesOpenedEvent | UpdatesRestartedEvent;

/** Rows of one step at most that are gathered while its commit line is waited for. */
const stepUpdatesMax = 1_000_000;

export class UpdatesFold<Row> implements StreamFold<UpdatesLine, TableEvent<Row>> {
  readonly #make: RowMaker<Row>;
  #cursor: string | undefined;
  readonly #hadCursor: boolean;
  #wasOpen = false;
  #isOpen = false;
  #columns: readonly string[] = [];
  #reason: string | undefined;
  #step: RowUpdate<Row>[] = [];

  constructor(make: RowMaker<Row>, from: string | undefined) {
    this.#make = make;
    this.#cursor = from;
    this.#hadCursor = from !== undefined;
  }

  get from(): string | undefined {
    return this.#cursor;
  }

  begin(): void {
    this.#isOpen = false;
    this.#step = [];
  }

  forget(reason: string): void {
    this.#cursor = undefined;
    this.#reason = reason;
  }

  take(line: UpdatesLine): Taken<TableEvent<Row>> {
    switch (line.kind) {
      case 'opened':
        return this.#opened(line);
      case 'restarted':
        // The line before it has said so.
        return { events: [] };
      case 'notify':
        return this.#notify(line);
      case 'commit':
        return this.#commit(line.cursor, line.origins);
      case 'heartbeat':
        return { events: [], mark: 'progress' };
      case 'lagged':
      case 'failed':
        return { events: [], lost: lostBy(line, this.#cursor) };
    }
  }

  #opened(line: Extract<UpdatesLine, { kind: 'opened' }>): Taken<TableEvent<Row>> {
    const { key, columns, start } = line;
    this.#isOpen = true;
    this.#columns = columns;
    // What was missed still comes: until then a new connection has to go on where this one did.
    const cursor = start === 'resumed' ? (this.#cursor ?? line.cursor) : line.cursor;
    this.#cursor = cursor;
    const events: TableEvent<Row>[] = [];
    if (!this.#wasOpen) events.push({ type: 'opened', key, columns, cursor });
    const isNew = start === 'now' && !this.#wasOpen && !this.#hadCursor;
    if (start !== 'resumed' && !isNew) {
      const reason = line.reason ?? this.#reason ?? 'the node knows nothing of the cursor';
      events.push({ type: 'restarted', reason, cursor });
    }
    this.#wasOpen = true;
    this.#reason = undefined;
    return { events, mark: 'live' };
  }

  #notify({ type, key, cells }: Extract<UpdatesLine, { kind: 'notify' }>): Taken<TableEvent<Row>> {
    if (!this.#isOpen) throw protocolError('an update before the beginning');
    if (this.#step.length >= stepUpdatesMax) throw protocolError('a step that does not end');
    const row = cells === undefined ? undefined : this.#make(this.#columns, cells);
    this.#step.push({ type, key, row });
    return { events: [] };
  }

  #commit(cursor: string, origins: readonly ChangeOrigin[]): Taken<TableEvent<Row>> {
    const updates = this.#step;
    this.#step = [];
    this.#cursor = cursor;
    if (updates.length === 0) return { events: [], mark: 'progress' };
    return { events: [{ type: 'updates', updates, origins, cursor }], mark: 'progress' };
  }
}
