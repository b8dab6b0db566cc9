// The Transport port over the simulated network: dials when it must, picks one of several connections as
// the real one does, and loses what a real one would lose.

import { must } from '@patina/engine/base/assert.ts';
import { PatinaError } from '@patina/engine/base/errors.ts';
import type {
  ConnectionInfo,
  LocalIdentity,
  MessageStream,
  Peer,
  PeerAddress,
  Transport,
  TransportHandlers,
} from '@patina/engine/ports.ts';
import { closedError } from './closed-error.ts';
import type { Network } from './network.ts';
import { ConnectionEnd, type EndOwner } from './sim-connection.ts';
import type { SimProcess } from './sim-process.ts';

/** Largest datagram, bytes: what a QUIC packet has room for on a common path. */
const datagramBytesMax = 1_178;

/** Datagrams kept while dialling. */
const datagramsWaitingMax = 64;

/** Between two tries of a handshake, milliseconds. */
const redialMs = 300;

interface Waiting {
  readonly run: (end: ConnectionEnd) => void;
  readonly reject: (error: Error) => void;
}

interface PeerLink {
  readonly ends: Set<ConnectionEnd>;
  isDialling: boolean;
  waiting: Waiting[];
  datagrams: Uint8Array[];
}

export class SimTransport implements Transport, EndOwner {
  readonly datagramBytesMax = datagramBytesMax;
  readonly process: SimProcess;
  readonly address: PeerAddress;
  readonly #network: Network;
  readonly #links = new Map<PeerAddress, PeerLink>();
  #identity: LocalIdentity | undefined;
  #handlers: TransportHandlers | undefined;
  #isStopped = false;

  constructor(network: Network, process: SimProcess, address: PeerAddress) {
    this.#network = network;
    this.process = process;
    this.address = address;
  }

  async start(identity: LocalIdentity, handlers: TransportHandlers): Promise<PeerAddress> {
    this.#identity = { ...identity, address: this.address };
    this.#handlers = handlers;
    this.#network.listen(this.address, this);
    return this.address;
  }

  identify(identity: LocalIdentity): void {
    this.#identity = { ...identity, address: this.address };
    this.#closeAll('the node has a new identity');
  }

