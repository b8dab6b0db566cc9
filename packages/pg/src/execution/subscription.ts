// A live query for a PostgreSQL client: the rows of its snapshot and then each change, as rows of
// mz_timestamp, mz_progressed where it was asked for, mz_diff and the columns. An update is the old row with
// -1 and the new one with +1, so the old rows are known here.

import { hlcToUnixMs } from '@patina/engine/base/hlc.ts';
import type { SqlValue } from '@patina/engine/base/value.ts';
import type {
  ChangeGroup,
  LiveHandle,
  LiveQueries,
  LiveSink,
} from '@patina/engine/live/live-queries.ts';
import { asPgError, PgError } from '../pg-error.ts';
import type { SubscribeSource } from '../utility/utility-statement.ts';

export interface SubscriptionOptions {
  readonly live: Pick<LiveQueries, 'open'>;
  readonly source: SubscribeSource;
  readonly params: readonly SqlValue[];
  readonly role: string;
  readonly client: string;
  readonly rowsMax: number;
  readonly nowMs: () => number;
}

/** Rows that wait here for the client before the live query is held. */
const waitingRowsMax = 5_000;

export class Subscription {
  readonly #options: SubscriptionOptions;
  readonly #columnCount: number;
  readonly #rows: SqlValue[][] = [];
  /** The cells of each row of the result, as JSON. */
  readonly #known = new Map<number, string>();
  #handle: LiveHandle | undefined;
  #error: PgError | undefined;
  #timestampMs = 0;
  #isInSnapshot = true;
  #isClosed = false;
  #wakeTaker: (() => void) | undefined;
  #wakeGiver: (() => void) | undefined;

  private constructor(options: SubscriptionOptions) {
    this.#options = options;
    this.#columnCount = options.source.query.columns.length;
  }

  /** Of its rows, those before the query's own included. */
  get columns(): SubscribeSource['columns'] {
    return this.#options.source.columns;
  }

  /** Rejects with PgError as the live queries do. */
  static async open(options: SubscriptionOptions): Promise<Subscription> {
    const subscription = new Subscription(options);
    const { source, params, role, client, live } = options;
    const bound = params.map((value) => (isPlain(value) ? value : null));
    const query = { sql: source.query.sql, params: bound };
    try {
      const handle = await live.open({ query, role, client }, subscription.#sink());
      if (subscription.#isClosed) handle.close();
      else subscription.#handle = handle;
    } catch (error) {
      throw asPgError(error);
    }
    return subscription;
  }

  /** Rows that are here now. Throws what ended the query. */
  take(rowsMax: number): SqlValue[][] {
    if (this.#rows.length === 0 && this.#error !== undefined) throw this.#error;
    const rows = this.#rows.splice(0, rowsMax);
    if (this.#rows.length < waitingRowsMax) this.#wakeGiver?.();
    return rows;
  }

  /** Resolves when there are rows, or it has ended, or after `waitMs`, or on `abandon`. */
  wait(waitMs: number | undefined): Promise<void> {
    if (this.#rows.length > 0 || this.#error !== undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = waitMs === undefined ? undefined : setTimeout(() => this.abandon(), waitMs);
      this.#wakeTaker = () => {
        clearTimeout(timer);
        this.#wakeTaker = undefined;
        resolve();
      };
    });
  }

  /** Ends a wait. */
  abandon(): void {
    this.#wakeTaker?.();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#handle?.close();
    this.#rows.length = 0;
    this.#known.clear();
    this.#wakeGiver?.();
    this.abandon();
  }

  #sink(): LiveSink {
    let rest = '';
    return {
      onOpened: () => undefined,
      onRows: (lines) => {
        this.#advance(this.#options.nowMs());
        const text = rest + Buffer.from(lines).toString('utf8');
        const parts = text.split('\n');
        rest = parts.pop() ?? '';
        for (const line of parts) this.#snapshotRow(line);
        return this.#offered();
      },
      onSnapshotEnd: () => {
        this.#isInSnapshot = false;
        this.#advance(this.#options.nowMs());
        this.#progress();
        this.#wakeTaker?.();
      },
      onGroup: (group) => {
        this.#group(group);
        return this.#offered();
      },
      onLagged: () => {
        const message = 'the client fell too far behind the changes of its live query';
        this.#end(new PgError('53400', message, { hint: 'Subscribe again, and read faster.' }));
      },
      onEnded: (error) => {
        const ended = new PgError('57P01', 'the live query was closed');
        this.#end(error === undefined ? ended : asPgError(error));
      },
    };
  }

  #snapshotRow(line: string): void {
    if (line === '') return;
    // `{"row":[<row id>,[<cells>]]}`
    const comma = line.indexOf(',');
    const rowId = Number(line.slice(line.indexOf('[') + 1, comma));
    const cells = line.slice(comma + 1, -2);
    this.#remember(rowId, cells);
    if (this.#options.source.withSnapshot) this.#push(1, cells);
  }

  #group(group: ChangeGroup): void {
    const hlc = group.origins[0]?.hlc;
    this.#advance(hlc === undefined ? this.#options.nowMs() : hlcToUnixMs(hlc));
    for (const { type, rowId, cells } of group.changes) {
      const before = this.#known.get(rowId);
      if (type !== 'insert') this.#push(-1, before ?? cells);
      if (type === 'delete') this.#known.delete(rowId);
      else {
        this.#push(1, cells);
        this.#remember(rowId, cells);
      }
    }
    this.#progress();
  }

