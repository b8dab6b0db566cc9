// Client and server sessions against each other over a simulated link: they agree cheaply, catch up at the
// speed of the link, share work between peers, and go on where a broken session stopped.

import { describe, expect, it, vi } from 'vitest';
import type { ActorId } from '../base/actor-id.ts';
import { actorIdFromBytes } from '../base/actor-id.ts';
import { chunkBytesMax } from '../base/chunk-header.ts';
import { ClientSession } from './client-session.ts';
import { NeedSet, needOfChunk } from './need-set.ts';
import { ServerSession, ServerSlots } from './server-session.ts';
import { MemoryStore, makeChunk, readChunk } from './testing/memory-store.ts';
import { SessionLink, type SyncNode, syncNode } from './testing/session-link.ts';
import { VirtualTime } from './testing/virtual-time.ts';
import { decodeSyncMessage, encodeSyncMessage, type SyncMessage } from './wire.ts';

vi.setConfig({ testTimeout: 30_000 });

function actorNumber(byte: number): ActorId {
  return actorIdFromBytes(new Uint8Array(16).fill(byte));
}

function emptyNode(byte: number): SyncNode {
  return syncNode(new MemoryStore(actorNumber(byte)));
}

/** A node with `count` versions of its own. */
function fullNode(byte: number, count: number, bodyBytes: number = 40): SyncNode {
  const node = emptyNode(byte);
  for (let version = 1; version <= count; version++) node.store.write(bodyBytes);
  return node;
}

function copyOf(byte: number, source: SyncNode): SyncNode {
  const node = emptyNode(byte);
  for (const { actorId, head } of source.store.bookkeeping.state()) {
    const { chunks } = source.store.read({ kind: 'full', actorId, start: 1, end: head }, Infinity);
    node.store.apply(chunks.map(readChunk), []);
  }
  return node;
}

function expectEqual(a: SyncNode, b: SyncNode): void {
  expect(a.store.bookkeeping.state()).toEqual(b.store.bookkeeping.state());
}

describe('two nodes that agree', () => {
  it('exchange two small messages and nothing else', () => {
    const time = new VirtualTime();
    const server = fullNode(1, 100);
    const client = copyOf(2, server);
    const link = new SessionLink(time, client, server, { latencyMs: 10 });
    expect(time.runUntil(() => link.isClosed, 1000)).toBe(true);
    expect(link.clientOutcome?.result).toBe('agreed');
    expect(link.serverOutcome?.result).toBe('complete');
    expect(link.messages).toEqual({ start: 2 });
    expect(link.bytesToClient).toBeLessThan(32);
    expect(server.slots.taken).toBe(0);
  });
});

