// Carries sync: starts client sessions when the scheduler says so, answers those of others, and ties both
// to streams, storage and applier.

import type { ActorId } from '../base/actor-id.ts';
import { asPatinaError } from '../base/errors.ts';
import type { Hlc } from '../base/hlc.ts';
import type {
  ActorState,
  Cancel,
  Chunk,
  Clock,
  EmptyVersions,
  MessageStream,
  PeerAddress,
  Storage,
  Timers,
  Transport,
} from '../ports.ts';
import type { BookkeepingView } from '../sync/bookkeeping.ts';
import { ClientSession } from '../sync/client-session.ts';
import { NeedSet } from '../sync/need-set.ts';
import { lackingOf } from '../sync/needs.ts';
import type { SchedulerEvent, SyncMember, SyncScheduler } from '../sync/scheduler.ts';
import { ServerSession, ServerSlots } from '../sync/server-session.ts';
import type { ClientEvent, ServerEvent, SessionOutcome } from '../sync/session-types.ts';

export interface SyncDriverOptions {
  readonly scheduler: SyncScheduler;
  readonly transport: Transport;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly book: BookkeepingView;
  readonly clusterId: number;
  readonly selfActorId: () => ActorId;
  readonly hlc: () => Hlc;
  /** What has arrived and waits for the storage: not to be asked for again. */
  readonly queued: NeedSet;
  readonly deliver: (
    chunks: readonly Chunk[],
    empty: readonly EmptyVersions[],
    done: () => void,
  ) => void;
  /** Told what a peer has, when a session learns it. */
  readonly onPeerState: (states: readonly ActorState[]) => void;
  readonly onFinished: (
    role: 'client' | 'server',
    address: PeerAddress,
    outcome: SessionOutcome,
  ) => void;
}

/** A session of either side, as it is stopped. */
interface Running {
  stop(): void;
}

export class SyncDriver {
  readonly #options: SyncDriverOptions;
  readonly #inFlight = new NeedSet();
  readonly #slots = new ServerSlots();
  readonly #sessions = new Set<Running>();
  #cancelTimer: Cancel = () => {};
  #isStopped = false;

  constructor(options: SyncDriverOptions) {
    this.#options = options;
  }

  /** Sessions under way, of both sides. */
  get sessions(): number {
    return this.#sessions.size;
  }

  members(members: readonly SyncMember[]): void {
    this.#feed({ kind: 'members', members });
  }

  /** Bookkeeping has changed, or something was committed or received. */
  activity(): void {
    this.#feed({ kind: 'activity' });
    const isLacking = this.#options.book.isLacking(this.#options.selfActorId());
    this.#feed({ kind: 'lacking', isLacking });
  }

  /** Begins sessions now, with as many peers as may be; returns how many. */
  request(): number {
    return this.#feed({ kind: 'request' });
  }