  #remember(rowId: number, cells: string): void {
    this.#known.set(rowId, cells);
    if (this.#known.size <= this.#options.rowsMax) return;
    const message = `a live query of one session has at most ${this.#options.rowsMax} rows`;
    this.#end(new PgError('54000', message));
  }

  /** Timestamps never go back. */
  #advance(nowMs: number): void {
    this.#timestampMs = Math.max(this.#timestampMs, nowMs);
  }

  #push(diff: number, cells: string): void {
    const { withProgress } = this.#options.source;
    const leading = withProgress ? [this.#timestampMs, 0, diff] : [this.#timestampMs, diff];
    this.#rows.push([...leading, ...parseCells(cells)]);
  }

  /** Says that no more rows come with a timestamp up to this one. */
  #progress(): void {
    if (!this.#options.source.withProgress || this.#isInSnapshot) return;
    this.#rows.push([this.#timestampMs, 1, null, ...Array(this.#columnCount).fill(null)]);
  }

  #offered(): void | Promise<void> {
    this.#wakeTaker?.();
    if (this.#isClosed || this.#rows.length < waitingRowsMax) return undefined;
    return new Promise((resolve) => {
      this.#wakeGiver = () => {
        this.#wakeGiver = undefined;
        resolve();
      };
    });
  }

  #end(error: PgError): void {
    this.#error ??= error;
    this.#wakeTaker?.();
  }
}

function isPlain(value: SqlValue): value is null | number | bigint | string | Uint8Array {
  return typeof value !== 'object' || value === null || value instanceof Uint8Array;
}

/** The cells of a row from JSON: integers keep all digits, a BLOB is a list of its bytes. */
export function parseCells(json: string): SqlValue[] {
  const cells: unknown = JSON.parse(json, (_key, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' && /^-?\d+$/.test(context?.source ?? '.')
      ? integer(context?.source ?? '0')
      : value,
  );
  if (!Array.isArray(cells)) return [];
  return cells.map((cell: unknown) => {
    if (Array.isArray(cell)) return Uint8Array.from(cell, Number);
    return typeof cell === 'number' || typeof cell === 'string' || typeof cell === 'bigint'
      ? cell
      : null;
  });
}

function integer(source: string): number | bigint {
  const value = Number(source);
  return Number.isSafeInteger(value) ? value : BigInt(source);
}
