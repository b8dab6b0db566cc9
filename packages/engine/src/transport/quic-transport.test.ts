// The transport over real sockets: every class of traffic, slow readers, deaths and restarts.

import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { MessageStream } from '../ports.ts';
import { createQuicTransport } from './quic-transport.ts';
import {
  ChildPeer,
  codeOf,
  collect,
  newIdentity,
  TestCa,
  TestNodes,
  until,
} from './transport-fixture.ts';

const nodes = new TestNodes();
afterEach(() => nodes.stopAll());

/** A port that nobody listens on: bound once and given back. */
async function unusedAddress(): Promise<string> {
  const node = await nodes.start();
  await node.transport.stop();
  return node.address;
}

describe('traffic', () => {
  it('carries datagrams both ways, under the advertised address', async () => {
    const [a, b] = [await nodes.start(), await nodes.start()];
    const bytes = randomBytes(a.transport.datagramBytesMax);
    a.transport.sendDatagram(b.address, bytes);
    await until(() => b.datagrams.length === 1, 'datagram at b');
    expect(Buffer.compare(b.datagrams[0]?.bytes ?? Buffer.of(), bytes)).toBe(0);
    expect(b.datagrams[0]?.from).toEqual({
      address: a.address,
      actorId: a.identity.actorId,
      sessionId: a.identity.sessionId,
    });
    b.transport.sendDatagram(a.address, bytes);
    await until(() => a.datagrams.length === 1, 'datagram at a');
    expect(a.transport.stats()).toMatchObject({ connections: 1, dialled: 1, accepted: 0 });
    expect(b.transport.stats()).toMatchObject({ connections: 1, dialled: 0, accepted: 1 });
  });

  it('drops and counts a datagram over the limit', async () => {
    const [a, b] = [await nodes.start(), await nodes.start()];
    a.transport.sendDatagram(b.address, Buffer.alloc(a.transport.datagramBytesMax + 1));
    expect(a.transport.stats().drops['datagram-unsendable']).toBe(1);
  });

  it('carries one-way messages of every size, each once and whole', async () => {
    const [a, b] = [await nodes.start(), await nodes.start()];
    const sizes = [0, 1, 1_200, 65_535, 65_536, 65_537, 1_000_000, 16 * 1024 * 1024];
    const sent = sizes.map((size) => randomBytes(size));
    await Promise.all(sent.map((bytes) => a.transport.sendMessage(b.address, bytes)));
    await until(() => b.messages.length === sizes.length, 'all messages', 15_000);
    const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
    const got = b.messages.map(({ bytes }) => digest(bytes)).sort();
    expect(got).toEqual(sent.map(digest).sort());
  });

  it('carries 5,000 small messages at once', async () => {
    const [a, b] = [await nodes.start(), await nodes.start()];
    await a.transport.sendMessage(b.address, Buffer.of(0));
    const startMs = performance.now();
    const message = randomBytes(200);
    const sends = Array.from({ length: 5_000 }, () => a.transport.sendMessage(b.address, message));
    await Promise.all(sends);
    await until(() => b.messages.length === 5_001, 'all messages');
    // Many times slower than measured (0.2 s), because the machine of a test is shared.
    expect(performance.now() - startMs).toBeLessThan(8_000);
  });

  it('refuses to send a message over the limit', async () => {
    const options = { limits: { messageBytesMax: 1000 } };
    const [a, b] = [await nodes.start(options), await nodes.start(options)];
    const tooLong = Buffer.alloc(1001);
    expect(await codeOf(a.transport.sendMessage(b.address, tooLong))).toBe('PATINA_BODY_TOO_LARGE');
    const stream = await a.transport.openStream(b.address);
    expect(await codeOf(stream.send(tooLong))).toBe('PATINA_BODY_TOO_LARGE');
  });

  it('carries messages in order on a two-way stream and ends it orderly', async () => {
    const [a, b] = [await nodes.start(), await nodes.start()];
    b.onStream = (stream) => {
      stream.receive({
        onMessage: (message) => stream.send(message),
        onEnd: () => stream.end(),
      });
    };
    const stream = await a.transport.openStream(b.address);
    const { received, ended } = collect(stream);
    const sent = [0, 1, 70_000, 0, 3, 300_000].map((size) => randomBytes(size));
    for (const message of sent) await stream.send(message);
    stream.end();
    expect(await ended).toBeUndefined();
    expect(received.map((bytes) => Buffer.from(bytes).toString('hex'))).toEqual(
      sent.map((bytes) => bytes.toString('hex')),
    );
    expect(stream.peer.address).toBe(b.address);
    expect(b.streams[0]?.peer.address).toBe(a.address);
    expect(await codeOf(stream.send(Buffer.of(1)))).toBe('PATINA_STREAM_CLOSED');
  });

  it('shows an opened stream to the peer before anything is sent on it', async () => {
    const [a, b] = [await nodes.start(), await nodes.start()];
    b.onStream = (stream) => {
      void stream.send(Buffer.from('welcome'));
      stream.end();
    };
    const { received, ended } = collect(await a.transport.openStream(b.address));
    expect(await ended).toBeUndefined();
    expect(received.map(String)).toEqual([String(Buffer.from('welcome'))]);
  });

  it('passes an abort on to the peer as a broken end', async () => {
    const [a, b] = [await nodes.start(), await nodes.start()];
    const stream = await a.transport.openStream(b.address);
    await stream.send(Buffer.of(1));
    await until(() => b.streams.length === 1, 'stream at b');
    const remote = b.streams[0] as MessageStream;
    const { ended } = collect(remote);
    const local = collect(stream);
    stream.abort();
    expect(await ended).toMatchObject({ code: 'PATINA_STREAM_CLOSED' });
    expect(await local.ended).toMatchObject({ code: 'PATINA_STREAM_CLOSED' });
    expect(await codeOf(stream.send(Buffer.of(1)))).toBe('PATINA_STREAM_CLOSED');
    // The connection goes on.
    await a.transport.sendMessage(b.address, Buffer.of(2));
    await until(() => b.messages.length === 1, 'message after the abort');
  });

  it('gives the credit of aborted streams back', async () => {
    const [a, b] = [await nodes.start(), await nodes.start()];
    b.onStream = (stream) => collect(stream);
    for (let round = 0; round < 100; round++) {
      const stream = await a.transport.openStream(b.address);
      const { ended } = collect(stream);
      if (round % 3 !== 0) await stream.send(Buffer.of(1));
      if (round % 3 === 1) await until(() => b.streams.length > 0, 'a stream at b');
      if (round % 2 === 0) stream.abort();
      else b.streams.at(-1)?.abort() ?? stream.abort();
      stream.end();
      await Promise.race([ended, sleep(50)]);
      stream.abort();
    }
    const last = await a.transport.openStream(b.address);
    await last.send(Buffer.of(1));
    expect(b.transport.stats().connections).toBe(1);
  });

  it('opens more streams than the limit as earlier ones end', async () => {
    const [a, b] = [await nodes.start(), await nodes.start()];
    b.onStream = (stream) => stream.receive({ onMessage: () => {}, onEnd: () => stream.end() });
    let over = 0;
    await Promise.all(
      Array.from({ length: 100 }, async () => {
        const stream = await a.transport.openStream(b.address);
        const { ended } = collect(stream);
        await stream.send(Buffer.of(1));
        stream.end();
        expect(await ended).toBeUndefined();
        over++;
      }),
    );
    expect(over).toBe(100);
    expect(b.streams.length).toBe(100);
  });
});

