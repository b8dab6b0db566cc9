// Nodes for the tests of the transport: a real transport on loopback that records what it is handed,
// and conditions that are waited for with a deadline.

import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ActorId } from '../base/actor-id.ts';
import { actorIdFromBytes } from '../base/actor-id.ts';
import type { LocalIdentity, MessageStream, Peer, PeerAddress } from '../ports.ts';
import type { CertificateAndKey } from './certificates.ts';
import { generateCa, generateNodeCert } from './certificates.ts';
import { createQuicTransport, newSessionId } from './quic-transport.ts';
import type {
  QuicTransport,
  QuicTransportOptions,
  TransportFault,
  TransportLimits,
  TransportTls,
} from './transport-options.ts';

const pollMs = 5;

/** Limits that let failures show quickly. */
export const quickLimits: Partial<TransportLimits> = {
  idleTimeoutMs: 2_000,
  silenceTimeoutMs: 600,
  connectTimeoutMs: 1_500,
  refusalHoldMs: 50,
};

/** Waits until `condition` holds; fails after `deadlineMs`. */
export async function until(condition: () => boolean, what: string, deadlineMs = 15_000) {
  const endMs = Date.now() + deadlineMs;
  while (!condition()) {
    if (Date.now() > endMs) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await sleep(pollMs);
  }
}

export function newIdentity(over: Partial<LocalIdentity> = {}): LocalIdentity {
  return {
    clusterId: 1,
    actorId: newActorId(),
    sessionId: newSessionId(),
    address: '127.0.0.1:0',
    ...over,
  };
}

export function newActorId(): ActorId {
  return actorIdFromBytes(randomBytes(16));
}

/** A node under test. */
export class TestNode {
  readonly transport: QuicTransport;
  readonly identity: LocalIdentity;
  address: PeerAddress = '';
  readonly datagrams: { from: Peer; bytes: Uint8Array }[] = [];
  readonly messages: { from: Peer; bytes: Uint8Array }[] = [];
  readonly streams: MessageStream[] = [];
  readonly connected: Peer[] = [];
  readonly disconnected: Peer[] = [];
  readonly faults: TransportFault[] = [];
  onStream: (stream: MessageStream) => void = () => {};
  onMessage: (from: Peer, bytes: Uint8Array) => void = () => {};

  constructor(options: Partial<QuicTransportOptions>, identity: LocalIdentity) {
    this.identity = identity;
    this.transport = createQuicTransport({
      bind: '127.0.0.1:0',
      onFault: (fault) => this.faults.push(fault),
      ...options,
      limits: { ...quickLimits, ...options.limits },
    });
  }

  async start(): Promise<this> {
    this.address = await this.transport.start(this.identity, {
      onDatagram: (from, bytes) => this.datagrams.push({ from, bytes }),
      onMessage: (from, bytes) => {
        this.messages.push({ from, bytes });
        this.onMessage(from, bytes);
      },
      onStream: (stream) => {
        this.streams.push(stream);
        this.onStream(stream);
      },
      onConnected: (peer) => this.connected.push(peer),
      onDisconnected: (peer) => this.disconnected.push(peer),
    });
    return this;
  }
}

/** Starts nodes and stops them all at the end of a test. */
export class TestNodes {
  readonly #nodes: TestNode[] = [];

  /** A started node; plain text unless it is given certificates. */
  start(options: Partial<QuicTransportOptions> = {}, identity: Partial<LocalIdentity> = {}) {
    const mode = options.tls === undefined ? { plaintext: true } : {};
    const node = new TestNode({ ...mode, ...options }, newIdentity(identity));
    this.#nodes.push(node);
    return node.start();
  }

  async stopAll(): Promise<void> {
    for (const node of this.#nodes.splice(0)) await node.transport.stop();
  }
}

/** A cluster's CA, and certificates from it. */
export class TestCa {
  readonly ca: CertificateAndKey;

  private constructor(ca: CertificateAndKey) {
    this.ca = ca;
  }

  static async create(commonName = 'test cluster'): Promise<TestCa> {
    return new TestCa(await generateCa({ commonName }));
  }

  /** Credentials of a node at 127.0.0.1, unless said otherwise. */
  async node(
    over: Partial<Parameters<typeof generateNodeCert>[0]> = {},
    trusted: readonly TestCa[] = [this],
  ): Promise<TransportTls> {
    const { certPem, keyPem } = await generateNodeCert({
      caCertPem: this.ca.certPem,
      caKeyPem: this.ca.keyPem,
      addresses: ['127.0.0.1'],
      ...over,
    });
    return { certPem, keyPem, caPem: trusted.map(({ ca }) => ca.certPem).join('') };
  }
}

/** The code of the error that a promise rejects with; "resolved" if it doesn't. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'resolved';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

/** The next message on a stream; `undefined` for its orderly end. */
export function collect(stream: MessageStream) {
  const received: Uint8Array[] = [];
  const ended = Promise.withResolvers<Error | undefined>();
  stream.receive({
    onMessage: (message) => {
      received.push(message);
    },
    onEnd: (error) => ended.resolve(error),
  });
  return { received, ended: ended.promise };
}

/** A node in a process of its own, that can be killed without a last word. Plain text. */
export class ChildPeer {
  readonly #child: ChildProcess;
  readonly address: PeerAddress;

  private constructor(child: ChildProcess, address: PeerAddress) {
    this.#child = child;
    this.address = address;
  }

  static async start(): Promise<ChildPeer> {
    const child = fork(join(import.meta.dirname, 'transport-fixture-peer.ts'));
    const [address] = await once(child, 'message');
    return new ChildPeer(child, String(address));
  }

  async kill(): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }

  /** Tells it to stop its transport; resolves with the exit code of a process left to itself. */
  async stop(): Promise<unknown> {
    const exited = once(this.#child, 'exit');
    this.#child.send('stop');
    const [code] = await exited;
    return code;
  }
}
