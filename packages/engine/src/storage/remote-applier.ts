// Applies what came from other nodes: whole versions at once, large ones when their last chunk is here,
// and what cannot be applied goes to quarantine, where it blocks nothing and is not lost (P4, P11).

import { ByteReader } from '../base/bytes.ts';
import { decodeChunkHeader } from '../base/chunk-header.ts';
import { PatinaError } from '../base/errors.ts';
import { type Hlc, hlcFromUnixMs, hlcToUnixMs } from '../base/hlc.ts';
import type { ChangesetChunk } from '../crdt/changeset.ts';
import { decodeChunk } from '../crdt/changeset-codec.ts';
import type { BookkeepingChange, ChunkHeader, MergeOutcome } from '../ports.ts';
import type { ActorTable } from './actor-table.ts';
import type { BookStore } from './book-store.ts';
import type { CommitLog } from './commit-log.ts';
import type { Merger } from './merger.ts';
import { Quarantine, type QuarantineKey } from './quarantine.ts';
import type { ReplicaState } from './replica-state.ts';
import { fromSqlite, isStorageFault, sqliteCode } from './sqlite-errors.ts';
import type { Statements } from './statements.ts';

interface ApplierOptions {
  readonly statements: Statements;
  readonly actors: ActorTable;
  readonly books: BookStore;
  readonly merger: Merger;
  readonly commits: CommitLog;
  readonly maxClockDriftMs: number;
}

interface Progress {
  readonly changes: BookkeepingChange[];
  readonly applied: ChunkHeader[];
  readonly quarantined: { header: ChunkHeader; reason: string }[];
  malformed: number;
  ownVersionUnknown: number | undefined;
  lastHlc: Hlc;
  mustRepeat: boolean;
}

export type ApplierOutcome = MergeOutcome & { readonly lastHlc: Hlc; readonly mustRepeat: boolean };

export class RemoteApplier {
  readonly #options: ApplierOptions;
  readonly #quarantine: Quarantine;
  /**
   * Without care, versions share one transaction and a refused one asks for a repetition; with care
   * each has a savepoint. The careless way is the common one, and a third faster.
   */
  careful = false;

  constructor(options: ApplierOptions) {
    this.#options = options;
    this.#quarantine = new Quarantine(options.statements);
  }

  /** Applies chunks inside the caller's transaction. */
  apply(chunks: readonly Uint8Array[], self: ReplicaState, nowMs: number): ApplierOutcome {
    const progress = newProgress();
    for (const bytes of chunks) {
      if (progress.mustRepeat) break;
      const header = readHeader(bytes);
      if (header === undefined) progress.malformed++;
      else this.#applyChunk(header, bytes, self, nowMs, progress);
    }
    return progress;
  }

  /** Some quarantined versions to try again, after `after`; costs a look, no transaction. */
  toRetry(which: 'all' | 'due', nowMs: number, after: QuarantineKey): QuarantineKey[] {
    return this.#quarantine.list(which, nowMs, after);
  }