describe('catching up', () => {
  it('brings an empty node everything once, with empty versions and large ones', () => {
    const time = new VirtualTime();
    const server = fullNode(1, 500);
    server.store.writeEmpty();
    server.store.write(1000, 50);
    server.store.writeEmpty();
    const client = emptyNode(2);
    const link = new SessionLink(time, client, server, { latencyMs: 1, applyMs: 1 });
    expect(time.runUntil(() => link.isClosed, 60_000)).toBe(true);
    expectEqual(client, server);
    expect(client.store.duplicates).toBe(0);
    expect(link.clientOutcome).toMatchObject({
      result: 'complete',
      chunks: 550,
      emptyVersions: 2,
      gainedVersions: 503,
    });
    expect(link.clientOutcome?.durationMs).toBeGreaterThan(2);
    expect(link.clientOutcome?.durationMs).toBeLessThanOrEqual(time.nowMs);
    expect(client.inFlight.isEmpty).toBe(true);
    expect(server.slots.taken).toBe(0);
  });

  it('is bound by the link and not by round trips', () => {
    const time = new VirtualTime();
    const server = fullNode(1, 100_000, 40);
    const client = emptyNode(2);
    const latencyMs = 20;
    const link = new SessionLink(time, client, server, { latencyMs, bytesPerMs: 25_000 });
    expect(time.runUntil(() => link.isClosed, 60_000)).toBe(true);
    expectEqual(client, server);
    const linkMs = link.bytesToClient / 25_000;
    // A request and its answer per piece, one after the other, would take over a second.
    expect(time.nowMs).toBeLessThan(linkMs + 12 * 2 * latencyMs);
    expect(link.messages['request']).toBeGreaterThan(20);
  });

  it('holds the stream back while the applier is behind', () => {
    const time = new VirtualTime();
    const server = fullNode(1, 3000, 1000);
    const client = emptyNode(2);
    const unappliedBytesMax = 512 * 1024;
    const limits = { unappliedBytesMax, pieceBytesTarget: 64 * 1024 };
    const link = new SessionLink(time, client, server, { latencyMs: 1, applyMs: 100, limits });
    expect(time.runUntil(() => link.isClosed, 600_000)).toBe(true);
    expectEqual(client, server);
    // Bounded by the limit and the one slice that went over it.
    expect(link.unappliedBytesMax).toBeGreaterThan(unappliedBytesMax / 2);
    expect(link.unappliedBytesMax).toBeLessThan(unappliedBytesMax + 1100 * 1024);
  });

  it('takes from a relay the part that it has of a large version, and the rest elsewhere', () => {
    const time = new VirtualTime();
    const origin = emptyNode(1);
    const chunks = origin.store.write(100, 10);
    const relay = emptyNode(2);
    relay.store.apply(chunks.slice(3, 7), []);
    const client = emptyNode(3);
    const first = new SessionLink(time, client, relay, { latencyMs: 1 });
    expect(time.runUntil(() => first.isClosed, 1000)).toBe(true);
    expect(client.store.bookkeeping.stateOf(actorNumber(1)).partials).toEqual([
      { version: 1, lastSeq: 9, seqs: [[3, 6]] },
    ]);
    const second = new SessionLink(time, client, origin, { latencyMs: 1 });
    expect(time.runUntil(() => second.isClosed, 2000)).toBe(true);
    expectEqual(client, origin);
    expect(second.clientOutcome?.chunks).toBe(6);
    expect(client.store.duplicates).toBe(0);
  });

  it('does not ask for what came by broadcast and waits for the applier', () => {
    const server = fullNode(1, 10);
    const client = emptyNode(2);
    const { chunks } = server.store.read(
      { kind: 'full', actorId: actorNumber(1), start: 4, end: 10 },
      1e9,
    );
    const queued = NeedSet.from(chunks.map((bytes) => needOfChunk(readChunk(bytes).header)));
    const large = {
      actorId: actorNumber(1),
      version: 3,
      hlc: 0,
      startSeq: 1,
      endSeq: 2,
      lastSeq: 9,
    };
    queued.add(needOfChunk(large));
    const session = new ClientSession({
      selfActorId: client.store.actorId,
      clusterId: 0,
      clock: () => 0,
      bookkeeping: client.store.bookkeeping,
      inFlight: client.inFlight,
      queued,
    });
    session.step({ kind: 'open' }, 0);
    const hello = { protocolVersion: 1, clusterId: 0, digest: '00'.repeat(8), clock: 0 } as const;
    session.step({ kind: 'message', bytes: encodeSyncMessage({ kind: 'start', ...hello }) }, 0);
    const states = server.store.bookkeeping.state();
    const bytes = encodeSyncMessage({ kind: 'state', isLast: true, states });
    const sent = session.step({ kind: 'message', bytes }, 0).filter(({ kind }) => kind === 'send');
    const messages = sent.map(
      (effect) => effect.kind === 'send' && decodeSyncMessage(effect.bytes),
    );
    expect(messages).toMatchObject([{ kind: 'request', needs: [{ start: 1, end: 2 }] }]);
  });

  it('asks for the newest versions first', () => {
    const time = new VirtualTime();
    const server = fullNode(1, 5000, 40);
    const client = emptyNode(2);
    const link = new SessionLink(time, client, server, { latencyMs: 5, bytesPerMs: 500 });
    const isFetching = (): boolean => client.store.bookkeeping.head(actorNumber(1)) > 0;
    expect(time.runUntil(isFetching, 10_000)).toBe(true);
    expect(client.store.bookkeeping.contains(actorNumber(1), 5000)).toBe(true);
    expect(client.store.bookkeeping.contains(actorNumber(1), 1)).toBe(false);
    expect(link.isClosed).toBe(false);
  });
});

