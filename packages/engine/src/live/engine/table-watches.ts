// Followers of single tables: which rows were written or deleted, without keeping any of them.

import { PatinaError } from '../../base/errors.ts';
import { quoteName } from '../../base/sql-text.ts';
import type { ReplicatedTable } from '../../crdt/table.ts';
import { cellsToJson } from '../../storage/row-encoder.ts';
import { sqlErrorOf } from '../../storage/sql-error.ts';
import type { ChangeOrigin, RowNotice, WatchGroup, WatchOpened } from '../live-queries.ts';
import type { FeedReading, TouchedKey, TouchedTable } from './change-feed.ts';
import type { EngineParts } from './engine-parts.ts';
import type { LiveEngine } from './engine-types.ts';
import { isUncertainText } from './key-text.ts';
import { pickOrigins } from './schedule.ts';

/** Watches at once. */
const watchesMax = 10_000;

export type TableWatchRequest = Parameters<LiveEngine['watch']>[0];

interface TableWatch {
  readonly id: string;
  readonly table: string;
  readonly images: boolean;
  readonly filter: string | undefined;
  /** The columns that its reader was told. */
  readonly columns: string;
  /** Asks for one row: whether the filter is true for it, then its columns where images are wanted. */
  rowSql: string;
  /** Entries of the log up to this one were told. */
  seq: number;
}

/** A watch that cannot go on. */
export interface EndedWatch {
  readonly watchId: string;
  readonly error: PatinaError;
}

export class TableWatches {
  readonly #parts: EngineParts;
  readonly #stateId: string;
  readonly #byId = new Map<string, TableWatch>();
  /** Marks of keys under the open version, by table and key, that were told already. */
  #openMarks = new Map<string, string>();

  /** `stateId` tells cursors of this state file from those of others. */
  constructor(parts: EngineParts, stateId: string) {
    this.#parts = parts;
    this.#stateId = stateId;
  }

