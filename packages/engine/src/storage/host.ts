// A node's database as the writer thread holds it: the file with its lock and identity, the replica, the
// vetter of outside SQL, and the small tables that SQL shows of the cluster.

import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import type Database from 'better-sqlite3';
import { type ActorId, actorIdFromBytes, parseActorId } from '../base/actor-id.ts';
import { PatinaError } from '../base/errors.ts';
import type { LagRow, LocalVersion, MemberRow, StorageIdentity, StoredMember } from '../ports.ts';
import type { SchemaPlan, SchemaPlanOptions, SchemaStep } from '../schema/plan.ts';
import { makeNeutral } from './backup.ts';
import { type IdentityDoubt, IdentityGuard } from './identity-guard.ts';
import { busyTimeoutMs, openDatabase, walBytesMax } from './open-database.ts';
import { Replica } from './replica.ts';
import { applyReplicaSchema, planReplicaSchema } from './schema-apply.ts';
import { createSqlVetter, type SqlVetter } from './sql-vetter.ts';
import { type SubscriptionRow, saveSubscriptionRows } from './subscription-rows.ts';

export interface HostOptions {
  readonly path: string;
  readonly synchronous: 'normal' | 'full';
  readonly cacheKib: number;
  readonly maxClockDriftMs: number;
}

export interface HostOpened {
  readonly identity: StorageIdentity;
  /** Why the database got a new actor id when it was opened; undefined when it kept its own. */
  readonly doubt: IdentityDoubt | undefined;
  readonly formerActorId: ActorId | undefined;
}

/** What is known of one version here. */
export interface VersionInfo {
  readonly state: 'current' | 'empty' | 'partial' | 'quarantined' | 'missing' | 'unknown';
  readonly changes: number;
  readonly reason: string | undefined;
}

/** What became of the write-ahead log, in frames: pages as they were written. */
export interface CheckpointOutcome {
  /** Readers kept the log from being emptied. */
  readonly isBusy: boolean;
  readonly walFrames: number;
  /** How many of them are in the database file now. */
  readonly checkpointedFrames: number;
}

/** As SQLite answers; -1 where there is no log. */
interface CheckpointStatus {
  readonly busy: number;
  readonly log: number;
  readonly checkpointed: number;
}

export interface SchemaRequest extends SchemaPlanOptions {
  /** SQL texts that declare what is to be there. */
  readonly texts: readonly string[];
}

export interface SchemaOutcome {
  readonly plan: SchemaPlan;
  readonly applied: readonly SchemaStep[];
}

/** Rows of a transaction that is encoded before it is answered: some milliseconds at most. */
const encodedRowsMax = 2_000;

/** How long readers of the log are waited for to empty it, milliseconds. */
const checkpointBusyMs = 100;

/** Free pages beyond which some are given back to the file system, and how many at a time. */
const freePagesMax = 10_000;
const vacuumPages = 1_000;

export class Host {
  readonly #db: Database.Database;
  readonly #guard: IdentityGuard;
  readonly #vetter: SqlVetter;
  readonly replica: Replica;
  readonly opened: HostOpened;

  constructor(options: HostOptions) {
    const isSynced = options.synchronous === 'full';
    const db = openDatabase(options.path, { ...options, readonly: false });
    let guard: IdentityGuard | undefined;
    try {
      guard = new IdentityGuard(options.path);
      const known = readActorId(db);
      const doubt = guard.doubt(db, known !== undefined, isSynced);
      const vetter = createSqlVetter();
      this.replica = new Replica({
        db,
        wallMs: Date.now,
        monotonicMs: () => performance.now(),
        newActorId,
        vet: (sql) => vetter.vet(sql, 'write'),
        maxClockDriftMs: options.maxClockDriftMs,
        encodedRowsMax,
      });
      if (doubt !== undefined) this.replica.becomeActor(newActorId());
      guard.begin(db);
      this.#vetter = vetter;
      this.#vetter.setSchema(this.schemaDdl());
      this.opened = { identity: this.identity(), doubt, formerActorId: doubt && known };
    } catch (error) {
      guard?.abandon();
      db.close();
      throw error;
    }
    this.#db = db;
    this.#guard = guard;
  }

  identity(): StorageIdentity {
    const { actorId, book, lastHlc } = this.replica;
    return { actorId, states: book.state(), lastHlc };
  }

  /** Takes a new actor id, and remembers that its versions are counted anew. */
  becomeActor(actorId: ActorId): StorageIdentity {
    this.replica.becomeActor(actorId);
    this.#guard.begin(this.#db);
    return this.identity();
  }

  /** CREATE statements of everything in the file, for vetters on other threads and processes. */
  schemaDdl(): string[] {
    return this.replica.db
      .prepare<[], { sql: string }>('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL')
      .all()
      .map(({ sql }) => sql);
  }

  planSchema({ texts, ...options }: SchemaRequest): SchemaOutcome {
    return { plan: planReplicaSchema(this.replica, texts, options), applied: [] };
  }

  /** Brings the database to the declared schema; versions that waited for it are tried again after. */
  applySchema(
    request: SchemaRequest,
  ): SchemaOutcome & { readonly versions: readonly LocalVersion[] } {
    const { texts, ...options } = request;
    const { plan } = this.planSchema(request);
    const { steps, versions } = applyReplicaSchema(this.replica, texts, options);
    if (steps.length === 0) return { plan, applied: steps, versions };
    this.#vetter.setSchema(this.schemaDdl());
    const { adopted } = this.replica.retryQuarantined('all');
    return { plan, applied: steps, versions: [...versions, ...adopted] };
  }

