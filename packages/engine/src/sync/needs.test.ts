// The reference's needs, and the laws: asking a peer for everything it can give leaves nothing to ask.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ActorId } from '../base/actor-id.ts';
import { actorIdFromBytes } from '../base/actor-id.ts';
import type { ActorState, BookkeepingChange, SyncNeed } from '../ports.ts';
import { Bookkeeping } from './bookkeeping.ts';
import { NeedSet } from './need-set.ts';
import { computeNeeds, lackingOf } from './needs.ts';

const [self, actor, other] = [9, 1, 2].map((byte) => {
  return actorIdFromBytes(new Uint8Array(16).fill(byte));
}) as [ActorId, ActorId, ActorId];

function bookOf(...states: ActorState[]): Bookkeeping {
  const book = new Bookkeeping();
  book.load(states);
  return book;
}

function full(start: number, end: number): SyncNeed {
  return { kind: 'full', actorId: actor, start, end };
}

function partial(version: number, seqs: [number, number][]): SyncNeed {
  return { kind: 'partial', actorId: actor, version, seqs };
}

describe('needs of the reference', () => {
  const theirs: ActorState = { actorId: actor, head: 13, gaps: [], partials: [] };
  const gaps: [number, number][] = [
    [2, 5],
    [7, 7],
  ];
  // Lacking 100-120 and 130-132 of 0-132.
  const nine = {
    version: 9,
    lastSeq: 132,
    seqs: [
      [0, 99],
      [121, 129],
    ] as [number, number][],
  };

  it('asks for what is above our head', () => {
    const ours = bookOf({ actorId: actor, head: 10, gaps: [], partials: [] });
    expect(computeNeeds(ours, [theirs], self)).toEqual([full(11, 13)]);
  });

  it('asks for our gaps, newest first', () => {
    const ours = bookOf({ actorId: actor, head: 10, gaps, partials: [] });
    expect(computeNeeds(ours, [theirs], self)).toEqual([full(11, 13), full(7, 7), full(2, 5)]);
  });

  it('asks for the seqs lacking of our partials', () => {
    const ours = bookOf({ actorId: actor, head: 10, gaps, partials: [nine] });
    expect(computeNeeds(ours, [theirs], self)).toEqual([
      full(11, 13),
      partial(9, [
        [100, 120],
        [130, 132],
      ]),
      full(7, 7),
      full(2, 5),
    ]);
  });

  it('asks a peer that has the version in part for what it has of it', () => {
    const ours = bookOf({ actorId: actor, head: 10, gaps, partials: [nine] });
    const theirNine = {
      version: 9,
      lastSeq: 132,
      seqs: [
        [0, 99],
        [111, 129],
        [131, 132],
      ] as [number, number][],
    };
    expect(computeNeeds(ours, [{ ...theirs, partials: [theirNine] }], self)).toEqual([
      full(11, 13),
      partial(9, [
        [111, 120],
        [131, 132],
      ]),
      full(7, 7),
      full(2, 5),
    ]);
  });

  it('asks for the seqs that a peer has of a version that we lack wholly', () => {
    const theirTwelve = { version: 12, lastSeq: 9, seqs: [[3, 4]] as [number, number][] };
    const ours = bookOf({ actorId: actor, head: 10, gaps: [], partials: [] });
    expect(computeNeeds(ours, [{ ...theirs, partials: [theirTwelve] }], self)).toEqual([
      full(13, 13),
      partial(12, [[3, 4]]),
      full(11, 11),
    ]);
  });

  it('asks for nothing that the peer lacks, nor for our own versions, nor of an empty actor', () => {
    const ours = bookOf({ actorId: actor, head: 10, gaps, partials: [] });
    expect(computeNeeds(ours, [{ ...theirs, head: 9, gaps: [[2, 8]] }], self)).toEqual([]);
    expect(computeNeeds(ours, [{ ...theirs, actorId: self }], self)).toEqual([]);
    expect(computeNeeds(ours, [{ ...theirs, actorId: other, head: 0 }], self)).toEqual([]);
  });
});

const lastSeq = 5;
const change: fc.Arbitrary<BookkeepingChange> = fc.oneof(
  fc.tuple(fc.constantFrom(actor, other), fc.integer({ min: 1, max: 20 }), fc.nat(4)).map(
    ([actorId, start, n]): BookkeepingChange => ({
      kind: 'versions',
      actorId,
      start,
      end: start + n,
    }),
  ),
  fc
    .tuple(
      fc.constantFrom(actor, other),
      fc.integer({ min: 1, max: 24 }),
      fc.nat(lastSeq),
      fc.nat(lastSeq),
    )
    .map(
      ([actorId, version, a, b]): BookkeepingChange => ({
        kind: 'partial',
        actorId,
        version,
        startSeq: Math.min(a, b),
        endSeq: Math.max(a, b),
        lastSeq,
      }),
    ),
);
const changes = fc.array(change, { maxLength: 30 });