  /** Tries these quarantined versions again inside the caller's transaction. */
  retry(keys: readonly QuarantineKey[], nowMs: number): ApplierOutcome {
    const progress = newProgress();
    for (const key of keys) {
      const chunks = this.#quarantine.chunks(key);
      const header = wholeHeader(chunks);
      if (header === undefined || this.#isAhead(header, nowMs)) continue;
      const applied = progress.applied.length;
      this.#mergeVersion(header, chunks, nowMs, progress);
      if (progress.mustRepeat) break;
      if (progress.applied.length > applied) this.#quarantine.release(key);
    }
    return progress;
  }

  #applyChunk(
    header: ChunkHeader,
    bytes: Uint8Array,
    self: ReplicaState,
    nowMs: number,
    progress: Progress,
  ): void {
    const { actorId, version } = header;
    if (actorId === self.actorId) {
      if (version >= self.openVersion) progress.ownVersionUnknown = version;
      return;
    }
    if (this.#options.books.book.containsChunk(header)) return;
    if (header.startSeq === 0 && header.endSeq === header.lastSeq) {
      if (this.#mergeVersion(header, [bytes], nowMs, progress))
        this.#recordVersion(header, progress);
      return;
    }
    // Decoded once to be sure of it: a chunk that is not what it says must not count as received.
    if (decodes(bytes)) this.#buffer(header, bytes, nowMs, progress);
    else progress.malformed++;
  }

  /** Keeps a chunk until the whole version is here. */
  #buffer(header: ChunkHeader, bytes: Uint8Array, nowMs: number, progress: Progress): void {
    const { actorId, version, startSeq, endSeq, lastSeq } = header;
    const { statements, actors, books } = this.#options;
    const actor = actors.ordinal(actorId);
    statements
      .get(
        'INSERT OR REPLACE INTO __patina_partials ' +
          '(actor, version, start_seq, end_seq, last_seq, bytes) VALUES (?, ?, ?, ?, ?, ?)',
      )
      .run(actor, version, startSeq, endSeq, lastSeq, bytes);
    const change = { kind: 'partial', actorId, version, startSeq, endSeq, lastSeq } as const;
    const { partial } = books.record(change);
    progress.changes.push(change);
    if (partial !== 'complete-seqs') return;
    const buffered = statements
      .get(
        'SELECT bytes FROM __patina_partials WHERE actor = ? AND version = ? ORDER BY start_seq',
        'raw',
      )
      .all(actor, version) as [Uint8Array][];
    const chunks = buffered.map(([chunk]) => chunk);
    const whole = wholeHeader(chunks) ?? header;
    if (this.#mergeVersion(whole, chunks, nowMs, progress)) this.#recordVersion(whole, progress);
  }

  #recordVersion({ actorId, version }: ChunkHeader, progress: Progress): void {
    const change = { kind: 'versions', actorId, start: version, end: version } as const;
    this.#options.books.record(change);
    progress.changes.push(change);
  }

  /**
   * Merges all chunks of a version, or puts it into quarantine whole. Returns whether it is known from
   * now on: a malformed one is not.
   */
  #mergeVersion(
    header: ChunkHeader,
    chunks: readonly Uint8Array[],
    nowMs: number,
    progress: Progress,
  ): boolean {
    if (this.#isAhead(header, nowMs)) {
      if (!chunks.every(decodes)) {
        progress.malformed++;
        return false;
      }
      const reason = 'clock-ahead';
      const message = 'its clock is ahead of this node by more than gossip.max_clock_drift';
      const retryAtMs = hlcToUnixMs(header.hlc) - this.#options.maxClockDriftMs;
      this.#setAside(header, chunks, { reason, message, retryAtMs }, nowMs, progress);
      return true;
    }
    const { statements, actors, commits } = this.#options;
    // Numbered before the savepoint: rolling that back would take the number from the disk alone.
    const actor = actors.ordinal(header.actorId);
    if (this.careful) statements.get('SAVEPOINT remote').run();
    try {
      this.#mergeChunks(chunks, nowMs);
      if (this.careful) statements.get('RELEASE remote').run();
      commits.append(actor, header.version);
      progress.applied.push(header);
      progress.lastHlc = Math.max(progress.lastHlc, header.hlc);
    } catch (error) {
      if (isStorageFault(error)) throw error;
      if (!this.careful) {
        progress.mustRepeat = true;
        return false;
      }
      statements.get('ROLLBACK TO remote').run();
      statements.get('RELEASE remote').run();
      const { code, message } = fromSqlite(error);
      if (code === 'PATINA_WIRE_MALFORMED') {
        progress.malformed++;
        return false;
      }
      this.#setAside(
        header,
        chunks,
        { reason: code, message, retryAtMs: undefined },
        nowMs,
        progress,
      );
    }
    return true;
  }

  /**
   * What the schema asks of several columns together (or of none) is asked of local writes only: two
   * valid writes may merge to a row that breaks it, and which node sees it first must not matter.
   */
  #mergeChunks(chunks: readonly Uint8Array[], nowMs: number): void {
    const { statements, merger } = this.#options;
    const [only] = chunks.length === 1 ? chunks.map(decodeChunk) : [];
    // Several chunks are decoded once more instead of being held all at once.
    const each = function* (): Iterable<ChangesetChunk> {
      if (only !== undefined) yield only;
      else for (const bytes of chunks) yield decodeChunk(bytes);
    };
    if (merger.judges) for (const chunk of each()) merger.judge(chunk);
    try {
      for (const chunk of each()) merger.merge(chunk, nowMs);
    } catch (error) {
      if (!this.careful || sqliteCode(error) !== 'SQLITE_CONSTRAINT_CHECK') throw error;
      statements.get('ROLLBACK TO remote').run();
      statements.db.pragma('ignore_check_constraints = ON');
      try {
        for (const chunk of each()) merger.merge(chunk, nowMs);
      } finally {
        statements.db.pragma('ignore_check_constraints = OFF');
      }
    }
  }

  #isAhead(header: ChunkHeader, nowMs: number): boolean {
    return header.hlc > hlcFromUnixMs(nowMs + this.#options.maxClockDriftMs);
  }

  #setAside(
    header: ChunkHeader,
    chunks: readonly Uint8Array[],
    why: { reason: string; message: string; retryAtMs: number | undefined },
    nowMs: number,
    progress: Progress,
  ): void {
    const actor = this.#options.actors.ordinal(header.actorId);
    this.#quarantine.put(actor, header.version, chunks, { ...why, sinceMs: nowMs });
    progress.quarantined.push({ header, reason: why.reason });
  }
}

function newProgress(): Progress {
  return {
    changes: [],
    applied: [],
    quarantined: [],
    malformed: 0,
    ownVersionUnknown: undefined,
    lastHlc: 0,
    mustRepeat: false,
  };
}

function decodes(bytes: Uint8Array): boolean {
  try {
    decodeChunk(bytes);
    return true;
  } catch (error) {
    // A kind of change that is not known here is well-formed: it goes to quarantine when complete.
    return !(error instanceof PatinaError && error.code === 'PATINA_WIRE_MALFORMED');
  }
}

/**
 * The header of a version from all its chunks. A chunk of seqs that were all overwritten has no HLC: its
 * sender has nothing left to take it from.
 */
function wholeHeader(chunks: readonly Uint8Array[]): ChunkHeader | undefined {
  const headers = chunks.flatMap((bytes) => readHeader(bytes) ?? []);
  const [first] = headers;
  if (first === undefined) return undefined;
  const hlc = headers.reduce((greatest, header) => Math.max(greatest, header.hlc), 0);
  const lastSeq = headers.reduce((greatest, header) => Math.max(greatest, header.lastSeq), 0);
  return { ...first, hlc, startSeq: 0, endSeq: lastSeq, lastSeq };
}

function readHeader(bytes: Uint8Array): ChunkHeader | undefined {
  try {
    return decodeChunkHeader(new ByteReader(bytes));
  } catch (error) {
    if (error instanceof PatinaError && error.code === 'PATINA_WIRE_MALFORMED') return undefined;
    throw error;
  }
}
