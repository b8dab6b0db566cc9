// What the QUIC transport is told at its creation, and every limit it keeps. Limits are named here and
// nowhere else; tests shrink them.

import type { Peer, PeerAddress, Transport } from '../ports.ts';
import type { TransportStats } from './transport-stats.ts';

/** Credentials of a node, all PEM. */
export interface TransportTls {
  /** CAs of the cluster; several while one replaces another. */
  readonly caPem: string;
  readonly certPem: string;
  readonly keyPem: string;
}

/** When a dialler must first prove that it receives at its address (QUIC Retry; one round trip). */
export type AddressValidation =
  /** Everywhere except over loopback, whose source addresses nobody outside can forge. */
  'remote' | 'always' | 'never';

export interface TransportLimits {
  /** An idle connection ends after this, and a dead peer is given up; milliseconds. */
  readonly idleTimeoutMs: number;
  /** A connection unused for this long is no longer kept alive; milliseconds. */
  readonly unusedTimeoutMs: number;
  /** A peer that answers nothing we sent for this long is given up; milliseconds. */
  readonly silenceTimeoutMs: number;
  /** A handshake, HELLO included, takes at most this; milliseconds. */
  readonly connectTimeoutMs: number;
  /** A peer that refused us is not dialled again for this long; milliseconds. */
  readonly refusalHoldMs: number;
  /** Two-way streams open at a time, per connection and opening side. */
  readonly streamsBidiMax: number;
  /** One-way messages partly received at a time, per connection. */
  readonly streamsUniMax: number;
  /** Streams after which a connection is replaced, because QUIC never forgets one of them. */
  readonly streamsPerConnectionMax: number;
  /** Longest message on any stream, bytes. */
  readonly messageBytesMax: number;
  /** UDP payload towards other machines, bytes; must fit the path, headers excluded. */
  readonly udpPayloadBytesMax: number;
  /** UDP payload over loopback, bytes. */
  readonly udpPayloadLoopbackBytesMax: number;
  /** Received and not yet consumed, per stream, bytes: the flow-control window. */
  readonly streamWindowBytes: number;
  /** One-way messages partly received, per connection, bytes; beyond it only the oldest goes on. */
  readonly assemblyBytesMax: number;
  /** One-way messages begun and not wholly handed over, per connection, bytes; or else just one. */
  readonly partialSendBytesMax: number;
  /** A stream's `send` resolves while less than this is queued, bytes. */
  readonly streamQueueBytes: number;
  /** Queued on one two-way stream by a sender who doesn't wait, bytes; more is refused. */
  readonly streamQueueBytesMax: number;
  /** One-way messages and stream openings waiting per peer. */
  readonly sendQueueMax: number;
  /** As sendQueueMax, bytes. */
  readonly sendQueueBytesMax: number;
  /** Datagrams kept while dialling, per peer. */
  readonly datagramsWaitingMax: number;
  /** Datagrams inside a connection, each way. */
  readonly datagramQueueMax: number;
  /** Handshakes under way that others began. */
  readonly handshakesMax: number;
}

export const defaultLimits: TransportLimits = {
  idleTimeoutMs: 30_000,
  unusedTimeoutMs: 300_000,
  silenceTimeoutMs: 10_000,
  connectTimeoutMs: 5_000,
  refusalHoldMs: 1_000,
  streamsBidiMax: 32,
  streamsUniMax: 256,
  streamsPerConnectionMax: 200_000,
  messageBytesMax: 16 * 1024 * 1024,
  udpPayloadBytesMax: 1350,
  udpPayloadLoopbackBytesMax: 16_383,
  streamWindowBytes: 2 * 1024 * 1024,
  assemblyBytesMax: 64 * 1024 * 1024,
  partialSendBytesMax: 8 * 1024 * 1024,
  streamQueueBytes: 256 * 1024,
  streamQueueBytesMax: 64 * 1024 * 1024,
  sendQueueMax: 16_384,
  sendQueueBytesMax: 64 * 1024 * 1024,
  datagramsWaitingMax: 64,
  datagramQueueMax: 1024,
  handshakesMax: 512,
};

/** Largest datagram, bytes, where the path allows it. */
const datagramBytesCap = 1_178;

/** What QUIC and its frame take of a packet that carries a datagram, bytes. */
const datagramOverheadBytes = 32;

/** Largest datagram that fits every packet under these limits, bytes. */
export function datagramBytesMax(limits: TransportLimits): number {
  return Math.min(datagramBytesCap, limits.udpPayloadBytesMax - datagramOverheadBytes);
}

export interface QuicTransportOptions {
  /** Where to listen, `host:port`; port 0 takes a free one. The one socket dials from here too. */
  readonly bind: PeerAddress;
  /** Needed unless `plaintext`. */
  readonly tls?: TransportTls;
  /**
   * Throw-away certificates, nothing verified: everybody who can reach the port is a peer. Refused
   * with PATINA_CONFIG_INVALID unless `bind` is a loopback address.
   */
  readonly plaintext?: boolean;
  /** Default 'remote'. */
  readonly addressValidation?: AddressValidation;
  readonly limits?: Partial<TransportLimits>;
  /** Hears of faults that nobody awaits: refused peers, broken input, handlers that threw. */
  readonly onFault?: (fault: TransportFault) => void;
}

/** A fault for the log; `address` is the peer's UDP or advertised address. */
export interface TransportFault {
  readonly address: PeerAddress;
  readonly peer: Peer | undefined;
  readonly error: Error;
}

/** The {@link Transport} over QUIC, and what only the production node needs of it. */
export interface QuicTransport extends Transport {
  /** New credentials for connections from now on; existing ones stay. Throws PATINA_TLS_INVALID. */
  reloadTls(tls: TransportTls): void;
  stats(): TransportStats;
}