function bookAfter(steps: readonly BookkeepingChange[]): Bookkeeping {
  const book = new Bookkeeping();
  for (const step of steps) book.apply(step);
  return book;
}

/** Records what a peer that really has all of `needs` would send. */
function receive(book: Bookkeeping, needs: readonly SyncNeed[]): void {
  for (const need of needs) {
    const { actorId } = need;
    if (need.kind === 'full') {
      book.recordVersions(actorId, need.start, need.end);
      continue;
    }
    for (const [start, end] of need.seqs) {
      if (book.recordPartial(actorId, need.version, start, end, lastSeq) === 'complete-seqs') {
        book.recordVersions(actorId, need.version, need.version);
      }
    }
  }
}

describe('computeNeeds', () => {
  it('asks only for what they have and we lack, each thing once; then nothing is left', () => {
    fc.assert(
      fc.property(changes, changes, (mine, theirChanges) => {
        const ours = bookAfter(mine);
        const theirs = bookAfter(theirChanges);
        const needs = computeNeeds(ours, theirs.state(), self);
        const asked = new Set<string>();
        for (const need of needs) {
          const [from, to] =
            need.kind === 'full' ? [need.start, need.end] : [need.version, need.version];
          for (let version = from; version <= to; version++) {
            expect(ours.contains(need.actorId, version)).toBe(false);
            expect(asked.has(`${need.actorId}:${version}`)).toBe(false);
            asked.add(`${need.actorId}:${version}`);
            if (need.kind === 'full') expect(theirs.contains(need.actorId, version)).toBe(true);
          }
          if (need.kind === 'full') continue;
          for (const [start, end] of need.seqs) {
            expect(theirs.containsSeqs(need.actorId, need.version, start, end)).toBe(true);
            for (let seq = start; seq <= end; seq++) {
              expect(ours.containsSeqs(need.actorId, need.version, seq, seq)).toBe(false);
            }
          }
        }
        receive(ours, needs);
        expect(computeNeeds(ours, theirs.state(), self)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

describe('NeedSet', () => {
  const limits = fc.record({
    versionsMax: fc.integer({ min: 1, max: 8 }),
    needsMax: fc.integer({ min: 1, max: 4 }),
  });

  it('is taken in bounded pieces that add up to the whole, newest first', () => {
    fc.assert(
      fc.property(changes, limits, (steps, bounds) => {
        const ours = new Bookkeeping();
        const states = bookAfter(steps).state();
        const rest = lackingOf(ours, states, self);
        const count = rest.versionCount;
        const whole = new NeedSet();
        const newestByActor = new Map<ActorId, number>();
        let versions = 0;
        for (;;) {
          const piece = rest.take(bounds);
          if (piece.length === 0) break;
          expect(piece.length).toBeLessThanOrEqual(bounds.needsMax);
          expect(NeedSet.from(piece).versionCount).toBeLessThanOrEqual(bounds.versionsMax);
          for (const need of piece) {
            const newest = need.kind === 'full' ? need.end : need.version;
            expect(newest).toBeLessThan(
              newestByActor.get(need.actorId) ?? Number.POSITIVE_INFINITY,
            );
            newestByActor.set(need.actorId, newest);
            whole.add(need);
          }
          versions += NeedSet.from(piece).versionCount;
        }
        expect(rest.isEmpty).toBe(true);
        expect(versions).toBe(count);
        expect(whole.toNeeds()).toEqual(computeNeeds(ours, states, self));
      }),
      { numRuns: 300 },
    );
  });

  it('subtracts whole versions and seqs from each other in both directions', () => {
    const lacking = NeedSet.from([full(1, 5), partial(8, [[0, 9]]), partial(9, [[0, 9]])]);
    lacking.subtract(NeedSet.from([full(8, 8), partial(3, [[0, 0]]), partial(9, [[0, 4]])]));
    expect(lacking.toNeeds()).toEqual([partial(9, [[5, 9]]), full(4, 5), full(1, 2)]);
    lacking.subtract(NeedSet.from([full(1, 9)]));
    expect(lacking.isEmpty).toBe(true);
  });

  it('is empty again after everything added was removed', () => {
    fc.assert(
      fc.property(changes, (steps) => {
        const needs = computeNeeds(new Bookkeeping(), bookAfter(steps).state(), self);
        const set = NeedSet.from(needs);
        expect(set.isEmpty).toBe(needs.length === 0);
        for (const need of needs) set.remove(need);
        expect(set.isEmpty).toBe(true);
      }),
    );
  });
});
