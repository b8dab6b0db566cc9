// Measures the QUIC transport over loopback, both ends in this process or, with --two, each in its own:
// bytes per second on a two-way stream, one-way messages per second, round trips. Prints one JSON line.
// Run: node bench/transport.bench.ts [--two] [--mb 64]

import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { actorIdFromBytes } from '@patina/engine/base/actor-id.ts';
import type { LocalIdentity, Peer, PeerAddress, TransportHandlers } from '@patina/engine/ports.ts';
import { createQuicTransport, newSessionId } from '@patina/engine/transport/quic-transport.ts';
import type { QuicTransport } from '@patina/engine/transport/transport-options.ts';

const chunkBytes = 64 * 1024;
const smallMessages = 5_000;
const smallBytes = 200;
const roundTrips = 1_000;

const { values } = parseArgs({
  options: {
    two: { type: 'boolean', default: false },
    echo: { type: 'boolean', default: false },
    mb: { type: 'string', default: '64' },
  },
});

function identity(): LocalIdentity {
  const actorId = actorIdFromBytes(randomBytes(16));
  return { clusterId: 1, actorId, sessionId: newSessionId(), address: '127.0.0.1:0' };
}

function newTransport(): QuicTransport {
  return createQuicTransport({ bind: '127.0.0.1:0', plaintext: true });
}

/** The far end: sends datagrams and small messages back, swallows streams and tells when they end. */
async function startEcho(): Promise<{ transport: QuicTransport; address: PeerAddress }> {
  const transport = newTransport();
  const handlers: TransportHandlers = {
    onDatagram: (from, bytes) => transport.sendDatagram(from.address, bytes),
    onMessage: (from, bytes) => {
      transport.sendMessage(from.address, bytes).catch(fail);
    },
    onStream: (stream) => {
      stream.receive({
        onMessage: () => undefined,
        onEnd: () => {
          stream.send(Buffer.from('done')).catch(fail);
          stream.end();
        },
      });
    },
  };
  return { transport, address: await transport.start(identity(), handlers) };
}

function fail(error: unknown): void {
  console.error(error);
  process.exitCode = 1;
}

/** The near end; `heard` is called for each datagram and message that comes back. */
async function startNear(heard: { run: (from: Peer) => void }): Promise<QuicTransport> {
  const near = newTransport();
  await near.start(identity(), {
    onDatagram: (from) => heard.run(from),
    onMessage: (from) => heard.run(from),
    onStream: (stream) => stream.abort(),
  });
  return near;
}

async function measureStream(near: QuicTransport, to: PeerAddress, mb: number): Promise<number> {
  const stream = await near.openStream(to);
  const done = new Promise<void>((resolve) => {
    stream.receive({ onMessage: () => resolve(), onEnd: () => resolve() });
  });
  const chunk = randomBytes(chunkBytes);
  const startMs = performance.now();
  for (let sent = 0; sent < mb * 1024 * 1024; sent += chunkBytes) await stream.send(chunk);
  stream.end();
  await done;
  return (mb * 1.048_576) / ((performance.now() - startMs) / 1000);
}

async function measureRoundTrips(
  heard: { run: (from: Peer) => void },
  send: () => void,
): Promise<{ p50: number; p99: number }> {
  const times: number[] = [];
  for (let count = 0; count < roundTrips; count++) {
    const startMs = performance.now();
    await new Promise<void>((resolve) => {
      heard.run = () => resolve();
      send();
    });
    times.push(performance.now() - startMs);
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => Number((times[Math.floor(times.length * share)] ?? 0).toFixed(3));
  return { p50: at(0.5), p99: at(0.99) };
}

async function measureSmall(
  near: QuicTransport,
  to: PeerAddress,
  heard: { run: (from: Peer) => void },
): Promise<number> {
  const message = randomBytes(smallBytes);
  let back = 0;
  const startMs = performance.now();
  await new Promise<void>((resolve) => {
    heard.run = () => {
      if (++back === smallMessages) resolve();
    };
    for (let sent = 0; sent < smallMessages; sent++) near.sendMessage(to, message).catch(fail);
  });
  return performance.now() - startMs;
}

async function measure(to: PeerAddress): Promise<void> {
  const heard = { run: (_from: Peer) => {} };
  const near = await startNear(heard);
  const datagram = randomBytes(100);
  const mb = Number(values.mb);
  await measureStream(near, to, 8);
  const streamMbPerS = Math.round(await measureStream(near, to, mb));
  const smallMs = Math.round(await measureSmall(near, to, heard));
  const datagramMs = await measureRoundTrips(heard, () => near.sendDatagram(to, datagram));
  const messageMs = await measureRoundTrips(heard, () => {
    near.sendMessage(to, datagram).catch(fail);
  });
  const lost = near.connections()[0]?.packetsLost ?? 0;
  const processes = values.two ? 2 : 1;
  const row = { processes, streamMbPerS, smallMs, datagramMs, messageMs, lost };
  console.log(JSON.stringify(row));
  await near.stop();
}

if (values.echo) {
  const { transport, address } = await startEcho();
  process.send?.(address);
  process.once('disconnect', () => {
    transport.stop().catch(fail);
  });
} else if (values.two) {
  const child = fork(import.meta.filename, ['--echo']);
  const address = await new Promise<string>((resolve) =>
    child.once('message', (m) => resolve(String(m))),
  );
  await measure(address);
  child.disconnect();
} else {
  const { transport, address } = await startEcho();
  await measure(address);
  await transport.stop();
}
