// The ports of the engine: everything the protocol machines need from outside. The production node
// and the simulator implement the same ports, so both run the same machines.

import type { ActorId } from './base/actor-id.ts';
import type { PatinaError } from './base/errors.ts';
import type { Hlc } from './base/hlc.ts';
import type { Interval } from './base/interval-set.ts';
import type { SqlValue } from './base/value.ts';

/** Time. Wall time may jump; monotonic time never goes backwards. Both in milliseconds. */
export interface Clock {
  wallMs(): number;
  monotonicMs(): number;
}

/** Cancels a scheduled call; calling it again, or after the call ran, does nothing. */
export type Cancel = () => void;

/** Delayed calls. An implementation never calls back synchronously. */
export interface Timers {
  after(delayMs: number, run: () => void): Cancel;
}

/** Where a node can be reached: `host:port` with an IP address; IPv6 in brackets. */
export type PeerAddress = string;

/** The other end of a connection, as established by its handshake. */
export interface Peer {
  /** The address the peer advertises: where it can be dialled. */
  readonly address: PeerAddress;
  readonly actorId: ActorId;
  /** Chosen at random at each start of a node: tells two live copies of one database apart. */
  readonly sessionId: string;
}

/** What a node says of itself in every handshake. */
export interface LocalIdentity extends Peer {
  readonly clusterId: number;
}

/** An ordered, reliable stream of whole messages, both ways. */
export interface MessageStream {
  readonly peer: Peer;
  /**
   * Queues one message; resolves when the stream can take more (back-pressure). Rejects with
   * PATINA_STREAM_CLOSED once the stream or its connection has ended.
   */
  send(message: Uint8Array): Promise<void>;
  /** Ends our direction after everything queued; the peer sees `onEnd`. */
  end(): void;
  /** Ends both directions at once, dropping what is queued. */
  abort(): void;
  /**
   * Sets who receives. While the promise returned by `onMessage` is pending no further message is
   * delivered and the peer is held back by flow control. `onEnd(undefined)` is an orderly end of the peer's direction;
   * `onEnd(error)` is a broken one. `onEnd` is called exactly once.
   */
  receive(handlers: {
    onMessage(message: Uint8Array): void | Promise<void>;
    onEnd(error: Error | undefined): void;
  }): void;
}

export interface TransportHandlers {
  /** An unreliable datagram of at most {@link Transport.datagramBytesMax} bytes. */
  onDatagram(from: Peer, bytes: Uint8Array): void;
  /** One whole message of a one-way stream. */
  onMessage(from: Peer, bytes: Uint8Array): void;
  /** The peer opened a two-way stream. */
  onStream(stream: MessageStream): void;
  /** A connection to this peer was established (in either direction). */
  onConnected?(peer: Peer): void;
  onDisconnected?(peer: Peer): void;
}

/** A connection as `GET /v1/members` and metrics show it. */
export interface ConnectionInfo {
  readonly peer: Peer;
  /** Smoothed round-trip time of the path, milliseconds. */
  readonly rttMs: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly packetsLost: number;
}

/** Carries datagrams, one-way messages and two-way streams between nodes, authenticated. */
export interface Transport {
  readonly datagramBytesMax: number;
  /** Starts accepting and dialling; resolves with the bound address. Rejects with PATINA_ADDRESS_IN_USE. */
  start(identity: LocalIdentity, handlers: TransportHandlers): Promise<PeerAddress>;
  /** Changes what later handshakes say (a new actor id); existing connections are closed. */
  identify(identity: LocalIdentity): void;
  /** Best effort: dials when not connected, drops when it cannot. Never throws. */
  sendDatagram(to: PeerAddress, bytes: Uint8Array): void;
  /**
   * Sends one message on a one-way stream of its own; resolves when it was handed to flow control whole.
   * Rejects with PATINA_PEER_UNREACHABLE, PATINA_PEER_REFUSED or PATINA_STREAM_CLOSED.
   */
  sendMessage(to: PeerAddress, bytes: Uint8Array): Promise<void>;
  /** Opens a two-way stream; dials when not connected. Rejects as sendMessage. */
  openStream(to: PeerAddress): Promise<MessageStream>;
  /** Smoothed RTT of the connection to `to`, milliseconds; undefined when not connected. */
  rttMs(to: PeerAddress): number | undefined;
  connections(): ConnectionInfo[];
  /** Drops the connection to `to`, if any. */
  disconnect(to: PeerAddress): void;
  /** Closes all connections, after telling the peers; resolves when the socket is closed. */
  stop(): Promise<void>;
}

