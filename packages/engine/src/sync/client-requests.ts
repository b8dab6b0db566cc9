// What a sync client asks one peer for, piece by piece: each piece is what is lacking at that moment, less
// what is on its way from any peer and what this peer was asked already.

import type { ActorId } from '../base/actor-id.ts';
import type { ActorState, SyncNeed } from '../ports.ts';
import type { BookkeepingView } from './bookkeeping.ts';
import { NeedSet } from './need-set.ts';
import { countGained, lackingOf } from './needs.ts';

export interface PieceLimits {
  /** Bytes that the answer to one request should have; pieces are sized to it as answers come in. */
  readonly pieceBytesTarget: number;
  readonly pieceVersionsStart: number;
  /** Bounds a piece however small the versions are, so that other peers find something to do. */
  readonly pieceVersionsMax: number;
  readonly pieceNeedsMax: number;
}

/** What decides whether something is lacking and not on its way. */
export interface RequestSources {
  readonly selfActorId: ActorId;
  readonly bookkeeping: BookkeepingView;
  /** Shared by all client sessions of the node: what any of them has asked for. */
  readonly inFlight: NeedSet;
  /** What came by broadcast and waits for the applier, if the caller keeps count of that. */
  readonly queued?: NeedSet | undefined;
}

interface OutstandingRequest {
  readonly needs: readonly SyncNeed[];
  readonly asked: NeedSet;
  bytes: number;
  /** Deliveries that the applier has not finished. */
  unapplied: number;
  isAnswered: boolean;
}

export class ClientRequests {
  readonly #self: ActorId;
  readonly #ours: BookkeepingView;
  readonly #inFlight: NeedSet;
  readonly #queued: NeedSet;
  readonly #limits: PieceLimits;
  /** Peers' states that may still have something for us; the next piece starts with the first. */
  #theirs: ActorState[] = [];
  readonly #asked = new NeedSet();
  readonly #requests = new Map<number, OutstandingRequest>();
  #pieceVersions: number;
  #unanswered = 0;
  #lastRequestId = 0;
  #gained = 0;

  constructor(sources: RequestSources, limits: PieceLimits) {
    this.#self = sources.selfActorId;
    this.#ours = sources.bookkeeping;
    this.#inFlight = sources.inFlight;
    this.#queued = sources.queued ?? new NeedSet();
    this.#limits = limits;
    this.#pieceVersions = limits.pieceVersionsStart;
  }

  /** Requests ever made. */
  get count(): number {
    return this.#lastRequestId;
  }

  /** Versions gained by requests that are over; all of them once nothing is unapplied. */
  get gainedVersions(): number {
    return this.#gained;
  }

  /** Requests of which the peer has not said that they are done. */
  get unanswered(): number {
    return this.#unanswered;
  }

  startWith(theirs: readonly ActorState[]): void {
    this.#theirs = theirs.filter(({ actorId }) => actorId !== this.#self);
  }

  /** Claims the next piece; undefined when there is nothing to ask this peer for at present. */
  next(): { requestId: number; needs: readonly SyncNeed[] } | undefined {
    const needs = this.#takePiece();
    if (needs.length === 0) return undefined;
    for (const need of needs) {
      this.#inFlight.add(need);
      this.#asked.add(need);
    }
    this.#lastRequestId++;
    this.#unanswered++;
    const asked = NeedSet.from(needs);
    const request = { needs, asked, bytes: 0, unapplied: 0, isAnswered: false };
    this.#requests.set(this.#lastRequestId, request);
    return { requestId: this.#lastRequestId, needs };
  }

  /** What an unanswered request asked for; undefined for any other id. */
  askedBy(requestId: number): NeedSet | undefined {
    const request = this.#requests.get(requestId);
    return request?.isAnswered === false ? request.asked : undefined;
  }

  delivered(requestId: number, bytes: number): void {
    const request = this.#requests.get(requestId);
    if (request === undefined) return;
    request.bytes += bytes;
    request.unapplied++;
  }

  applied(requestId: number): void {
    const request = this.#requests.get(requestId);
    if (request === undefined) return;
    request.unapplied--;
    this.#releaseIfOver(requestId, request);
  }

  answered(requestId: number): void {
    const request = this.#requests.get(requestId);
    if (request === undefined || request.isAnswered) return;
    this.#resizePieces(request);
    this.#end(requestId, request);
  }

  /** The peer will not answer any more; claims stay only for what the applier still has. */
  abandon(): void {
    for (const [requestId, request] of this.#requests) {
      if (!request.isAnswered) this.#end(requestId, request);
    }
  }

  /** Nothing will be applied any more: gives up every claim. */
  drop(): void {
    for (const { needs } of this.#requests.values()) {
      for (const need of needs) this.#inFlight.remove(need);
    }
    this.#requests.clear();
    this.#unanswered = 0;
  }

  #end(requestId: number, request: OutstandingRequest): void {
    request.isAnswered = true;
    this.#unanswered--;
    this.#releaseIfOver(requestId, request);
  }

  #releaseIfOver(requestId: number, request: OutstandingRequest): void {
    if (!request.isAnswered || request.unapplied > 0) return;
    for (const need of request.needs) this.#inFlight.remove(need);
    this.#gained += countGained(this.#ours, request.needs);
    this.#requests.delete(requestId);
  }

  #takePiece(): SyncNeed[] {
    const piece: SyncNeed[] = [];
    let versionsLeft = this.#pieceVersions;
    let needsLeft = this.#limits.pieceNeedsMax;
    const visited = this.#theirs.splice(0);
    const useful: ActorState[] = [];
    let index = 0;
    for (; index < visited.length && versionsLeft > 0 && needsLeft > 0; index++) {
      const state = visited[index];
      if (state === undefined) break;
      const lacking = lackingOf(this.#ours, [state], this.#self);
      if (lacking.isEmpty) continue;
      useful.push(state);
      lacking.subtract(this.#inFlight);
      lacking.subtract(this.#queued);
      lacking.subtract(this.#asked);
      const taken = lacking.take({ versionsMax: versionsLeft, needsMax: needsLeft });
      versionsLeft -= NeedSet.from(taken).versionCount;
      needsLeft -= taken.length;
      piece.push(...taken);
    }
    // Those not reached come first the next time, so that every actor gets its turn.
    this.#theirs = [...visited.slice(index), ...useful];
    return piece;
  }

  #resizePieces(request: OutstandingRequest): void {
    const versions = request.asked.versionCount;
    if (versions === 0 || request.bytes === 0) return;
    const fitting = (this.#limits.pieceBytesTarget * versions) / request.bytes;
    const grown = Math.min(fitting, this.#pieceVersions * 4, this.#limits.pieceVersionsMax);
    this.#pieceVersions = Math.max(1, Math.floor(grown));
  }
}