  /** Names of the tables that are watched. */
  tables(): Set<string> {
    return new Set([...this.#byId.values()].map(({ table }) => table));
  }

  open(request: TableWatchRequest): WatchOpened & { readonly backlog: readonly WatchGroup[] } {
    const { schema, reader, feed } = this.#parts;
    const table = schema.replicatedByName.get(this.#tableName(request.table));
    if (table === undefined) throw unknownTable(request.table);
    if (this.#byId.size >= watchesMax) {
      throw new PatinaError('PATINA_SUBSCRIPTION_LIMIT', `this node has ${watchesMax} watches`, {
        hint: 'Close watches that are not needed, or ask another node.',
      });
    }
    const watch: TableWatch = {
      id: request.watchId,
      table: table.name,
      images: request.images,
      filter: request.filter,
      columns: this.#columns(table).join('\0'),
      rowSql: this.#rowSql(table, request.filter, request.images),
      seq: 0,
    };
    reader.begin();
    try {
      const start = this.#start(request.from, feed.lastSeq());
      const reading = feed.read(start.seq, [table]);
      const isTooOld = start.kind === 'resumed' && reading.isLost;
      watch.seq = reading.seq;
      const touched = reading.tablesByName.get(table.name);
      const isOverfull = touched?.isOverfull === true;
      const canResume = start.kind === 'resumed' && !isTooOld && !isOverfull;
      const backlog = canResume ? this.#groups(watch, reading, start.seq) : [];
      this.#byId.set(watch.id, watch);
      const reason = isTooOld
        ? 'the log does not say any more what was written since'
        : isOverfull && start.kind === 'resumed'
          ? 'too many rows were written since'
          : start.reason;
      return {
        id: watch.id,
        key: table.key.map(({ name }) => name),
        columns: this.#columns(table),
        start: start.kind === 'now' ? 'now' : canResume ? 'resumed' : 'restarted',
        reason: canResume ? undefined : reason,
        cursor: this.#cursor(watch.seq),
        backlog,
      };
    } finally {
      reader.end();
    }
  }

  close(watchId: string): void {
    this.#byId.delete(watchId);
  }

  /** What a reading says to the watches; those that cannot be told all of it end. */
  tell(reading: FeedReading, ended: EndedWatch[]): { watchId: string; group: WatchGroup }[] {
    const told: { watchId: string; group: WatchGroup }[] = [];
    for (const watch of [...this.#byId.values()]) {
      if (reading.isGapped || reading.tablesByName.get(watch.table)?.isOverfull === true) {
        ended.push({ watchId: watch.id, error: tooMuch() });
        this.#byId.delete(watch.id);
        continue;
      }
      for (const group of this.#groups(watch, reading, watch.seq)) {
        told.push({ watchId: watch.id, group });
      }
      watch.seq = Math.max(watch.seq, reading.seq);
    }
    this.#rememberOpen(reading);
    return told;
  }

  /** After a change of schema; returns the watches that cannot go on. */
  reload(): EndedWatch[] {
    const ended: EndedWatch[] = [];
    for (const watch of [...this.#byId.values()]) {
      const table = this.#parts.schema.replicatedByName.get(watch.table);
      try {
        if (table === undefined) throw unknownTable(watch.table);
        if (this.#columns(table).join('\0') !== watch.columns) throw otherColumns(watch.table);
        watch.rowSql = this.#rowSql(table, watch.filter, watch.images);
      } catch (error) {
        this.#byId.delete(watch.id);
        ended.push({ watchId: watch.id, error: sqlErrorOf(error) });
      }
    }
    return ended;
  }

  #groups(watch: TableWatch, reading: FeedReading, after: number): WatchGroup[] {
    const touched = reading.tablesByName.get(watch.table);
    if (touched === undefined) return [];
    const notices: RowNotice[] = [];
    const origins = new Set<number>();
    for (const key of touched.keysByText.values()) {
      if (!this.#isNew(reading, touched, key, after)) continue;
      const notice = this.#notice(watch, key);
      if (notice === undefined) continue;
      notices.push(notice);
      for (const index of key.origins) origins.add(index);
    }
    if (notices.length === 0) return [];
    const plain = pickOrigins(reading, origins).map(
      ({ actorId, version, hlc }): ChangeOrigin => ({ actorId, version, hlc }),
    );
    return [{ origins: plain, notices, cursor: this.#cursor(reading.seq) }];
  }

  #isNew(reading: FeedReading, touched: TouchedTable, key: TouchedKey, after: number): boolean {
    const name = `${touched.table.name}\0${key.text}`;
    const isOpen = key.openMark !== '';
    if (isOpen && this.#openMarks.get(name) !== this.#openMark(touched.table, key)) return true;
    return [...key.origins].some((index) => (reading.origins[index]?.seq ?? 0) > after);
  }

  #rememberOpen(reading: FeedReading): void {
    const marks = new Map<string, string>();
    const watched = this.tables();
    for (const { table, keysByText } of reading.tablesByName.values()) {
      if (!watched.has(table.name)) continue;
      for (const key of keysByText.values()) {
        if (key.openMark === '') continue;
        marks.set(`${table.name}\0${key.text}`, this.#openMark(table, key));
      }
    }
    this.#openMarks = marks;
  }

  /** Two writes may leave the same clocks, so the row itself is part of the mark. */
  #openMark(table: ReplicatedTable, key: TouchedKey): string {
    const row = this.#parts.reader.statement(this.#rowSql(table, undefined, true)).get(key.values);
    return `${key.openMark}${row === undefined ? '' : cellsToJson(row, 1)}`;
  }

  #notice(watch: TableWatch, key: TouchedKey): RowNotice | undefined {
    const text = cellsToJson(key.values, 0);
    if (isUncertainText(key.text)) {
      // The row cannot be found by a key that JavaScript cannot hold.
      return { type: key.isAlive ? 'update' : 'delete', key: text, row: undefined };
    }
    const row = this.#parts.reader.statement(watch.rowSql).get(key.values);
    if (row === undefined) return { type: 'delete', key: text, row: undefined };
    const [isWanted] = row;
    if (isWanted !== 1n) return undefined;
    return { type: 'update', key: text, row: watch.images ? cellsToJson(row, 1) : undefined };
  }

  /** Throws when the filter is no expression over the table. */
  #rowSql(table: ReplicatedTable, filter: string | undefined, images: boolean): string {
    const name = quoteName(table.name);
    const columns = images ? this.#columns(table).map(quoteName) : [];
    // A line break ends a comment that the filter may end with.
    const wanted = filter === undefined ? '1' : `coalesce((${filter}\n) <> 0, 0)`;
    const match = table.key.map(
      (key, index) => `${quoteName(key.name)} = ?${index + 1} COLLATE BINARY`,
    );
    const sql = `SELECT ${[wanted, ...columns].join(', ')} FROM ${name} WHERE ${match.join(' AND ')}`;
    if (filter !== undefined) {
      // Alone as well, so that it cannot close the bracket that it stands in.
      this.#parts.compiler.check(`SELECT ${filter}\n FROM ${name}`);
      this.#parts.compiler.check(sql);
    }
    return sql;
  }

  #columns(table: ReplicatedTable): string[] {
    const known = this.#parts.schema.catalog.tables.get(table.name.toLowerCase());
    return (known?.columns ?? []).map(({ name }) => name);
  }

  #tableName(name: string): string {
    return this.#parts.schema.catalog.tables.get(name.toLowerCase())?.name ?? name;
  }

  #cursor(seq: number): string {
    return `${this.#stateId}:${seq}`;
  }

  #start(
    from: string | undefined,
    lastSeq: number,
  ): { kind: 'now' | 'resumed' | 'restarted'; seq: number; reason: string | undefined } {
    if (from === undefined) return { kind: 'now', seq: lastSeq, reason: undefined };
    const [, stateId, digits] = /^(.+):(\d{1,15})$/.exec(from) ?? [];
    if (stateId === undefined) {
      throw new PatinaError('PATINA_CURSOR_INVALID', `'${from.slice(0, 80)}' is no cursor`, {
        hint: 'Give a cursor as it came with an earlier answer, or none.',
      });
    }
    if (stateId !== this.#stateId) {
      const reason = 'the cursor is of another node, or of a former state of this one';
      return { kind: 'restarted', seq: lastSeq, reason };
    }
    const seq = Number(digits);
    if (seq <= lastSeq) return { kind: 'resumed', seq, reason: undefined };
    throw new PatinaError('PATINA_CURSOR_INVALID', 'the cursor lies in the future', {
      hint: 'Give a cursor as it came with an earlier answer, or none.',
    });
  }
}

function tooMuch(): PatinaError {
  return new PatinaError(
    'PATINA_OVERLOADED',
    'too much was written at once to tell it row by row',
    {
      hint: 'Read the table, and watch it anew.',
    },
  );
}

function otherColumns(name: string): PatinaError {
  return new PatinaError('PATINA_SUBSCRIPTION_FAILED', `the columns of table '${name}' changed`, {
    hint: 'Watch the table anew.',
  });
}

function unknownTable(name: string): PatinaError {
  return new PatinaError('PATINA_BAD_REQUEST', `there is no replicated table '${name}'`, {
    hint: 'Name a table of the schema.',
  });
}