describe('several sessions at once', () => {
  it('never ask for the same thing twice, and share the work', () => {
    const time = new VirtualTime();
    const first = fullNode(1, 20_000, 60);
    const second = copyOf(2, first);
    const client = emptyNode(3);
    const options = { latencyMs: 3, bytesPerMs: 1000, applyMs: 2 };
    const links = [first, second].map((server) => new SessionLink(time, client, server, options));
    expect(time.runUntil(() => links.every((link) => link.isClosed), 60_000)).toBe(true);
    expectEqual(client, first);
    expect(client.store.duplicates).toBe(0);
    const chunks = links.map((link) => link.clientOutcome?.chunks ?? 0);
    expect(chunks.reduce((a, b) => a + b)).toBe(20_000);
    for (const share of chunks) expect(share).toBeGreaterThan(5000);
    expect(client.inFlight.isEmpty).toBe(true);
  });

  it('are refused over the limit of the server, which then has its slots back', () => {
    const time = new VirtualTime();
    const server = syncNode(fullNode(1, 2000).store, 2);
    const clients = [2, 3, 4].map(emptyNode);
    const links = clients.map((client) => new SessionLink(time, client, server, { latencyMs: 1 }));
    expect(time.runUntil(() => links.every((link) => link.isClosed), 60_000)).toBe(true);
    const outcomes = links.map((link) => link.clientOutcome);
    expect(outcomes.map((outcome) => outcome?.result)).toEqual([
      'complete',
      'complete',
      'rejected',
    ]);
    expect(outcomes[2]?.rejection).toBe('max-concurrency');
    expect(server.slots.taken).toBe(0);
  });

  it('are refused by a server that is stopping, and by one of another cluster', () => {
    const time = new VirtualTime();
    const server = fullNode(1, 10);
    const stranger = new SessionLink(time, emptyNode(2), server, { clusterId: 9 });
    server.slots.stop();
    const late = new SessionLink(time, emptyNode(3), server);
    expect(time.runUntil(() => stranger.isClosed && late.isClosed, 1000)).toBe(true);
    expect(late.clientOutcome?.rejection).toBe('stopping');
    expect(stranger.clientOutcome?.rejection).toBe('different-cluster');
  });
});