describe('back-pressure', () => {
  it('moves 64 MB past a slow reader with bounded memory and without loss', async () => {
    const [a, b] = [await nodes.start(), await nodes.start()];
    const chunkBytes = 64 * 1024;
    const chunks = 1024;
    const hash = createHash('sha256');
    const arrived = createHash('sha256');
    let delivered = 0;
    let sent = 0;
    let aheadMax = 0;
    let [atOnce, atOnceMax] = [0, 0];
    const done = Promise.withResolvers<void>();
    b.onStream = (stream) =>
      stream.receive({
        onMessage: async (message) => {
          atOnceMax = Math.max(atOnceMax, ++atOnce);
          arrived.update(message);
          delivered++;
          aheadMax = Math.max(aheadMax, sent - delivered);
          if (delivered % 64 === 0) await sleep(10);
          else await new Promise((resolve) => setImmediate(resolve));
          atOnce--;
        },
        onEnd: () => done.resolve(),
      });
    const stream = await a.transport.openStream(b.address);
    for (; sent < chunks; sent++) {
      const chunk = randomBytes(chunkBytes);
      hash.update(chunk);
      await stream.send(chunk);
    }
    stream.end();
    await done.promise;
    expect(delivered).toBe(chunks);
    expect(atOnceMax).toBe(1);
    expect(arrived.digest('hex')).toBe(hash.digest('hex'));
    // What is on its way: the stream's window, what may be queued, and the congestion window.
    const { streamWindowBytes, streamQueueBytes } = {
      streamWindowBytes: 2 << 20,
      streamQueueBytes: 256 << 10,
    };
    expect(aheadMax * chunkBytes).toBeLessThan(
      streamWindowBytes + streamQueueBytes + 4 * chunkBytes,
    );
  });

  it('holds the sender back while the receiver has not said that it listens', async () => {
    const [a, b] = [await nodes.start(), await nodes.start()];
    const stream = await a.transport.openStream(b.address);
    const message = Buffer.alloc(64 * 1024);
    let sent = 0;
    const sending = (async () => {
      for (; sent < 256; sent++) await stream.send(message);
    })();
    await until(() => b.streams.length === 1 && sent > 32, 'the window fills');
    let before = -1;
    await until(() => {
      const isStill = before === sent;
      before = sent;
      return isStill;
    }, 'the sender waits');
    expect(sent).toBeLessThan(128);
    collect(b.streams[0] as MessageStream);
    await sending;
    expect(sent).toBe(256);
  });

  it('is quiet while readers that wait have full windows', async () => {
    const limits = { streamWindowBytes: 512 * 1024 };
    const [a, b] = [await nodes.start({ limits }), await nodes.start({ limits })];
    const streams = await Promise.all(
      Array.from({ length: 6 }, () => a.transport.openStream(b.address)),
    );
    const sends = streams.map((stream) => stream.send(Buffer.alloc(1024 * 1024)));
    await until(() => b.streams.length === 6, 'streams');
    const packets = () => a.transport.stats().packetsSent;
    await until(() => a.transport.stats().bytesSent > 1_000_000, 'the window fills');
    await sleep(100);
    const before = packets();
    await sleep(300);
    expect(packets() - before).toBeLessThan(20);
    const readers = b.streams.map((stream) => collect(stream));
    await Promise.all(sends);
    await until(() => readers.every(({ received }) => received.length === 1), 'all messages');
  });

  it('aborts streams with unread data, from either side, and goes on', async () => {
    const limits = { streamWindowBytes: 512 * 1024 };
    const [a, b] = [await nodes.start({ limits }), await nodes.start({ limits })];
    for (let round = 1; round <= 8; round++) {
      const stream = await a.transport.openStream(b.address);
      const { ended } = collect(stream);
      stream.send(Buffer.alloc(400 * 1024)).catch(() => {});
      await until(() => b.streams.length === round, 'stream at b');
      let before = -1;
      await until(() => {
        const isStill = before === b.transport.stats().bytesReceived;
        before = b.transport.stats().bytesReceived;
        return isStill;
      }, 'all that fits has come');
      // Either side gives up what b has not read.
      if (round % 2 === 0) b.streams[round - 1]?.abort();
      else stream.abort();
      if (round % 2 === 1) collect(b.streams[round - 1] as MessageStream);
      expect(await ended).toMatchObject({ code: 'PATINA_STREAM_CLOSED' });
    }
    await a.transport.sendMessage(b.address, Buffer.alloc(900 * 1024));
    await until(() => b.messages.length === 1, 'message');
  });

  it('keeps a stream alive whose receiver takes longer than every time-out', async () => {
    const limits = { idleTimeoutMs: 400, silenceTimeoutMs: 200 };
    const [a, b] = [await nodes.start({ limits }), await nodes.start({ limits })];
    const release = Promise.withResolvers<void>();
    const got: number[] = [];
    b.onStream = (stream) =>
      stream.receive({
        onMessage: (message) => {
          got.push(message.length);
          return release.promise;
        },
        onEnd: () => {},
      });
    const stream = await a.transport.openStream(b.address);
    let broken = false;
    stream.receive({
      onMessage: () => {},
      onEnd: () => {
        broken = true;
      },
    });
    const sends = Array.from({ length: 100 }, () => stream.send(Buffer.alloc(100_000)));
    await until(() => got.length === 1, 'first message');
    await sleep(1_000);
    expect(broken).toBe(false);
    release.resolve();
    await Promise.all(sends);
    await until(() => got.length === 100, 'all messages');
  });
});

