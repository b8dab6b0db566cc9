// Answers what peers ask for in sync, on a connection that only reads: whole versions from clocks and
// rows, pieces of large ones, buffered chunks of partial ones, and versions from quarantine as they came.

import type Database from 'better-sqlite3';
import type { ActorId } from '../base/actor-id.ts';
import { ByteReader } from '../base/bytes.ts';
import { decodeChunkHeader } from '../base/chunk-header.ts';
import { type Interval, IntervalSet } from '../base/interval-set.ts';
import type { ReplicatedTable } from '../crdt/table.ts';
import type { NeedSlice, SyncNeed } from '../ports.ts';
import { ActorTable } from './actor-table.ts';
import { ChangeReader } from './change-reader.ts';
import { Statements } from './statements.ts';
import { readReplicatedTables } from './table-catalog.ts';

/** Versions read in one pass; a slice may hold several passes. */
const passVersionsMax = 2_000;

type FullNeed = Extract<SyncNeed, { kind: 'full' }>;
type PartialNeed = Extract<SyncNeed, { kind: 'partial' }>;

const nothing: NeedSlice = { chunks: [], empty: [], rest: undefined };

export class ChangeServer {
  readonly #db: Database.Database;
  readonly #statements: Statements;
  readonly #actors: ActorTable;
  readonly #reader: ChangeReader;
  #tables: readonly ReplicatedTable[] = [];
  #schemaVersion = -1;

  constructor(db: Database.Database) {
    this.#db = db;
    this.#statements = new Statements(db);
    this.#actors = new ActorTable(this.#statements);
    this.#reader = new ChangeReader(this.#statements);
  }

  /** Reads about `bytesMax` of the answer in one consistent view; `rest` is what to ask for next. */
  read(need: SyncNeed, bytesMax: number): NeedSlice {
    this.#statements.get('BEGIN').run();
    try {
      this.#refresh();
      return need.kind === 'full'
        ? this.#readFull(need, bytesMax)
        : this.#readPartial(need, bytesMax);
    } finally {
      this.#statements.get('COMMIT').run();
    }
  }

  #refresh(): void {
    const [version] = this.#statements.get('PRAGMA schema_version', 'raw').get() as [number];
    if (version === this.#schemaVersion) return;
    this.#statements.clear();
    this.#tables = [...readReplicatedTables(this.#db).values()];
    this.#schemaVersion = version;
  }

