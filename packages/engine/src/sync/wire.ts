// The messages of a sync session. Client: Start, State*, Request*. Server: Start, State*, then Slice* and
// a Done for each Request, or a Rejection in place of its Start. Chunks travel in slices as the very
// bytes that their origin encoded.
//
//   Start      1, protocol version, cluster id, digest of the state (8 bytes), HLC
//   State      2, is last (0 or 1), states
//   Request    3, request id, needs
//   Slice      4, request id, chunks (each with its length), empty versions
//   Done       5, request id, whether everything that is here was sent (0 or 1)
//   Rejection  6, reason

import { ByteReader, ByteWriter, malformed } from '../base/bytes.ts';
import type { Hlc } from '../base/hlc.ts';
import type { ActorState, EmptyVersions, SyncNeed } from '../ports.ts';
import { decodeIntervals, encodeIntervals } from './interval-codec.ts';
import { decodeActorStates, encodeActorState, stateDigestBytes } from './state-codec.ts';

/** Raised when a message changes its meaning; a server refuses other versions. */
export const syncProtocolVersion = 1;

/** The longest sync message; the transport refuses longer ones before it reads them. */
export const syncMessageBytesMax = 16 * 1024 * 1024;

/** Needs of one request. */
export const requestNeedsMax = 256;

/** Chunks, and lists of empty versions, of one slice. */
export const sliceChunksMax = 65_536;
export const sliceEmptyMax = 4096;

export const rejectionReasons = [
  'max-concurrency',
  'different-cluster',
  'stopping',
  'different-protocol',
] as const;
export type RejectionReason = (typeof rejectionReasons)[number];

export type SyncMessage =
  | {
      readonly kind: 'start';
      readonly protocolVersion: number;
      readonly clusterId: number;
      /** {@link stateDigest} of the sender's bookkeeping. */
      readonly digest: string;
      readonly clock: Hlc;
    }
  | { readonly kind: 'state'; readonly isLast: boolean; readonly states: readonly ActorState[] }
  | { readonly kind: 'request'; readonly requestId: number; readonly needs: readonly SyncNeed[] }
  | {
      readonly kind: 'slice';
      readonly requestId: number;
      readonly chunks: readonly Uint8Array[];
      readonly empty: readonly EmptyVersions[];
    }
  | { readonly kind: 'done'; readonly requestId: number; readonly isComplete: boolean }
  | { readonly kind: 'rejection'; readonly reason: RejectionReason };

const kindBytes = { start: 1, state: 2, request: 3, slice: 4, done: 5, rejection: 6 } as const;
const fullNeed = 0;
const partialNeed = 1;

export function encodeSyncMessage(message: SyncMessage): Uint8Array {
  const writer = new ByteWriter(message.kind === 'slice' ? sliceBytes(message.chunks) : undefined);
  writer.u8(kindBytes[message.kind]);
  switch (message.kind) {
    case 'start':
      writer.varint(message.protocolVersion);
      writer.varint(message.clusterId);
      writer.raw(Buffer.from(message.digest, 'hex'));
      writer.varint(message.clock);
      break;
    case 'state':
      writer.u8(message.isLast ? 1 : 0);
      writer.varint(message.states.length);
      for (const state of message.states) encodeActorState(writer, state);
      break;
    case 'request':
      writer.varint(message.requestId);
      writer.varint(message.needs.length);
      for (const need of message.needs) encodeNeed(writer, need);
      break;
    case 'slice':
      writer.varint(message.requestId);
      encodeSliceBody(writer, message.chunks, message.empty);
      break;
    case 'done':
      writer.varint(message.requestId);
      writer.u8(message.isComplete ? 1 : 0);
      break;
    case 'rejection':
      writer.u8(rejectionReasons.indexOf(message.reason));
      break;
  }
  return writer.finish();
}

/**
 * Reads one message; chunks are views into `bytes`. Throws PATINA_WIRE_MALFORMED. A Start of another
 * protocol version is read only as far as its version, so that it can be refused politely.
 */
export function decodeSyncMessage(bytes: Uint8Array): SyncMessage {
  if (bytes.length > syncMessageBytesMax) throw malformed('a sync message over its limit');
  const reader = new ByteReader(bytes);
  const kind = reader.u8();
  const message = decodeBody(kind, reader);
  if (message.kind !== 'start' || message.protocolVersion === syncProtocolVersion) reader.end();
  return message;
}

