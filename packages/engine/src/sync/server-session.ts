// The answering side of one sync session, as a machine. It reads what is asked for from the storage in
// slices of bounded size and reads on only as the stream takes them, so that a slow peer costs little memory and
// a fast one never waits for the disk.

import { assert } from '../base/assert.ts';
import { chunkBytesMax } from '../base/chunk-header.ts';
import { asPatinaError, PatinaError } from '../base/errors.ts';
import type { Hlc } from '../base/hlc.ts';
import type { EmptyVersions, NeedSlice, SyncNeed } from '../ports.ts';
import type { BookkeepingView } from './bookkeeping.ts';
import type { ServerEffect, ServerEvent, SessionResult } from './session-types.ts';
import { StateAssembler, splitStates, stateDigest } from './state-codec.ts';
import {
  decodeSyncMessage,
  encodeSyncMessage,
  type RejectionReason,
  type SyncMessage,
  sliceChunksMax,
  sliceEmptyMax,
  syncProtocolVersion,
} from './wire.ts';

export interface ServerLimits {
  /** A session without requests and without messages for so long is broken off. */
  readonly idleMsMax: number;
  /** A message that the stream does not take for so long breaks the session off. */
  readonly sendMsMax: number;
  readonly requestsQueuedMax: number;
  /** Slices that may wait for the stream: one is being sent while the next is being read. */
  readonly slicesUnsentMax: number;
  readonly sliceBytesStart: number;
  readonly sliceBytesMin: number;
  readonly sliceBytesMax: number;
  /** Sending a slice for longer halves the next one. */
  readonly sliceSendMsMax: number;
  /** Sending a slice within this time doubles the next one. */
  readonly sliceSendMsMin: number;
  readonly stateMessageBytesMax: number;
}

export const serverLimits: ServerLimits = {
  idleMsMax: 30_000,
  sendMsMax: 30_000,
  requestsQueuedMax: 64,
  slicesUnsentMax: 2,
  sliceBytesStart: 256 * 1024,
  sliceBytesMin: 8 * 1024,
  sliceBytesMax: 1024 * 1024,
  sliceSendMsMax: 500,
  sliceSendMsMin: 50,
  stateMessageBytesMax: 64 * 1024,
};

/** A storage that answers so often with nothing but a rest will never end. */
const emptySlicesMax = 10_000;

/** What a chunk's length takes at most in a message. */
const chunkLengthBytesMax = 4;

/** How many sessions a node serves at once. */
export class ServerSlots {
  readonly max: number;
  #taken = 0;
  #isStopping = false;

  constructor(max: number = 6) {
    this.max = max;
  }

  get taken(): number {
    return this.#taken;
  }