  loadMembers(): StoredMember[] {
    return this.#db
      .prepare<
        [],
        { actor_id: string; address: string; incarnation: number; rtt_ms: number | null }
      >(
        'SELECT actor_id, address, incarnation, rtt_ms FROM __patina_members ' +
          "WHERE state <> 'left'",
      )
      .all()
      .flatMap(({ actor_id, address, incarnation, rtt_ms }) => {
        const actorId = parseActorId(actor_id);
        return actorId === undefined
          ? []
          : [{ actorId, address, incarnation, rttMs: rtt_ms ?? undefined }];
      });
  }

  saveMembers(members: readonly MemberRow[]): void {
    const insert = this.#db.prepare(
      'INSERT INTO __patina_members (actor_id, address, state, incarnation, rtt_ms, ring, updated_ms) ' +
        'VALUES (?, ?, ?, ?, ?, ?, ?)',
    );
    const now = Date.now();
    this.#db
      .transaction(() => {
        this.#db.exec('DELETE FROM __patina_members');
        for (const { actorId, address, state, incarnation, rttMs, ring } of members) {
          insert.run(actorId, address, state, incarnation, rttMs ?? null, ring ?? null, now);
        }
      })
      .immediate();
  }

  saveLag(rows: readonly LagRow[]): void {
    const insert = this.#db.prepare(
      'INSERT INTO __patina_lag (actor_id, head, versions, ms, updated_ms) VALUES (?, ?, ?, ?, ?)',
    );
    const now = Date.now();
    this.#db
      .transaction(() => {
        this.#db.exec('DELETE FROM __patina_lag');
        for (const { actorId, head, versions, ms } of rows) {
          insert.run(actorId, head, versions, ms, now);
        }
      })
      .immediate();
  }

  saveSubscriptions(rows: readonly SubscriptionRow[]): void {
    saveSubscriptionRows(this.#db, rows, Date.now());
  }

  /** What is known here of one version of an actor. */
  versionInfo(actorId: ActorId, version: number): VersionInfo {
    const { book } = this.replica;
    if (version > book.head(actorId)) return { state: 'unknown', changes: 0, reason: undefined };
    if (!book.contains(actorId, version)) {
      const missing = book.missingSeqs(actorId, version);
      return {
        state: missing === undefined ? 'missing' : 'partial',
        changes: 0,
        reason: undefined,
      };
    }
    const quarantined = this.#db
      .prepare<[string, number], { reason: string; message: string }>(
        'SELECT reason, message FROM patina_quarantine WHERE actor_id = ? AND version = ?',
      )
      .get(actorId, version);
    if (quarantined !== undefined) {
      const reason = `${quarantined.reason}: ${quarantined.message}`;
      return { state: 'quarantined', changes: 0, reason };
    }
    const changes = this.replica.countChanges(actorId, version);
    return { state: changes === 0 ? 'empty' : 'current', changes, reason: undefined };
  }

  /** Writes a copy that belongs to no node; refuses to overwrite. */
  backup(path: string): void {
    try {
      this.#db.prepare('VACUUM INTO ?').run(path);
    } catch (error) {
      throw new PatinaError('PATINA_BAD_REQUEST', `cannot write the backup to ${path}`, {
        hint: 'Name a file that does not exist, in a folder that can be written.',
        cause: error,
      });
    }
    try {
      makeNeutral(path);
    } catch (error) {
      rmSync(path, { force: true });
      throw error;
    }
  }

  /**
   * Brings the log into the database file as far as readers let it go, and empties it where all of it is
   * there and nobody reads it. Waits for readers only briefly: writes wait meanwhile.
   */
  checkpoint(): CheckpointOutcome {
    const status = this.#checkpoint('PASSIVE');
    const isWhole = status.log === status.checkpointed;
    const isBusy = !isWhole || status.busy !== 0 || this.#truncate();
    return {
      isBusy,
      walFrames: Math.max(0, status.log),
      checkpointedFrames: Math.max(0, status.checkpointed),
    };
  }

  /** Whether readers were in the way. */
  #truncate(): boolean {
    this.#db.pragma(`busy_timeout = ${checkpointBusyMs}`);
    try {
      return this.#checkpoint('TRUNCATE').busy !== 0;
    } finally {
      this.#db.pragma(`busy_timeout = ${busyTimeoutMs}`);
    }
  }

  #checkpoint(mode: 'PASSIVE' | 'TRUNCATE'): CheckpointStatus {
    const [status] = this.#db.pragma(`wal_checkpoint(${mode})`) as [CheckpointStatus];
    return status;
  }

  /** Small steps of housekeeping, to be called now and then when there is nothing else to do. */
  maintain(): { readonly walBytes: number } {
    const walBytes = Math.max(0, this.#checkpoint('PASSIVE').log) * 4096;
    if (walBytes > walBytesMax) this.#checkpoint('TRUNCATE');
    const free = this.#db.pragma('freelist_count', { simple: true });
    if (typeof free === 'number' && free > freePagesMax) {
      this.#db.pragma(`incremental_vacuum(${vacuumPages})`);
    }
    return { walBytes };
  }

  close(): void {
    this.#vetter.close();
    const version = this.replica.head + 1;
    this.#db.close();
    this.#guard.end(version);
  }
}

function newActorId(): ActorId {
  return actorIdFromBytes(randomBytes(16));
}

/** The actor that the file belongs to; undefined when no node has used it yet. */
function readActorId(db: Database.Database): ActorId | undefined {
  const hasState = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = '__patina_state'").get();
  if (hasState === undefined) return undefined;
  const row = db
    .prepare<[], { id: Uint8Array }>(
      'SELECT a.id FROM __patina_state AS s JOIN __patina_actors AS a ON a.ordinal = s.actor',
    )
    .get();
  return row === undefined ? undefined : actorIdFromBytes(row.id);
}