  stop(): void {
    this.#feed({ kind: 'stop' });
    this.#isStopped = true;
    this.#cancelTimer();
    this.#slots.stop();
    for (const session of this.#sessions) session.stop();
  }

  /** A peer opened a stream: it wants to be served. */
  serve(stream: MessageStream): void {
    if (this.#isStopped) {
      stream.abort();
      return;
    }
    const { clusterId, hlc, book, storage } = this.#options;
    const session = new ServerSession({
      clusterId,
      clock: hlc,
      bookkeeping: book,
      slots: this.#slots,
    });
    const timer = this.#sessionTimer(() => feed({ kind: 'timer' }));
    const feed = (event: ServerEvent): void => {
      for (const effect of session.step(event, this.#nowMs())) {
        switch (effect.kind) {
          case 'send':
            stream.send(effect.bytes).then(
              () => feed({ kind: 'sent' }),
              (error: unknown) => feed({ kind: 'ended', error: asPatinaError(error) }),
            );
            break;
          case 'read':
            storage.read(effect.need, effect.bytesMax).then(
              (slice) => feed({ kind: 'slice', slice }),
              (error: unknown) => feed({ kind: 'read-failed', error: asPatinaError(error) }),
            );
            break;
          case 'timer':
            timer.at(effect.atMs);
            break;
          case 'end':
            stream.end();
            break;
          case 'abort':
            stream.abort();
            break;
          case 'peer-state':
            this.#heardState(stream.peer.address, effect.states);
            break;
          case 'clock':
            break;
          case 'closed':
            timer.cancel();
            this.#sessions.delete(running);
            this.#options.onFinished('server', stream.peer.address, effect.outcome);
            break;
        }
      }
    };
    const running = { stop: () => feed({ kind: 'stop' }) };
    this.#sessions.add(running);
    stream.receive({
      onMessage: (bytes) => feed({ kind: 'message', bytes }),
      onEnd: (error) => feed({ kind: 'ended', error }),
    });
    feed({ kind: 'open' });
  }

  /** What a peer has tells how much of it we lack, and so how urgent it is to ask. */
  #heardState(address: PeerAddress, states: readonly ActorState[]): void {
    this.#options.onPeerState(states);
    const versions = lackingOf(
      this.#options.book,
      states,
      this.#options.selfActorId(),
    ).versionCount;
    this.#feed({ kind: 'hint', address, versions });
  }

  async #start(address: PeerAddress): Promise<void> {
    let stream: MessageStream;
    try {
      stream = await this.#options.transport.openStream(address);
    } catch {
      // The transport has counted why; the scheduler leaves the peer alone for a while.
      this.#feed({ kind: 'finished', address, outcome: undefined });
      return;
    }
    if (this.#isStopped) stream.abort();
    else this.#runClient(address, stream);
  }

  #runClient(address: PeerAddress, stream: MessageStream): void {
    const { clusterId, hlc, book, selfActorId } = this.#options;
    const session = new ClientSession({
      selfActorId: selfActorId(),
      clusterId,
      clock: hlc,
      bookkeeping: book,
      inFlight: this.#inFlight,
      queued: this.#options.queued,
    });
    const timer = this.#sessionTimer(() => feed({ kind: 'timer' }));
    let resume: () => void = () => {};
    const feed = (event: ClientEvent): void => {
      for (const effect of session.step(event, this.#nowMs())) {
        switch (effect.kind) {
          case 'send':
            stream.send(effect.bytes).catch((error: unknown) => {
              feed({ kind: 'ended', error: asPatinaError(error) });
            });
            break;
          case 'deliver': {
            const { chunks, empty, deliveryId } = effect;
            this.#options.deliver(chunks, empty, () => feed({ kind: 'applied', deliveryId }));
            break;
          }
          case 'resume':
            resume();
            break;
          case 'timer':
            timer.at(effect.atMs);
            break;
          case 'end':
            stream.end();
            break;
          case 'abort':
            stream.abort();
            break;
          case 'peer-state':
            this.#heardState(address, effect.states);
            break;
          case 'clock':
            break;
          case 'closed':
            timer.cancel();
            resume();
            this.#sessions.delete(running);
            this.#options.onFinished('client', address, effect.outcome);
            this.#feed({ kind: 'finished', address, outcome: effect.outcome });
            break;
        }
      }
    };
    const running = { stop: () => feed({ kind: 'stop' }) };
    this.#sessions.add(running);
    stream.receive({
      onMessage: (bytes) => {
        feed({ kind: 'message', bytes });
        if (!session.isHeld) return undefined;
        return new Promise<void>((resolve) => {
          resume = resolve;
        });
      },
      onEnd: (error) => feed({ kind: 'ended', error }),
    });
    feed({ kind: 'open' });
  }

  /** Returns how many sessions were begun. */
  #feed(event: SchedulerEvent): number {
    if (this.#isStopped) return 0;
    const { scheduler, timers } = this.#options;
    let begun = 0;
    for (const effect of scheduler.step(event, this.#nowMs())) {
      if (effect.kind === 'start') {
        void this.#start(effect.address);
        begun++;
        continue;
      }
      this.#cancelTimer();
      const delayMs = Math.max(0, effect.atMs - this.#nowMs());
      this.#cancelTimer = timers.after(delayMs, () => void this.#feed({ kind: 'timer' }));
    }
    return begun;
  }

  #sessionTimer(run: () => void): { at(atMs: number): void; cancel(): void } {
    let cancel: Cancel = () => {};
    return {
      at: (atMs) => {
        cancel();
        cancel = this.#options.timers.after(Math.max(0, atMs - this.#nowMs()), run);
      },
      cancel: () => cancel(),
    };
  }

  #nowMs(): number {
    return this.#options.clock.monotonicMs();
  }
}
