// A connection between two simulated transports: two ends, which learn of each other's fate only by what
// reaches them. It carries datagrams as the path allows and everything else reliably while it lives.

import type { MessageStream, Peer, PeerAddress } from '@patina/engine/ports.ts';
import { closedError } from './closed-error.ts';
import type { Network } from './network.ts';
import type { SimProcess } from './sim-process.ts';
import { SimStream } from './sim-stream.ts';

/** Waits between two tries of a transmission that met a blocked path, milliseconds. */
const retryMsMin = 100;
const retryMsMax = 2_000;

/** What an end tells the transport that it belongs to. */
export interface EndOwner {
  readonly process: SimProcess;
  readonly address: PeerAddress;
  onDatagram(from: Peer, bytes: Uint8Array): void;
  onMessage(from: Peer, bytes: Uint8Array): void;
  onStream(stream: MessageStream): void;
  onClosed(end: ConnectionEnd): void;
}

interface WaitingMessage {
  readonly bytes: Uint8Array;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class ConnectionEnd {
  readonly owner: EndOwner;
  readonly peer: Peer;
  /** Session of the end that dialled: decides which of two connections is used. */
  readonly diallerSession: string;
  readonly #network: Network;
  #twin: ConnectionEnd | undefined;
  #isOpen = true;
  /** When a round trip last worked, true milliseconds. */
  lastHeardMs: number;
  /** Smoothed round trip, milliseconds. */
  rttMs = 1;
  readonly streams = new Set<SimStream>();
  #waiting: WaitingMessage[] = [];
  #messageBytesInFlight = 0;
  #datagramsSent = 0;
  #lastDatagramArrived = 0;
  #messagesSent = 0;
  #lastMessageArrived = 0;
  bytesSent = 0;
  bytesReceived = 0;

  constructor(network: Network, owner: EndOwner, peer: Peer, diallerSession: string) {
    this.#network = network;
    this.owner = owner;
    this.peer = peer;
    this.diallerSession = diallerSession;
    this.lastHeardMs = network.time.nowMs;
  }

  /** Makes two ends one connection. */
  static join(a: ConnectionEnd, b: ConnectionEnd): void {
    a.#twin = b;
    b.#twin = a;
  }

  get twin(): ConnectionEnd | undefined {
    return this.#twin;
  }

  get isOpen(): boolean {
    return this.#isOpen && this.owner.process.isAlive;
  }

  sendDatagram(bytes: Uint8Array): void {
    const { links, time } = this.#network;
    const { address } = this.peer;
    const number = ++this.#datagramsSent;
    this.bytesSent += bytes.length;
    const delayMs = links.datagramDelayMs(this.owner.address, address, bytes.length);
    if (delayMs === undefined) return;
    time.after(delayMs, () => this.#datagramArrives(number, bytes));
    const again = links.repeatDelayMs();
    if (again !== undefined) {
      time.after(delayMs + again, () => this.#datagramArrives(number, bytes));
    }
  }

  /** Resolves when the message fits the window of what is under way. */
  sendMessage(bytes: Uint8Array): Promise<void> {
    if (!this.isOpen) return Promise.reject(closedError('the connection has ended'));
    if (this.#messageBytesInFlight < this.#network.limits.messageWindowBytes) {
      this.#startMessage(bytes);
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => this.#waiting.push({ bytes, resolve, reject }));
  }

  openStream(): SimStream {
    const twin = this.#twin;
    if (!this.isOpen || twin === undefined) throw closedError('the connection has ended');
    const here = new SimStream(this, this.#network);
    const there = new SimStream(twin, this.#network);
    SimStream.join(here, there);
    this.streams.add(here);
    here.open(() => {
      twin.streams.add(there);
      twin.owner.onStream(there);
    });
    return here;
  }

  /** Brings something to the other end, however often it takes, while the connection lives. */
  carry(bytes: number, deliver: () => void): void {
    this.bytesSent += bytes;
    this.#tryToCarry(bytes, deliver, retryMsMin);
  }

  /** Ends this side; the other one learns of it when it can. */
  close(error: Error, tellsPeer: boolean): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    for (const stream of [...this.streams]) stream.fail(error);
    this.streams.clear();
    for (const { reject } of this.#waiting.splice(0)) reject(error);
    this.owner.onClosed(this);
    if (tellsPeer) this.#tellPeer();
  }

  #tellPeer(): void {
    const { links, time } = this.#network;
    const delayMs = links.datagramDelayMs(this.owner.address, this.peer.address, 40);
    if (delayMs === undefined) return;
    const twin = this.#twin;
    time.after(delayMs, () => {
      twin?.owner.process.input(() => {
        twin.close(closedError('the peer closed the connection'), false);
      });
    });
  }

  #tryToCarry(bytes: number, deliver: () => void, waitMs: number): void {
    const { links, time, faults } = this.#network;
    if (!this.isOpen) return;
    if (links.isBlocked(this.owner.address, this.peer.address)) {
      faults.blocked++;
      const nextMs = Math.min(retryMsMax, waitMs * 2);
      time.after(waitMs, () => this.#tryToCarry(bytes, deliver, nextMs));
      return;
    }
    const delayMs = links.reliableDelayMs(this.owner.address, this.peer.address, bytes);
    const twin = this.#twin;
    time.after(delayMs, () => {
      twin?.owner.process.input(() => {
        if (!twin.isOpen) return;
        twin.bytesReceived += bytes;
        deliver();
      });
    });
  }

  #datagramArrives(number: number, bytes: Uint8Array): void {
    const twin = this.#twin;
    if (twin === undefined) return;
    twin.owner.process.input(() => {
      if (!twin.isOpen) {
        // The host is there, the connection is not: the sender is told so.
        this.close(closedError('the peer does not know the connection'), false);
        return;
      }
      if (number < twin.#lastDatagramArrived) this.#network.faults.reordered++;
      else twin.#lastDatagramArrived = number;
      twin.bytesReceived += bytes.length;
      this.#network.note(twin.owner.address, 'datagram', this.owner.address, bytes);
      twin.owner.onDatagram(twin.peer, bytes);
    });
  }

  #startMessage(bytes: Uint8Array): void {
    const twin = this.#twin;
    const number = ++this.#messagesSent;
    this.#messageBytesInFlight += bytes.length;
    this.carry(bytes.length, () => {
      if (twin === undefined) return;
      if (number < twin.#lastMessageArrived) this.#network.faults.reordered++;
      else twin.#lastMessageArrived = number;
      this.#network.note(twin.owner.address, 'message', this.owner.address, bytes);
      twin.carry(0, () => this.#messageTaken(bytes.length));
      twin.owner.onMessage(twin.peer, bytes);
    });
  }

  #messageTaken(bytes: number): void {
    this.#messageBytesInFlight -= bytes;
    while (this.#messageBytesInFlight < this.#network.limits.messageWindowBytes) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#startMessage(next.bytes);
      next.resolve();
    }
  }
}
