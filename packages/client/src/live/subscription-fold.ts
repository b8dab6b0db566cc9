// Folds the lines of a subscription, from whichever nodes they come, into one result and its changes. A
// step counts when its commit line is there, a snapshot when it is whole; what is cut off comes again.

import { type ClientError, protocolError } from '../client-error.ts';
import type { RowMaker } from '../rows.ts';
import { type LiveChange, ResultRows, type ServerRow, tooManyRows } from './result-rows.ts';
import { type LiveState, readState, writeState } from './saved-state.ts';
import type { ChangeOrigin, ServerChange, SubscriptionLine } from './server-lines.ts';
import { lostBy, type StreamFold, type Taken } from './stream-fold.ts';

/** The whole result, first of all. */
export interface SnapshotEvent<Row> {
  readonly type: 'snapshot';
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
  /** The ids of the rows, in their order. */
  readonly rowIds: readonly number[];
  readonly changeId: number;
}

/** All changes that one step of commits made to the result. */
export interface ChangesEvent<Row> {
  readonly type: 'changes';
  readonly changes: readonly LiveChange<Row>[];
  /** The transactions behind them; none for the difference after a restart. */
  readonly origins: readonly ChangeOrigin[];
  readonly changeId: number;
}

/**
 * A node could not tell the changes one by one. What differs between the rows that were held and those
 * of a fresh snapshot follows as one event of changes, if anything does.
 */
export interface RestartedEvent {
  readonly type: 'restarted';
  readonly reason: string;
  readonly columns: readonly string[];
}

export type LiveEvent<Row> = SnapshotEvent<Row> | ChangesEvent<Row> | RestartedEvent;

/** Changes of one step at most that are gathered while its commit line is waited for. */
export const stepChangesMax = 1_000_000;

interface Snapshot {
  columns: readonly string[];
  readonly rows: ServerRow[];
}

export interface SubscriptionFoldOptions<Row> {
  readonly make: RowMaker<Row>;
  readonly rowsMax: number;
  /** The statement, to tell a state of another one. */
  readonly statement: string;
  readonly state: LiveState | undefined;
}

export class SubscriptionFold<Row> implements StreamFold<SubscriptionLine, LiveEvent<Row>> {
  readonly #statement: string;
  readonly #rowsMax: number;
  readonly result: ResultRows<Row>;
  #hasResult = false;
  /** Of the node that told last, and the number of the last change taken from it. */
  #queryId = '';
  #serverChangeId = 0;
  /** Undefined: the next connection begins with a snapshot. */
  #cursor: string | undefined;
  #phase: 'opening' | 'snapshot' | 'live' = 'opening';
  #isOrdered = false;
  #reason: string | undefined;
  #snapshot: Snapshot | undefined;
  #step: ServerChange[] = [];

  constructor({ make, rowsMax, statement, state }: SubscriptionFoldOptions<Row>) {
    this.#statement = statement;
    this.#rowsMax = rowsMax;
    this.result = new ResultRows(make, rowsMax);
    if (state === undefined) return;
    const saved = readState(state, statement);
    this.result.restore(saved);
    this.#isOrdered = saved.isOrdered;
    this.#hasResult = true;
    this.#cursor = saved.cursor;
  }

  get from(): string | undefined {
    return this.#cursor;
  }

  get hasResult(): boolean {
    return this.#hasResult;
  }

