// Carries the broadcast machine: its frames over one-way streams, its timer, and the members it sends to.

import { ByteReader } from '../base/bytes.ts';
import { decodeChunkHeader } from '../base/chunk-header.ts';
import { PatinaError } from '../base/errors.ts';
import type { Broadcast } from '../broadcast/broadcast.ts';
import type { BroadcastEvent, BroadcastMember } from '../broadcast/events.ts';
import { decodeFrame } from '../broadcast/wire.ts';
import type {
  Cancel,
  Chunk,
  ChunkHeader,
  Clock,
  PeerAddress,
  Timers,
  Transport,
} from '../ports.ts';

export interface BroadcastDriverOptions {
  readonly machine: Broadcast;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly isKnown: (header: ChunkHeader) => boolean;
  /** Takes the new chunks of a frame. */
  readonly onChunks: (chunks: readonly Chunk[]) => void;
}

export class BroadcastDriver {
  readonly #options: BroadcastDriverOptions;
  #cancelTimer: Cancel = () => {};
  #isStopped = false;
  /** Frames that did not follow the format. */
  malformed = 0;

  constructor(options: BroadcastDriverOptions) {
    this.#options = options;
  }

  local(chunks: readonly Uint8Array[]): void {
    this.#feed({ kind: 'local', chunks: chunks.map(toChunk) });
  }

  members(members: readonly BroadcastMember[]): void {
    this.#feed({ kind: 'members', members });
  }

  /** A frame from a peer: new chunks go to the applier first, then to others. */
  receive(from: PeerAddress, frame: Uint8Array): void {
    if (this.#isStopped) return;
    try {
      const received = decodeFrame(frame).map(({ reach, hops, bytes }) => {
        const chunk = toChunk(bytes);
        return { chunk, reach, hops, isKnown: this.#options.isKnown(chunk.header) };
      });
      const fresh = received.filter(({ isKnown }) => !isKnown).map(({ chunk }) => chunk);
      if (fresh.length > 0) this.#options.onChunks(fresh);
      this.#feed({ kind: 'received', from, chunks: received });
    } catch (error) {
      if (!(error instanceof PatinaError)) throw error;
      this.malformed++;
      this.#options.transport.disconnect(from);
    }
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelTimer();
  }

  #feed(event: BroadcastEvent): void {
    if (this.#isStopped) return;
    const { machine, transport, clock, timers } = this.#options;
    for (const effect of machine.step(event, clock.monotonicMs())) {
      if (effect.kind === 'timer') {
        this.#cancelTimer();
        const delayMs = Math.max(0, effect.atMs - clock.monotonicMs());
        this.#cancelTimer = timers.after(delayMs, () => this.#feed({ kind: 'timer' }));
        continue;
      }
      const { sendId, to, bytes } = effect;
      transport.sendMessage(to, bytes).then(
        () => this.#feed({ kind: 'sent', sendId, isOk: true }),
        () => this.#feed({ kind: 'sent', sendId, isOk: false }),
      );
    }
  }
}

function toChunk(bytes: Uint8Array): Chunk {
  return { header: decodeChunkHeader(new ByteReader(bytes)), bytes };
}
