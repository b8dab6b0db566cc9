// The one UDP socket of a node: binds, sends without copying or waiting, and brings addresses to the
// spelling that the rest of the transport uses.

import { createSocket, type Socket } from 'node:dgram';
import { isIPv4, isIPv6 } from 'node:net';
import { PatinaError } from '../base/errors.ts';
import { canonicalHost, formatAddress, type HostPort } from './address.ts';

/**
 * Kernel buffers asked for, bytes: room for a congestion window of large packets while the thread is
 * busy. The kernel may grant less.
 */
const socketBufferBytes = 4 * 1024 * 1024;

export interface UdpHandlers {
  onPacket(packet: Buffer, from: HostPort): void;
  /** A packet could not be sent; later ones may go. */
  onSendError(error: Error): void;
}

/** A bound socket. */
export class UdpSocket {
  readonly #socket: Socket;
  readonly #isIpv6: boolean;
  readonly #onSent: (error: Error | null) => void;
  readonly local: HostPort;

  private constructor(socket: Socket, isIpv6: boolean, local: HostPort, handlers: UdpHandlers) {
    this.#socket = socket;
    this.#isIpv6 = isIpv6;
    this.local = local;
    this.#onSent = (error) => {
      if (error !== null) handlers.onSendError(error);
    };
  }

  /** Binds; rejects with PATINA_ADDRESS_IN_USE, or PATINA_CONFIG_INVALID when it cannot be had. */
  static async bind(bind: HostPort, handlers: UdpHandlers): Promise<UdpSocket> {
    const isIpv6 = isIPv6(bind.host);
    const socket = createSocket({ type: isIpv6 ? 'udp6' : 'udp4', lookup: lookupNothing });
    await bound(socket, bind);
    for (const raise of ['setRecvBufferSize', 'setSendBufferSize'] as const) {
      try {
        socket[raise](socketBufferBytes);
      } catch {
        // A kernel that grants no larger buffer only makes transfers slower.
      }
    }
    socket.on('error', (error) => handlers.onSendError(error));
    socket.on('message', (packet, from) => {
      handlers.onPacket(packet, { host: canonicalHost(from.address), port: from.port });
    });
    const local = { host: bind.host, port: socket.address().port };
    return new UdpSocket(socket, isIpv6, local, handlers);
  }

  /** Whether packets to this host can leave from this socket. */
  canReach(host: string): boolean {
    return isIPv4(host) || this.#isIpv6;
  }

  /**
   * Sends one packet. Returns whether the kernel took it at once, so that the caller may reuse the
   * buffer; otherwise it is queued and the buffer must be left alone.
   */
  send(packet: Uint8Array, to: HostPort): boolean {
    const host = this.#isIpv6 && isIPv4(to.host) ? `::ffff:${to.host}` : to.host;
    this.#socket.send(packet, to.port, host, this.#onSent);
    return this.#socket.getSendQueueCount() === 0;
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }
}

/** Hosts are IP addresses by now; Node's own lookup would put every packet off by a tick. */
function lookupNothing(
  host: string,
  _options: unknown,
  callback: (error: null, address: string, family: number) => void,
): void {
  callback(null, host, isIPv6(host) ? 6 : 4);
}

async function bound(socket: Socket, bind: HostPort): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ address: bind.host, port: bind.port, exclusive: true }, () => {
        socket.off('error', reject);
        resolve();
      });
    });
  } catch (error) {
    socket.close();
    throw bindError(bind, error);
  }
}

function bindError(bind: HostPort, error: unknown): PatinaError {
  const address = formatAddress(bind);
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') {
    return new PatinaError('PATINA_ADDRESS_IN_USE', `the UDP address ${address} is in use`, {
      cause: error,
      hint: 'Stop the other process, or give this node another gossip address.',
    });
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new PatinaError('PATINA_CONFIG_INVALID', `cannot listen on ${address}: ${reason}`, {
    cause: error,
    hint: 'The host must be an IP address of this machine.',
  });
}
