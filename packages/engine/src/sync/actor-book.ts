// What one node knows of one actor's versions: head, gaps and partials, and how a recorded version
// moves them. Everything else about bookkeeping is a map of these.

import type { ActorId } from '../base/actor-id.ts';
import { assert } from '../base/assert.ts';
import type { Interval } from '../base/interval-set.ts';
import { IntervalSet } from '../base/interval-set.ts';
import type { ActorState, PartialState } from '../ports.ts';

/** What one change did to an actor's rows: exactly the rows to delete and to insert. */
export interface BookkeepingDiff {
  readonly actorId: ActorId;
  readonly headBefore: number;
  readonly head: number;
  /** Whole gap intervals that are no more; a shrunk gap is removed and added again. */
  readonly gapsRemoved: readonly Interval[];
  readonly gapsAdded: readonly Interval[];
  /** Versions that are no longer partial, because they are known now. */
  readonly partialsRemoved: readonly number[];
  /** How a partial stands after the change; undefined when whole versions were recorded. */
  readonly partial: PartialStatus | undefined;
}

/** `known`: the whole version was known before, so nothing changed. */
export type PartialStatus = 'partial' | 'complete-seqs' | 'known';

interface Partial {
  lastSeq: number;
  readonly seqs: IntervalSet;
}

export class ActorBook {
  readonly actorId: ActorId;
  #head = 0;
  readonly #gaps: IntervalSet;
  readonly #partials = new Map<number, Partial>();

  constructor(state: ActorState) {
    this.actorId = state.actorId;
    this.#head = state.head;
    this.#gaps = IntervalSet.from(state.gaps);
    for (const { version, lastSeq, seqs } of state.partials) {
      this.#partials.set(version, { lastSeq, seqs: IntervalSet.from(seqs) });
      assert(version <= state.head, 'a partial version is not above the head');
      assert(!this.#gaps.has(version), 'a partial version is no gap');
    }
    assert(this.#gaps.isEmpty || (this.#gaps.last ?? 0) < state.head, 'gaps are below the head');
  }

  static empty(actorId: ActorId): ActorBook {
    return new ActorBook({ actorId, head: 0, gaps: [], partials: [] });
  }

  get head(): number {
    return this.#head;
  }

  get gaps(): IntervalSet {
    return this.#gaps;
  }

  /** Partial versions in no order. */
  get partialVersions(): Iterable<number> {
    return this.#partials.keys();
  }

  get partialCount(): number {
    return this.#partials.size;
  }

  /** Whether the whole version is known. */
  contains(version: number): boolean {
    return version <= this.#head && !this.#gaps.has(version) && !this.#partials.has(version);
  }

  containsSeqs(version: number, startSeq: number, endSeq: number): boolean {
    const partial = this.#partials.get(version);
    if (partial !== undefined) return partial.seqs.containsRange(startSeq, endSeq);
    return this.contains(version);
  }

  /** Seqs lacking of a partial version; undefined when the version is not partial. */
  missingSeqs(version: number): Interval[] | undefined {
    const partial = this.#partials.get(version);
    if (partial === undefined) return undefined;
    const missing = IntervalSet.from([[0, partial.lastSeq]]);
    missing.removeAll(partial.seqs);
    return missing.toArray();
  }

  recordVersions(start: number, end: number): BookkeepingDiff {
    const headBefore = this.#head;
    const partialsRemoved = this.#removePartials(start, end);
    const gaps = this.#moveGaps(start, end);
    return {
      actorId: this.actorId,
      headBefore,
      head: this.#head,
      ...gaps,
      partialsRemoved,
      partial: undefined,
    };
  }

  recordPartial(version: number, start: number, end: number, lastSeq: number): BookkeepingDiff {
    const headBefore = this.#head;
    const { partial, gaps } = this.contains(version)
      ? { partial: 'known' as const, gaps: { gapsRemoved: [], gapsAdded: [] } }
      : {
          partial: this.#addSeqs(version, start, end, lastSeq),
          gaps: this.#moveGaps(version, version),
        };
    return {
      actorId: this.actorId,
      headBefore,
      head: this.#head,
      ...gaps,
      partialsRemoved: [],
      partial,
    };
  }

  state(): ActorState {
    const partials: PartialState[] = [...this.#partials]
      .toSorted(([a], [b]) => a - b)
      .map(([version, { lastSeq, seqs }]) => ({ version, lastSeq, seqs: seqs.toArray() }));
    return { actorId: this.actorId, head: this.#head, gaps: this.#gaps.toArray(), partials };
  }

  /**
   * The greatest last seq wins when two chunks disagree, so that the result does not depend on
   * their order; the rest is then asked for and the owner of the version settles it.
   */
  #addSeqs(version: number, start: number, end: number, lastSeq: number): PartialStatus {
    const partial = this.#partials.get(version) ?? { lastSeq, seqs: new IntervalSet() };
    partial.lastSeq = Math.max(partial.lastSeq, lastSeq);
    partial.seqs.add(start, end);
    this.#partials.set(version, partial);
    return partial.seqs.containsRange(0, partial.lastSeq) ? 'complete-seqs' : 'partial';
  }

  #removePartials(start: number, end: number): number[] {
    if (this.#partials.size === 0) return [];
    const candidates =
      start === end ? [start] : [...this.#partials.keys()].filter((v) => v >= start && v <= end);
    return candidates.filter((version) => this.#partials.delete(version));
  }

  /** Takes [start, end] out of the gaps, opens a gap below it when it is ahead, lifts the head. */
  #moveGaps(start: number, end: number): Pick<BookkeepingDiff, 'gapsRemoved' | 'gapsAdded'> {
    const gapsRemoved = this.#gaps.overlapping(start, end);
    const gapsAdded: Interval[] = [];
    for (const [gapStart, gapEnd] of gapsRemoved) {
      if (gapStart < start) gapsAdded.push([gapStart, start - 1]);
      if (gapEnd > end) gapsAdded.push([end + 1, gapEnd]);
    }
    if (gapsRemoved.length > 0) this.#gaps.remove(start, end);
    if (start > this.#head + 1) {
      gapsAdded.push([this.#head + 1, start - 1]);
      this.#gaps.add(this.#head + 1, start - 1);
    }
    this.#head = Math.max(this.#head, end);
    return { gapsRemoved, gapsAdded };
  }
}
