// The table of peers: which link an address leads to, and what happens to links as connections open
// and end. Reports a peer as connected with its first connection and as gone with its last.

import type { Peer, PeerAddress } from '../ports.ts';
import { PeerLink } from './peer-link.ts';
import type { QuicConnection } from './quic-connection.ts';
import { closeCode, streamClosed } from './transport-errors.ts';
import type { TransportLimits } from './transport-options.ts';
import type { StatsCounter } from './transport-stats.ts';

export interface LinkEvents {
  onConnected(peer: Peer): void;
  onDisconnected(peer: Peer): void;
}

export class PeerLinks {
  readonly #byAddress = new Map<PeerAddress, PeerLink>();
  readonly #limits: TransportLimits;
  readonly #stats: StatsCounter;
  readonly #events: LinkEvents;

  constructor(limits: TransportLimits, stats: StatsCounter, events: LinkEvents) {
    this.#limits = limits;
    this.#stats = stats;
    this.#events = events;
  }

  find(address: PeerAddress): PeerLink | undefined {
    return this.#byAddress.get(address);
  }

  findOrCreate(address: PeerAddress): PeerLink {
    const known = this.#byAddress.get(address);
    if (known !== undefined) return known;
    const link = new PeerLink(address, this.#limits, this.#stats);
    this.#byAddress.set(address, link);
    return link;
  }

  /** All links, each once. */
  *all(): Generator<PeerLink> {
    for (const [address, link] of this.#byAddress) if (link.address === address) yield link;
  }

  /** Forgets a link that nobody would miss. */
  tidy(link: PeerLink): void {
    if (link.connections.size === 0) {
      for (const alias of link.aliases) this.#byAddress.delete(alias);
      link.aliases.clear();
    }
    if (link.isEmpty && this.#byAddress.get(link.address) === link) {
      this.#byAddress.delete(link.address);
    }
  }

  /** A handshake is done: the connection takes its place, and what waited for it goes out. */
  opened(connection: QuicConnection, peer: Peer, localSessionId: string): void {
    const link = this.findOrCreate(peer.address);
    this.#supersede(link, peer);
    const isFirst = link.connections.size === 0;
    link.connections.add(connection);
    link.refusal = undefined;
    link.prefer(localSessionId);
    const { dialled, streams } = connection;
    const dialledLink = dialled === undefined ? undefined : this.#byAddress.get(dialled);
    if (dialled !== undefined && dialledLink !== undefined) {
      dialledLink.isDialling = false;
      if (dialledLink !== link) this.#alias(dialled, dialledLink, link);
    }
    if (isFirst) this.#events.onConnected(peer);
    if (streams === undefined) return;
    if (dialledLink !== link) dialledLink?.release(streams);
    link.release(streams);
  }

  /** An open connection has ended. */
  closed(connection: QuicConnection, peer: Peer, localSessionId: string): void {
    const link = this.#byAddress.get(peer.address);
    if (link === undefined || !link.connections.delete(connection)) return;
    link.prefer(localSessionId);
    if (link.connections.size === 0) this.#events.onDisconnected(peer);
    this.tidy(link);
  }

  /** A peer that restarted has no use for connections of its former life. */
  #supersede(link: PeerLink, peer: Peer): void {
    for (const old of [...link.connections]) {
      if (old.peer?.sessionId === peer.sessionId) continue;
      old.close(closeCode.superseded, 'superseded', streamClosed('the peer has restarted'));
    }
    // Closing the last connection may have removed the link from the table.
    this.#byAddress.set(link.address, link);
  }

  /** The dialled address leads to a peer that advertises another one. */
  #alias(dialled: PeerAddress, from: PeerLink, to: PeerLink): void {
    if (from.connections.size > 0) return;
    this.#byAddress.set(dialled, to);
    to.aliases.add(dialled);
  }
}
