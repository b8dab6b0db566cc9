// Pins the bytes of every sync message, and checks that mutated bytes are read as something possible
// or refused, and never anything else.

import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { actorIdFromBytes } from '../base/actor-id.ts';
import { PatinaError } from '../base/errors.ts';
import type { Interval } from '../base/interval-set.ts';
import { IntervalSet } from '../base/interval-set.ts';
import type { ActorState, SyncNeed } from '../ports.ts';
import { Bookkeeping } from './bookkeeping.ts';
import { StateAssembler, splitStates, stateDigest } from './state-codec.ts';
import type { SyncMessage } from './wire.ts';
import {
  decodeSyncMessage,
  encodeSyncMessage,
  rejectionReasons,
  requestNeedsMax,
  syncProtocolVersion,
} from './wire.ts';

vi.setConfig({ testTimeout: 30_000 });

const actorId = actorIdFromBytes(Uint8Array.from({ length: 16 }, (_, index) => index));
const id = '000102030405060708090a0b0c0d0e0f';

const golden: { message: SyncMessage; hex: string }[] = [
  {
    message: {
      kind: 'start',
      protocolVersion: 1,
      clusterId: 7,
      digest: '0123456789abcdef',
      clock: 300,
    },
    hex: '0101070123456789abcdefac02',
  },
  { message: { kind: 'state', isLast: true, states: [] }, hex: '020100' },
  {
    message: {
      kind: 'state',
      isLast: false,
      states: [
        {
          actorId,
          head: 20,
          gaps: [
            [2, 5],
            [7, 7],
          ],
          partials: [
            {
              version: 9,
              lastSeq: 132,
              seqs: [
                [0, 99],
                [121, 129],
              ],
            },
          ],
        },
      ],
    },
    hex: `020001${id}140202030000010984010200631408`,
  },
  {
    message: {
      kind: 'request',
      requestId: 3,
      needs: [
        { kind: 'full', actorId, start: 11, end: 13 },
        { kind: 'partial', actorId, version: 9, seqs: [[100, 120]] },
      ],
    },
    hex: `03030200${id}0b0201${id}09016414`,
  },
  {
    message: {
      kind: 'slice',
      requestId: 3,
      chunks: [Uint8Array.of(1, 2, 3), new Uint8Array()],
      empty: [
        {
          actorId,
          versions: [
            [4, 4],
            [6, 9],
          ],
        },
      ],
    },
    hex: `0403020301020300 01${id}0204000003`.replaceAll(' ', ''),
  },
  { message: { kind: 'done', requestId: 200, isComplete: true }, hex: '05c80101' },
  { message: { kind: 'rejection', reason: 'max-concurrency' }, hex: '0600' },
  { message: { kind: 'rejection', reason: 'different-cluster' }, hex: '0601' },
  { message: { kind: 'rejection', reason: 'stopping' }, hex: '0602' },
  { message: { kind: 'rejection', reason: 'different-protocol' }, hex: '0603' },
];

const actors = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .map((bytes) => actorIdFromBytes(bytes));

function intervals(min: number, max: number): fc.Arbitrary<Interval[]> {
  const point = fc.integer({ min, max });
  return fc
    .array(fc.tuple(point, point), { maxLength: 6 })
    .map((pairs) => pairs.map(([a, b]): Interval => [Math.min(a, b), Math.max(a, b)]))
    .map((list) => IntervalSet.from(list).toArray());
}

const states: fc.Arbitrary<ActorState> = fc
  .tuple(actors, fc.integer({ min: 1, max: 50 }), intervals(1, 50), intervals(0, 9))
  .map(([owner, head, gaps, seqs]) => {
    const book = new Bookkeeping();
    book.recordVersions(owner, 52 + head, 52 + head);
    const missing = IntervalSet.from(gaps);
    for (let version = 1; version < 52 + head; version++) {
      if (!missing.has(version)) book.recordVersions(owner, version, version);
    }
    for (const [start, end] of seqs) book.recordPartial(owner, 54 + head, start, end, 9);
    return book.stateOf(owner);
  });

const needs: fc.Arbitrary<SyncNeed> = fc.oneof(
  fc
    .tuple(actors, fc.integer({ min: 1, max: 2 ** 40 }), fc.nat())
    .map(([owner, start, n]): SyncNeed => {
      return { kind: 'full', actorId: owner, start, end: start + n };
    }),
  fc
    .tuple(actors, fc.integer({ min: 1, max: 2 ** 40 }), intervals(0, 2 ** 45))
    .map(([owner, version, seqs]): SyncNeed => {
      return { kind: 'partial', actorId: owner, version, seqs };
    }),
);

const messages: fc.Arbitrary<SyncMessage> = fc.oneof(
  fc.record({
    kind: fc.constant('start' as const),
    protocolVersion: fc.constant(syncProtocolVersion),
    clusterId: fc.nat(),
    digest: fc
      .uint8Array({ minLength: 8, maxLength: 8 })
      .map((b) => Buffer.from(b).toString('hex')),
    clock: fc.maxSafeNat(),
  }),
  fc.record({
    kind: fc.constant('state' as const),
    isLast: fc.boolean(),
    states: fc.array(states, { maxLength: 3 }),
  }),
  fc.record({
    kind: fc.constant('request' as const),
    requestId: fc.maxSafeNat(),
    needs: fc.array(needs, { maxLength: 4 }),
  }),
  fc.record({
    kind: fc.constant('slice' as const),
    requestId: fc.maxSafeNat(),
    chunks: fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 4 }),
    empty: fc.array(fc.record({ actorId: actors, versions: intervals(1, 2 ** 50) }), {
      maxLength: 3,
    }),
  }),
  fc.record({
    kind: fc.constant('done' as const),
    requestId: fc.maxSafeNat(),
    isComplete: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('rejection' as const),
    reason: fc.constantFrom(...rejectionReasons),
  }),
);