describe('memory', () => {
  it('replaces a connection that has carried its share of streams, without loss', async () => {
    const limits = { streamsPerConnectionMax: 100, silenceTimeoutMs: 200, idleTimeoutMs: 600 };
    const [a, b] = [await nodes.start({ limits }), await nodes.start({ limits })];
    let sent = 0;
    while (a.transport.stats().dialled < 4) {
      await Promise.all(
        Array.from({ length: 20 }, () => a.transport.sendMessage(b.address, Buffer.of(1))),
      );
      sent += 20;
      await sleep(5);
    }
    await until(() => b.messages.length === sent, 'all messages');
    await until(() => a.transport.stats().closed >= 2, 'worn connections end');
    expect([a.connected.length, a.disconnected.length]).toEqual([1, 0]);
  });

  it('moves many large one-way messages at once, in turn', async () => {
    const [a, b] = [await nodes.start(), await nodes.start()];
    const message = randomBytes(4 * 1024 * 1024);
    await Promise.all(
      Array.from({ length: 14 }, () => a.transport.sendMessage(b.address, message)),
    );
    await until(() => b.messages.length === 14, 'all messages', 15_000);
    expect(b.transport.stats().drops).toEqual({});
  });

  it('gives up later messages when a sender begins too many', async () => {
    const a = await nodes.start({ limits: { partialSendBytesMax: 1 << 30 } });
    const b = await nodes.start({ limits: { assemblyBytesMax: 1_000_000 } });
    for (let round = 0; round < 5; round++) {
      const sends = Array.from({ length: 30 }, () =>
        codeOf(a.transport.sendMessage(b.address, Buffer.alloc(1_000_000))),
      );
      await Promise.all(sends);
    }
    const dropped = () => b.transport.stats().drops['assembly-full'] ?? 0;
    await until(() => b.messages.length + dropped() === 150, 'every message is accounted for');
    expect(dropped()).toBeGreaterThan(0);
    const before = b.messages.length;
    await a.transport.sendMessage(b.address, Buffer.alloc(1_000_000));
    await until(() => b.messages.length === before + 1, 'a message that comes alone');
    expect(b.transport.stats().connections).toBe(1);
  });
});

