// Links that lose and delay packets, and processes that stand still for a while.

import { createSocket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { seededRng } from '../base/rng.ts';
import { ChildPeer, collect, TestNodes, until } from './transport-fixture.ts';

const nodes = new TestNodes();
const relays: { close(): void }[] = [];
afterEach(async () => {
  await nodes.stopAll();
  for (const relay of relays.splice(0)) relay.close();
});

/** A UDP relay to one node, for one dialler. Returns its address. */
async function startRelay(target: string, delayMs: number, loss: number): Promise<string> {
  const rng = seededRng(42);
  const [front, back] = [createSocket('udp4'), createSocket('udp4')];
  const targetPort = Number(target.split(':')[1]);
  let dialler = 0;
  let isOpen = true;
  const pass = (send: () => void) => {
    if (rng.float() < loss) return;
    setTimeout(() => isOpen && send(), delayMs);
  };
  front.on('message', (packet, from) => {
    dialler = from.port;
    pass(() => back.send(packet, targetPort, '127.0.0.1'));
  });
  back.on('message', (packet) => pass(() => front.send(packet, dialler, '127.0.0.1')));
  await new Promise<void>((resolve) => back.bind(0, '127.0.0.1', resolve));
  await new Promise<void>((resolve) => front.bind(0, '127.0.0.1', resolve));
  relays.push({
    close: () => {
      isOpen = false;
      front.close();
      back.close();
    },
  });
  return `127.0.0.1:${front.address().port}`;
}

describe('a link that loses packets', () => {
  it('is measured rightly and carries everything, in bulk and little by little', async () => {
    const limits = { udpPayloadLoopbackBytesMax: 1350, silenceTimeoutMs: 5_000 };
    const [a, b] = [await nodes.start({ limits }), await nodes.start({ limits })];
    const relay = await startRelay(b.address, 5, 0.03);
    b.onStream = (stream) => stream.receive({ onMessage: () => {}, onEnd: () => stream.end() });
    const stream = await a.transport.openStream(relay);
    const { ended } = collect(stream);
    for (let count = 0; count < 64; count++) await stream.send(Buffer.alloc(64 * 1024));
    stream.end();
    expect(await ended).toBeUndefined();
    for (let sent = 1; sent <= 200; sent++) {
      await a.transport.sendMessage(relay, Buffer.alloc(300));
      await until(() => b.messages.length === sent, 'small message');
    }
    expect(a.transport.rttMs(relay)).toBeGreaterThanOrEqual(9);
    expect(a.transport.rttMs(relay)).toBeLessThan(100);
    expect(a.disconnected).toEqual([]);
    const [{ packetsLost } = { packetsLost: 0 }] = a.transport.connections();
    expect(packetsLost).toBeGreaterThan(20);
  });

  it('forgets aborted streams on both sides, and goes on', async () => {
    const limits = {
      udpPayloadLoopbackBytesMax: 1350,
      silenceTimeoutMs: 5_000,
      streamWindowBytes: 256 * 1024,
    };
    const [a, b] = [await nodes.start({ limits }), await nodes.start({ limits })];
    const relay = await startRelay(b.address, 2, 0.05);
    const ends: unknown[] = [];
    b.onStream = (stream) => {
      void collect(stream).ended.then((error) => ends.push(error));
    };
    for (let round = 0; round < 40; round++) {
      const stream = await a.transport.openStream(relay);
      stream.send(Buffer.alloc(200 * 1024)).catch(() => {});
      await sleep(10);
      stream.abort();
    }
    await a.transport.sendMessage(relay, Buffer.alloc(1_000_000));
    await until(() => b.messages.length === 1, 'message');
    await until(() => ends.length === 40, 'every stream ends');
    for (const error of ends) expect(error).toMatchObject({ code: 'PATINA_STREAM_CLOSED' });
  });

  it('carries thousands of messages and streams, each once', async () => {
    const limits = { udpPayloadLoopbackBytesMax: 1350, silenceTimeoutMs: 5_000 };
    const [a, b] = [await nodes.start({ limits }), await nodes.start({ limits })];
    const relay = await startRelay(b.address, 1, 0.05);
    b.onStream = (stream) =>
      stream.receive({ onMessage: (message) => stream.send(message), onEnd: () => stream.end() });
    const sends = Array.from({ length: 3_000 }, (_, index) => {
      const message = Buffer.alloc(index % 400);
      if (message.length >= 4) message.writeUInt32LE(index);
      return a.transport.sendMessage(relay, message);
    });
    const calls = Array.from({ length: 200 }, async (_, index) => {
      const stream = await a.transport.openStream(relay);
      const { received, ended } = collect(stream);
      await stream.send(Buffer.alloc(index));
      stream.end();
      expect(await ended).toBeUndefined();
      expect(received.map((message) => message.length)).toEqual([index]);
    });
    await Promise.all([...sends, ...calls]);
    await until(() => b.messages.length === 3_000, 'every message');
    const lengths = b.messages.map(({ bytes }) => bytes.length).sort((x, y) => x - y);
    const expected = Array.from({ length: 3_000 }, (_, index) => index % 400);
    expect(lengths).toEqual(expected.sort((x, y) => x - y));
    expect(a.transport.stats()).toMatchObject({ dialled: 1, closed: 0, drops: {} });
  });
});

describe('a process that stands still', () => {
  it('does not take its own silence for the silence of its peers', async () => {
    const a = await nodes.start();
    const peer = await ChildPeer.start();
    await a.transport.sendMessage(peer.address, Buffer.of(1));
    a.transport.sendDatagram(peer.address, Buffer.of(1));
    await new Promise((resolve) => setImmediate(resolve));
    // Longer than the time after which a silent peer is given up, with an answer due.
    const endMs = performance.now() + 1_500;
    while (performance.now() < endMs);
    await sleep(400);
    expect(a.disconnected).toEqual([]);
    await a.transport.sendMessage(peer.address, Buffer.of(2));
    expect(a.transport.stats()).toMatchObject({ dialled: 1, connections: 1 });
    await peer.kill();
  });
});
