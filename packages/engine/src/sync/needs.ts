// What a peer has that we lack: the difference of two bookkeepings, in terms of whole versions and
// of seqs of versions that are partial on either side.

import type { ActorId } from '../base/actor-id.ts';
import { IntervalSet } from '../base/interval-set.ts';
import type { ActorState, SyncNeed } from '../ports.ts';
import type { ActorBook } from './actor-book.ts';
import type { BookkeepingView } from './bookkeeping.ts';
import { NeedSet } from './need-set.ts';

/** All that `theirs` can give us, newest versions first within each actor. Our own actor is left out. */
export function computeNeeds(
  ours: BookkeepingView,
  theirs: readonly ActorState[],
  selfActorId: ActorId,
): SyncNeed[] {
  return lackingOf(ours, theirs, selfActorId).toNeeds();
}

/** As {@link computeNeeds}, as a set that can be subtracted from and taken from piece by piece. */
export function lackingOf(
  ours: BookkeepingView,
  theirs: Iterable<ActorState>,
  selfActorId: ActorId,
): NeedSet {
  const lacking = new NeedSet();
  for (const state of theirs) {
    if (state.actorId !== selfActorId && state.head > 0) addLacking(lacking, ours, state);
  }
  return lacking;
}

/** How many versions of `needs` are here now, or in a larger part than when they were asked for. */
export function countGained(ours: BookkeepingView, needs: Iterable<SyncNeed>): number {
  let gained = 0;
  for (const need of needs) {
    const book = ours.bookOf(need.actorId);
    if (book === undefined) continue;
    if (need.kind === 'full') {
      const here = IntervalSet.from([[need.start, need.end]]);
      here.removeAll(book.gaps.overlapping(need.start, need.end));
      if (book.head < need.end) here.remove(Math.max(book.head + 1, need.start), need.end);
      gained += here.count;
    } else if (need.seqs.some(([start, end]) => intersects(book, need.version, start, end)))
      gained++;
  }
  return gained;
}

function intersects(book: ActorBook, version: number, start: number, end: number): boolean {
  if (book.contains(version)) return true;
  const missing = book.missingSeqs(version);
  return missing !== undefined && !IntervalSet.from(missing).containsRange(start, end);
}

function addLacking(lacking: NeedSet, ours: BookkeepingView, theirs: ActorState): void {
  const { actorId } = theirs;
  const book = ours.bookOf(actorId);
  const wanted = book?.gaps.clone() ?? new IntervalSet();
  const head = book?.head ?? 0;
  if (theirs.head > head) wanted.add(head + 1, theirs.head);

  const theirWhole = IntervalSet.from([[1, theirs.head]]);
  theirWhole.removeAll(theirs.gaps);
  for (const { version } of theirs.partials) theirWhole.remove(version);

  for (const [start, end] of wanted.intersection(theirWhole)) {
    lacking.add({ kind: 'full', actorId, start, end });
  }
  for (const { version, seqs } of theirs.partials) {
    if (wanted.has(version)) lacking.add({ kind: 'partial', actorId, version, seqs });
  }
  addOurPartials(lacking, ours, theirs, theirWhole);
}

function addOurPartials(
  lacking: NeedSet,
  ours: BookkeepingView,
  theirs: ActorState,
  theirWhole: IntervalSet,
): void {
  const { actorId } = theirs;
  const book = ours.bookOf(actorId);
  if (book === undefined || book.partialCount === 0) return;
  const theirSeqs = new Map(theirs.partials.map(({ version, seqs }) => [version, seqs]));
  for (const version of book.partialVersions) {
    const missing = book.missingSeqs(version) ?? [];
    if (missing.length === 0) continue;
    if (theirWhole.has(version)) {
      lacking.add({ kind: 'partial', actorId, version, seqs: missing });
      continue;
    }
    const theirs = IntervalSet.from(theirSeqs.get(version) ?? []);
    const seqs = IntervalSet.from(missing).intersection(theirs).toArray();
    lacking.add({ kind: 'partial', actorId, version, seqs });
  }
}