describe('a broken session', () => {
  it('costs only what was on its way: the next one goes on from there', () => {
    const time = new VirtualTime();
    const server = fullNode(1, 20_000, 60);
    const client = emptyNode(2);
    let links = 0;
    let received = 0;
    for (; links < 50; links++) {
      const options = { latencyMs: 2, bytesPerMs: 2000, applyMs: 5, breakAfterBytes: 300_000 };
      const link = new SessionLink(time, client, server, options);
      expect(time.runUntil(() => link.isClosed, time.nowMs + 60_000)).toBe(true);
      received += link.clientOutcome?.chunks ?? 0;
      expect(client.inFlight.isEmpty).toBe(true);
      expect(server.slots.taken).toBe(0);
      if (link.clientOutcome?.result === 'complete') break;
      expect(link.clientOutcome?.result).toBe('broken');
    }
    expectEqual(client, server);
    expect(links).toBeGreaterThan(3);
    expect(client.store.duplicates).toBe(0);
    expect(received).toBe(20_000);
  });

  it('keeps its claims on what the applier still has, so that nobody fetches it again', () => {
    const time = new VirtualTime();
    const server = fullNode(1, 100);
    const client = emptyNode(2);
    const slow = new SessionLink(time, client, server, { latencyMs: 1, applyMs: 500 });
    expect(time.runUntil(() => slow.bytesToClient > 4000, 1000)).toBe(true);
    slow.break();
    const next = new SessionLink(time, client, server, { latencyMs: 1 });
    expect(time.runUntil(() => slow.isClosed && next.isClosed, 10_000)).toBe(true);
    expect(slow.clientOutcome?.result).toBe('broken');
    expectEqual(client, server);
    expect(client.store.duplicates).toBe(0);
    expect(client.inFlight.isEmpty).toBe(true);
  });

  it('is over at once when the node stops, whatever the applier still has', () => {
    const time = new VirtualTime();
    const client = emptyNode(2);
    const link = new SessionLink(time, client, fullNode(1, 1000), { latencyMs: 1, applyMs: 500 });
    expect(time.runUntil(() => link.bytesToClient > 4000, 1000)).toBe(true);
    link.stopClient();
    expect(link.clientOutcome?.result).toBe('stopped');
    expect(client.inFlight.isEmpty).toBe(true);
    expect(time.runUntil(() => link.serverOutcome !== undefined, 1000)).toBe(true);
  });

  it('that brought only what could not be applied has gained nothing', () => {
    const time = new VirtualTime();
    const client = emptyNode(2);
    const { store } = client;
    const apply = store.apply.bind(store);
    store.apply = (chunks, empty) => apply(chunks.slice(0, 3), empty);
    const link = new SessionLink(time, client, fullNode(1, 100), { latencyMs: 1 });
    expect(time.runUntil(() => link.isClosed, 10_000)).toBe(true);
    expect(link.clientOutcome).toMatchObject({ result: 'complete', chunks: 100 });
    expect(link.clientOutcome?.gainedVersions).toBe(3);
    expect(link.messages['request']).toBe(1);
    expect(client.inFlight.isEmpty).toBe(true);
  });

  it('is what a silent peer makes of it, after a bounded time', () => {
    const client = emptyNode(1);
    const session = new ClientSession({
      selfActorId: client.store.actorId,
      clusterId: 0,
      clock: () => 0,
      bookkeeping: client.store.bookkeeping,
      inFlight: client.inFlight,
      limits: { idleMsMax: 1000 },
    });
    const opened = session.step({ kind: 'open' }, 0);
    expect(opened.find(({ kind }) => kind === 'timer')).toEqual({ kind: 'timer', atMs: 1000 });
    expect(session.step({ kind: 'timer' }, 999)).toEqual([{ kind: 'timer', atMs: 1000 }]);
    const ended = session.step({ kind: 'timer' }, 1000);
    expect(ended[0]).toEqual({ kind: 'abort' });
    expect(ended[1]).toMatchObject({ kind: 'closed', outcome: { result: 'timeout' } });
    expect(session.step({ kind: 'ended', error: undefined }, 1001)).toEqual([]);
  });
});

