// The gap table of the reference, and bookkeeping held against a model that simply lists versions.

import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { ActorId } from '../base/actor-id.ts';
import { actorIdFromBytes } from '../base/actor-id.ts';
import type { Interval } from '../base/interval-set.ts';
import { IntervalSet } from '../base/interval-set.ts';
import type { BookkeepingChange } from '../ports.ts';
import type { BookkeepingDiff } from './actor-book.ts';
import { Bookkeeping } from './bookkeeping.ts';

vi.setConfig({ testTimeout: 30_000 });

const actors = [1, 2].map((byte) => actorIdFromBytes(new Uint8Array(16).fill(byte)));
const [actor, other] = actors as [ActorId, ActorId];

/** Rows of the gaps table as a storage would keep them: only diffs ever touch them. */
class GapRows {
  readonly rows = new Map<string, Interval>();

  apply(diff: BookkeepingDiff): void {
    for (const gap of diff.gapsRemoved) {
      expect(this.rows.delete(`${diff.actorId}:${gap}`)).toBe(true);
    }
    for (const gap of diff.gapsAdded) {
      expect(this.rows.has(`${diff.actorId}:${gap}`)).toBe(false);
      this.rows.set(`${diff.actorId}:${gap}`, gap);
    }
  }

  of(actorId: ActorId): Interval[] {
    const mine = [...this.rows].filter(([key]) => key.startsWith(actorId));
    return mine.map(([, gap]) => gap).toSorted((a, b) => a[0] - b[0]);
  }
}

const scripts: { name: string; steps: [insert: Interval[], gapsAfter: Interval[]][] }[] = [
  {
    name: 'in order',
    steps: [
      [[[1, 20]], []],
      [[[1, 10]], []],
    ],
  },
  {
    name: 'one hole',
    steps: [
      [
        [
          [1, 1],
          [4, 4],
        ],
        [[2, 3]],
      ],
      [
        [
          [3, 3],
          [2, 2],
        ],
        [],
      ],
    ],
  },
  {
    name: 'many holes',
    steps: [
      [[[5, 20]], [[1, 4]]],
      [[[6, 7]], [[1, 4]]],
      [[[3, 7]], [[1, 2]]],
      [[[1, 2]], []],
      [[[25, 25]], [[21, 24]]],
      [
        [[30, 35]],
        [
          [21, 24],
          [26, 29],
        ],
      ],
      [
        [[19, 22]],
        [
          [23, 24],
          [26, 29],
        ],
      ],
      [
        [[24, 25]],
        [
          [23, 23],
          [26, 29],
        ],
      ],
      [[[23, 27]], [[28, 29]]],
      [[[1, 20]], [[28, 29]]],
      [[[27, 30]], []],
      [
        [
          [40, 45],
          [50, 55],
        ],
        [
          [36, 39],
          [46, 49],
        ],
      ],
      [
        [[38, 47]],
        [
          [36, 37],
          [48, 49],
        ],
      ],
    ],
  },
];

describe('gaps', () => {
  it.each(scripts)('follow the reference: $name', ({ steps }) => {
    const book = new Bookkeeping();
    const rows = new GapRows();
    for (const [inserts, gapsAfter] of steps) {
      for (const [start, end] of inserts) rows.apply(book.recordVersions(actor, start, end));
      expect(book.stateOf(actor).gaps).toEqual(gapsAfter);
      expect(rows.of(actor)).toEqual(gapsAfter);
    }
  });

  it('change no row that stays as it is', () => {
    const book = new Bookkeeping();
    book.recordVersions(actor, 10, 10);
    book.recordVersions(actor, 20, 20);
    const diff = book.recordVersions(actor, 15, 15);
    expect(diff.gapsRemoved).toEqual([[11, 19]]);
    expect(diff.gapsAdded).toEqual([
      [11, 14],
      [16, 19],
    ]);
    expect(book.recordVersions(actor, 15, 15)).toMatchObject({ gapsRemoved: [], gapsAdded: [] });
    expect([diff.headBefore, diff.head]).toEqual([20, 20]);
  });
});