describe('connections', () => {
  it('uses one connection for both directions and all traffic', async () => {
    const [a, b] = [await nodes.start(), await nodes.start()];
    await a.transport.sendMessage(b.address, Buffer.of(1));
    await until(() => b.connected.length === 1, 'connected');
    await b.transport.sendMessage(a.address, Buffer.of(2));
    await until(() => a.messages.length === 1, 'message back');
    expect(a.transport.connections()).toMatchObject([{ peer: { address: b.address } }]);
    expect(b.transport.connections()).toMatchObject([{ peer: { address: a.address } }]);
    expect(a.transport.rttMs(b.address)).toBeGreaterThanOrEqual(0);
    expect(a.transport.rttMs('127.0.0.1:1')).toBeUndefined();
  });

  it('loses nothing when both sides dial at once, and reports the peer once', async () => {
    for (let round = 0; round < 5; round++) {
      const [a, b] = [await nodes.start(), await nodes.start()];
      await Promise.all([
        ...Array.from({ length: 20 }, () => a.transport.sendMessage(b.address, Buffer.of(1))),
        ...Array.from({ length: 20 }, () => b.transport.sendMessage(a.address, Buffer.of(2))),
      ]);
      await until(() => a.messages.length === 20 && b.messages.length === 20, 'all messages');
      await until(
        () => a.transport.stats().connections === b.transport.stats().connections,
        'both see the same connections',
      );
      expect([a.connected.length, b.connected.length]).toEqual([1, 1]);
      expect([a.disconnected.length, b.disconnected.length]).toEqual([0, 0]);
      await Promise.all([a.transport.stop(), b.transport.stop()]);
    }
  });

  it('knows a peer by what it advertises, whatever address was dialled', async () => {
    const a = await nodes.start();
    const b = await nodes.start({}, { address: 'localhost:0' });
    await a.transport.sendMessage(b.address, Buffer.of(1));
    const advertised = b.address.replace('127.0.0.1', 'localhost');
    expect(a.transport.connections()[0]?.peer.address).toBe(advertised);
    await a.transport.sendMessage(advertised, Buffer.of(2));
    await a.transport.sendMessage(b.address, Buffer.of(3));
    await until(() => b.messages.length === 3, 'all messages');
    expect(a.transport.stats().dialled).toBe(1);
  });

  it('knows one address in every spelling', async () => {
    const [a, b] = [await nodes.start(), await nodes.start()];
    const port = b.address.split(':')[1];
    await a.transport.sendMessage(`[::ffff:127.0.0.1]:${port}`, Buffer.of(1));
    await a.transport.sendMessage(b.address, Buffer.of(2));
    await until(() => b.messages.length === 2, 'both messages');
    expect(a.transport.stats().dialled).toBe(1);
    const nowhere = [`0.0.0.0:${port}`, '[::]:4001', '127.0.0.1:0', '127.0.0.1'];
    for (const address of nowhere) {
      expect(await codeOf(a.transport.sendMessage(address, Buffer.of(3)))).toBe(
        'PATINA_PEER_UNREACHABLE',
      );
    }
    expect(a.transport.stats().dialled).toBe(1);
  });

  it('speaks IPv6, and IPv4 from an IPv6 socket', async () => {
    const ca = await TestCa.create();
    const tls = await ca.node({ addresses: ['::1', '127.0.0.1'] });
    const a = await nodes.start({ bind: '[::1]:0', tls }, { address: '[::1]:0' });
    const b = await nodes.start({ bind: '[::]:0', tls }, { address: '[::1]:0' });
    const c = await nodes.start({ bind: '0.0.0.0:0', tls });
    const advertised = (node: { address: string }, host: string) =>
      `${host}:${node.address.split(':').at(-1)}`;
    await a.transport.sendMessage(advertised(b, '[::1]'), Buffer.of(1));
    await b.transport.sendMessage(advertised(c, '127.0.0.1'), Buffer.of(2));
    await until(() => b.messages.length === 1 && c.messages.length === 1, 'messages');
    expect(b.messages[0]?.from.address).toBe(a.address);
    expect(await codeOf(c.transport.sendMessage(a.address, Buffer.of(3)))).toBe(
      'PATINA_PEER_UNREACHABLE',
    );
    const all = nodes.start({ bind: '0.0.0.0:0', tls }, { address: '0.0.0.0:0' });
    expect(await codeOf(all)).toBe('PATINA_CONFIG_INVALID');
  });

  it('resolves names when dialling', async () => {
    const [a, b] = [await nodes.start(), await nodes.start()];
    await a.transport.sendMessage(b.address.replace('127.0.0.1', 'localhost'), Buffer.of(1));
    await until(() => b.messages.length === 1, 'message');
  });

  it('disconnects, tells the peer, and dials again on the next send', async () => {
    const [a, b] = [await nodes.start(), await nodes.start()];
    await a.transport.sendMessage(b.address, Buffer.of(1));
    const stream = await a.transport.openStream(b.address);
    const { ended } = collect(stream);
    a.transport.disconnect(b.address);
    expect(await ended).toMatchObject({ code: 'PATINA_STREAM_CLOSED' });
    await until(() => b.disconnected.length === 1, 'b is told');
    expect(a.disconnected).toMatchObject([{ address: b.address }]);
    await a.transport.sendMessage(b.address, Buffer.of(2));
    await until(() => b.messages.length === 2, 'message after');
  });

  it('closes connections when the identity changes and dials with the new one', async () => {
    const [a, b] = [await nodes.start(), await nodes.start()];
    await a.transport.sendMessage(b.address, Buffer.of(1));
    const changed = newIdentity();
    a.transport.identify(changed);
    await until(() => b.disconnected.length === 1, 'b is told');
    await a.transport.sendMessage(b.address, Buffer.of(2));
    await until(() => b.messages.length === 2, 'message after');
    expect(b.messages[1]?.from.actorId).toBe(changed.actorId);
  });

  it('lets an unused connection go, and keeps a used one', async () => {
    const limits = { idleTimeoutMs: 300, unusedTimeoutMs: 1_000 };
    const [a, b] = [await nodes.start({ limits }), await nodes.start({ limits })];
    await a.transport.sendMessage(b.address, Buffer.of(1));
    const startMs = performance.now();
    await until(() => a.disconnected.length === 1 && b.disconnected.length === 1, 'both let go');
    expect(performance.now() - startMs).toBeGreaterThan(900);
  });
});