describe('a peer that does not keep to the protocol', () => {
  function fetching(): { session: ClientSession; client: SyncNode; server: SyncNode } {
    const server = fullNode(1, 10);
    const client = emptyNode(2);
    const session = new ClientSession({
      selfActorId: client.store.actorId,
      clusterId: 0,
      clock: () => 0,
      bookkeeping: client.store.bookkeeping,
      inFlight: client.inFlight,
    });
    session.step({ kind: 'open' }, 0);
    const states = server.store.bookkeeping.state();
    const hello = { protocolVersion: 1, clusterId: 0, digest: '00'.repeat(8), clock: 0 };
    for (const message of [
      { kind: 'start', ...hello },
      { kind: 'state', isLast: true, states },
    ] as SyncMessage[]) {
      session.step({ kind: 'message', bytes: encodeSyncMessage(message) }, 0);
    }
    return { session, client, server };
  }

  it('cannot slip in chunks or empty versions that were not asked for', () => {
    const { session } = fetching();
    const bytes = encodeSyncMessage({
      kind: 'slice',
      requestId: 1,
      chunks: [1, 11].map((version) => {
        const seqs = { startSeq: 0, endSeq: 0, lastSeq: 0 };
        return makeChunk({ actorId: actorNumber(1), version, hlc: 0, ...seqs }, 4).bytes;
      }),
      empty: [
        { actorId: actorNumber(1), versions: [[9, 1_000_000]] },
        { actorId: actorNumber(2), versions: [[1, 5]] },
      ],
    });
    const [delivery, ...rest] = session.step({ kind: 'message', bytes }, 1);
    expect(rest).toEqual([]);
    expect(delivery).toMatchObject({
      kind: 'deliver',
      chunks: [{ header: { version: 1 } }],
      empty: [{ actorId: actorNumber(1), versions: [[9, 10]] }],
    });
    expect(session.unrequested).toBe(1);
  });

  it('is broken off with its claims released', () => {
    const done = encodeSyncMessage({ kind: 'done', requestId: 7, isComplete: true });
    const slice = encodeSyncMessage({ kind: 'slice', requestId: 7, chunks: [], empty: [] });
    const again = encodeSyncMessage({ kind: 'rejection', reason: 'stopping' });
    for (const bytes of [slice, again, Uint8Array.of(99)]) {
      const { session, client } = fetching();
      expect(client.inFlight.isEmpty).toBe(false);
      // An unknown Done changes nothing.
      expect(session.step({ kind: 'message', bytes: done }, 1)).toEqual([]);
      const effects = session.step({ kind: 'message', bytes }, 1);
      expect(effects.map(({ kind }) => kind)).toEqual(['abort', 'closed']);
      expect(effects[1]).toMatchObject({ outcome: { result: 'malformed' } });
      expect(client.inFlight.isEmpty).toBe(true);
    }
  });

  it('is broken off by the server too, which then has its slot back', () => {
    const server = fullNode(1, 10);
    const { bookkeeping } = server.store;
    const slots = new ServerSlots(1);
    const session = new ServerSession({ clusterId: 0, clock: () => 0, bookkeeping, slots });
    const start = { protocolVersion: 1, clusterId: 0, digest: '00'.repeat(8), clock: 0 } as const;
    session.step({ kind: 'open' }, 0);
    session.step({ kind: 'message', bytes: encodeSyncMessage({ kind: 'start', ...start }) }, 0);
    expect(slots.taken).toBe(1);
    const bytes = encodeSyncMessage({ kind: 'start', ...start });
    const effects = session.step({ kind: 'message', bytes }, 0);
    expect(effects.map(({ kind }) => kind)).toEqual(['abort', 'closed']);
    expect(slots.taken).toBe(0);
  });
});