  #ordinal(actorId: ActorId): number | undefined {
    const known = this.#actors.find(actorId);
    if (known !== undefined) return known;
    this.#actors.reload();
    return this.#actors.find(actorId);
  }

  #readFull(need: FullNeed, bytesMax: number): NeedSlice {
    const { actorId } = need;
    const ordinal = this.#ordinal(actorId);
    if (ordinal === undefined) return nothing;
    const known = this.#knownVersions(ordinal, need.start, need.end);
    const chunks: Uint8Array[] = [];
    const empty: Interval[] = [];
    let bytes = 0;
    for (const [first, last] of known) {
      for (let start = first; start <= last; ) {
        if (bytes >= bytesMax) {
          const rest = { kind: 'full', actorId, start, end: need.end } as const;
          return { chunks, empty: emptyOf(actorId, empty), rest };
        }
        const end = Math.min(last, start + passVersionsMax - 1);
        const read = this.#reader.readVersions(actorId, ordinal, start, end, this.#tables);
        this.#addQuarantined(read.chunksByVersion, ordinal, start, read.end);
        const absent = IntervalSet.from([[start, read.end]]);
        for (const [version, found] of read.chunksByVersion) {
          absent.remove(version);
          for (const chunk of found) {
            chunks.push(chunk);
            bytes += chunk.length;
          }
        }
        empty.push(...absent);
        start = read.end + 1;
      }
    }
    return { chunks, empty: emptyOf(actorId, empty), rest: undefined };
  }

  /** Of these versions, those that are wholly here: not ahead of the head, no gaps, no partials. */
  #knownVersions(ordinal: number, start: number, end: number): IntervalSet {
    const own = this.#statements
      .get('SELECT version - 1 AS head FROM __patina_state WHERE id = 1 AND actor = ?')
      .get(ordinal) as { head: number } | undefined;
    const other = this.#statements
      .get('SELECT head FROM __patina_heads WHERE actor = ?')
      .get(ordinal) as { head: number } | undefined;
    const head = own?.head ?? other?.head ?? 0;
    const known = new IntervalSet();
    if (start > head) return known;
    known.add(start, Math.min(end, head));
    const gaps = this.#statements
      .get('SELECT start, end FROM __patina_gaps WHERE actor = ? AND start <= ? AND end >= ?')
      .all(ordinal, end, start) as { start: number; end: number }[];
    for (const gap of gaps) known.remove(gap.start, gap.end);
    const partials = this.#statements
      .get(
        'SELECT DISTINCT version FROM __patina_partials WHERE actor = ? AND version BETWEEN ? AND ?',
      )
      .all(ordinal, start, end) as { version: number }[];
    for (const { version } of partials) known.remove(version);
    return known;
  }

  #addQuarantined(
    chunksByVersion: Map<number, Uint8Array[]>,
    ordinal: number,
    start: number,
    end: number,
  ): void {
    const rows = this.#statements
      .get(
        'SELECT version, bytes FROM __patina_quarantine ' +
          'WHERE actor = ? AND version BETWEEN ? AND ? ORDER BY version, start_seq',
      )
      .all(ordinal, start, end) as { version: number; bytes: Uint8Array }[];
    for (const { version, bytes } of rows) {
      const known = chunksByVersion.get(version);
      if (known === undefined) chunksByVersion.set(version, [bytes]);
      else known.push(bytes);
    }
  }

  #readPartial(need: PartialNeed, bytesMax: number): NeedSlice {
    const { actorId, version } = need;
    const ordinal = this.#ordinal(actorId);
    if (ordinal === undefined) return nothing;
    const [first, ...others] = need.seqs;
    if (first === undefined) return nothing;
    const rest = others.length > 0 ? { ...need, seqs: others } : undefined;
    const buffered = this.#bufferedChunks(ordinal, version, first);
    if (buffered.length > 0) return { chunks: buffered, empty: [], rest };
    if (this.#knownVersions(ordinal, version, version).isEmpty) return { ...nothing, rest };
    const lastSeq = this.#reader.lastSeq(ordinal, version, this.#tables);
    // Nothing left of the version, or nothing of these seqs: an empty chunk says so.
    const [startSeq, endSeq] = first;
    const cut = Math.min(endSeq, startSeq + Math.max(1_000, Math.floor(bytesMax / 64)) - 1);
    const chunks = this.#reader.readSeqs(
      { actorId, ordinal, version },
      { startSeq, endSeq: cut, lastSeq: Math.max(lastSeq, need.seqs.at(-1)?.[1] ?? endSeq) },
      this.#tables,
    );
    const seqs: Interval[] = cut < endSeq ? [[cut + 1, endSeq], ...others] : others;
    return { chunks, empty: [], rest: seqs.length > 0 ? { ...need, seqs } : undefined };
  }

  /** Chunks of a version that is partial here too, or kept in quarantine, that meet these seqs. */
  #bufferedChunks(ordinal: number, version: number, [startSeq, endSeq]: Interval): Uint8Array[] {
    const partial = this.#statements
      .get(
        'SELECT bytes FROM __patina_partials WHERE actor = ? AND version = ? ' +
          'AND start_seq <= ? AND end_seq >= ? ORDER BY start_seq',
        'raw',
      )
      .all(ordinal, version, endSeq, startSeq) as [Uint8Array][];
    if (partial.length > 0) return partial.map(([bytes]) => bytes);
    const quarantined = this.#statements
      .get('SELECT bytes FROM __patina_quarantine WHERE actor = ? AND version = ?', 'raw')
      .all(ordinal, version) as [Uint8Array][];
    return quarantined
      .map(([bytes]) => bytes)
      .filter((bytes) => {
        const header = decodeChunkHeader(new ByteReader(bytes));
        return header.startSeq <= endSeq && header.endSeq >= startSeq;
      });
  }
}

function emptyOf(actorId: ActorId, versions: Interval[]): NeedSlice['empty'] {
  return versions.length === 0 ? [] : [{ actorId, versions: IntervalSet.from(versions).toArray() }];
}