  sendDatagram(to: PeerAddress, bytes: Uint8Array): void {
    if (this.#isStopped) return;
    if (bytes.length > datagramBytesMax) {
      this.#network.onFault(`a datagram of ${bytes.length} bytes is too large`);
      return;
    }
    const copy = bytes.slice();
    const end = this.#preferred(to);
    if (end !== undefined) {
      end.sendDatagram(copy);
      return;
    }
    const link = this.#link(to);
    link.datagrams.push(copy);
    if (link.datagrams.length > datagramsWaitingMax) link.datagrams.shift();
    this.#dial(to, link);
  }

  async sendMessage(to: PeerAddress, bytes: Uint8Array): Promise<void> {
    const copy = bytes.slice();
    const end = this.#preferred(to) ?? (await this.#connected(to));
    return end.sendMessage(copy);
  }

  async openStream(to: PeerAddress): Promise<MessageStream> {
    const end = this.#preferred(to) ?? (await this.#connected(to));
    return end.openStream();
  }

  rttMs(to: PeerAddress): number | undefined {
    return this.#preferred(to)?.rttMs;
  }

  connections(): ConnectionInfo[] {
    return [...this.#links.values()].flatMap(({ ends }) =>
      [...ends].map(({ peer, rttMs, bytesSent, bytesReceived }) => {
        return { peer, rttMs, bytesSent, bytesReceived, packetsLost: 0 };
      }),
    );
  }

  disconnect(to: PeerAddress): void {
    for (const end of [...this.#link(to).ends]) {
      end.close(closedError('the connection was dropped'), true);
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#closeAll('the node stops');
    for (const link of this.#links.values()) this.#rejectWaiting(link, 'the node stops');
    this.#network.close(this.address, this);
  }

  onDatagram(from: Peer, bytes: Uint8Array): void {
    this.#handlers?.onDatagram(from, bytes);
  }

  onMessage(from: Peer, bytes: Uint8Array): void {
    this.#handlers?.onMessage(from, bytes);
  }

  onStream(stream: MessageStream): void {
    this.#handlers?.onStream(stream);
  }

  onClosed(end: ConnectionEnd): void {
    this.#network.remove(end);
    this.#link(end.peer.address).ends.delete(end);
    this.#handlers?.onDisconnected?.(end.peer);
  }

  get isAccepting(): boolean {
    return this.#identity !== undefined && !this.#isStopped && this.process.isAlive;
  }

  /** A handshake from a dialler arrived; answers with the end that the dialler gets. */
  accept(dialler: SimTransport, identity: LocalIdentity): ConnectionEnd {
    const own = must(this.#identity, 'only a started transport accepts');
    const here = new ConnectionEnd(this.#network, this, identity, identity.sessionId);
    const there = new ConnectionEnd(this.#network, dialler, own, identity.sessionId);
    ConnectionEnd.join(here, there);
    this.#opened(here);
    return there;
  }

  #opened(end: ConnectionEnd): void {
    this.#network.add(end);
    const link = this.#link(end.peer.address);
    link.ends.add(end);
    this.#handlers?.onConnected?.(end.peer);
    link.isDialling = false;
    const { waiting, datagrams } = link;
    link.waiting = [];
    link.datagrams = [];
    for (const bytes of datagrams) end.sendDatagram(bytes);
    for (const { run } of waiting) run(end);
  }

  #preferred(to: PeerAddress): ConnectionEnd | undefined {
    let best: ConnectionEnd | undefined;
    for (const end of this.#link(to).ends) {
      if (best === undefined || end.diallerSession < best.diallerSession) best = end;
    }
    return best;
  }

  #connected(to: PeerAddress): Promise<ConnectionEnd> {
    if (this.#isStopped) return Promise.reject(closedError('the node stops'));
    const link = this.#link(to);
    const connected = new Promise<ConnectionEnd>((run, reject) => {
      link.waiting.push({ run, reject });
    });
    this.#dial(to, link);
    return connected;
  }

  #dial(to: PeerAddress, link: PeerLink): void {
    if (link.isDialling) return;
    link.isDialling = true;
    const { time, limits } = this.#network;
    const untilMs = time.nowMs + limits.connectMs;
    let isOver = false;
    const claim = (): boolean => {
      const isFirst = !isOver && time.nowMs < untilMs;
      isOver = true;
      return isFirst;
    };
    const attempt = (): void => {
      if (isOver || this.#isStopped || !this.process.isAlive || !link.isDialling) return;
      if (time.nowMs >= untilMs) {
        isOver = true;
        link.isDialling = false;
        this.#rejectWaiting(link, `${to} does not answer`);
        return;
      }
      this.#knock(to, claim);
      time.after(redialMs, attempt);
    };
    attempt();
  }

  /** One try of a handshake; `claim` says whether it is the first that got through. */
  #knock(to: PeerAddress, claim: () => boolean): void {
    const { links, time } = this.#network;
    const identity = this.#identity;
    const delayMs = links.datagramDelayMs(this.address, to, 1_200);
    if (delayMs === undefined || identity === undefined) return;
    time.after(delayMs, () => {
      const host = this.#network.host(to);
      host?.process.input(() => {
        if (links.isBlocked(to, this.address) || !this.process.isAlive) return;
        // A change of identity has made handshakes from before it void.
        if (this.#identity !== identity || !host.isAccepting || !claim()) return;
        const end = host.accept(this, identity);
        const backMs = links.reliableDelayMs(to, this.address, 1_200);
        time.after(backMs, () => this.process.input(() => this.#established(end, identity)));
      });
    });
  }

  #established(end: ConnectionEnd, identity: LocalIdentity): void {
    if (this.#isStopped || this.#identity !== identity || end.twin?.isOpen !== true) {
      end.close(closedError('the connection came too late'), true);
      this.#link(end.peer.address).isDialling = false;
      this.#rejectWaiting(this.#link(end.peer.address), 'the connection came too late');
      return;
    }
    this.#opened(end);
  }

  #closeAll(why: string): void {
    for (const link of this.#links.values()) {
      for (const end of [...link.ends]) end.close(closedError(why), true);
    }
  }

  #rejectWaiting(link: PeerLink, why: string): void {
    const { waiting } = link;
    link.waiting = [];
    link.datagrams = [];
    for (const { reject } of waiting) reject(new PatinaError('PATINA_PEER_UNREACHABLE', why));
  }

  #link(address: PeerAddress): PeerLink {
    const known = this.#links.get(address);
    if (known !== undefined) return known;
    const link: PeerLink = { ends: new Set(), isDialling: false, waiting: [], datagrams: [] };
    this.#links.set(address, link);
    return link;
  }
}