describe('the server', () => {
  function serving(): { session: ServerSession; server: SyncNode } {
    const server = fullNode(1, 100, 1000);
    const { bookkeeping } = server.store;
    const { slots } = server;
    const session = new ServerSession({
      clusterId: 0,
      clock: () => 0,
      bookkeeping,
      slots,
      limits: { sliceBytesStart: 16_384, sliceBytesMin: 4096, sliceBytesMax: 32_768 },
    });
    const start = { protocolVersion: 1, clusterId: 0, digest: '00'.repeat(8), clock: 0 } as const;
    session.step({ kind: 'open' }, 0);
    session.step({ kind: 'message', bytes: encodeSyncMessage({ kind: 'start', ...start }) }, 0);
    session.step({ kind: 'sent' }, 0);
    session.step({ kind: 'sent' }, 0);
    return { session, server };
  }
  const need = { kind: 'full', actorId: actorNumber(1), start: 1, end: 100 } as const;
  const request = encodeSyncMessage({ kind: 'request', requestId: 1, needs: [need] });

  it('reads on only as the stream takes what was read, in slices that suit the stream', () => {
    const { session, server } = serving();
    let effects = session.step({ kind: 'message', bytes: request }, 0);
    expect(effects).toEqual([{ kind: 'read', need, bytesMax: 16_384 }]);
    const slice = server.store.read(need, 16_384);
    effects = session.step({ kind: 'slice', slice }, 1);
    expect(effects.map(({ kind }) => kind)).toEqual(['send', 'read']);
    effects = session.step({ kind: 'slice', slice }, 2);
    expect(effects.map(({ kind }) => kind)).toEqual(['send']);
    expect(session.step({ kind: 'sent' }, 1000)).toMatchObject([{ kind: 'read', bytesMax: 8192 }]);
    session.step({ kind: 'slice', slice }, 1001);
    expect(session.step({ kind: 'sent' }, 2000)).toMatchObject([{ kind: 'read', bytesMax: 4096 }]);
    session.step({ kind: 'slice', slice }, 2001);
    expect(session.step({ kind: 'sent' }, 2002)).toMatchObject([{ bytesMax: 4096 }]);
    session.step({ kind: 'slice', slice }, 2003);
    expect(session.step({ kind: 'sent' }, 2004)).toMatchObject([{ bytesMax: 8192 }]);
  });

  it('says so when it could not read, and serves the next request', () => {
    const { session } = serving();
    session.step({ kind: 'message', bytes: request }, 0);
    const second = encodeSyncMessage({ kind: 'request', requestId: 2, needs: [need] });
    expect(session.step({ kind: 'message', bytes: second }, 0)).toEqual([]);
    const effects = session.step({ kind: 'read-failed', error: new Error('busy') }, 1);
    const [send, read] = effects;
    expect(send?.kind === 'send' && decodeSyncMessage(send.bytes)).toEqual({
      kind: 'done',
      requestId: 1,
      isComplete: false,
    });
    expect(read).toMatchObject({ kind: 'read' });
  });

  it('splits what does not fit a message, and leaves out what never will', () => {
    const { session } = serving();
    session.step({ kind: 'message', bytes: request }, 0);
    const seqs = { startSeq: 0, endSeq: 0, lastSeq: 0 };
    const [tooLong, long, short] = [chunkBytesMax + 1, chunkBytesMax - 100, 50].map((bytes) => {
      return makeChunk({ actorId: actorNumber(1), version: 1, hlc: 0, ...seqs }, bytes).bytes;
    });
    if (tooLong === undefined || long === undefined || short === undefined) throw new Error('?');
    const slice = { chunks: [short, long, tooLong, short], empty: [], rest: undefined };
    const sent = session.step({ kind: 'slice', slice }, 1).filter(({ kind }) => kind === 'send');
    const messages = sent.map((effect) => {
      return effect.kind === 'send' ? decodeSyncMessage(effect.bytes) : undefined;
    });
    const lengths = messages.map((message) => {
      return message?.kind === 'slice' ? message.chunks.map((chunk) => chunk.length) : message;
    });
    expect(lengths).toEqual([
      [short.length],
      [long.length],
      [short.length],
      { kind: 'done', requestId: 1, isComplete: false },
    ]);
  });

  it('breaks off a stream that takes nothing, and an idle client', () => {
    const stuck = serving();
    stuck.session.step({ kind: 'message', bytes: request }, 0);
    stuck.session.step({ kind: 'slice', slice: stuck.server.store.read(need, 1) }, 5000);
    expect(stuck.session.step({ kind: 'timer' }, 30_000)).toEqual([
      { kind: 'timer', atMs: 35_000 },
    ]);
    const ended = stuck.session.step({ kind: 'timer' }, 35_000);
    expect(ended[1]).toMatchObject({ kind: 'closed', outcome: { result: 'timeout' } });
    const idle = serving();
    const idleEnd = idle.session.step({ kind: 'timer' }, 30_000);
    expect(idleEnd[1]).toMatchObject({ kind: 'closed', outcome: { result: 'timeout' } });
    expect(idle.server.slots.taken).toBe(0);
  });

  it('finishes what was asked for when the client has ended its side', () => {
    const { session, server } = serving();
    session.step({ kind: 'message', bytes: request }, 0);
    expect(session.step({ kind: 'ended', error: undefined }, 1)).toEqual([]);
    const all = server.store.read(need, 1e9);
    const sends = session.step({ kind: 'slice', slice: all }, 2).map(({ kind }) => kind);
    expect(sends).toEqual(['send', 'send']);
    session.step({ kind: 'sent' }, 3);
    const effects = session.step({ kind: 'sent' }, 4);
    expect(effects.map(({ kind }) => kind)).toEqual(['end', 'closed']);
  });
});
