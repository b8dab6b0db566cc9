// A two-way stream of whole messages between two simulated transports: ordered, held back by its
// receiver, and broken when its connection is.

import type { MessageStream, Peer, PeerAddress } from '@patina/engine/ports.ts';
import { closedError } from './closed-error.ts';
import type { Network } from './network.ts';

type Handlers = Parameters<MessageStream['receive']>[0];

/** The end of a connection that a stream belongs to. */
export interface StreamCarrier {
  readonly peer: Peer;
  readonly owner: {
    readonly address: PeerAddress;
    readonly process: { readonly isAlive: boolean };
  };
  /** Streams that are not over. */
  readonly streams: Set<SimStream>;
  /** Brings something to the other end, however often it takes, while the connection lives. */
  carry(bytes: number, deliver: () => void): void;
}

/** What travels in one direction, in order. */
type Item =
  | { readonly kind: 'open'; readonly run: () => void }
  | { readonly kind: 'message'; readonly bytes: Uint8Array }
  | { readonly kind: 'end' };

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class SimStream implements MessageStream {
  readonly peer: Peer;
  readonly #end: StreamCarrier;
  readonly #network: Network;
  #twin: SimStream | undefined;
  #handlers: Handlers | undefined;
  #itemsSent = 0;
  #bytesInFlight = 0;
  #waiters: Waiter[] = [];
  #writeError: Error | undefined;
  /** Arrived before what was sent earlier. */
  readonly #early = new Map<number, Item>();
  #itemsArrived = 0;
  /** Arrived in order, not yet delivered. */
  #inbox: Item[] = [];
  #isBusy = false;
  /** How receiving ended; undefined while it goes on. */
  #ended: { readonly error: Error | undefined } | undefined;
  #isEndReported = false;

  constructor(end: StreamCarrier, network: Network) {
    this.#end = end;
    this.#network = network;
    this.peer = end.peer;
  }

  /** Makes two ends one stream. */
  static join(a: SimStream, b: SimStream): void {
    a.#twin = b;
    b.#twin = a;
  }

  /** Lets the other side know of the stream. */
  open(run: () => void): void {
    this.#send({ kind: 'open', run }, 1);
  }

  send(message: Uint8Array): Promise<void> {
    if (this.#writeError !== undefined) return Promise.reject(this.#writeError);
    const bytes = message.slice();
    this.#bytesInFlight += bytes.length;
    this.#send({ kind: 'message', bytes }, bytes.length);
    if (this.#bytesInFlight < this.#network.limits.streamWindowBytes) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  end(): void {
    if (this.#writeError !== undefined) return;
    this.#closeWriting(closedError('the stream was ended by this side'));
    this.#send({ kind: 'end' }, 1);
  }

  abort(): void {
    if (this.#writeError !== undefined && this.#ended !== undefined) return;
    this.#end.carry(1, () => this.#twin?.fail(closedError('the peer aborted the stream')));
    this.fail(closedError('the stream was aborted by this side'));
  }

  receive(handlers: Handlers): void {
    this.#handlers = handlers;
    if (this.#ended === undefined) this.#deliver();
    else queueMicrotask(() => this.#reportEnd());
  }

  /** Breaks both directions at this side. */
  fail(error: Error): void {
    this.#closeWriting(error);
    this.#finishReading(error);
  }

  #send(item: Item, bytes: number): void {
    const number = this.#itemsSent++;
    this.#end.carry(bytes, () => {
      if (this.#twin !== undefined) this.#twin.#arrive(number, item);
    });
  }

  #arrive(number: number, item: Item): void {
    this.#early.set(number, item);
    for (;;) {
      const next = this.#early.get(this.#itemsArrived);
      if (next === undefined) break;
      this.#early.delete(this.#itemsArrived);
      this.#itemsArrived++;
      if (next.kind === 'open') next.run();
      else this.#inbox.push(next);
    }
    this.#deliver();
  }

  #deliver(): void {
    while (this.#handlers !== undefined && !this.#isBusy && this.#ended === undefined) {
      const item = this.#inbox.shift();
      if (item === undefined) return;
      if (item.kind === 'message') this.#hand(item.bytes, this.#handlers);
      else this.#finishReading(undefined);
    }
  }

  #hand(bytes: Uint8Array, handlers: Handlers): void {
    this.#network.note(this.#end.owner.address, 'stream', this.peer.address, bytes);
    const taken = (): void => {
      const twin = this.#twin;
      this.#end.carry(0, () => {
        if (twin !== undefined) twin.#acknowledged(bytes.length);
      });
    };
    const pending = handlers.onMessage(bytes);
    if (pending === undefined) {
      taken();
      return;
    }
    this.#isBusy = true;
    const goOn = (): void => {
      this.#isBusy = false;
      if (this.#ended !== undefined) return;
      taken();
      this.#deliver();
    };
    pending.then(goOn, (error: unknown) => {
      this.#isBusy = false;
      this.#network.onFault(`a receiver of a stream failed: ${String(error)}`);
      this.abort();
    });
  }

  #acknowledged(bytes: number): void {
    this.#bytesInFlight -= bytes;
    if (this.#bytesInFlight >= this.#network.limits.streamWindowBytes) return;
    for (const { resolve } of this.#waiters.splice(0)) resolve();
  }

  #closeWriting(error: Error): void {
    if (this.#writeError !== undefined) return;
    this.#writeError = error;
    for (const { reject } of this.#waiters.splice(0)) reject(error);
    this.#checkOver();
  }

  #finishReading(error: Error | undefined): void {
    if (this.#ended !== undefined) return;
    this.#ended = { error };
    this.#inbox = [];
    queueMicrotask(() => this.#reportEnd());
    this.#checkOver();
  }

  #reportEnd(): void {
    if (this.#isEndReported || this.#handlers === undefined || this.#ended === undefined) return;
    if (!this.#end.owner.process.isAlive) return;
    this.#isEndReported = true;
    this.#handlers.onEnd(this.#ended.error);
  }

  #checkOver(): void {
    if (this.#writeError !== undefined && this.#ended !== undefined) this.#end.streams.delete(this);
  }
}
