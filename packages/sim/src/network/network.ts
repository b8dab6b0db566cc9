// The network of a simulation: who listens where, and what the connections between them go through. It
// tells ends of silence and resets, as keep-alive packets would.

import type { Rng } from '@patina/engine/base/rng.ts';
import type { PeerAddress } from '@patina/engine/ports.ts';
import type { FaultCounts } from '../faults/counters.ts';
import { bytesDigest, type Trace } from '../trace.ts';
import type { VirtualTime } from '../virtual-time.ts';
import { closedError } from './closed-error.ts';
import { Links } from './links.ts';
import type { ConnectionEnd } from './sim-connection.ts';
import type { SimTransport } from './sim-transport.ts';

export interface NetworkLimits {
  /** A stream's `send` resolves at once while less than this is on its way, bytes. */
  readonly streamWindowBytes: number;
  /** The same for one-way messages of a connection, bytes. */
  readonly messageWindowBytes: number;
  /** A connection without a round trip for this long is given up, milliseconds. */
  readonly silenceMs: number;
  /** A handshake takes at most this, milliseconds. */
  readonly connectMs: number;
}

/** How often connections are looked after, milliseconds. */
const keepAliveMs = 1_000;

export interface NetworkOptions {
  readonly time: VirtualTime;
  readonly rng: Rng;
  readonly faults: FaultCounts;
  readonly trace: Trace;
  readonly limits: NetworkLimits;
  /** Told of what must not happen. */
  readonly onFault: (what: string) => void;
}

export class Network {
  readonly time: VirtualTime;
  readonly links: Links;
  readonly faults: FaultCounts;
  readonly limits: NetworkLimits;
  readonly onFault: (what: string) => void;
  readonly #trace: Trace;
  readonly #hosts = new Map<PeerAddress, SimTransport>();
  readonly #ends = new Set<ConnectionEnd>();

  constructor(options: NetworkOptions) {
    this.time = options.time;
    this.faults = options.faults;
    this.limits = options.limits;
    this.onFault = options.onFault;
    this.#trace = options.trace;
    this.links = new Links(options.time, options.rng, options.faults);
    this.time.every(keepAliveMs, () => this.#keepAlive());
  }

  /** Ends of all connections that are open somewhere. */
  get ends(): readonly ConnectionEnd[] {
    return [...this.#ends];
  }

  host(address: PeerAddress): SimTransport | undefined {
    const host = this.#hosts.get(address);
    return host?.process.isAlive === true ? host : undefined;
  }

  listen(address: PeerAddress, transport: SimTransport): void {
    this.#hosts.set(address, transport);
  }

  close(address: PeerAddress, transport: SimTransport): void {
    if (this.#hosts.get(address) === transport) this.#hosts.delete(address);
  }

  add(end: ConnectionEnd): void {
    this.#ends.add(end);
  }

  remove(end: ConnectionEnd): void {
    this.#ends.delete(end);
  }

  /** Writes into the trace what arrived where. */
  note(at: PeerAddress, what: string, from: PeerAddress, bytes: Uint8Array): void {
    this.#trace.add(
      this.time.nowMs,
      `${at} < ${from} ${what} ${bytes.length} ${bytesDigest(bytes)}`,
    );
  }

  #keepAlive(): void {
    for (const end of this.#ends) {
      if (!end.owner.process.isAlive) this.#ends.delete(end);
      else if (!end.owner.process.isPaused) this.#look(end);
    }
  }

  #look(end: ConnectionEnd): void {
    const { nowMs } = this.time;
    const here = end.owner.address;
    const there = end.peer.address;
    const isCut = this.links.isBlocked(here, there) || this.links.isBlocked(there, here);
    const peer = this.host(there);
    if (!isCut && peer !== undefined && !peer.process.isPaused) {
      if (end.twin?.isOpen !== true) {
        end.close(closedError('the peer does not know the connection'), false);
        return;
      }
      end.lastHeardMs = nowMs;
      const { delayMinMs, delayMeanMs } = this.links.conditions;
      end.rttMs = end.rttMs * 0.7 + 0.3 * 2 * (delayMinMs + delayMeanMs);
    } else if (nowMs - end.lastHeardMs > this.limits.silenceMs) {
      this.faults.connectionSilent++;
      end.close(closedError('the peer is silent'), false);
    }
  }
}