/** The head of one encoded changeset chunk; the bytes carry it too (crdt/changeset-codec.ts). */
export interface ChunkHeader {
  readonly actorId: ActorId;
  readonly version: number;
  readonly hlc: Hlc;
  /** Seqs of the version that this chunk covers, inclusive. */
  readonly startSeq: number;
  readonly endSeq: number;
  /** The greatest seq of the whole version. */
  readonly lastSeq: number;
}

/** One encoded chunk of one version: encoded once at its origin, forwarded as the same bytes. */
export interface Chunk {
  readonly header: ChunkHeader;
  readonly bytes: Uint8Array;
}

/** Bookkeeping of one actor in a form that can be stored, sent and compared. */
export interface ActorState {
  readonly actorId: ActorId;
  /** Highest version known of; versions above it are unknown. */
  readonly head: number;
  /** Versions below the head that are missing wholly. */
  readonly gaps: readonly Interval[];
  /** Versions of which some seqs are here. */
  readonly partials: readonly PartialState[];
}

export interface PartialState {
  readonly version: number;
  readonly lastSeq: number;
  /** Seqs that are here. */
  readonly seqs: readonly Interval[];
}

/** Versions known to carry no changes any more: all of them were overwritten by later versions. */
export interface EmptyVersions {
  readonly actorId: ActorId;
  readonly versions: readonly Interval[];
}

/** What happened to bookkeeping: applied by the storage in its transaction, then by its mirrors. */
export type BookkeepingChange =
  | {
      readonly kind: 'versions';
      readonly actorId: ActorId;
      readonly start: number;
      readonly end: number;
    }
  | {
      readonly kind: 'partial';
      readonly actorId: ActorId;
      readonly version: number;
      readonly startSeq: number;
      readonly endSeq: number;
      readonly lastSeq: number;
    };

/** Something a peer can be asked for. */
export type SyncNeed =
  | {
      readonly kind: 'full';
      readonly actorId: ActorId;
      readonly start: number;
      readonly end: number;
    }
  | {
      readonly kind: 'partial';
      readonly actorId: ActorId;
      readonly version: number;
      readonly seqs: readonly Interval[];
    };

/** One slice of the answer to a need. */
export interface NeedSlice {
  readonly chunks: readonly Uint8Array[];
  readonly empty: readonly EmptyVersions[];
  /** What of the need is still to be read; undefined when this slice ends it. */
  readonly rest: SyncNeed | undefined;
}

/** A member as it is kept across restarts. */
export interface StoredMember {
  readonly actorId: ActorId;
  readonly address: PeerAddress;
  readonly incarnation: number;
  readonly rttMs: number | undefined;
}

/** Positional values, or values by name with the prefix character (`:a`, `@a`, `$a`). */
export type StatementParams = readonly SqlValue[] | Readonly<Record<string, SqlValue>>;

export interface LocalStatement {
  readonly sql: string;
  readonly params?: StatementParams;
  /** Runs the statement once for each list instead, in order; the results are added up. */
  readonly paramRows?: readonly (readonly SqlValue[])[];
  /** Keep the rows that RETURNING yields. */
  readonly keepsRows?: boolean;
  /** What an earlier trial told its client; another outcome fails the transaction. */
  readonly expected?: StatementExpectation;
}

/** What a client was told of a statement before its transaction was committed. */
export interface StatementExpectation {
  readonly rowsAffected: number;
  /** Rows of RETURNING; undefined where the client was told none. */
  readonly rows: readonly (readonly SqlValue[])[] | undefined;
}