  /** Takes a slot, or says why there is none. */
  acquire(): RejectionReason | undefined {
    if (this.#isStopping) return 'stopping';
    if (this.#taken >= this.max) return 'max-concurrency';
    this.#taken++;
    return undefined;
  }

  /** No session is served from now on. */
  stop(): void {
    this.#isStopping = true;
  }

  release(): void {
    this.#taken--;
  }
}

export interface ServerSessionOptions {
  readonly clusterId: number;
  readonly clock: () => Hlc;
  readonly bookkeeping: BookkeepingView;
  /** Shared by all server sessions of the node. */
  readonly slots: ServerSlots;
  readonly limits?: Partial<ServerLimits>;
}

interface QueuedRequest {
  readonly requestId: number;
  /** What is still to be read; the first is being read. */
  readonly needs: SyncNeed[];
  /** Whether everything read so far could be sent. */
  isComplete: boolean;
}

export class ServerSession {
  readonly #options: ServerSessionOptions;
  readonly #limits: ServerLimits;
  readonly #assembler = new StateAssembler();
  readonly #queue: QueuedRequest[] = [];
  /** Messages handed to the stream and not taken by it, oldest first. */
  readonly #unsent: { sinceMs: number; isSlice: boolean }[] = [];
  #effects: ServerEffect[] = [];
  #phase: 'new' | 'serving' | 'draining' | 'closed' = 'new';
  #isReading = false;
  /** Slices in a row that held nothing. */
  #emptySlices = 0;
  #hasSlot = false;
  #hasClientState = false;
  #sliceBytes: number;
  #startedMs: number | undefined;
  #nowMs = 0;
  #heardMs = 0;
  #requests = 0;
  #chunks = 0;
  #bytes = 0;

  constructor(options: ServerSessionOptions) {
    this.#options = options;
    this.#limits = { ...serverLimits, ...options.limits };
    this.#sliceBytes = this.#limits.sliceBytesStart;
  }

  step(event: ServerEvent, nowMs: number): ServerEffect[] {
    if (this.#phase === 'closed') return [];
    this.#startedMs ??= nowMs;
    this.#nowMs = nowMs;
    this.#effects = [];
    try {
      this.#handle(event, nowMs);
      this.#readMore();
    } catch (error) {
      if (!(error instanceof PatinaError)) throw error;
      this.#abort('malformed', error);
    }
    return this.#effects;
  }

  #handle(event: ServerEvent, nowMs: number): void {
    switch (event.kind) {
      case 'open':
        this.#heardMs = nowMs;
        this.#effects.push({ kind: 'timer', atMs: nowMs + this.#limits.idleMsMax });
        break;
      case 'message':
        this.#heardMs = nowMs;
        this.#handleMessage(decodeSyncMessage(event.bytes), nowMs);
        break;
      case 'ended':
        if (event.error !== undefined) this.#abort('broken', asPatinaError(event.error));
        else this.#drain();
        break;
      case 'slice':
        this.#isReading = false;
        this.#sendSlice(event.slice, nowMs);
        break;
      case 'read-failed':
        this.#isReading = false;
        this.#endRequest(false, nowMs);
        break;
      case 'sent':
        this.#sent(nowMs);
        break;
      case 'timer':
        this.#checkTime(nowMs);
        break;
      case 'stop':
        this.#abort('stopped', undefined);
        break;
    }
  }

  #handleMessage(message: SyncMessage, nowMs: number): void {
    if (message.kind === 'start' && this.#phase === 'new') {
      this.#start(message, nowMs);
      return;
    }
    if (this.#phase !== 'serving') refuse(`${message.kind} while ${this.#phase}`);
    if (message.kind === 'state' && !this.#hasClientState) {
      this.#assembler.add(message.states);
      this.#hasClientState = message.isLast;
      if (message.isLast) {
        this.#effects.push({ kind: 'peer-state', states: this.#assembler.finish() });
      }
      return;
    }
    if (message.kind !== 'request') refuse(`${message.kind} from a client`);
    if (this.#queue.length >= this.#limits.requestsQueuedMax) refuse('too many requests at once');
    this.#requests++;
    this.#queue.push({ requestId: message.requestId, needs: [...message.needs], isComplete: true });
    if (message.needs.length === 0 && this.#queue.length === 1) this.#endRequest(true, nowMs);
  }

  #start(message: Extract<SyncMessage, { kind: 'start' }>, nowMs: number): void {
    const { clusterId, clock, bookkeeping } = this.#options;
    const rejection = this.#admit(message);
    if (rejection !== undefined) {
      this.#reject(rejection, nowMs);
      return;
    }
    this.#phase = 'serving';
    this.#effects.push({ kind: 'clock', hlc: message.clock });
    const states = bookkeeping.state();
    const digest = stateDigest(states);
    const protocolVersion = syncProtocolVersion;
    this.#send({ kind: 'start', protocolVersion, clusterId, digest, clock: clock() }, nowMs);
    if (digest === message.digest) return;
    const groups = splitStates(states, this.#limits.stateMessageBytesMax);
    groups.forEach((group, index) => {
      this.#send({ kind: 'state', isLast: index === groups.length - 1, states: group }, nowMs);
    });
  }

  #admit(message: Extract<SyncMessage, { kind: 'start' }>): RejectionReason | undefined {
    if (message.protocolVersion !== syncProtocolVersion) return 'different-protocol';
    if (message.clusterId !== this.#options.clusterId) return 'different-cluster';
    const refusal = this.#options.slots.acquire();
    this.#hasSlot = refusal === undefined;
    return refusal;
  }

  #reject(reason: RejectionReason, nowMs: number): void {
    this.#send({ kind: 'rejection', reason }, nowMs);
    this.#effects.push({ kind: 'end' });
    this.#close('rejected', undefined, reason);
  }

  #readMore(): void {
    if (this.#phase !== 'serving' && this.#phase !== 'draining') return;
    const need = this.#queue[0]?.needs[0];
    if (need !== undefined) {
      const unsentSlices = this.#unsent.filter((message) => message.isSlice).length;
      if (this.#isReading || unsentSlices >= this.#limits.slicesUnsentMax) return;
      this.#isReading = true;
      this.#effects.push({ kind: 'read', need, bytesMax: this.#sliceBytes });
      return;
    }
    if (this.#phase === 'draining' && this.#unsent.length === 0) this.#finish();
  }

  #sendSlice(slice: NeedSlice, nowMs: number): void {
    const request = this.#queue[0];
    if (request === undefined) return;
    const { requestId, needs } = request;
    const fitting = slice.chunks.filter((chunk) => chunk.length <= chunkBytesMax);
    if (fitting.length < slice.chunks.length) request.isComplete = false;
    for (const part of splitSlice(fitting, slice.empty)) {
      this.#send({ kind: 'slice', requestId, ...part }, nowMs);
    }
    this.#chunks += fitting.length;
    const isEmpty = slice.chunks.length === 0 && slice.empty.length === 0;
    this.#emptySlices = isEmpty ? this.#emptySlices + 1 : 0;
    assert(this.#emptySlices <= emptySlicesMax, 'the storage gets on with a need');
    if (slice.rest === undefined) needs.shift();
    else needs[0] = slice.rest;
    if (needs.length === 0) this.#endRequest(true, nowMs);
  }

  /** Ends the first request and any empty ones behind it. */
  #endRequest(isComplete: boolean, nowMs: number): void {
    const request = this.#queue.shift();
    if (request === undefined) return;
    const isAll = isComplete && request.isComplete;
    this.#send({ kind: 'done', requestId: request.requestId, isComplete: isAll }, nowMs);
    if (this.#queue[0]?.needs.length === 0) this.#endRequest(true, nowMs);
  }

  #sent(nowMs: number): void {
    const message = this.#unsent.shift();
    if (message?.isSlice !== true) return;
    const { sliceSendMsMax, sliceSendMsMin, sliceBytesMin, sliceBytesMax } = this.#limits;
    const tookMs = nowMs - message.sinceMs;
    if (tookMs > sliceSendMsMax) this.#sliceBytes = Math.max(sliceBytesMin, this.#sliceBytes / 2);
    else if (tookMs < sliceSendMsMin) {
      this.#sliceBytes = Math.min(sliceBytesMax, this.#sliceBytes * 2);
    }
  }

  #checkTime(nowMs: number): void {
    const { idleMsMax, sendMsMax } = this.#limits;
    const oldest = this.#unsent[0];
    const isStuck = oldest !== undefined && nowMs >= oldest.sinceMs + sendMsMax;
    const isBusy = oldest !== undefined || this.#queue.length > 0;
    if (isStuck || (!isBusy && nowMs >= this.#heardMs + idleMsMax)) {
      this.#abort('timeout', undefined);
      return;
    }
    const sinceMs = oldest?.sinceMs ?? (isBusy ? nowMs : this.#heardMs);
    const waitMs = oldest === undefined ? idleMsMax : sendMsMax;
    this.#effects.push({ kind: 'timer', atMs: sinceMs + waitMs });
  }

  #drain(): void {
    if (this.#phase === 'serving') this.#phase = 'draining';
    else if (this.#phase === 'new') this.#finish();
  }

  #finish(): void {
    this.#effects.push({ kind: 'end' });
    this.#close('complete', undefined, undefined);
  }

  #abort(result: SessionResult, error: PatinaError | undefined): void {
    this.#effects.push({ kind: 'abort' });
    this.#close(result, error, undefined);
  }

  #close(
    result: SessionResult,
    error: PatinaError | undefined,
    rejection: RejectionReason | undefined,
  ): void {
    this.#phase = 'closed';
    if (this.#hasSlot) this.#options.slots.release();
    this.#hasSlot = false;
    const gained = { emptyVersions: 0, gainedVersions: 0 };
    const totals = { chunks: this.#chunks, bytes: this.#bytes, ...gained };
    const durationMs = this.#nowMs - (this.#startedMs ?? this.#nowMs);
    const outcome = { result, rejection, error, ...totals, requests: this.#requests, durationMs };
    this.#effects.push({ kind: 'closed', outcome });
  }

  #send(message: SyncMessage, nowMs: number): void {
    const bytes = encodeSyncMessage(message);
    this.#bytes += bytes.length;
    this.#unsent.push({ sinceMs: nowMs, isSlice: message.kind === 'slice' });
    this.#effects.push({ kind: 'send', bytes });
  }
}

/** Parts that each fit a message, in order. A chunk is at most as long as fits one by itself. */
function splitSlice(
  chunks: readonly Uint8Array[],
  empty: readonly EmptyVersions[],
): { chunks: Uint8Array[]; empty: readonly EmptyVersions[] }[] {
  const parts: { chunks: Uint8Array[]; empty: readonly EmptyVersions[] }[] = [];
  let bytes = 0;
  for (const chunk of chunks) {
    const last = parts.at(-1);
    bytes += chunk.length + chunkLengthBytesMax;
    const isFull = bytes > chunkBytesMax || (last?.chunks.length ?? 0) >= sliceChunksMax;
    if (last === undefined || isFull) {
      parts.push({ chunks: [chunk], empty: [] });
      bytes = chunk.length + chunkLengthBytesMax;
    } else last.chunks.push(chunk);
  }
  for (let from = 0; from < empty.length; from += sliceEmptyMax) {
    parts.push({ chunks: [], empty: empty.slice(from, from + sliceEmptyMax) });
  }
  return parts;
}

function refuse(what: string): never {
  throw new PatinaError('PATINA_WIRE_MALFORMED', `out of order in a sync session: ${what}`);
}
