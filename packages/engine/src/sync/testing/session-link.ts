// Test support: drives one client session and one server session over a link with latency and a limited
// rate, in virtual time, the way the node drives them over a stream.

import { ClientSession, type ClientSessionOptions } from '../client-session.ts';
import { NeedSet } from '../need-set.ts';
import { ServerSession, ServerSlots } from '../server-session.ts';
import type {
  ClientEffect,
  ClientEvent,
  ServerEffect,
  ServerEvent,
  SessionOutcome,
} from '../session-types.ts';
import { decodeSyncMessage } from '../wire.ts';
import type { MemoryStore } from './memory-store.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface SyncNode {
  readonly store: MemoryStore;
  readonly inFlight: NeedSet;
  readonly slots: ServerSlots;
}

export function syncNode(store: MemoryStore, slotsMax: number = 6): SyncNode {
  return { store, inFlight: new NeedSet(), slots: new ServerSlots(slotsMax) };
}

export interface LinkOptions {
  /** One way. */
  readonly latencyMs?: number;
  readonly bytesPerMs?: number;
  /** Time the applier takes for one delivery. */
  readonly applyMs?: number;
  /** Time that reading one slice takes. */
  readonly readMs?: number;
  /** The link breaks once the server sent so many bytes. */
  readonly breakAfterBytes?: number;
  readonly limits?: ClientSessionOptions['limits'];
  readonly clusterId?: number;
  /** Called when the client is done. */
  readonly onClosed?: (outcome: SessionOutcome) => void;
}

export class SessionLink {
  clientOutcome: SessionOutcome | undefined;
  serverOutcome: SessionOutcome | undefined;
  /** Of all messages, by kind, as seen on the link. */
  readonly messages: Record<string, number> = {};
  bytesToClient = 0;
  unappliedBytesMax = 0;
  readonly #time: VirtualTime;
  readonly #client: SyncNode;
  readonly #server: SyncNode;
  readonly #options: LinkOptions;
  readonly #clientSession: ClientSession;
  readonly #serverSession: ServerSession;
  #isBroken = false;
  #linkFreeMs = 0;
  #unappliedBytes = 0;
  readonly #heldBack: ClientEvent[] = [];

  constructor(time: VirtualTime, client: SyncNode, server: SyncNode, options: LinkOptions = {}) {
    this.#time = time;
    this.#client = client;
    this.#server = server;
    this.#options = options;
    this.#clientSession = new ClientSession({
      selfActorId: client.store.actorId,
      clusterId: options.clusterId ?? 0,
      clock: () => 1,
      bookkeeping: client.store.bookkeeping,
      inFlight: client.inFlight,
      ...(options.limits === undefined ? {} : { limits: options.limits }),
    });
    this.#serverSession = new ServerSession({
      clusterId: 0,
      clock: () => 2,
      bookkeeping: server.store.bookkeeping,
      slots: server.slots,
    });
    this.#toServer({ kind: 'open' });
    this.#toClient({ kind: 'open' });
  }

  get isClosed(): boolean {
    return this.clientOutcome !== undefined && this.serverOutcome !== undefined;
  }

  /** Breaks the link: both sides see an error. */
  break(): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    this.#toServer({ kind: 'ended', error: new Error('link broken') });
    this.#time.after(0, () => this.#toClient({ kind: 'ended', error: new Error('link broken') }));
  }

  stopClient(): void {
    this.#toClient({ kind: 'stop' });
  }

  #toClient(event: ClientEvent): void {
    if (event.kind === 'message' && this.#clientSession.isHeld) {
      this.#heldBack.push(event);
      return;
    }
    for (const effect of this.#clientSession.step(event, this.#time.nowMs)) {
      this.#carryOutClient(effect);
    }
  }

  #toServer(event: ServerEvent): void {
    for (const effect of this.#serverSession.step(event, this.#time.nowMs)) {
      this.#carryOutServer(effect);
    }
  }

  #carryOutClient(effect: ClientEffect): void {
    const { latencyMs = 0, applyMs = 0 } = this.#options;
    switch (effect.kind) {
      case 'send':
        this.#count(effect.bytes);
        this.#later(latencyMs, () => this.#toServer({ kind: 'message', bytes: effect.bytes }));
        break;
      case 'deliver': {
        const bytes = effect.chunks.reduce((total, chunk) => total + chunk.bytes.length, 0);
        this.#unappliedBytes += bytes;
        this.unappliedBytesMax = Math.max(this.unappliedBytesMax, this.#unappliedBytes);
        this.#time.after(applyMs, () => {
          this.#unappliedBytes -= bytes;
          this.#client.store.apply(effect.chunks, effect.empty);
          this.#toClient({ kind: 'applied', deliveryId: effect.deliveryId });
        });
        break;
      }
      case 'resume':
        while (this.#heldBack.length > 0 && !this.#clientSession.isHeld) {
          const event = this.#heldBack.shift();
          if (event !== undefined) this.#toClient(event);
        }
        break;
      case 'end':
        this.#later(latencyMs, () => this.#toServer({ kind: 'ended', error: undefined }));
        break;
      case 'abort':
        this.break();
        break;
      case 'timer':
        this.#time.after(effect.atMs - this.#time.nowMs, () => this.#toClient({ kind: 'timer' }));
        break;
      case 'closed':
        this.clientOutcome = effect.outcome;
        this.#options.onClosed?.(effect.outcome);
        break;
      case 'clock':
      case 'peer-state':
        break;
    }
  }

  #carryOutServer(effect: ServerEffect): void {
    const { latencyMs = 0, readMs = 0 } = this.#options;
    switch (effect.kind) {
      case 'send':
        this.#sendToClient(effect.bytes);
        break;
      case 'read': {
        const slice = this.#server.store.read(effect.need, effect.bytesMax);
        this.#time.after(readMs, () => this.#toServer({ kind: 'slice', slice }));
        break;
      }
      case 'end':
        this.#later(latencyMs + this.#linkBusyMs(), () => {
          this.#toClient({ kind: 'ended', error: undefined });
        });
        break;
      case 'abort':
        this.break();
        break;
      case 'timer':
        this.#time.after(effect.atMs - this.#time.nowMs, () => this.#toServer({ kind: 'timer' }));
        break;
      case 'closed':
        this.serverOutcome = effect.outcome;
        break;
      case 'clock':
      case 'peer-state':
        break;
    }
  }

  #sendToClient(bytes: Uint8Array): void {
    const { latencyMs = 0, bytesPerMs = Number.POSITIVE_INFINITY, breakAfterBytes } = this.#options;
    this.#count(bytes);
    const wireMs = bytes.length / bytesPerMs;
    this.#linkFreeMs = Math.max(this.#linkFreeMs, this.#time.nowMs) + wireMs;
    const takenMs = this.#linkBusyMs();
    this.#later(takenMs, () => this.#toServer({ kind: 'sent' }));
    this.#later(takenMs + latencyMs, () => {
      this.bytesToClient += bytes.length;
      if (breakAfterBytes !== undefined && this.bytesToClient > breakAfterBytes) this.break();
      else this.#toClient({ kind: 'message', bytes });
    });
  }

  #linkBusyMs(): number {
    return Math.max(0, this.#linkFreeMs - this.#time.nowMs);
  }

  #later(delayMs: number, run: () => void): void {
    this.#time.after(delayMs, () => {
      if (!this.#isBroken) run();
    });
  }

  #count(bytes: Uint8Array): void {
    const { kind } = decodeSyncMessage(bytes);
    this.messages[kind] = (this.messages[kind] ?? 0) + 1;
  }
}
