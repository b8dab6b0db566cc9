// Reads versions back from clocks and rows and encodes them as chunks: for the broadcast of a new local
// version, and for peers that ask for old ones. Works on any connection to the file.

import type { ActorId } from '../base/actor-id.ts';
import { ByteWriter } from '../base/bytes.ts';
import { OddText, type SqlValue } from '../base/value.ts';
import { type EncodableBlock, encodeChunk } from '../crdt/changeset-codec.ts';
import { isAlive } from '../crdt/clock.ts';
import {
  hasCellsSql,
  lastSeqSql,
  type ReadSpan,
  readBasesSql,
  readCellsSql,
  readExactSql,
  readSupersededSql,
  versionHlcSql,
} from '../crdt/read-sql.ts';
import { hasOddKey, oddAsBytes, type ReplicatedTable, withOddKey } from '../crdt/table.ts';
import type { Statements } from './statements.ts';

/** Encoded size at which a version is cut into another chunk. A chunk may be larger by one change. */
export const chunkBytesTarget = 48 * 1024;

/** Rows that one statement reads at a time, so that memory does not follow the size of a version. */
const readRowsMax = 5_000;

/** seqs per window of a version too large to be read at once. */
const windowSeqs = 8_192;

/** One change on its way into a chunk. */
interface Entry {
  readonly kind: 'row' | 'delete' | 'cell';
  readonly table: ReplicatedTable;
  /** Columns of the values after the key. */
  readonly columns: readonly string[];
  readonly superseded: readonly string[];
  readonly cl: number;
  readonly seq: number;
  readonly values: SqlValue[];
  readonly bytes: number;
}

/** All changes of one version that were read. */
interface VersionEntries {
  readonly hlc: number;
  readonly entries: Entry[];
}

/** What {@link ChangeReader.readVersions} found. */
export interface VersionsRead {
  /** Chunks of each version that still has changes, rising. */
  readonly chunksByVersion: Map<number, Uint8Array[]>;
  /** The last version that was read; the caller goes on after it. */
  readonly end: number;
}

const noNames: readonly string[] = [];

export class ChangeReader {
  readonly #statements: Statements;
  readonly #scratch = new ByteWriter(chunkBytesTarget * 2);
  readonly #columnNames = new Map<ReplicatedTable, readonly string[]>();
  /** Tables where a key was met that JavaScript holds only when it is read exactly. */
  readonly #withExactKeys = new WeakSet<ReplicatedTable>();

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  /**
   * Reads the versions start..end of an actor out of `tables`, as far as one bounded pass reaches (at
   * least one version). Versions without an entry in the result carry no changes any more.
   */
  readVersions(
    actorId: ActorId,
    ordinal: number,
    start: number,
    end: number,
    tables: readonly ReplicatedTable[],
  ): VersionsRead {
    const versions = new Map<number, VersionEntries>();
    let readEnd = end;
    for (const table of tables) {
      readEnd = this.#collect(versions, table, 'versions', [ordinal, start, readEnd], readEnd);
      if (readEnd < start) return this.#readLargeVersion(actorId, ordinal, start, tables);
    }
    const chunksByVersion = new Map<number, Uint8Array[]>();
    for (const version of [...versions.keys()].sort((a, b) => a - b)) {
      const found = versions.get(version);
      if (found === undefined || version > readEnd) continue;
      const sorted = found.entries.sort((a, b) => a.seq - b.seq);
      const lastSeq = sorted.at(-1)?.seq ?? 0;
      const span = { startSeq: 0, endSeq: lastSeq, lastSeq };
      chunksByVersion.set(version, this.#encode(actorId, version, found.hlc, sorted, span));
    }
    return { chunksByVersion, end: readEnd };
  }

  /** The greatest seq of a version; -1 when it has no changes any more. */
  lastSeq(ordinal: number, version: number, tables: readonly ReplicatedTable[]): number {
    let last = -1;
    for (const table of tables) {
      const row = this.#statements
        .get(lastSeqSql(table), 'raw')
        .get(ordinal, version, ordinal, version);
      last = Math.max(last, numberAt(row, 0));
    }
    return last;
  }

  /**
   * Reads seqs start..end of one version, as chunks that cover exactly those seqs. Where nothing is
   * left of them there is still one chunk without changes, which tells the receiver so.
   */
  readSeqs(
    source: { actorId: ActorId; ordinal: number; version: number },
    seqs: { startSeq: number; endSeq: number; lastSeq: number },
    tables: readonly ReplicatedTable[],
  ): Uint8Array[] {
    const chunks: Uint8Array[] = [];
    const hlc = this.#hlcOf(source.ordinal, source.version, tables);
    for (let from = seqs.startSeq; from <= seqs.endSeq; from += windowSeqs) {
      const to = Math.min(seqs.endSeq, from + windowSeqs - 1);
      const found = new Map<number, VersionEntries>();
      for (const table of tables) {
        this.#collect(
          found,
          table,
          'seqs',
          [source.ordinal, source.version, from, to],
          source.version,
        );
      }
      const entries = (found.get(source.version)?.entries ?? []).sort((a, b) => a.seq - b.seq);
      const span = { startSeq: from, endSeq: to, lastSeq: seqs.lastSeq };
      chunks.push(...this.#encode(source.actorId, source.version, hlc, entries, span));
    }
    return chunks;
  }

  /** The HLC of a version; 0 when it has no changes any more. */
  #hlcOf(ordinal: number, version: number, tables: readonly ReplicatedTable[]): number {
    for (const table of tables) {
      const params = [ordinal, version, ordinal, version];
      const hlc = numberAt(this.#statements.get(versionHlcSql(table), 'raw').get(...params), 0);
      if (hlc > 0) return hlc;
    }
    return 0;
  }

  #readLargeVersion(
    actorId: ActorId,
    ordinal: number,
    version: number,
    tables: readonly ReplicatedTable[],
  ): VersionsRead {
    const lastSeq = this.lastSeq(ordinal, version, tables);
    const source = { actorId, ordinal, version };
    const chunks = this.readSeqs(source, { startSeq: 0, endSeq: lastSeq, lastSeq }, tables);
    return { chunksByVersion: new Map([[version, chunks]]), end: version };
  }

