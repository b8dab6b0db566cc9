// A set of things to ask for or asked for: whole versions and seqs of partial versions, per actor.
// What is lacking, what is on its way from some peer, and what this session asked are such sets, and
// subtracting one from another is how nothing is asked twice.

import type { ActorId } from '../base/actor-id.ts';
import { type Interval, IntervalSet } from '../base/interval-set.ts';
import type { ChunkHeader, SyncNeed } from '../ports.ts';

interface ActorNeeds {
  readonly full: IntervalSet;
  readonly seqsByVersion: Map<number, IntervalSet>;
}

/** How much {@link NeedSet.take} may take at once. */
export interface TakeLimits {
  /** Versions, a partial one counted as one. */
  readonly versionsMax: number;
  readonly needsMax: number;
}

export class NeedSet {
  readonly #needsByActor = new Map<ActorId, ActorNeeds>();

  static from(needs: Iterable<SyncNeed>): NeedSet {
    const set = new NeedSet();
    for (const need of needs) set.add(need);
    return set;
  }

  get isEmpty(): boolean {
    return this.#needsByActor.size === 0;
  }

  /** Versions that are in the set wholly or in part. */
  get versionCount(): number {
    let total = 0;
    for (const { full, seqsByVersion } of this.#needsByActor.values()) {
      total += full.count + seqsByVersion.size;
    }
    return total;
  }

  add(need: SyncNeed): void {
    const needs = this.#ensure(need.actorId);
    if (need.kind === 'full') {
      needs.full.add(need.start, need.end);
      return;
    }
    const seqs = needs.seqsByVersion.get(need.version) ?? new IntervalSet();
    seqs.addAll(need.seqs);
    if (!seqs.isEmpty) needs.seqsByVersion.set(need.version, seqs);
    this.#forgetIfEmpty(need.actorId);
  }

  /** The opposite of {@link add}. */
  remove(need: SyncNeed): void {
    const needs = this.#needsByActor.get(need.actorId);
    if (needs === undefined) return;
    if (need.kind === 'full') needs.full.remove(need.start, need.end);
    else removeSeqs(needs.seqsByVersion, need.version, need.seqs);
    this.#forgetIfEmpty(need.actorId);
  }

  /**
   * Takes away everything that `other` touches: a whole version in `other` takes its seqs along, and seqs in
   * `other` take the whole version, because whoever fetches it would fetch those seqs again.
   */
  subtract(other: NeedSet): void {
    for (const [actorId, needs] of this.#needsByActor) {
      const theirs = other.#needsByActor.get(actorId);
      if (theirs === undefined) continue;
      needs.full.removeAll(theirs.full);
      for (const version of theirs.seqsByVersion.keys()) needs.full.remove(version);
      for (const version of needs.seqsByVersion.keys()) {
        if (theirs.full.has(version)) needs.seqsByVersion.delete(version);
        else removeSeqs(needs.seqsByVersion, version, theirs.seqsByVersion.get(version) ?? []);
      }
      this.#forgetIfEmpty(actorId);
    }
  }

  /** Whether anything of the version is in the set. */
  touches(actorId: ActorId, version: number): boolean {
    const needs = this.#needsByActor.get(actorId);
    if (needs === undefined) return false;
    return needs.full.has(version) || needs.seqsByVersion.has(version);
  }

  /** Those of `versions` of which anything is in the set. */
  touchedOf(actorId: ActorId, versions: Iterable<Interval>): Interval[] {
    const needs = this.#needsByActor.get(actorId);
    if (needs === undefined) return [];
    const asked = needs.full.clone();
    for (const version of needs.seqsByVersion.keys()) asked.add(version);
    return asked.intersection(IntervalSet.from(versions)).toArray();
  }

  /** Everything, newest version first within each actor. */
  toNeeds(): SyncNeed[] {
    const whole = new NeedSet();
    for (const [actorId, { full, seqsByVersion }] of this.#needsByActor) {
      whole.#needsByActor.set(actorId, {
        full: full.clone(),
        seqsByVersion: new Map(seqsByVersion),
      });
    }
    return whole.take({ versionsMax: Number.MAX_SAFE_INTEGER, needsMax: Number.MAX_SAFE_INTEGER });
  }

  /** Removes and returns up to `limits` of the set, newest version first within each actor. */
  take(limits: TakeLimits): SyncNeed[] {
    const taken: SyncNeed[] = [];
    let versionsLeft = limits.versionsMax;
    for (const [actorId, needs] of this.#needsByActor) {
      const partials = [...needs.seqsByVersion.keys()].toSorted((a, b) => a - b);
      while (versionsLeft > 0 && taken.length < limits.needsMax) {
        const need = takeNewest(actorId, needs, partials, versionsLeft);
        if (need === undefined) break;
        versionsLeft -= need.kind === 'full' ? need.end - need.start + 1 : 1;
        taken.push(need);
      }
      this.#forgetIfEmpty(actorId);
      if (versionsLeft <= 0 || taken.length >= limits.needsMax) break;
    }
    return taken;
  }

  #ensure(actorId: ActorId): ActorNeeds {
    let needs = this.#needsByActor.get(actorId);
    if (needs === undefined) {
      needs = { full: new IntervalSet(), seqsByVersion: new Map() };
      this.#needsByActor.set(actorId, needs);
    }
    return needs;
  }

  #forgetIfEmpty(actorId: ActorId): void {
    const needs = this.#needsByActor.get(actorId);
    if (needs?.full.isEmpty && needs.seqsByVersion.size === 0) this.#needsByActor.delete(actorId);
  }
}

/** The need that this chunk answers. */
export function needOfChunk(header: ChunkHeader): SyncNeed {
  const { actorId, version, startSeq, endSeq, lastSeq } = header;
  const isWhole = startSeq === 0 && endSeq === lastSeq;
  if (isWhole) return { kind: 'full', actorId, start: version, end: version };
  return { kind: 'partial', actorId, version, seqs: [[startSeq, endSeq]] };
}

/** `partials` holds the partial versions not yet taken, ascending; it is consumed from its end. */
function takeNewest(
  actorId: ActorId,
  needs: ActorNeeds,
  partials: number[],
  versionsMax: number,
): SyncNeed | undefined {
  const newestFull = needs.full.last;
  const newestPartial = partials.at(-1);
  if (newestPartial !== undefined && newestPartial > (newestFull ?? 0)) {
    partials.pop();
    const seqs = needs.seqsByVersion.get(newestPartial)?.toArray() ?? [];
    needs.seqsByVersion.delete(newestPartial);
    return { kind: 'partial', actorId, version: newestPartial, seqs };
  }
  if (newestFull === undefined) return undefined;
  const [intervalStart] = needs.full.overlapping(newestFull, newestFull)[0] ?? [newestFull];
  // Never more than down to the newest partial below, so that the order stays newest first.
  const lowest = Math.max(intervalStart, (newestPartial ?? 0) + 1);
  const start = Math.max(lowest, newestFull - versionsMax + 1);
  needs.full.remove(start, newestFull);
  return { kind: 'full', actorId, start, end: newestFull };
}

function removeSeqs(
  seqsByVersion: Map<number, IntervalSet>,
  version: number,
  seqs: Iterable<readonly [number, number]>,
): void {
  const mine = seqsByVersion.get(version);
  if (mine === undefined) return;
  mine.removeAll(seqs);
  if (mine.isEmpty) seqsByVersion.delete(version);
}
