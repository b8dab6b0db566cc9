// The errors that callers of the transport see, and the codes with which connections and streams tell
// each other why they close.

import { PatinaError } from '../base/errors.ts';
import type { PeerAddress } from '../ports.ts';

/** Application error codes of CONNECTION_CLOSE, RESET_STREAM and STOP_SENDING. */
export const closeCode = {
  /** The node stops, changes its identity, or needs the connection no longer. */
  normal: 0,
  /** The handshake showed a peer that we don't talk to. */
  refused: 1,
  /** The peer broke the protocol. */
  malformed: 2,
  /** A later connection with a restarted peer replaces this one. */
  superseded: 3,
  /** Our own handler failed. */
  internal: 4,
} as const;

export type CloseCode = (typeof closeCode)[keyof typeof closeCode];

/** No connection could be had, or none in time. */
export function peerUnreachable(address: PeerAddress, why: string, cause?: unknown): PatinaError {
  return new PatinaError('PATINA_PEER_UNREACHABLE', `peer ${address} is unreachable: ${why}`, {
    ...(cause === undefined ? {} : { cause }),
    hint: 'Check that the node runs, and that UDP reaches its gossip address.',
  });
}

/** The peer refused us, or we refused the peer. */
export function peerRefused(address: PeerAddress, why: string, hint?: string): PatinaError {
  return new PatinaError('PATINA_PEER_REFUSED', `no connection with ${address}: ${why}`, {
    hint: hint ?? 'Check cluster id, versions and certificates of both nodes.',
  });
}

/** The stream, or the connection under it, has ended. */
export function streamClosed(why: string, cause?: unknown): PatinaError {
  return new PatinaError('PATINA_STREAM_CLOSED', why, cause === undefined ? {} : { cause });
}

/** Any thrown value as an Error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
}
