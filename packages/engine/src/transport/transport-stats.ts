// What the transport counts: the numbers behind metrics, tests and "why was this peer refused?".

import type { CertificateRefusal } from './verify.ts';

/** Why a connection never came to carry traffic. */
export type HandshakeFailure =
  | CertificateRefusal
  /** The TLS handshake failed; a peer without a certificate ends here. */
  | 'tls'
  /** No complete handshake within the limit. */
  | 'timeout'
  | 'malformed-hello'
  | 'protocol-version'
  | 'cluster-id'
  /** The peer turned out to be ourselves. */
  | 'self'
  /** The peer refused us; its reason is in the dialler's error. */
  | 'refused-by-peer'
  /** The peer, or we, closed before the handshake was over. */
  | 'closed';

/** Why something that had come, or was to be sent, was dropped. */
export type Drop =
  /** A UDP packet that is no QUIC, too short, or for no connection of ours. */
  | 'packet-unroutable'
  | 'packet-malformed'
  /** A first packet beyond the limit on handshakes under way. */
  | 'handshake-overload'
  /** A first packet with a bad or outdated retry token. */
  | 'token-invalid'
  | 'datagram-unsendable'
  | 'datagram-queue-full'
  | 'send-queue-full'
  /** A one-way message, because too many others are partly received. */
  | 'assembly-full'
  /** A packet that the socket refused. */
  | 'packet-send-failed'
  /** A message or stream that broke its limits; its connection was closed. */
  | 'message-malformed'
  /** A message or stream that our own handler threw on; its connection was closed. */
  | 'handler-failed';

export interface TransportStats {
  /** Connections that carry traffic now. */
  readonly connections: number;
  readonly dialled: number;
  readonly accepted: number;
  /** Established connections that ended, by whoever's wish. */
  readonly closed: number;
  readonly handshakeFailures: Readonly<Partial<Record<HandshakeFailure, number>>>;
  readonly retriesSent: number;
  readonly versionNegotiationsSent: number;
  readonly statelessResetsSent: number;
  readonly statelessResetsReceived: number;
  /** UDP payload, bytes. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly packetsSent: number;
  readonly packetsReceived: number;
  readonly datagramsSent: number;
  readonly datagramsReceived: number;
  readonly messagesSent: number;
  readonly messagesReceived: number;
  readonly streamsOpened: number;
  readonly streamsAccepted: number;
  readonly drops: Readonly<Partial<Record<Drop, number>>>;
}

type Counter = Exclude<keyof TransportStats, 'connections' | 'handshakeFailures' | 'drops'>;

/** Counts; one per transport. */
export class StatsCounter {
  readonly #counters: Record<Counter, number> = {
    dialled: 0,
    accepted: 0,
    closed: 0,
    retriesSent: 0,
    versionNegotiationsSent: 0,
    statelessResetsSent: 0,
    statelessResetsReceived: 0,
    bytesSent: 0,
    bytesReceived: 0,
    packetsSent: 0,
    packetsReceived: 0,
    datagramsSent: 0,
    datagramsReceived: 0,
    messagesSent: 0,
    messagesReceived: 0,
    streamsOpened: 0,
    streamsAccepted: 0,
  };
  readonly #handshakeFailures: Partial<Record<HandshakeFailure, number>> = {};
  readonly #drops: Partial<Record<Drop, number>> = {};

  add(counter: Counter, amount = 1): void {
    this.#counters[counter] += amount;
  }

  handshakeFailed(reason: HandshakeFailure): void {
    this.#handshakeFailures[reason] = (this.#handshakeFailures[reason] ?? 0) + 1;
  }

  dropped(reason: Drop): void {
    this.#drops[reason] = (this.#drops[reason] ?? 0) + 1;
  }

  /** A copy of all counters. */
  snapshot(connections: number): TransportStats {
    return {
      connections,
      ...this.#counters,
      handshakeFailures: { ...this.#handshakeFailures },
      drops: { ...this.#drops },
    };
  }
}
