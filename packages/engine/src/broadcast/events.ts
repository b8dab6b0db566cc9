// Events, effects, limits and counters of the broadcast machine.

import type { ActorId } from '../base/actor-id.ts';
import type { Chunk, PeerAddress } from '../ports.ts';

export interface BroadcastMember {
  readonly actorId: ActorId;
  readonly address: PeerAddress;
  /** Group by round-trip time, 0 the nearest; undefined while not measured. */
  readonly ring: number | undefined;
}

export interface ReceivedChunk {
  readonly chunk: Chunk;
  /** As the frame says. */
  readonly reach: number;
  readonly hops: number;
  /** Whether it brings nothing new: it is in the bookkeeping, or on its way into the storage. */
  readonly isKnown: boolean;
}

export type BroadcastEvent =
  /** Chunks of versions just committed here. */
  | { readonly kind: 'local'; readonly chunks: readonly Chunk[] }
  | {
      readonly kind: 'received';
      readonly from: PeerAddress;
      readonly chunks: readonly ReceivedChunk[];
    }
  /** The living members, without ourselves; replaces the earlier list. */
  | { readonly kind: 'members'; readonly members: readonly BroadcastMember[] }
  /** What became of a send: exactly one for each. */
  | { readonly kind: 'sent'; readonly sendId: number; readonly isOk: boolean }
  | { readonly kind: 'timer' };

export type BroadcastEffect =
  | {
      readonly kind: 'send';
      readonly sendId: number;
      readonly to: PeerAddress;
      /** A frame. The same object may go to several peers. */
      readonly bytes: Uint8Array;
    }
  /** Asks for a timer event; replaces the one asked for before. */
  | { readonly kind: 'timer'; readonly atMs: number };

export interface BroadcastLimits {
  /** Peers that a local change goes to at once; clusters up to this size are reached directly. */
  readonly directPeersMax: number;
  readonly fanOutMin: number;
  /** Frames are filled up to this size; a larger chunk is a frame of its own. */
  readonly frameBytesTarget: number;
  /** Between two frames for one peer, so that a flood of small changes shares frames. */
  readonly frameGapMs: number;
  /** Frames per peer that its transport has not taken. */
  readonly framesInFlightMax: number;
  /** Waiting for one peer. */
  readonly peerBytesMax: number;
  /** Kept in all, each chunk counted once. */
  readonly retainedBytesMax: number;
  readonly bytesPerSecond: number;
  /** What may be sent at once after a quiet time. */
  readonly burstBytes: number;
  readonly resendDelayMs: number;
  readonly resendDelayLimitedMs: number;
  /** A peer is left alone after a failed send for this time, doubled with each further failure. */
  readonly pauseMsMin: number;
  readonly pauseMsMax: number;
  /** After so many failures in a row nothing is kept for the peer any more. */
  readonly failuresMax: number;
}

export const broadcastLimits: BroadcastLimits = {
  directPeersMax: 32,
  fanOutMin: 3,
  frameBytesTarget: 64 * 1024,
  frameGapMs: 2,
  framesInFlightMax: 4,
  peerBytesMax: 4 * 1024 * 1024,
  retainedBytesMax: 64 * 1024 * 1024,
  bytesPerSecond: 50 * 1024 * 1024,
  burstBytes: 12 * 1024 * 1024,
  resendDelayMs: 100,
  resendDelayLimitedMs: 500,
  pauseMsMin: 100,
  pauseMsMax: 5000,
  failuresMax: 4,
};

/** Counts since the start. */
export interface BroadcastCounters {
  localChunks: number;
  receivedChunks: number;
  /** Received again. */
  duplicateChunks: number;
  /** New chunks by the hops that they came over. */
  newOver1Hop: number;
  newOver2Hops: number;
  newOver3Hops: number;
  newOverMoreHops: number;
  /** New chunks passed on to others. */
  relayedChunks: number;
  sentFrames: number;
  sentChunks: number;
  sentBytes: number;
  failedSends: number;
  /** Rounds in which a chunk was sent to further peers. */
  resentChunks: number;
  /** Left to sync: no room. */
  droppedFull: number;
  /** Left to sync: the peer cannot be reached. */
  droppedUnreachable: number;
  /** Left to sync: too large for a frame. */
  droppedLarge: number;
}

export function newCounters(): BroadcastCounters {
  return {
    localChunks: 0,
    receivedChunks: 0,
    duplicateChunks: 0,
    newOver1Hop: 0,
    newOver2Hops: 0,
    newOver3Hops: 0,
    newOverMoreHops: 0,
    relayedChunks: 0,
    sentFrames: 0,
    sentChunks: 0,
    sentBytes: 0,
    failedSends: 0,
    resentChunks: 0,
    droppedFull: 0,
    droppedUnreachable: 0,
    droppedLarge: 0,
  };
}
