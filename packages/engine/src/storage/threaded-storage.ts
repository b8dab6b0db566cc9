// The storage of a node in production: the writer thread for everything that writes, the serving thread
// for what peers ask for.

import type { ActorId } from '../base/actor-id.ts';
import type { PatinaError } from '../base/errors.ts';
import type { LocalOutcome, LocalVersion, Storage } from '../ports.ts';
import type {
  CheckpointOutcome,
  HostOpened,
  HostOptions,
  SchemaOutcome,
  SchemaRequest,
  VersionInfo,
} from './host.ts';
import { fromPlain } from './plain-error.ts';
import { ServeClient } from './serve-client.ts';
import type { SubscriptionRow } from './subscription-rows.ts';
import { WriterClient } from './writer-client.ts';

/** What a node's own commands ask of the storage, beyond the port that replication uses. */
export interface NodeStorage extends Storage {
  readonly opened: HostOpened;
  /** Writes that wait or are under way. */
  queued(): number;
  /** Told at once, before anything else, when something may have become visible. */
  onCommit(handler: () => void): void;
  /** Called after the schema was changed by way of {@link applySchema}; returns how to be called no more. */
  onSchemaChange(handler: () => void): () => void;
  /** Told when the writer thread dies: the node has to stop. */
  onFailure(handler: (error: PatinaError) => void): void;
  /**
   * Holds the writer for a moment: resolves, when nothing is being written, with what lets it go on. For
   * whoever writes to the file in another way, such as trials.
   */
  hold(): Promise<() => void>;
  schemaDdl(): Promise<readonly string[]>;
  planSchema(request: SchemaRequest): Promise<SchemaOutcome>;
  applySchema(request: SchemaRequest): Promise<SchemaOutcome>;
  /** Shows these rows as `patina_subscriptions`. */
  saveSubscriptions(rows: readonly SubscriptionRow[]): Promise<void>;
  versionInfo(actorId: ActorId, version: number): Promise<VersionInfo>;
  /** Writes a copy that belongs to no node. */
  backup(path: string): Promise<void>;
  /** Brings the write-ahead log into the database file. */
  checkpoint(): Promise<CheckpointOutcome>;
  /** Answers what waits, then closes everything. */
  close(): Promise<void>;
}

export interface StorageOptions extends HostOptions {
  /** A write that runs for longer counts as stuck, and as a failure of the writer; milliseconds. */
  readonly stuckMsMax?: number;
}

const stuckMsDefault = 180_000;

/** Opens the database of a node; rejects with the reason why it cannot be used. */
export async function openThreadedStorage(options: StorageOptions): Promise<NodeStorage> {
  const writer = await WriterClient.open(options, options.stuckMsMax ?? stuckMsDefault);
  const server = new ServeClient(options.path);
  const schemaHandlers = new Set<() => void>();
  return {
    opened: writer.opened,
    queued: () => writer.queued,
    onCommit: (handler) => writer.onCommit(handler),
    onSchemaChange(handler) {
      schemaHandlers.add(handler);
      return () => void schemaHandlers.delete(handler);
    },
    onFailure: (handler) => writer.onFailure(handler),
    onLocalVersion(handler: (version: LocalVersion) => void) {
      writer.onVersions((versions) => {
        for (const version of versions) handler(version);
      });
    },
    async transact(transaction): Promise<LocalOutcome> {
      const answer = await writer.request('transact', transaction);
      return answer.ok ? answer : { ok: false, error: fromPlain(answer.error) };
    },
    merge: (chunks) => writer.request('merge', chunks),
    retryQuarantined: () => writer.request('retryQuarantined', undefined),
    firstQuarantined: (actorId) => writer.request('firstQuarantined', actorId),
    recordEmpty: (empty) => writer.request('recordEmpty', empty),
    identity: () => writer.request('identity', undefined),
    becomeActor: (actorId) => writer.request('becomeActor', actorId),
    loadMembers: () => writer.request('loadMembers', undefined),
    saveMembers: (members) => writer.request('saveMembers', members),
    saveLag: (rows) => writer.request('saveLag', rows),
    saveSubscriptions: (rows) => writer.request('saveSubscriptions', rows),
    verify: () => writer.request('verify', undefined),
    read: (need, bytesMax) => server.read(need, bytesMax),
    hold: () => writer.hold(),
    schemaDdl: () => writer.request('schemaDdl', undefined),
    planSchema: (request) => writer.request('planSchema', request),
    async applySchema(request) {
      const outcome = await writer.request('applySchema', request);
      if (outcome.applied.length > 0) for (const handler of schemaHandlers) handler();
      return outcome;
    },
    versionInfo: (actorId, version) => writer.request('versionInfo', { actorId, version }),
    backup: (path) => writer.request('backup', path),
    checkpoint: () => writer.request('checkpoint', undefined),
    async close() {
      await writer.close(server.close());
    },
  };
}