function plain(message: SyncMessage): unknown {
  if (message.kind !== 'slice') return message;
  return { ...message, chunks: message.chunks.map((chunk) => [...chunk]) };
}

describe('sync messages', () => {
  it.each(golden)('have the pinned bytes $hex', ({ message, hex }) => {
    expect(Buffer.from(encodeSyncMessage(message)).toString('hex')).toBe(hex);
    expect(plain(decodeSyncMessage(Buffer.from(hex, 'hex')))).toEqual(plain(message));
  });

  it('are read back as they were written', () => {
    fc.assert(
      fc.property(messages, (message) => {
        expect(plain(decodeSyncMessage(encodeSyncMessage(message)))).toEqual(plain(message));
      }),
      { numRuns: 500 },
    );
  });

  it('survive mutation: read as a possible message that encodes again, or refused', () => {
    let refused = 0;
    let read = 0;
    const mutations = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(messages, mutations, fc.nat(400), (message, edits, cut) => {
        const bytes = Buffer.from(encodeSyncMessage(message));
        for (const [at, value] of edits) bytes[at % bytes.length] = value;
        try {
          encodeSyncMessage(decodeSyncMessage(bytes.subarray(0, cut)));
          read++;
        } catch (error) {
          if (!(error instanceof PatinaError)) throw error;
          expect(error.code).toBe('PATINA_WIRE_MALFORMED');
          refused++;
        }
      }),
      { numRuns: 3000 },
    );
    expect(refused).toBeGreaterThan(100);
    expect(read).toBeGreaterThan(100);
  });

  it('never lets a count decide how much is allocated', () => {
    const huge = 'ffffffffffffff0f';
    for (const hex of [`0201${huge}`, `0303${huge}`, `0403${huge}`, `020101${id}14${huge}`]) {
      expect(() => decodeSyncMessage(Buffer.from(hex, 'hex'))).toThrow(/limit/);
    }
    const need = { kind: 'full', actorId, start: 1, end: 1 } as const;
    const tooMany = Array.from({ length: requestNeedsMax + 1 }, () => need);
    const bytes = encodeSyncMessage({ kind: 'request', requestId: 1, needs: tooMany });
    expect(() => decodeSyncMessage(bytes)).toThrow(/need count/);
  });

  it('read a Start of another protocol version as far as its version', () => {
    const message = decodeSyncMessage(Buffer.from('0102aabbcc', 'hex'));
    expect(message).toMatchObject({ kind: 'start', protocolVersion: 2 });
  });
});

describe('states over several messages', () => {
  it('are the same when put together again', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(states, { selector: (s) => s.actorId }),
        fc.nat(300),
        (all, max) => {
          const assembler = new StateAssembler();
          for (const group of splitStates(all, max)) assembler.add(group);
          expect(assembler.finish()).toEqual(all);
        },
      ),
    );
  });

  it('split an actor with many gaps, in messages of about the size asked for', () => {
    const gaps = Array.from({ length: 50_000 }, (_, i): Interval => [2 + i * 3, 2 + i * 3]);
    const seqs = Array.from({ length: 10_000 }, (_, i): Interval => [i * 2, i * 2]);
    const partials = [{ version: 200_000, lastSeq: 90_000, seqs }];
    const state: ActorState = { actorId, head: 200_000, gaps, partials };
    const groups = splitStates([state], 16 * 1024);
    const assembler = new StateAssembler();
    expect(groups.length).toBeGreaterThan(5);
    for (const group of groups) {
      const bytes = encodeSyncMessage({ kind: 'state', isLast: false, states: group });
      expect(bytes.length).toBeLessThan(32 * 1024);
      const message = decodeSyncMessage(bytes);
      if (message.kind === 'state') assembler.add(message.states);
    }
    expect(assembler.finish()).toEqual([state]);
  });

  it('are refused when their parts contradict each other', () => {
    const assembler = new StateAssembler();
    assembler.add([{ actorId, head: 2, gaps: [], partials: [] }]);
    assembler.add([{ actorId, head: 3, gaps: [], partials: [] }]);
    expect(() => assembler.finish()).toThrow(/two heads/);
  });

  it('have equal digests exactly when they are equal', () => {
    const list = fc.array(states, { maxLength: 3 });
    fc.assert(
      fc.property(list, list, (a, b) => {
        expect(stateDigest(structuredClone(a))).toBe(stateDigest(a));
        const same = JSON.stringify(a) === JSON.stringify(b);
        expect(stateDigest(a) === stateDigest(b)).toBe(same);
      }),
    );
    const heads = new Set<string>();
    for (let head = 1; head <= 20_000; head++) {
      heads.add(stateDigest([{ actorId, head, gaps: [], partials: [] }]));
    }
    expect(heads.size).toBe(20_000);
    expect([...heads].every((digest) => /^[0-9a-f]{16}$/.test(digest))).toBe(true);
  });
});