describe('partials', () => {
  it('lift the head, are neither known nor a gap, and become known only when recorded', () => {
    const book = new Bookkeeping();
    expect(book.recordPartial(actor, 3, 2, 5, 9)).toBe('partial');
    expect(book.stateOf(actor)).toEqual({
      actorId: actor,
      head: 3,
      gaps: [[1, 2]],
      partials: [{ version: 3, lastSeq: 9, seqs: [[2, 5]] }],
    });
    expect(book.contains(actor, 3)).toBe(false);
    expect(book.containsSeqs(actor, 3, 2, 4)).toBe(true);
    expect(book.containsSeqs(actor, 3, 2, 6)).toBe(false);
    expect(book.missingSeqs(actor, 3)).toEqual([
      [0, 1],
      [6, 9],
    ]);
    expect(book.recordPartial(actor, 3, 6, 9, 9)).toBe('partial');
    expect(book.recordPartial(actor, 3, 0, 1, 9)).toBe('complete-seqs');
    expect(book.contains(actor, 3)).toBe(false);
    expect(book.recordVersions(actor, 3, 3).partialsRemoved).toEqual([3]);
    expect(book.contains(actor, 3)).toBe(true);
    expect(book.recordPartial(actor, 3, 0, 1, 9)).toBe('known');
    expect(book.missingSeqs(actor, 3)).toBeUndefined();
    expect(book.isLacking()).toBe(true);
    expect(book.isLacking(actor)).toBe(false);
  });

  it('take their version out of the gaps', () => {
    const book = new Bookkeeping();
    book.recordVersions(actor, 5, 5);
    const diff = book.apply({
      kind: 'partial',
      actorId: actor,
      version: 2,
      startSeq: 0,
      endSeq: 0,
      lastSeq: 1,
    });
    expect(diff.gapsRemoved).toEqual([[1, 4]]);
    expect(diff.gapsAdded).toEqual([
      [1, 1],
      [3, 4],
    ]);
    expect(diff.partial).toBe('partial');
  });

  it('refuse ranges that cannot be', () => {
    const book = new Bookkeeping();
    expect(() => book.recordPartial(actor, 1, 2, 1, 9)).toThrow(/in order/);
    expect(() => book.recordPartial(actor, 0, 0, 1, 9)).toThrow(/start at 1/);
    expect(() => book.recordVersions(actor, 0, 4)).toThrow(/start at 1/);
    expect(book.state()).toEqual([]);
  });
});

const lastSeq = 6;
const change: fc.Arbitrary<BookkeepingChange> = fc.oneof(
  fc
    .record({
      kind: fc.constant('versions' as const),
      actorId: fc.constantFrom(actor, other),
      range: fc.tuple(fc.integer({ min: 1, max: 30 }), fc.nat(5)),
    })
    .map(({ kind, actorId, range: [start, length] }) => {
      return { kind, actorId, start, end: start + length };
    }),
  fc
    .record({
      kind: fc.constant('partial' as const),
      actorId: fc.constantFrom(actor, other),
      version: fc.integer({ min: 1, max: 36 }),
      seqs: fc.tuple(fc.nat(lastSeq), fc.nat(lastSeq)),
    })
    .map(({ seqs: [a, b], ...rest }) => {
      return { ...rest, startSeq: Math.min(a, b), endSeq: Math.max(a, b), lastSeq };
    }),
);

class Model {
  readonly known = new Set<number>();
  readonly seqs = new Map<number, Set<number>>();
  head = 0;

  apply(step: BookkeepingChange): void {
    if (step.kind === 'versions') {
      for (let version = step.start; version <= step.end; version++) this.known.add(version);
      this.head = Math.max(this.head, step.end);
      return;
    }
    const seqs = this.seqs.get(step.version) ?? new Set();
    for (let seq = step.startSeq; seq <= step.endSeq; seq++) seqs.add(seq);
    this.seqs.set(step.version, seqs);
    this.head = Math.max(this.head, step.version);
  }
}

describe('bookkeeping (P7)', () => {
  it('agrees with a list of versions, and its diffs with the rows they make', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
        const book = new Bookkeeping();
        const rows = new GapRows();
        const models = new Map(actors.map((id) => [id, new Model()]));
        for (const step of changes) {
          rows.apply(book.apply(step));
          models.get(step.actorId)?.apply(step);
        }
        for (const [id, model] of models) {
          expect(book.head(id)).toBe(model.head);
          expect(rows.of(id)).toEqual(book.stateOf(id).gaps);
          const gaps = IntervalSet.from(book.stateOf(id).gaps);
          for (let version = 1; version <= 40; version++) {
            const isKnown = model.known.has(version);
            expect(book.contains(id, version)).toBe(isKnown);
            const seqs = isKnown ? undefined : model.seqs.get(version);
            expect(gaps.has(version)).toBe(version <= model.head && !isKnown && !seqs);
            for (let seq = 0; seq <= lastSeq; seq++) {
              expect(book.containsSeqs(id, version, seq, seq)).toBe(isKnown || !!seqs?.has(seq));
            }
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is the same in two copies, in another order, and after a reload', () => {
    fc.assert(
      fc.property(
        fc.array(change, { maxLength: 60 }),
        fc.infiniteStream(fc.nat()),
        (changes, r) => {
          const [first, second, reordered, reloaded] = [0, 1, 2, 3].map(() => new Bookkeeping());
          for (const step of changes) {
            expect(first?.apply(step)).toEqual(second?.apply(step));
          }
          const keyed = changes.map((step) => [r.next().value ?? 0, step] as const);
          for (const [, step] of keyed.toSorted(([a], [b]) => a - b)) reordered?.apply(step);
          reloaded?.load(first?.state() ?? []);
          expect(second?.state()).toEqual(first?.state());
          expect(reordered?.state()).toEqual(first?.state());
          expect(reloaded?.state()).toEqual(first?.state());
        },
      ),
      { numRuns: 300 },
    );
  });

  it('is as before when a change is undone from the state before it', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), change, (changes, last) => {
        const book = new Bookkeeping();
        for (const step of changes) book.apply(step);
        const before = book.state();
        const saved = book.stateOf(last.actorId);
        book.apply(last);
        book.restore(saved);
        expect(book.state()).toEqual(before);
      }),
    );
  });
});
