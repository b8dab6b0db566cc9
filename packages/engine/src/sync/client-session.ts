// The asking side of one sync session, as a machine. It compares digests, learns what the peer has, and
// then keeps several requests on their way at once, so that the link or the applier is the limit and never
// the round trip. Nothing is remembered across sessions: what a broken one did not bring is still lacking.

import { ByteReader } from '../base/bytes.ts';
import { decodeChunkHeader } from '../base/chunk-header.ts';
import { asPatinaError, PatinaError } from '../base/errors.ts';
import type { Hlc } from '../base/hlc.ts';
import type { Chunk, EmptyVersions } from '../ports.ts';
import { ClientRequests, type PieceLimits, type RequestSources } from './client-requests.ts';
import type { ClientEffect, ClientEvent, SessionOutcome, SessionResult } from './session-types.ts';
import { StateAssembler, splitStates, stateDigest } from './state-codec.ts';
import {
  decodeSyncMessage,
  encodeSyncMessage,
  type RejectionReason,
  type SyncMessage,
  syncProtocolVersion,
} from './wire.ts';

export interface ClientLimits extends PieceLimits {
  /** Without any message from the peer for so long while we wait for one, the session is broken off. */
  readonly idleMsMax: number;
  /** After so long nothing more is asked; after twice as long the session is broken off. */
  readonly sessionMsMax: number;
  readonly requestsUnansweredMax: number;
  /** Bytes delivered to the applier and not applied at which the stream is held back. */
  readonly unappliedBytesMax: number;
  readonly stateMessageBytesMax: number;
}

export const clientLimits: ClientLimits = {
  idleMsMax: 15_000,
  sessionMsMax: 300_000,
  requestsUnansweredMax: 8,
  unappliedBytesMax: 8 * 1024 * 1024,
  stateMessageBytesMax: 64 * 1024,
  pieceBytesTarget: 1024 * 1024,
  pieceVersionsStart: 128,
  pieceVersionsMax: 4096,
  pieceNeedsMax: 128,
};

export interface ClientSessionOptions extends RequestSources {
  readonly clusterId: number;
  readonly clock: () => Hlc;
  readonly limits?: Partial<ClientLimits>;
}

type Phase = 'new' | 'started' | 'exchanging' | 'fetching' | 'over';

export class ClientSession {
  readonly #options: ClientSessionOptions;
  readonly #limits: ClientLimits;
  readonly #requests: ClientRequests;
  readonly #assembler = new StateAssembler();
  readonly #unapplied = new Map<number, { requestId: number; bytes: number }>();
  #effects: ClientEffect[] = [];
  #phase: Phase = 'new';
  #ownDigest = '';
  #startedMs = 0;
  #heardMs = 0;
  #unappliedBytes = 0;
  #lastDeliveryId = 0;
  #isHeld = false;
  #isClosed = false;
  #ending: Pick<SessionOutcome, 'result' | 'rejection' | 'error'> | undefined;
  #chunks = 0;
  #bytes = 0;
  #emptyVersions = 0;
  #unrequested = 0;

  constructor(options: ClientSessionOptions) {
    this.#options = options;
    this.#limits = { ...clientLimits, ...options.limits };
    this.#requests = new ClientRequests(options, this.#limits);
  }

  /** Whether the driver must deliver no further message until a `resume` effect. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** Chunks dropped because nobody asked for them. */
  get unrequested(): number {
    return this.#unrequested;
  }