function decodeBody(kind: number, reader: ByteReader): SyncMessage {
  switch (kind) {
    case kindBytes.start:
      return decodeStart(reader);
    case kindBytes.state:
      return { kind: 'state', isLast: decodeFlag(reader), states: decodeActorStates(reader) };
    case kindBytes.request:
      return { kind: 'request', requestId: reader.varint(), needs: decodeNeeds(reader) };
    case kindBytes.slice:
      return { kind: 'slice', requestId: reader.varint(), ...decodeSliceBody(reader) };
    case kindBytes.done:
      return { kind: 'done', requestId: reader.varint(), isComplete: decodeFlag(reader) };
    case kindBytes.rejection: {
      const reason = rejectionReasons[reader.u8()];
      if (reason === undefined) throw malformed('unknown reason of a rejection');
      return { kind: 'rejection', reason };
    }
    default:
      throw malformed(`unknown sync message ${kind}`);
  }
}

function decodeStart(reader: ByteReader): SyncMessage {
  const protocolVersion = reader.varint();
  if (protocolVersion !== syncProtocolVersion) {
    const digest = '00'.repeat(stateDigestBytes);
    return { kind: 'start', protocolVersion, clusterId: 0, digest, clock: 0 };
  }
  return {
    kind: 'start',
    protocolVersion,
    clusterId: reader.varint(),
    digest: Buffer.from(reader.raw(stateDigestBytes)).toString('hex'),
    clock: reader.varint(),
  };
}

function decodeFlag(reader: ByteReader): boolean {
  const value = reader.u8();
  if (value > 1) throw malformed('a flag is 0 or 1');
  return value === 1;
}

function encodeNeed(writer: ByteWriter, need: SyncNeed): void {
  writer.u8(need.kind === 'full' ? fullNeed : partialNeed);
  writer.actorId(need.actorId);
  if (need.kind === 'full') {
    writer.varint(need.start);
    writer.varint(need.end - need.start);
    return;
  }
  writer.varint(need.version);
  encodeIntervals(writer, need.seqs);
}

function decodeNeeds(reader: ByteReader): SyncNeed[] {
  const count = reader.varintMax(requestNeedsMax, 'need count');
  return Array.from({ length: count }, () => decodeNeed(reader));
}

function decodeNeed(reader: ByteReader): SyncNeed {
  const kind = reader.u8();
  if (kind !== fullNeed && kind !== partialNeed) throw malformed('unknown kind of need');
  const actorId = reader.actorId();
  const version = reader.varint();
  if (version < 1) throw malformed('a need of version 0');
  if (kind === partialNeed) {
    const seqs = decodeIntervals(reader, Number.MAX_SAFE_INTEGER);
    return { kind: 'partial', actorId, version, seqs };
  }
  const end = version + reader.varint();
  if (!Number.isSafeInteger(end)) throw malformed('a need ends over 2^53');
  return { kind: 'full', actorId, start: version, end };
}

function encodeSliceBody(
  writer: ByteWriter,
  chunks: readonly Uint8Array[],
  empty: readonly EmptyVersions[],
): void {
  writer.varint(chunks.length);
  for (const chunk of chunks) writer.bytes(chunk);
  writer.varint(empty.length);
  for (const { actorId, versions } of empty) {
    writer.actorId(actorId);
    encodeIntervals(writer, versions);
  }
}

function decodeSliceBody(
  reader: ByteReader,
): Pick<Extract<SyncMessage, { kind: 'slice' }>, 'chunks' | 'empty'> {
  const chunkCount = reader.varintMax(sliceChunksMax, 'chunk count');
  const chunks = Array.from({ length: chunkCount }, () => reader.bytes());
  const emptyCount = reader.varintMax(sliceEmptyMax, 'empty count');
  const empty = Array.from({ length: emptyCount }, (): EmptyVersions => {
    const actorId = reader.actorId();
    const versions = decodeIntervals(reader, Number.MAX_SAFE_INTEGER);
    if (versions[0]?.[0] === 0) throw malformed('an empty version 0');
    return { actorId, versions };
  });
  return { chunks, empty };
}

function sliceBytes(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((total, chunk) => total + chunk.length + 8, 64);
}
