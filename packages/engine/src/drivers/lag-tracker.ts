// How far this node is behind each actor: in versions, against the greatest head heard of, and in
// milliseconds, from the origin's clock to the moment the version became visible here.

import type { ActorId } from '../base/actor-id.ts';
import { type Hlc, hlcToUnixMs } from '../base/hlc.ts';
import type { ActorState, ChunkHeader, LagRow } from '../ports.ts';
import type { BookkeepingView } from '../sync/bookkeeping.ts';

/** Samples of arrival times kept for percentiles. */
const samplesMax = 1_024;

export class LagTracker {
  readonly #book: BookkeepingView;
  readonly #headHeard = new Map<ActorId, number>();
  readonly #lastHlc = new Map<ActorId, Hlc>();
  readonly #samplesMs = new Float64Array(samplesMax);
  #sampleCount = 0;

  constructor(book: BookkeepingView) {
    this.#book = book;
  }

  /** A chunk of this version exists somewhere. */
  heard(actorId: ActorId, version: number): void {
    if (version > (this.#headHeard.get(actorId) ?? 0)) this.#headHeard.set(actorId, version);
  }

  heardStates(states: readonly ActorState[]): void {
    for (const { actorId, head } of states) this.heard(actorId, head);
  }

  /** Versions became visible here at this Unix time; how long each took is a sample. */
  applied(headers: readonly ChunkHeader[], nowMs: number): void {
    for (const { actorId, version, hlc } of headers) {
      this.heard(actorId, version);
      if (hlc > (this.#lastHlc.get(actorId) ?? 0)) this.#lastHlc.set(actorId, hlc);
      this.#samplesMs[this.#sampleCount++ % samplesMax] = Math.max(0, nowMs - hlcToUnixMs(hlc));
    }
  }

  /** One row per actor, by actor id. */
  rows(selfActorId: ActorId, nowMs: number): LagRow[] {
    const actorIds = new Set([
      ...this.#headHeard.keys(),
      ...this.#book.state().map(({ actorId }) => actorId),
    ]);
    return [...actorIds]
      .toSorted()
      .map((actorId) => this.#row(actorId, actorId === selfActorId, nowMs));
  }

  /** The 99th percentile of the last arrivals' delays, ms; undefined before the first. */
  get p99Ms(): number | undefined {
    const count = Math.min(this.#sampleCount, samplesMax);
    if (count === 0) return undefined;
    const sorted = this.#samplesMs.slice(0, count).sort();
    return sorted[Math.min(count - 1, Math.floor(count * 0.99))];
  }

  #row(actorId: ActorId, isSelf: boolean, nowMs: number): LagRow {
    const state = this.#book.stateOf(actorId);
    const head = isSelf ? state.head : Math.max(state.head, this.#headHeard.get(actorId) ?? 0);
    const missing = state.gaps.reduce((sum, [start, end]) => sum + end - start + 1, 0);
    const versions = head - state.head + missing + state.partials.length;
    const last = this.#lastHlc.get(actorId);
    const ms = versions === 0 || last === undefined ? 0 : Math.max(0, nowMs - hlcToUnixMs(last));
    return { actorId, head, versions, ms };
  }
}
