// One session between any two nodes brings the client everything that the server has, however the
// histories overlap; and any number of broken sessions with several servers comes to the same.

import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { type ActorId, actorIdFromBytes } from '../base/actor-id.ts';
import type { Chunk } from '../ports.ts';
import { computeNeeds } from './needs.ts';
import { MemoryStore, makeChunk } from './testing/memory-store.ts';
import { SessionLink, type SyncNode, syncNode } from './testing/session-link.ts';
import { VirtualTime } from './testing/virtual-time.ts';

vi.setConfig({ testTimeout: 30_000 });

const [clientId, ...actors] = [9, 1, 2, 3].map((byte) => {
  return actorIdFromBytes(new Uint8Array(16).fill(byte));
}) as [ActorId, ...ActorId[]];

/** The history of the world: every version of every actor, of one to four chunks. */
const history: Chunk[][] = actors.flatMap((actorId, actorIndex) => {
  return Array.from({ length: 60 }, (_, i) => {
    const count = 1 + ((i * 7 + actorIndex) % 4);
    return Array.from({ length: count }, (__, seq) => {
      const seqs = { startSeq: seq, endSeq: seq, lastSeq: count - 1 };
      return makeChunk({ actorId, version: i + 1, hlc: i, ...seqs }, 20);
    });
  });
});

/** Chunks of a node, as a mask over all chunks of the world; runs make whole versions likely. */
const masks = fc.array(fc.tuple(fc.integer({ min: 1, max: 90 }), fc.boolean()), {
  minLength: 1,
  maxLength: 12,
});

function nodeOf(actorId: ActorId, mask: readonly (readonly [number, boolean])[]): SyncNode {
  const store = new MemoryStore(actorId);
  const chunks = history.flat();
  let at = 0;
  for (const [length, isHere] of mask) {
    if (isHere) store.apply(chunks.slice(at, at + length), []);
    at += length;
  }
  return syncNode(store);
}

describe('a session', () => {
  it('leaves nothing that the server has and the client lacks', () => {
    fc.assert(
      fc.property(masks, masks, (mine, theirs) => {
        const time = new VirtualTime();
        const client = nodeOf(clientId, mine);
        const server = nodeOf(clientId, theirs);
        const limits = { pieceVersionsStart: 3, pieceNeedsMax: 2, requestsUnansweredMax: 2 };
        const link = new SessionLink(time, client, server, { latencyMs: 1, applyMs: 1, limits });
        expect(time.runUntil(() => link.isClosed, 60_000)).toBe(true);
        expect(['agreed', 'complete']).toContain(link.clientOutcome?.result);
        const states = server.store.bookkeeping.state();
        expect(computeNeeds(client.store.bookkeeping, states, clientId)).toEqual([]);
        expect(client.store.duplicates).toBe(0);
        expect(client.inFlight.isEmpty).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('may break at any time, beside others: in the end the client has it all, nothing twice', () => {
    let broken = 0;
    const breaks = fc.array(fc.integer({ min: 1, max: 4000 }), { minLength: 2, maxLength: 12 });
    fc.assert(
      fc.property(masks, masks, masks, breaks, (mine, first, second, bytes) => {
        const time = new VirtualTime();
        const client = nodeOf(clientId, mine);
        const servers = [nodeOf(clientId, first), nodeOf(clientId, second)];
        const before = client.store.duplicates;
        const options = { latencyMs: 1, bytesPerMs: 50, applyMs: 7 };
        const limits = { pieceVersionsStart: 5, pieceNeedsMax: 3 };
        for (const server of servers) {
          const links = bytes.map((breakAfterBytes) => {
            return new SessionLink(time, client, server, { ...options, limits, breakAfterBytes });
          });
          time.runUntil(() => links.every((link) => link.clientOutcome !== undefined), 1e6);
          for (const link of links) if (link.clientOutcome?.result === 'broken') broken++;
        }
        // One after the other: two at once leave each other what the other has claimed, for a later round.
        for (const server of servers) {
          const link = new SessionLink(time, client, server, { ...options, limits });
          expect(time.runUntil(() => link.isClosed, 1e6)).toBe(true);
        }
        for (const { store } of servers) {
          const needs = computeNeeds(client.store.bookkeeping, store.bookkeeping.state(), clientId);
          expect(needs).toEqual([]);
        }
        expect(client.store.duplicates).toBe(before);
        expect(client.inFlight.isEmpty).toBe(true);
      }),
      { numRuns: 100 },
    );
    expect(broken).toBeGreaterThan(0);
  });
});