  step(event: ClientEvent, nowMs: number): ClientEffect[] {
    if (this.#isClosed) return [];
    if (this.#phase === 'new') this.#startedMs = nowMs;
    this.#effects = [];
    try {
      this.#handle(event, nowMs);
    } catch (error) {
      if (!(error instanceof PatinaError)) throw error;
      this.#abort('malformed', error);
    }
    this.#closeIfDrained(nowMs);
    return this.#effects;
  }

  #handle(event: ClientEvent, nowMs: number): void {
    switch (event.kind) {
      case 'open':
        this.#open(nowMs);
        break;
      case 'message':
        this.#heardMs = nowMs;
        if (this.#phase !== 'over') this.#handleMessage(decodeSyncMessage(event.bytes), nowMs);
        break;
      case 'ended':
        this.#peerEnded(event.error);
        break;
      case 'applied':
        this.#applied(event.deliveryId, nowMs);
        break;
      case 'timer':
        this.#checkTime(nowMs);
        break;
      case 'stop':
        this.#requests.drop();
        this.#unapplied.clear();
        this.#abort('stopped', undefined);
        break;
    }
  }

  #open(nowMs: number): void {
    const { clusterId, clock, bookkeeping } = this.#options;
    this.#phase = 'started';
    this.#heardMs = nowMs;
    this.#ownDigest = stateDigest(bookkeeping.state());
    this.#send({
      kind: 'start',
      protocolVersion: syncProtocolVersion,
      clusterId,
      digest: this.#ownDigest,
      clock: clock(),
    });
    this.#effects.push({ kind: 'timer', atMs: nowMs + this.#limits.idleMsMax });
  }

  #handleMessage(message: SyncMessage, nowMs: number): void {
    switch (message.kind) {
      case 'start':
        this.#expect('started', message);
        this.#compareDigests(message.digest, message.clock);
        break;
      case 'rejection':
        this.#expect('started', message);
        this.#finish('rejected', message.reason);
        break;
      case 'state':
        this.#expect('exchanging', message);
        this.#assembler.add(message.states);
        if (message.isLast) this.#startFetching(nowMs);
        break;
      case 'slice':
        this.#expect('fetching', message);
        this.#deliver(message.requestId, message.chunks, message.empty);
        break;
      case 'done':
        this.#expect('fetching', message);
        this.#requests.answered(message.requestId);
        this.#requestMore(nowMs);
        break;
      case 'request':
        this.#refuse('a server does not ask');
    }
  }

  #compareDigests(digest: string, clock: Hlc): void {
    this.#effects.push({ kind: 'clock', hlc: clock });
    if (digest === this.#ownDigest) {
      this.#finish('agreed');
      return;
    }
    this.#phase = 'exchanging';
    // The peer cannot use our state in this session, but learns from it what to ask us for.
    const groups = splitStates(
      this.#options.bookkeeping.state(),
      this.#limits.stateMessageBytesMax,
    );
    groups.forEach((states, index) => {
      this.#send({ kind: 'state', isLast: index === groups.length - 1, states });
    });
  }

  #startFetching(nowMs: number): void {
    const states = this.#assembler.finish();
    this.#effects.push({ kind: 'peer-state', states });
    this.#phase = 'fetching';
    this.#requests.startWith(states);
    this.#requestMore(nowMs);
  }

  #requestMore(nowMs: number): void {
    if (this.#phase !== 'fetching') return;
    const { requestsUnansweredMax, unappliedBytesMax, sessionMsMax } = this.#limits;
    const hasTime = nowMs < this.#startedMs + sessionMsMax;
    while (hasTime && this.#requests.unanswered < requestsUnansweredMax) {
      if (this.#unappliedBytes >= unappliedBytesMax) return;
      const request = this.#requests.next();
      if (request === undefined) break;
      this.#send({ kind: 'request', ...request });
    }
    if (this.#requests.unanswered === 0) this.#finish('complete');
  }

  #deliver(
    requestId: number,
    encoded: readonly Uint8Array[],
    empty: readonly EmptyVersions[],
  ): void {
    const asked = this.#requests.askedBy(requestId);
    if (asked === undefined) this.#refuse(`an answer to request ${requestId}, which is not open`);
    const chunks: Chunk[] = [];
    let bytes = 0;
    for (const chunk of encoded) {
      const header = decodeChunkHeader(new ByteReader(chunk));
      bytes += chunk.length;
      if (asked.touches(header.actorId, header.version)) chunks.push({ header, bytes: chunk });
      else this.#unrequested++;
    }
    // A peer may call empty only what it was asked for: the claim would be believed for ever.
    const believed = empty
      .map(({ actorId, versions }) => ({ actorId, versions: asked.touchedOf(actorId, versions) }))
      .filter(({ versions }) => versions.length > 0);
    if (chunks.length === 0 && believed.length === 0) return;
    this.#chunks += chunks.length;
    this.#bytes += bytes;
    for (const { versions } of believed) this.#emptyVersions += countVersions(versions);
    const deliveryId = ++this.#lastDeliveryId;
    this.#unapplied.set(deliveryId, { requestId, bytes });
    this.#unappliedBytes += bytes;
    this.#isHeld = this.#unappliedBytes >= this.#limits.unappliedBytesMax;
    this.#requests.delivered(requestId, bytes);
    this.#effects.push({ kind: 'deliver', deliveryId, chunks, empty: believed });
  }

  #applied(deliveryId: number, nowMs: number): void {
    const delivery = this.#unapplied.get(deliveryId);
    if (delivery === undefined) return;
    this.#unapplied.delete(deliveryId);
    this.#unappliedBytes -= delivery.bytes;
    this.#requests.applied(delivery.requestId);
    // The peer was not silent while we held it back.
    this.#heardMs = nowMs;
    if (this.#isHeld && this.#unappliedBytes <= this.#limits.unappliedBytesMax / 2) this.#resume();
    this.#requestMore(nowMs);
  }

  #peerEnded(error: Error | undefined): void {
    if (this.#phase === 'over') return;
    const cause = error === undefined ? undefined : asPatinaError(error);
    this.#abort('broken', cause);
  }

  #checkTime(nowMs: number): void {
    if (this.#phase === 'over') return;
    const { idleMsMax, sessionMsMax } = this.#limits;
    const isIdle = this.#unapplied.size === 0 && nowMs >= this.#heardMs + idleMsMax;
    if (isIdle || nowMs >= this.#startedMs + 2 * sessionMsMax) {
      this.#abort('timeout', undefined);
      return;
    }
    const nextMs = this.#unapplied.size === 0 ? this.#heardMs + idleMsMax : nowMs + idleMsMax;
    this.#effects.push({ kind: 'timer', atMs: nextMs });
  }

  #expect(phase: Phase, message: SyncMessage): void {
    if (this.#phase !== phase) this.#refuse(`${message.kind} while ${this.#phase}`);
  }

  #refuse(what: string): never {
    throw new PatinaError('PATINA_WIRE_MALFORMED', `out of order in a sync session: ${what}`);
  }

  #send(message: SyncMessage): void {
    this.#effects.push({ kind: 'send', bytes: encodeSyncMessage(message) });
  }

  #finish(result: SessionResult, rejection?: RejectionReason): void {
    this.#effects.push({ kind: 'end' });
    this.#conclude(result, rejection, undefined);
  }

  #abort(result: SessionResult, error: PatinaError | undefined): void {
    if (this.#phase === 'over') return;
    this.#effects.push({ kind: 'abort' });
    this.#conclude(result, undefined, error);
  }

  #conclude(
    result: SessionResult,
    rejection: RejectionReason | undefined,
    error: PatinaError | undefined,
  ): void {
    this.#phase = 'over';
    this.#requests.abandon();
    if (this.#isHeld) this.#resume();
    this.#ending = { result, rejection, error };
  }

  #resume(): void {
    this.#isHeld = false;
    this.#effects.push({ kind: 'resume' });
  }

  /** The claims on what the applier still has are kept until it is done, so closing waits for it. */
  #closeIfDrained(nowMs: number): void {
    if (this.#ending === undefined || this.#isClosed) return;
    if (this.#unapplied.size > 0) return;
    this.#isClosed = true;
    const outcome = {
      ...this.#ending,
      chunks: this.#chunks,
      bytes: this.#bytes,
      emptyVersions: this.#emptyVersions,
      gainedVersions: this.#requests.gainedVersions,
      requests: this.#requests.count,
      durationMs: nowMs - this.#startedMs,
    };
    this.#effects.push({ kind: 'closed', outcome });
  }
}

function countVersions(versions: EmptyVersions['versions']): number {
  return versions.reduce((total, [start, end]) => total + end - start + 1, 0);
}