  /**
   * Adds a table's changes within the span to `versions`. Returns the last version that was read
   * whole, which is less than `end` where the row limit cut the reading short.
   */
  #collect(
    versions: Map<number, VersionEntries>,
    table: ReplicatedTable,
    span: ReadSpan,
    params: readonly number[],
    end: number,
  ): number {
    const limit = span === 'seqs' ? windowSeqs * (table.columns.length + 2) : readRowsMax;
    const hasCells = this.#statements.get(hasCellsSql(table), 'raw').get() !== undefined;
    const bases = this.#readRows(table, readBasesSql, span, [...params, limit]);
    const cells = hasCells ? this.#readRows(table, readCellsSql, span, [...params, limit]) : [];
    let readEnd = end;
    if (span === 'versions') {
      if (bases.length >= limit) readEnd = Math.min(readEnd, versionOf(bases.at(-1)) - 1);
      if (cells.length >= limit) readEnd = Math.min(readEnd, versionOf(cells.at(-1)) - 1);
    }
    const superseded = hasCells ? this.#superseded(table, span, params) : undefined;
    for (const row of bases) this.#addBase(versions, table, row, superseded);
    for (const row of cells) this.#addCell(versions, table, row);
    return readEnd;
  }

  /** Rows of a statement with their keys exact: read again where a key turns out to need it. */
  #readRows(
    table: ReplicatedTable,
    sqlOf: (table: ReplicatedTable, span: ReadSpan, exactKeys: boolean) => string,
    span: ReadSpan,
    params: readonly number[],
  ): SqlValue[][] {
    const keyCount = table.key.length;
    if (!this.#withExactKeys.has(table)) {
      const mode = table.exact ? 'exact' : 'raw';
      const rows = this.#statements.get(sqlOf(table, span, false), mode).all(...params);
      if (!rows.some((row) => needsExactKey(asArray(row), keyCount))) return rows.map(asArray);
      this.#withExactKeys.add(table);
    }
    const rows = this.#statements.get(sqlOf(table, span, true), 'exact').all(...params);
    return rows.map((row) => withExactKey(asArray(row), keyCount));
  }

  /** Overwritten columns by `version:seq` of their rows. */
  #superseded(
    table: ReplicatedTable,
    span: ReadSpan,
    params: readonly number[],
  ): Map<string, Set<number>> | undefined {
    const rows = this.#statements.get(readSupersededSql(table, span), 'raw').all(...params);
    if (rows.length === 0) return undefined;
    const columnsByRow = new Map<string, Set<number>>();
    for (const row of rows) {
      const key = `${numberAt(row, 0)}:${numberAt(row, 1)}`;
      const columns = columnsByRow.get(key);
      if (columns === undefined) columnsByRow.set(key, new Set([numberAt(row, 2)]));
      else columns.add(numberAt(row, 2));
    }
    return columnsByRow;
  }

  #addBase(
    versions: Map<number, VersionEntries>,
    table: ReplicatedTable,
    row: SqlValue[],
    superseded: Map<string, Set<number>> | undefined,
  ): void {
    const hlc = Number(row.pop());
    const version = Number(row.pop());
    const seq = Number(row.pop());
    const cl = Number(row.pop());
    if (!isAlive(cl)) {
      row.length = table.key.length;
      push(versions, version, hlc, entry('delete', table, noNames, noNames, cl, seq, row));
      return;
    }
    const values = this.#exactly(table, row, table.columns.length);
    const hidden = superseded?.get(`${version}:${seq}`);
    if (hidden === undefined) {
      push(
        versions,
        version,
        hlc,
        entry('row', table, this.#names(table), noNames, cl, seq, values),
      );
      return;
    }
    const shown = table.columns.filter(({ id }) => !hidden.has(id)).map(({ name }) => name);
    const gone = table.columns.filter(({ id }) => hidden.has(id)).map(({ name }) => name);
    const kept = values.filter((_, index) => {
      const column = table.columns[index - table.key.length];
      return column === undefined || !hidden.has(column.id);
    });
    push(versions, version, hlc, entry('row', table, shown, gone, cl, seq, kept));
  }

  #addCell(versions: Map<number, VersionEntries>, table: ReplicatedTable, row: SqlValue[]): void {
    const hlc = Number(row.pop());
    const version = Number(row.pop());
    const seq = Number(row.pop());
    const cl = Number(row.pop());
    const col = Number(row.pop());
    const index = table.columns.findIndex(({ id }) => id === col);
    const column = table.columns[index];
    // A clock of a column that was dropped here: its value is gone, and so is the change.
    if (column === undefined || !isAlive(cl)) return;
    const value = row[table.key.length] as SqlValue;
    if (needsExactReading(value, table.exact)) {
      const exact = this.#readExact(table, row.slice(0, table.key.length));
      row[table.key.length] = exact[index] as SqlValue;
    }
    push(versions, version, hlc, entry('cell', table, [column.name], noNames, cl, seq, row));
  }

  /** Replaces values that JavaScript could not hold exactly; most rows pass through untouched. */
  #exactly(table: ReplicatedTable, row: SqlValue[], columnCount: number): SqlValue[] {
    const keyCount = table.key.length;
    for (let index = keyCount; index < keyCount + columnCount; index++) {
      if (!needsExactReading(row[index] as SqlValue, table.exact)) continue;
      return [...row.slice(0, keyCount), ...this.#readExact(table, row.slice(0, keyCount))];
    }
    return row;
  }

  #readExact(table: ReplicatedTable, key: SqlValue[]): SqlValue[] {
    const sql = readExactSql(hasOddKey(key, key.length) ? withOddKey(table, key) : table);
    const row = asArray(this.#statements.get(sql, 'exact').get(...oddAsBytes(key)));
    return table.columns.map((_, index) => {
      const value = row[index] as SqlValue;
      const bytes = row[table.columns.length + index];
      if (typeof value === 'string' && bytes instanceof Uint8Array) return exactText(bytes);
      if (typeof value === 'bigint' && !table.exact && Number.isSafeInteger(Number(value))) {
        return Number(value);
      }
      return value;
    });
  }

  #names(table: ReplicatedTable): readonly string[] {
    const known = this.#columnNames.get(table);
    if (known !== undefined) return known;
    const names = table.columns.map(({ name }) => name);
    this.#columnNames.set(table, names);
    return names;
  }

  /** Cuts sorted entries into chunks that together cover the span. */
  #encode(
    actorId: ActorId,
    version: number,
    hlc: number,
    entries: readonly Entry[],
    span: { startSeq: number; endSeq: number; lastSeq: number },
  ): Uint8Array[] {
    const chunks: Uint8Array[] = [];
    let startSeq = span.startSeq;
    let from = 0;
    let bytes = 0;
    const cut = (to: number, endSeq: number): void => {
      const header = { actorId, version, hlc, startSeq, endSeq, lastSeq: span.lastSeq };
      chunks.push(encodeChunk(header, toBlocks(entries, from, to), this.#scratch));
      startSeq = endSeq + 1;
      from = to;
      bytes = 0;
    };
    for (let index = 0; index < entries.length; index++) {
      const { seq, bytes: size } = entries[index] as Entry;
      const previous = entries[index - 1]?.seq ?? seq;
      if (bytes + size > chunkBytesTarget && index > from && previous < seq) cut(index, previous);
      bytes += size;
    }
    cut(entries.length, span.endSeq);
    return chunks;
  }
}

/** Groups entries from..to by kind, table and names: names are written once per block. */
function toBlocks(entries: readonly Entry[], from: number, to: number): EncodableBlock[] {
  const blocks: (EncodableBlock & { changes: Entry[] })[] = [];
  const blockByNames = new Map<string, EncodableBlock & { changes: Entry[] }>();
  let last: (EncodableBlock & { changes: Entry[] }) | undefined;
  for (let index = from; index < to; index++) {
    const item = entries[index] as Entry;
    if (
      last?.table !== item.table.name ||
      last.kind !== item.kind ||
      last.columns !== item.columns
    ) {
      const names = JSON.stringify([item.kind, item.table.name, item.columns, item.superseded]);
      last = blockByNames.get(names);
      if (last === undefined) {
        last = newBlock(item);
        blockByNames.set(names, last);
        blocks.push(last);
      }
    }
    last.changes.push(item);
  }
  return blocks;
}

function newBlock(item: Entry): EncodableBlock & { changes: Entry[] } {
  return {
    kind: item.kind,
    table: item.table.name,
    key: item.table.key.map(({ name }) => name),
    columns: item.columns,
    superseded: item.superseded,
    exact: item.table.exact,
    changes: [],
  };
}

function entry(
  kind: Entry['kind'],
  table: ReplicatedTable,
  columns: readonly string[],
  superseded: readonly string[],
  cl: number,
  seq: number,
  values: SqlValue[],
): Entry {
  let bytes = 3;
  for (const value of values) bytes += valueBytes(value);
  return { kind, table, columns, superseded, cl, seq, values, bytes };
}

/** About what the value takes on the wire. */
function valueBytes(value: SqlValue): number {
  if (typeof value === 'string') return value.length + 2;
  if (value instanceof Uint8Array) return value.length + 3;
  if (value instanceof OddText) return value.bytes.length + 3;
  return 5;
}

function push(
  versions: Map<number, VersionEntries>,
  version: number,
  hlc: number,
  item: Entry,
): void {
  const known = versions.get(version);
  if (known === undefined) versions.set(version, { hlc, entries: [item] });
  else known.entries.push(item);
}

/** Integers past 2^53 and text that may not be UTF-8 have to be read again, exactly. */
function needsExactReading(value: SqlValue, exact: boolean): boolean {
  if (typeof value === 'number')
    return !exact && Number.isInteger(value) && !Number.isSafeInteger(value);
  return typeof value === 'string' && value.includes('\ufffd');
}

/** Whether a key value may be another one than JavaScript was given. */
function needsExactKey(row: readonly SqlValue[], keyCount: number): boolean {
  for (let index = 0; index < keyCount; index++) {
    if (needsExactReading(row[index] ?? null, false)) return true;
  }
  return false;
}

/** Takes the key types from the end of the row, and turns the bytes of text keys into text. */
function withExactKey(row: SqlValue[], keyCount: number): SqlValue[] {
  const types = row.splice(-keyCount);
  for (const [index, type] of types.entries()) {
    const value = row[index];
    if (type === 'text' && value instanceof Uint8Array) row[index] = exactText(value);
  }
  return row;
}

/** Text from its bytes: odd where they are no UTF-8. */
function exactText(bytes: Uint8Array): SqlValue {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  const isSame = Buffer.from(text, 'utf8').equals(bytes);
  return isSame ? text : new OddText(Uint8Array.from(bytes));
}

function versionOf(row: SqlValue[] | undefined): number {
  return Number(row?.at(-2));
}

function numberAt(row: unknown, index: number): number {
  return Number(asArray(row)[index]);
}

/** Rows of `raw` statements are arrays of values: better-sqlite3's types cannot say so. */
function asArray(row: unknown): SqlValue[] {
  return row as SqlValue[];
}