describe('failures', () => {
  it('says that nobody listens', async () => {
    const a = await nodes.start({ limits: { connectTimeoutMs: 300 } });
    const nobody = await unusedAddress();
    const results = await Promise.all([
      codeOf(a.transport.sendMessage(nobody, Buffer.of(1))),
      codeOf(a.transport.openStream(nobody)),
    ]);
    expect(results).toEqual(['PATINA_PEER_UNREACHABLE', 'PATINA_PEER_UNREACHABLE']);
    expect(a.transport.stats().handshakeFailures).toEqual({ timeout: 1 });
    expect(await codeOf(a.transport.sendMessage('nonsense', Buffer.of()))).toBe(
      'PATINA_PEER_UNREACHABLE',
    );
  });

  it('bounds what waits for a peer that is being dialled', async () => {
    const limits = { connectTimeoutMs: 300, sendQueueMax: 10, datagramsWaitingMax: 3 };
    const a = await nodes.start({ limits });
    const nobody = await unusedAddress();
    for (let count = 0; count < 8; count++) a.transport.sendDatagram(nobody, Buffer.of(1));
    const sends = Array.from({ length: 12 }, () =>
      codeOf(a.transport.sendMessage(nobody, Buffer.of(1))),
    );
    expect(a.transport.stats().drops).toEqual({ 'datagram-queue-full': 5, 'send-queue-full': 2 });
    expect(new Set(await Promise.all(sends))).toEqual(new Set(['PATINA_PEER_UNREACHABLE']));
    expect(a.transport.stats().drops['datagram-unsendable']).toBe(3);
  });

  it('delivers what waited once the peer is there', async () => {
    const a = await nodes.start({ limits: { connectTimeoutMs: 5_000 } });
    const address = await unusedAddress();
    const sent = a.transport.sendMessage(address, Buffer.of(1));
    a.transport.sendDatagram(address, Buffer.of(2));
    const b = await nodes.start({ bind: address });
    // The peer's own dial serves as well as ours.
    await b.transport.sendMessage(a.address, Buffer.of(3));
    await sent;
    await until(() => b.messages.length === 1 && b.datagrams.length === 1, 'what waited');
  });

  it('fails what is under way when the peer dies without a word', async () => {
    const a = await nodes.start();
    const peer = await ChildPeer.start();
    const stream = await a.transport.openStream(peer.address);
    const { ended } = collect(stream);
    await stream.send(Buffer.of(1));
    await peer.kill();
    const sends = Promise.all([
      codeOf(a.transport.sendMessage(peer.address, Buffer.alloc(16 * 1024 * 1024))),
      codeOf(stream.send(Buffer.alloc(16 * 1024 * 1024))),
    ]);
    expect(await sends).toEqual(['PATINA_STREAM_CLOSED', 'PATINA_STREAM_CLOSED']);
    expect(await ended).toMatchObject({ code: 'PATINA_STREAM_CLOSED' });
    expect(a.disconnected).toMatchObject([{ address: peer.address }]);
  });

  it('finds a restarted peer at once: its reset ends the old connection', async () => {
    // Time-outs so long that only the reset can be the reason.
    const limits = { idleTimeoutMs: 60_000, silenceTimeoutMs: 60_000 };
    const a = await nodes.start({ limits });
    const peer = await ChildPeer.start();
    await a.transport.sendMessage(peer.address, Buffer.of(1));
    await peer.kill();
    const again = await nodes.start({ limits, bind: peer.address });
    a.transport.sendDatagram(peer.address, Buffer.of(2));
    await until(() => a.disconnected.length === 1, 'the reset arrives');
    await a.transport.sendMessage(peer.address, Buffer.of(3));
    await until(() => again.messages.length === 1, 'message after the restart');
    expect(a.transport.stats().statelessResetsReceived).toBe(1);
    // One for each packet of the old connection: how many it sends until it hears is up to the machine.
    expect(again.transport.stats().statelessResetsSent).toBeGreaterThanOrEqual(1);
    expect(a.connected.map(({ sessionId }) => sessionId)[1]).toBe(again.identity.sessionId);
  });

  it('replaces the connection of a former life when a restarted peer dials', async () => {
    const a = await nodes.start();
    const peer = await ChildPeer.start();
    await a.transport.sendMessage(peer.address, Buffer.of(1));
    await peer.kill();
    const again = await nodes.start({ bind: peer.address });
    await again.transport.sendMessage(a.address, Buffer.of(2));
    await until(() => a.messages.length === 1, 'message after the restart');
    const sessions = a.transport.connections().map((connection) => connection.peer.sessionId);
    expect(sessions).toEqual([again.identity.sessionId]);
    expect([a.connected.length, a.disconnected.length]).toEqual([2, 1]);
  });

  it('closes the connection of a peer whose message its handler throws on', async () => {
    const [a, b] = [await nodes.start(), await nodes.start()];
    b.onMessage = () => {
      throw new Error('cannot read this');
    };
    await a.transport.sendMessage(b.address, Buffer.of(1));
    await until(() => a.disconnected.length === 1 && b.disconnected.length === 1, 'closed');
    expect(b.transport.stats().drops).toEqual({ 'handler-failed': 1 });
    expect(b.faults.map(({ error }) => error.message)).toEqual(['cannot read this']);
  });

  it('closes the connection of a peer that sends more than our limit', async () => {
    const a = await nodes.start();
    const b = await nodes.start({ limits: { messageBytesMax: 1000 } });
    await a.transport.sendMessage(b.address, Buffer.alloc(1001));
    await until(() => a.disconnected.length === 1, 'closed for a long message');
    b.onStream = (stream) => collect(stream);
    const stream = await a.transport.openStream(b.address);
    await stream.send(Buffer.alloc(1001));
    await until(() => a.disconnected.length === 2, 'closed for a long frame');
    expect(b.transport.stats().drops).toEqual({ 'message-malformed': 2 });
    expect([b.messages.length, b.streams.length]).toEqual([0, 1]);
  });
});

