// The simulated network: what it loses, keeps in order, holds back and breaks.

import type { MessageStream, Peer } from '@patina/engine/ports.ts';
import { expect, test } from 'vitest';
import { type FaultCounts, newFaultCounts } from '../faults/counters.ts';
import { randomActorId, rngFor } from '../random.ts';
import { SimClock } from '../sim-clock.ts';
import { Trace } from '../trace.ts';
import { VirtualTime } from '../virtual-time.ts';
import { calmConditions, type LinkConditions } from './links.ts';
import { Network } from './network.ts';
import { SimProcess } from './sim-process.ts';
import { SimTransport } from './sim-transport.ts';

interface Host {
  readonly transport: SimTransport;
  readonly process: SimProcess;
  readonly datagrams: string[];
  readonly messages: string[];
  readonly streams: MessageStream[];
}

class TestNetwork {
  readonly time = new VirtualTime();
  readonly faults: FaultCounts = newFaultCounts();
  readonly broken: string[] = [];
  readonly network = new Network({
    time: this.time,
    rng: rngFor(7, 'network'),
    faults: this.faults,
    trace: new Trace(),
    limits: {
      streamWindowBytes: 1_000,
      messageWindowBytes: 1_000,
      silenceMs: 10_000,
      connectMs: 5_000,
    },
    onFault: (what) => this.broken.push(what),
  });

  conditions(conditions: Partial<LinkConditions>): void {
    this.network.links.conditions = { ...calmConditions, ...conditions };
  }

  async host(name: string): Promise<Host> {
    const process = new SimProcess({
      time: this.time,
      clock: new SimClock(this.time),
      faults: this.faults,
      onThrow: (error) => this.broken.push(String(error)),
    });
    const transport = new SimTransport(this.network, process, name);
    const host: Host = { transport, process, datagrams: [], messages: [], streams: [] };
    const rng = rngFor(7, name);
    const identity = { clusterId: 1, actorId: randomActorId(rng), sessionId: name, address: name };
    await transport.start(identity, {
      onDatagram: (_from: Peer, bytes) => host.datagrams.push(text(bytes)),
      onMessage: (_from: Peer, bytes) => host.messages.push(text(bytes)),
      onStream: (stream) => host.streams.push(stream),
    });
    return host;
  }

  run(ms: number): Promise<void> {
    return this.time.runUntil(this.time.nowMs + ms);
  }
}

function bytes(value: string): Uint8Array {
  return Buffer.from(value);
}

function text(value: Uint8Array): string {
  return Buffer.from(value).toString();
}

/** Collects what a stream delivers. */
function collect(stream: MessageStream): { received: string[]; ends: unknown[] } {
  const received: string[] = [];
  const ends: unknown[] = [];
  stream.receive({
    onMessage: (message) => {
      received.push(text(message));
    },
    onEnd: (error) => ends.push(error),
  });
  return { received, ends };
}

async function openStream(net: TestNetwork, a: Host, b: Host) {
  const opening = a.transport.openStream('b');
  await net.run(100);
  const here = await opening;
  const there = b.streams[0];
  if (there === undefined) throw new Error('the stream has not arrived');
  return { here, there };
}

test('datagrams dial, and arrive, are lost or repeated as the path says', async () => {
  const net = new TestNetwork();
  const [a, b] = [await net.host('a'), await net.host('b')];
  a.transport.sendDatagram('b', bytes('first'));
  await net.run(100);
  expect(b.datagrams).toEqual(['first']);
  net.conditions({ lossRate: 1 });
  a.transport.sendDatagram('b', bytes('lost'));
  await net.run(100);
  expect(b.datagrams).toEqual(['first']);
  net.conditions({ duplicateRate: 1 });
  a.transport.sendDatagram('b', bytes('twice'));
  await net.run(100);
  expect(b.datagrams).toEqual(['first', 'twice', 'twice']);
  expect(net.faults).toMatchObject({ lost: 1, duplicated: 1 });
});