/** When a transaction takes place, and what its random numbers are made of. */
export interface TransactionMoment {
  /** Unix milliseconds: what now() says, from the first statement to the last. */
  readonly nowMs: number;
  /** Random text; the same seed draws the same numbers. */
  readonly seed: string;
}

export interface LocalTransaction {
  readonly statements: readonly LocalStatement[];
  /** Time after which no further statement of it is begun, counted from its start; milliseconds. */
  readonly timeoutMs?: number | undefined;
  /** What now() and random() are made of; undefined: the machine's time and chance. */
  readonly moment?: TransactionMoment | undefined;
}

export interface StatementResult {
  readonly rowsAffected: number;
  readonly timeMs: number;
  /** Of RETURNING, where they were to be kept. */
  readonly rows?: readonly (readonly SqlValue[])[];
}

/** A version that was made here and is to be broadcast. */
export interface LocalVersion {
  readonly actorId: ActorId;
  readonly version: number;
  readonly hlc: Hlc;
  /** The greatest seq of the version. */
  readonly lastSeq: number;
  /** undefined for a large version: whoever spreads it reads it from the storage piece by piece. */
  readonly chunks: readonly Uint8Array[] | undefined;
}

export type LocalOutcome =
  | {
      readonly ok: true;
      readonly results: readonly StatementResult[];
      /** undefined when no replicated cell changed. */
      readonly version: number | undefined;
    }
  | { readonly ok: false; readonly error: PatinaError };

/** What merging chunks of other nodes did. */
export interface MergeOutcome {
  /** For mirrors of the bookkeeping, in order. */
  readonly changes: readonly BookkeepingChange[];
  /** Versions whose changes are visible from now on. */
  readonly applied: readonly ChunkHeader[];
  readonly quarantined: readonly { readonly header: ChunkHeader; readonly reason: string }[];
  /** Chunks that did not follow the format; their sender is at fault. */
  readonly malformed: number;
  /** A version of our own that we never made: this database is a copy, or has lost its tail. */
  readonly ownVersionUnknown: number | undefined;
}

/** Who a storage is and what it has, when it is opened or takes a new actor id. */
export interface StorageIdentity {
  readonly actorId: ActorId;
  readonly states: readonly ActorState[];
  readonly lastHlc: Hlc;
}

/** What SQL shows as `patina_members`. */
export interface MemberRow extends StoredMember {
  readonly state: string;
  readonly ring: number | undefined;
}

/** What SQL shows as `patina_lag`: how far behind this node is, by actor. */
export interface LagRow {
  readonly actorId: ActorId;
  readonly head: number;
  readonly versions: number;
  readonly ms: number;
}

/** The database of a node. All calls are answered in the order in which they were made. */
export interface Storage {
  /** Sets who is told of versions made here, by clients or by other programs on the same file. */
  onLocalVersion(handler: (version: LocalVersion) => void): void;
  identity(): Promise<StorageIdentity>;
  /** Rejects with PATINA_OVERLOADED when too much is queued; a failing transaction is an outcome. */
  transact(transaction: LocalTransaction): Promise<LocalOutcome>;
  merge(chunks: readonly Uint8Array[]): Promise<MergeOutcome>;
  /** Versions known to carry no changes become known. */
  recordEmpty(empty: readonly EmptyVersions[]): Promise<readonly BookkeepingChange[]>;
  /** Tries quarantined versions again whose time has come. */
  retryQuarantined(): Promise<MergeOutcome>;
  /** The lowest version of an actor that is known and, being in quarantine, not visible. */
  firstQuarantined(actorId: ActorId): Promise<number | undefined>;
  /** One slice of the answer to a peer, of about `bytesMax`. */
  read(need: SyncNeed, bytesMax: number): Promise<NeedSlice>;
  /** Takes a new actor id; versions made since the last start go with it. */
  becomeActor(actorId: ActorId): Promise<StorageIdentity>;
  loadMembers(): Promise<readonly StoredMember[]>;
  saveMembers(members: readonly MemberRow[]): Promise<void>;
  saveLag(rows: readonly LagRow[]): Promise<void>;
  /** Actors whose bookkeeping in memory and on disk differ. */
  verify(): Promise<readonly ActorId[]>;
}