describe('start and stop', () => {
  it('says that the port is in use', async () => {
    const a = await nodes.start();
    const other = createQuicTransport({ bind: a.address, plaintext: true });
    const start = other.start(newIdentity(), {
      onDatagram: () => {},
      onMessage: () => {},
      onStream: () => {},
    });
    expect(await codeOf(start)).toBe('PATINA_ADDRESS_IN_USE');
  });

  it('refuses plain text beyond loopback, and a start without certificates', () => {
    expect(() => createQuicTransport({ bind: '0.0.0.0:4001', plaintext: true })).toThrow(
      expect.objectContaining({ code: 'PATINA_CONFIG_INVALID' }),
    );
    expect(() => createQuicTransport({ bind: '127.0.0.1:4001' })).toThrow(
      expect.objectContaining({ code: 'PATINA_CONFIG_INVALID' }),
    );
  });

  it('tells peers, fails what is under way, and takes nothing any more', async () => {
    const [a, b] = [await nodes.start(), await nodes.start()];
    await a.transport.sendMessage(b.address, Buffer.of(1));
    const stream = await a.transport.openStream(b.address);
    const { ended } = collect(stream);
    const nobody = await unusedAddress();
    const waiting = codeOf(a.transport.sendMessage(nobody, Buffer.of(1)));
    a.transport.sendDatagram(b.address, Buffer.from('last words'));
    await a.transport.stop();
    expect(await ended).toMatchObject({ code: 'PATINA_STREAM_CLOSED' });
    expect(await waiting).toBe('PATINA_PEER_UNREACHABLE');
    await until(() => b.disconnected.length === 1, 'b is told');
    expect(b.datagrams.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(['last words']);
    expect(await codeOf(a.transport.sendMessage(b.address, Buffer.of(1)))).toBe(
      'PATINA_PEER_UNREACHABLE',
    );
    a.transport.sendDatagram(b.address, Buffer.of(1));
    expect(a.transport.connections()).toEqual([]);
    await a.transport.stop();
  });

  it('leaves nothing behind that keeps a process alive', async () => {
    const a = await nodes.start();
    const peer = await ChildPeer.start();
    await a.transport.sendMessage(peer.address, Buffer.of(1));
    await a.transport.openStream(peer.address);
    expect(await peer.stop()).toBe(0);
    await until(() => a.disconnected.length === 1, 'a is told');
  });
});
