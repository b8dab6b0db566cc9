// Messages between the main thread and the writer thread. A batch goes there, and a batch of answers in
// the same order comes back: one crossing of threads serves many transactions.

import type { ActorId } from '../base/actor-id.ts';
import type {
  BookkeepingChange,
  EmptyVersions,
  LagRow,
  LocalTransaction,
  LocalVersion,
  MemberRow,
  MergeOutcome,
  StatementResult,
  StorageIdentity,
  StoredMember,
} from '../ports.ts';
import type {
  CheckpointOutcome,
  HostOpened,
  SchemaOutcome,
  SchemaRequest,
  VersionInfo,
} from './host.ts';
import type { PlainError } from './plain-error.ts';
import type { SubscriptionRow } from './subscription-rows.ts';

/** Requests by name: what goes in and what comes out. */
export interface WriterRequests {
  transact: [LocalTransaction, TransactAnswer];
  merge: [readonly Uint8Array[], MergeOutcome];
  retryQuarantined: [undefined, MergeOutcome];
  firstQuarantined: [ActorId, number | undefined];
  recordEmpty: [readonly EmptyVersions[], readonly BookkeepingChange[]];
  identity: [undefined, StorageIdentity];
  becomeActor: [ActorId, StorageIdentity];
  loadMembers: [undefined, readonly StoredMember[]];
  saveMembers: [readonly MemberRow[], undefined];
  saveLag: [readonly LagRow[], undefined];
  saveSubscriptions: [readonly SubscriptionRow[], undefined];
  verify: [undefined, readonly ActorId[]];
  schemaDdl: [undefined, readonly string[]];
  planSchema: [SchemaRequest, SchemaOutcome];
  applySchema: [SchemaRequest, SchemaOutcome];
  versionInfo: [{ readonly actorId: ActorId; readonly version: number }, VersionInfo];
  backup: [string, undefined];
  checkpoint: [undefined, CheckpointOutcome];
}

export type WriterRequestKind = keyof WriterRequests;

export type TransactAnswer =
  | {
      readonly ok: true;
      readonly results: readonly StatementResult[];
      readonly version: number | undefined;
    }
  | { readonly ok: false; readonly error: PlainError };

export interface WriterRequest<Kind extends WriterRequestKind = WriterRequestKind> {
  readonly kind: Kind;
  readonly input: WriterRequests[Kind][0];
}

export type WriterAnswer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: PlainError };

export type ToWriter =
  | { readonly kind: 'batch'; readonly requests: readonly WriterRequest[] }
  | { readonly kind: 'close' };

export type FromWriter =
  | { readonly kind: 'opened'; readonly opened: HostOpened }
  | { readonly kind: 'failed'; readonly error: PlainError }
  | {
      readonly kind: 'answers';
      /** One per request of the batch. */
      readonly answers: readonly WriterAnswer[];
      /** Versions made meanwhile. */
      readonly versions: readonly LocalVersion[];
    }
  /** Versions of other programs' writes, noticed while nothing was asked. */
  | { readonly kind: 'versions'; readonly versions: readonly LocalVersion[] }
  | { readonly kind: 'closed' };