test('a stream keeps its order however long each message takes', async () => {
  const net = new TestNetwork();
  const [a, b] = [await net.host('a'), await net.host('b')];
  const { here, there } = await openStream(net, a, b);
  net.conditions({ delayMeanMs: 200, lossRate: 0.3 });
  const { received, ends } = collect(there);
  const sent = Array.from({ length: 50 }, (_, index) => `message ${index}`);
  for (const message of sent) await here.send(bytes(message));
  here.end();
  await net.run(60_000);
  expect(received).toEqual(sent);
  expect(ends).toEqual([undefined]);
});

test('a receiver that takes its time holds the sender back', async () => {
  const net = new TestNetwork();
  const [a, b] = [await net.host('a'), await net.host('b')];
  const { here, there } = await openStream(net, a, b);
  let release: () => void = () => {};
  const received: string[] = [];
  there.receive({
    onMessage: (message) => {
      received.push(text(message));
      return new Promise<void>((resolve) => {
        release = resolve;
      });
    },
    onEnd: () => {},
  });
  let isTaken = false;
  await here.send(bytes('x'.repeat(600)));
  void here.send(bytes('y'.repeat(600))).then(() => {
    isTaken = true;
  });
  await net.run(1_000);
  expect(received).toHaveLength(1);
  expect(isTaken).toBe(false);
  release();
  await net.run(1_000);
  expect(received).toHaveLength(2);
  expect(isTaken).toBe(true);
});

test('a partition holds messages back, then breaks the connection', async () => {
  const net = new TestNetwork();
  const [a, b] = [await net.host('a'), await net.host('b')];
  const { here, there } = await openStream(net, a, b);
  const { received, ends } = collect(there);
  net.network.links.block('a', 'b');
  await here.send(bytes('held'));
  await net.run(2_000);
  expect(received).toEqual([]);
  net.network.links.heal();
  await net.run(3_000);
  expect(received).toEqual(['held']);
  net.network.links.block('a', 'b');
  await net.run(15_000);
  expect(ends).toHaveLength(1);
  await expect(here.send(bytes('late'))).rejects.toMatchObject({ code: 'PATINA_STREAM_CLOSED' });
  const dialling = a.transport.openStream('b');
  const refused = expect(dialling).rejects.toMatchObject({ code: 'PATINA_PEER_UNREACHABLE' });
  await net.run(10_000);
  await refused;
});

test('a dead process takes nothing, and a new one at its place answers with a reset', async () => {
  const net = new TestNetwork();
  const [a, b] = [await net.host('a'), await net.host('b')];
  const { here } = await openStream(net, a, b);
  const { ends } = collect(here);
  b.process.kill();
  await a.transport.sendMessage('b', bytes('lost'));
  await net.run(2_000);
  expect(b.messages).toEqual([]);
  expect(ends).toEqual([]);
  const later = await net.host('b');
  await net.run(2_000);
  expect(ends).toHaveLength(1);
  const sending = a.transport.sendMessage('b', bytes('new'));
  await net.run(2_000);
  await sending;
  expect(later.messages).toEqual(['new']);
});

test('a paused process handles everything when it goes on, timers included', async () => {
  const net = new TestNetwork();
  const [a, b] = [await net.host('a'), await net.host('b')];
  await openStream(net, a, b);
  const ticks: number[] = [];
  b.process.timers.after(100, () => ticks.push(net.time.nowMs));
  b.process.pause();
  a.transport.sendDatagram('b', bytes('waiting'));
  await net.run(5_000);
  expect(b.datagrams).toEqual([]);
  expect(ticks).toEqual([]);
  const resumedAtMs = net.time.nowMs;
  b.process.resume();
  await net.run(10);
  expect(b.datagrams).toEqual(['waiting']);
  expect(ticks).toEqual([resumedAtMs]);
});

test('breaking a stream ends both sides once, each with an error', async () => {
  const net = new TestNetwork();
  const [a, b] = [await net.host('a'), await net.host('b')];
  const { here, there } = await openStream(net, a, b);
  const [mine, theirs] = [collect(here), collect(there)];
  await here.send(bytes('dropped'));
  here.abort();
  here.abort();
  await net.run(1_000);
  expect(mine.ends).toHaveLength(1);
  expect(theirs.ends).toHaveLength(1);
  expect(theirs.ends[0]).toBeInstanceOf(Error);
  expect(net.broken).toEqual([]);
});