  /** All that is needed to go on; undefined before the first snapshot. */
  save(): LiveState | undefined {
    if (!this.#hasResult) return undefined;
    return writeState(this.result, { statement: this.#statement, cursor: this.#cursor });
  }

  /** The result as an event. */
  snapshotEvent(): SnapshotEvent<Row> {
    const { columns, rows, held, changeId } = this.result;
    return { type: 'snapshot', columns, rows, rowIds: held.map(({ id }) => id), changeId };
  }

  begin(): void {
    this.#phase = 'opening';
    this.#snapshot = undefined;
    this.#step = [];
  }

  forget(reason: string): void {
    this.#cursor = undefined;
    this.#reason = reason;
  }

  take(line: SubscriptionLine): Taken<LiveEvent<Row>> {
    switch (line.kind) {
      case 'opened':
        return this.#opened(line);
      case 'restarted':
        if (this.#phase !== 'snapshot') throw unexpected(line.kind);
        this.#reason = line.reason;
        return nothing;
      case 'columns':
        if (this.#phase !== 'snapshot') throw unexpected(line.kind);
        this.#snapshot = { columns: line.columns, rows: [] };
        return nothing;
      case 'row':
        return this.#row(line);
      case 'snapshot-end':
        return this.#snapshotEnd(line.changeId);
      case 'change':
        return this.#change(line.change);
      case 'commit':
        return this.#commit(line.changeId, line.cursor, line.origins);
      case 'heartbeat':
        return this.#phase === 'live' ? progress : nothing;
      case 'lagged':
      case 'failed':
        return { events: [], lost: lostBy(line, this.#cursor) };
    }
  }

  #opened(line: Extract<SubscriptionLine, { kind: 'opened' }>): Taken<LiveEvent<Row>> {
    if (this.#phase !== 'opening') throw unexpected(line.kind);
    if (line.start !== 'resumed') {
      this.#reason = line.reason ?? this.#reason;
      this.#queryId = line.id;
      this.#isOrdered = line.isOrdered;
      this.#phase = 'snapshot';
      return nothing;
    }
    const [queryId, changeId] = cursorParts(this.#cursor);
    if (queryId !== line.id) throw protocolError('the changes of another query');
    this.#queryId = queryId;
    this.#serverChangeId = changeId;
    this.#phase = 'live';
    return { events: [], mark: 'live' };
  }

  #row({ rowId, cells }: ServerRow): Taken<LiveEvent<Row>> {
    if (this.#snapshot === undefined) throw unexpected('row');
    this.#snapshot.rows.push({ rowId, cells });
    if (this.#snapshot.rows.length > this.#rowsMax) throw tooManyRows(this.#rowsMax);
    return nothing;
  }

  #snapshotEnd(changeId: number): Taken<LiveEvent<Row>> {
    const snapshot = this.#snapshot;
    if (snapshot === undefined) throw unexpected('eoq');
    const events = this.#takeSnapshot(snapshot);
    this.#snapshot = undefined;
    this.#hasResult = true;
    this.#reason = undefined;
    this.#serverChangeId = changeId;
    this.#cursor = `${this.#queryId}:${changeId}`;
    this.#phase = 'live';
    return { events, mark: 'live' };
  }

  #takeSnapshot({ columns, rows }: Snapshot): LiveEvent<Row>[] {
    if (!this.#hasResult) {
      this.result.fill(columns, rows, this.#isOrdered);
      return [this.snapshotEvent()];
    }
    const reason = this.#reason ?? 'the node told a fresh snapshot';
    const changes = this.result.replace(columns, rows, this.#isOrdered);
    const { changeId } = this.result;
    const restarted: RestartedEvent = { type: 'restarted', reason, columns };
    if (changes.length === 0) return [restarted];
    return [restarted, { type: 'changes', changes, origins: [], changeId }];
  }

  #change(change: ServerChange): Taken<LiveEvent<Row>> {
    if (this.#phase !== 'live') throw unexpected('change');
    const expected = this.#serverChangeId + this.#step.length + 1;
    if (change.changeId !== expected) {
      throw protocolError(`change ${change.changeId} where ${expected} was to come`);
    }
    if (this.#step.length >= stepChangesMax) throw protocolError('a step that does not end');
    this.#step.push(change);
    return nothing;
  }

  #commit(
    changeId: number,
    cursor: string,
    origins: readonly ChangeOrigin[],
  ): Taken<LiveEvent<Row>> {
    if (this.#phase !== 'live') throw unexpected('commit');
    const step = this.#step;
    this.#step = [];
    if (changeId !== this.#serverChangeId + step.length) throw protocolError('a step with a hole');
    const changes = this.result.apply(step);
    this.#serverChangeId = changeId;
    this.#cursor = cursor;
    if (changes.length === 0) return progress;
    const event: ChangesEvent<Row> = {
      type: 'changes',
      changes,
      origins,
      changeId: this.result.changeId,
    };
    return { events: [event], mark: 'progress' };
  }
}

const nothing: Taken<never> = { events: [] };
const progress: Taken<never> = { events: [], mark: 'progress' };

/** The parts of a cursor; throws where it is none. */
export function cursorParts(cursor: string | undefined): [queryId: string, changeId: number] {
  const match = /^([0-9a-f-]{36}):(\d{1,15})$/.exec(cursor ?? '');
  if (match === null) throw protocolError('changes after no cursor');
  return [match[1] ?? '', Number(match[2])];
}

function unexpected(kind: string): ClientError {
  return protocolError(`the event ${kind} where it has no place`);
}
