// Packets that belong to no connection: first packets of new ones, packets of other QUIC versions, and
// packets of connections from before a restart. Until a sender has proved to receive at its address,
// it never gets back more than it sent.

import type { Quiche } from '@matrixai/quic/native/quiche.js';
import type { Header } from '@matrixai/quic/native/types.js';
import { Type } from '@matrixai/quic/native/types.js';
import { type HostPort, isLoopbackHost } from './address.ts';
import type { LongHeader } from './long-header.ts';
import { RetryTokens } from './retry-token.ts';
import type { ResetSender } from './stateless-reset.ts';
import type { AddressValidation } from './transport-options.ts';
import type { StatsCounter } from './transport-stats.ts';

/** A first packet is padded to this by every honest dialler (RFC 9000, section 14.1). */
const firstPacketBytesMin = 1200;

/** Length of our connection ids, bytes. */
export const connectionIdBytes = 8;

const answerBytesMax = 1200;

/** A new connection may be made. */
export interface Admission {
  readonly connectionId: Uint8Array;
  /** Set when the dialler has proved its address. */
  readonly originalId: Uint8Array | undefined;
}

export interface AcceptorOptions {
  readonly quiche: Quiche;
  readonly validation: AddressValidation;
  readonly handshakesMax: number;
  readonly resets: ResetSender;
  readonly stats: StatsCounter;
  /** Handshakes under way that others began. */
  handshakes(): number;
  newConnectionId(): Uint8Array;
  transmit(packet: Buffer, length: number, to: HostPort): void;
}

export class ConnectionAcceptor {
  readonly #options: AcceptorOptions;
  readonly #tokens = new RetryTokens();

  constructor(options: AcceptorOptions) {
    this.#options = options;
  }

  /** A packet with a short header for a connection that we don't know: tells its sender so. */
  answerUnknown(
    connectionId: Uint8Array,
    packetBytes: number,
    from: HostPort,
    nowMs: number,
  ): void {
    const { resets, stats, transmit } = this.#options;
    stats.dropped('packet-unroutable');
    const reset = resets.build(connectionId, packetBytes, nowMs);
    if (reset === undefined) return;
    stats.add('statelessResetsSent');
    transmit(reset, reset.length, from);
  }

  /** A packet of a version that we don't speak: says which ones we do. */
  negotiateVersion(header: LongHeader, packetBytes: number, from: HostPort): void {
    const { quiche, stats, transmit } = this.#options;
    if (packetBytes < firstPacketBytesMin) {
      stats.dropped('packet-unroutable');
      return;
    }
    const packet = Buffer.allocUnsafe(answerBytesMax);
    const length = quiche.negotiateVersion(header.source, header.destination, packet);
    stats.add('versionNegotiationsSent');
    transmit(packet, length, from);
  }

  /** Judges a packet with a long header for no known connection: may it begin one? */
  judge(packet: Buffer, from: HostPort, nowMs: number): Admission | undefined {
    const { stats, handshakesMax } = this.#options;
    if (packet.length < firstPacketBytesMin) {
      stats.dropped('packet-unroutable');
      return undefined;
    }
    if (this.#options.handshakes() >= handshakesMax) {
      stats.dropped('handshake-overload');
      return undefined;
    }
    let header: Header;
    try {
      header = this.#options.quiche.Header.fromSlice(packet, connectionIdBytes);
    } catch {
      stats.dropped('packet-malformed');
      return undefined;
    }
    if (header.ty !== Type.Initial || header.dcid.length < connectionIdBytes) {
      stats.dropped('packet-unroutable');
      return undefined;
    }
    return this.#validate(header, from, nowMs);
  }

  #validate(header: Header, from: HostPort, nowMs: number): Admission | undefined {
    const { stats, newConnectionId } = this.#options;
    const token = header.token ?? new Uint8Array();
    if (token.length > 0) {
      const originalId = this.#tokens.check(token, from, header.dcid, nowMs);
      // After a Retry the dialler addresses us by the id that the Retry gave it.
      if (originalId !== undefined) return { connectionId: header.dcid, originalId };
      stats.dropped('token-invalid');
      return undefined;
    }
    if (!this.#mustValidate(from)) {
      return { connectionId: newConnectionId(), originalId: undefined };
    }
    this.#retry(header, from, nowMs);
    return undefined;
  }

  #mustValidate(from: HostPort): boolean {
    switch (this.#options.validation) {
      case 'always':
        return true;
      case 'never':
        return false;
      case 'remote':
        return !isLoopbackHost(from.host);
    }
  }

  #retry(header: Header, from: HostPort, nowMs: number): void {
    const { quiche, stats, transmit, newConnectionId } = this.#options;
    const retryId = newConnectionId();
    const token = this.#tokens.mint(from, header.dcid, retryId, nowMs);
    const packet = Buffer.allocUnsafe(answerBytesMax);
    const { scid, dcid, version } = header;
    const length = quiche.retry(scid, dcid, retryId, token, version, packet);
    stats.add('retriesSent');
    transmit(packet, length, from);
  }
}
