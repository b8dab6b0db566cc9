// Who is let in: certificates, cluster ids, protocol versions, and what refused diallers hear.

import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { LocalIdentity } from '../ports.ts';
import { generateClientCert, generateThrowAwayCert } from './certificates.ts';
import { encodeHello } from './hello.ts';
import { RawClient } from './raw-client-fixture.ts';
import { closeCode } from './transport-errors.ts';
import type { TestNode } from './transport-fixture.ts';
import { codeOf, collect, newActorId, TestCa, TestNodes, until } from './transport-fixture.ts';
import type { TransportTls } from './transport-options.ts';

const nodes = new TestNodes();
afterEach(() => nodes.stopAll());

let ca: TestCa;
let otherCa: TestCa;
beforeAll(async () => {
  ca = await TestCa.create();
  otherCa = await TestCa.create('another cluster');
});

/** Two nodes, and what becomes of a message from the first to the second. */
async function meet(
  dialler: { tls: TransportTls; identity?: Partial<LocalIdentity> },
  acceptor: { tls: TransportTls; identity?: Partial<LocalIdentity> },
): Promise<{ a: TestNode; b: TestNode; code: string }> {
  const a = await nodes.start({ tls: dialler.tls }, dialler.identity);
  const b = await nodes.start({ tls: acceptor.tls }, acceptor.identity);
  const code = await codeOf(a.transport.sendMessage(b.address, Buffer.of(1)));
  return { a, b, code };
}

function failures(node: TestNode) {
  return node.transport.stats().handshakeFailures;
}

describe('mTLS', () => {
  it('connects nodes of one cluster', async () => {
    const { b, code } = await meet({ tls: await ca.node() }, { tls: await ca.node() });
    expect(code).toBe('resolved');
    await until(() => b.messages.length === 1, 'message');
  });

  it('refuses a dialler from another CA, on both sides', async () => {
    const foreign = await otherCa.node({}, [ca]);
    const { a, b, code } = await meet({ tls: foreign }, { tls: await ca.node() });
    expect(code).toBe('PATINA_PEER_REFUSED');
    expect(failures(b)).toEqual({ 'untrusted-certificate': 1 });
    expect(failures(a)).toEqual({ 'refused-by-peer': 1 });
    expect(b.messages).toEqual([]);
  });

  it('refuses a dialled node from another CA', async () => {
    const { a, b, code } = await meet({ tls: await ca.node() }, { tls: await otherCa.node() });
    expect(code).toBe('PATINA_PEER_REFUSED');
    expect(failures(a)).toEqual({ 'untrusted-certificate': 1 });
    expect(b.messages).toEqual([]);
  });

  it('refuses a certificate that only claims the name of our CA', async () => {
    const impostor = await TestCa.create();
    const { b, code } = await meet(
      { tls: await impostor.node({}, [ca]) },
      { tls: await ca.node() },
    );
    expect(code).toBe('PATINA_PEER_REFUSED');
    expect(failures(b)).toEqual({ 'untrusted-certificate': 1 });
  });

  it('refuses expired and not yet valid certificates, on either side', async () => {
    const good = await ca.node();
    const expired = await ca.node({ notBefore: new Date('2020-01-01'), days: 30 });
    const future = await ca.node({ notBefore: new Date(Date.now() + 86_400_000) });
    const first = await meet({ tls: expired }, { tls: good });
    expect([first.code, failures(first.b)]).toEqual([
      'PATINA_PEER_REFUSED',
      { 'expired-certificate': 1 },
    ]);
    const second = await meet({ tls: good }, { tls: future });
    expect([second.code, failures(second.a)]).toEqual([
      'PATINA_PEER_REFUSED',
      { 'future-certificate': 1 },
    ]);
  });

  it('refuses an actor whose certificate names another', async () => {
    const actorId = newActorId();
    const tls = await ca.node({ actorId });
    const good = await ca.node();
    const wrong = await meet({ tls }, { tls: good });
    expect([wrong.code, failures(wrong.b)]).toEqual(['PATINA_PEER_REFUSED', { 'wrong-actor': 1 }]);
    const wrongDialled = await meet({ tls: good }, { tls });
    expect(wrongDialled.code).toBe('PATINA_PEER_REFUSED');
    expect(failures(wrongDialled.a)).toEqual({ 'wrong-actor': 1 });
    const right = await meet({ tls, identity: { actorId } }, { tls: good });
    expect(right.code).toBe('resolved');
  });

  it('takes the actor id in the certificate as name enough, whatever the address', async () => {
    const actorId = newActorId();
    const tls = await ca.node({ actorId, addresses: [] });
    const { code } = await meet({ tls: await ca.node() }, { tls, identity: { actorId } });
    expect(code).toBe('resolved');
  });

  it('refuses a node whose certificate names another address', async () => {
    const elsewhere = await ca.node({ addresses: ['10.1.2.3', 'elsewhere.example'] });
    const { a, b, code } = await meet({ tls: elsewhere }, { tls: await ca.node() });
    expect([code, failures(b)]).toEqual(['PATINA_PEER_REFUSED', { 'wrong-address': 1 }]);
    const dialled = await meet({ tls: await ca.node() }, { tls: elsewhere });
    expect([dialled.code, failures(dialled.a)]).toEqual([
      'PATINA_PEER_REFUSED',
      { 'wrong-address': 1 },
    ]);
    expect(failures(a)).toEqual({ 'refused-by-peer': 1 });
  });

  it('refuses a node that advertises an address which its certificate does not name', async () => {
    const identity = { address: '10.1.2.3:4001' };
    const { b, code } = await meet({ tls: await ca.node(), identity }, { tls: await ca.node() });
    expect([code, failures(b)]).toEqual(['PATINA_PEER_REFUSED', { 'wrong-address': 1 }]);
  });

  it('knows a node by a DNS name in its certificate', async () => {
    const a = await nodes.start({ tls: await ca.node() });
    const tls = await ca.node({ addresses: ['localhost'] });
    const b = await nodes.start({ tls }, { address: 'localhost:0' });
    const named = b.address.replace('127.0.0.1', 'localhost');
    expect(await codeOf(a.transport.sendMessage(named, Buffer.of(1)))).toBe('resolved');
    const c = await nodes.start({ tls: await ca.node() });
    expect(await codeOf(c.transport.sendMessage(b.address, Buffer.of(1)))).toBe(
      'PATINA_PEER_REFUSED',
    );
  });

  it('refuses a client certificate as a node that is dialled', async () => {
    const { certPem, keyPem } = await generateClientCert({
      caCertPem: ca.ca.certPem,
      caKeyPem: ca.ca.keyPem,
    });
    const tls = { certPem, keyPem, caPem: ca.ca.certPem };
    const { a, code } = await meet({ tls: await ca.node() }, { tls });
    expect([code, failures(a)]).toEqual(['PATINA_PEER_REFUSED', { 'wrong-certificate-usage': 1 }]);
  });

  it('refuses a plain-text node, which has a certificate of nobody', async () => {
    const a = await nodes.start();
    const b = await nodes.start({ tls: await ca.node() });
    expect(await codeOf(a.transport.sendMessage(b.address, Buffer.of(1)))).toBe(
      'PATINA_PEER_REFUSED',
    );
    expect(failures(b)).toEqual({ 'untrusted-certificate': 1 });
  });

  it('accepts both CAs while one replaces the other, and reloads without a restart', async () => {
    const a = await nodes.start({ tls: await ca.node() });
    const b = await nodes.start({ tls: await otherCa.node({}, [ca, otherCa]) });
    expect(await codeOf(a.transport.sendMessage(b.address, Buffer.of(1)))).toBe(
      'PATINA_PEER_REFUSED',
    );
    a.transport.reloadTls(await otherCa.node({}, [ca, otherCa]));
    await until(() => failures(a)['untrusted-certificate'] === 1, 'refused');
    const sent = async () =>
      (await codeOf(a.transport.sendMessage(b.address, Buffer.of(2)))) === 'resolved';
    await expect.poll(sent, { timeout: 3_000 }).toBe(true);
    const c = await nodes.start({ tls: await ca.node({}, [ca, otherCa]) });
    expect(await codeOf(c.transport.sendMessage(b.address, Buffer.of(3)))).toBe('resolved');
    expect(() => a.transport.reloadTls({ caPem: '', certPem: '', keyPem: '' })).toThrow(
      expect.objectContaining({ code: 'PATINA_TLS_INVALID' }),
    );
  });
});

describe('HELLO', () => {
  it('refuses another cluster id, on the side of the dialler too', async () => {
    const a = await nodes.start({}, { clusterId: 1 });
    const b = await nodes.start({}, { clusterId: 2 });
    const error = a.transport.sendMessage(b.address, Buffer.of(1));
    await expect(error).rejects.toMatchObject({
      code: 'PATINA_PEER_REFUSED',
      message: expect.stringContaining('cluster'),
    });
    expect(failures(b)).toEqual({ 'cluster-id': 1 });
    expect([b.messages, b.connected]).toEqual([[], []]);
  });

  it('refuses itself', async () => {
    const a = await nodes.start();
    expect(await codeOf(a.transport.sendMessage(a.address, Buffer.of(1)))).toBe(
      'PATINA_PEER_REFUSED',
    );
    expect(failures(a).self).toBe(1);
  });

  it('does not dial again at once after a refusal, and does so later', async () => {
    const a = await nodes.start({ limits: { refusalHoldMs: 300 } }, { clusterId: 1 });
    const b = await nodes.start({}, { clusterId: 2 });
    const send = () => codeOf(a.transport.sendMessage(b.address, Buffer.of(1)));
    expect([await send(), await send()]).toEqual(['PATINA_PEER_REFUSED', 'PATINA_PEER_REFUSED']);
    expect(a.transport.stats().dialled).toBe(1);
    await expect.poll(async () => (await send()) && a.transport.stats().dialled).toBe(2);
  });
});

describe('a client without manners', () => {
  it('is refused without a certificate', async () => {
    const node = await nodes.start({ tls: await ca.node() });
    const client = await RawClient.dial(portOf(node));
    await until(() => client.closedBy !== null, 'closed');
    // 0x100 and the TLS alert certificate_required.
    expect(client.closedBy).toMatchObject({ isApp: false, code: 0x100 + 116 });
    expect(failures(node)).toEqual({ tls: 1 });
    expect(node.connected).toEqual([]);
    client.close();
  });

  const hello = (over: Partial<Parameters<typeof encodeHello>[0]> = {}) =>
    encodeHello({
      clusterId: 1,
      actorId: newActorId(),
      sessionId: randomBytes(16).toString('hex'),
      address: '127.0.0.1:4321',
      resetToken: randomBytes(16),
      ...over,
    });

  async function greet(bytes: Uint8Array, fin = true) {
    const node = await nodes.start();
    const client = await RawClient.dial(portOf(node), await generateThrowAwayCert());
    await until(() => client.conn.isEstablished(), 'established');
    client.sendUni(2, bytes, fin);
    return { node, client };
  }

  it('is let in with a proper HELLO, and nothing is delivered before it', async () => {
    const node = await nodes.start();
    const client = await RawClient.dial(portOf(node), await generateThrowAwayCert());
    await until(() => client.conn.isEstablished(), 'established');
    client.sendUni(6, Buffer.from('early'), true);
    client.conn.dgramSend(Buffer.from('early'));
    client.flush();
    await until(() => node.transport.stats().packetsReceived > 4, 'packets');
    expect([node.messages, node.datagrams, node.connected]).toEqual([[], [], []]);
    client.sendUni(2, hello(), true);
    await until(() => node.messages.length === 1 && node.datagrams.length === 1, 'delivered');
    client.close();
  });

  it.each([
    ['noise', Buffer.from('GET / HTTP/1.1'), 'malformed-hello'],
    ['nothing', Buffer.of(), 'malformed-hello'],
    ['a HELLO with more behind it', Buffer.concat([hello(), Buffer.of(0)]), 'malformed-hello'],
    ['a truncated HELLO', hello().subarray(0, 40), 'malformed-hello'],
    ['a HELLO without a usable address', hello({ address: 'nowhere' }), 'malformed-hello'],
    ['another protocol version', otherVersion(hello()), 'protocol-version'],
    ['another cluster', hello({ clusterId: 2 }), 'cluster-id'],
  ])('is refused with %s', async (_name, bytes, reason) => {
    const { node, client } = await greet(bytes);
    await until(() => client.closedBy !== null, 'closed');
    expect(client.closedBy).toMatchObject({ isApp: true, code: closeCode.refused, reason });
    expect(failures(node)).toEqual({ [reason]: 1 });
    expect(node.connected).toEqual([]);
    client.close();
  });

  it('is refused with an endless HELLO, and for saying nothing', async () => {
    const { node, client } = await greet(randomBytes(5_000), false);
    await until(() => client.closedBy !== null, 'closed');
    expect(failures(node)).toEqual({ 'malformed-hello': 1 });
    const silent = await greet(hello().subarray(0, 5), false);
    await until(() => silent.client.closedBy !== null, 'closed');
    expect(failures(silent.node)).toEqual({ timeout: 1 });
    client.close();
    silent.client.close();
  });

  it('is closed for a frame over the limit and for an unknown kind of stream', async () => {
    for (const bytes of [Buffer.of(0x01, 0xfd, 0xff, 0xff, 0xff), Buffer.of(0x77)]) {
      const { node, client } = await greet(hello());
      node.onStream = (stream) => collect(stream);
      client.sendUni(0, bytes, false);
      await until(() => client.closedBy !== null, 'closed');
      expect(client.closedBy).toMatchObject({ isApp: true, code: closeCode.malformed });
      expect(node.transport.stats().drops).toEqual({ 'message-malformed': 1 });
      client.close();
    }
  });

  it('cannot begin more handshakes than the limit', async () => {
    const node = await nodes.start({ limits: { handshakesMax: 3, connectTimeoutMs: 500 } });
    const clients = await Promise.all(
      Array.from({ length: 5 }, () => RawClient.dial(portOf(node))),
    );
    const dropped = () => node.transport.stats().drops['handshake-overload'] ?? 0;
    await until(() => dropped() >= 2 || (failures(node).tls ?? 0) >= 5, 'all were judged');
    await until(() => Object.values(failures(node)).some((count) => count >= 3), 'they ended');
    const friend = await nodes.start();
    expect(await codeOf(friend.transport.sendMessage(node.address, Buffer.of(1)))).toBe('resolved');
    for (const client of clients) client.close();
  });
});

describe('address validation', () => {
  it('asks diallers to prove their address where it is told to', async () => {
    const a = await nodes.start();
    const b = await nodes.start({ addressValidation: 'always' });
    await a.transport.sendMessage(b.address, Buffer.of(1));
    await until(() => b.messages.length === 1, 'message');
    expect(b.transport.stats().retriesSent).toBe(1);
    await b.transport.sendMessage(a.address, Buffer.of(1));
    expect(a.transport.stats().retriesSent).toBe(0);
  });
});

describe('hostile packets', () => {
  it('answers unknown versions with version negotiation, shorter than what came', async () => {
    const b = await nodes.start();
    const socket = createSocket('udp4');
    const answer = new Promise<Buffer>((resolve) => socket.once('message', resolve));
    const packet = randomBytes(1200);
    packet[0] = 0xc0;
    packet.writeUInt32BE(0x1a2a3a4a, 1);
    packet[5] = 8;
    packet[14] = 8;
    socket.send(packet, portOf(b), '127.0.0.1');
    const reply = await answer;
    expect(reply.readUInt32BE(1)).toBe(0);
    expect(reply.length).toBeLessThan(packet.length);
    socket.send(packet.subarray(0, 1199), portOf(b), '127.0.0.1');
    await until(() => b.transport.stats().drops['packet-unroutable'] === 1, 'short one dropped');
    expect(b.transport.stats().versionNegotiationsSent).toBe(1);
    socket.close();
  });

  it('survives noise, and serves others meanwhile', async () => {
    const [a, b] = [await nodes.start(), await nodes.start()];
    const socket = createSocket('udp4');
    for (let count = 0; count < 2_000; count++) {
      const packet = randomBytes(1 + Math.floor(Math.random() * 1400));
      if (count % 2 === 0) packet[0] = 0xc0 | ((packet[0] ?? 0) & 0x3f);
      if (count % 4 === 0 && packet.length > 16) packet.writeUInt32BE(1, 1);
      socket.send(packet, portOf(b), '127.0.0.1');
      if (count % 100 === 0) await a.transport.sendMessage(b.address, Buffer.of(1));
    }
    await until(() => b.messages.length === 20, 'messages');
    await until(() => b.transport.stats().packetsReceived > 1_000, 'noise');
    expect(b.transport.stats().drops['packet-malformed']).toBeGreaterThan(0);
    expect(b.transport.stats().connections).toBe(1);
    socket.close();
  });

  it('survives packets of a real dialler that were changed on the way', async () => {
    const [a, b] = [await nodes.start(), await nodes.start()];
    const relay = await startMangler(portOf(b));
    await a.transport.sendMessage(b.address, Buffer.of(1));
    let delivered = 0;
    for (let round = 0; round < 12; round++) {
      const c = await nodes.start({ limits: { connectTimeoutMs: 400 } });
      relay.mangle = round % 3 === 2 ? 0 : 0.3;
      const sends = Array.from({ length: 10 }, () =>
        c.transport.sendMessage(relay.address, randomBytes(2_000)),
      );
      const results = await Promise.allSettled(sends);
      delivered += results.filter(({ status }) => status === 'fulfilled').length;
      await c.transport.stop();
    }
    expect(relay.mangled).toBeGreaterThan(10);
    expect(delivered).toBeGreaterThan(0);
    await a.transport.sendMessage(b.address, Buffer.of(2));
    await until(
      () => b.messages.some(({ bytes }) => bytes[0] === 2 && bytes.length === 1),
      'served',
    );
    relay.close();
  });
});

/** The same HELLO under protocol version 99. */
function otherVersion(hello: Uint8Array): Uint8Array {
  const changed = Uint8Array.from(hello);
  changed[4] = 99;
  return changed;
}

function portOf(node: TestNode): number {
  return Number(node.address.split(':')[1]);
}

/** A UDP relay that flips bytes in a share of the packets, both ways. */
async function startMangler(targetPort: number) {
  const front = createSocket('udp4');
  const back = createSocket('udp4');
  let client = 0;
  const relay = {
    address: '',
    mangle: 0,
    mangled: 0,
    close: () => {
      front.close();
      back.close();
    },
  };
  const pass = (packet: Buffer): Buffer => {
    if (Math.random() >= relay.mangle) return packet;
    relay.mangled++;
    const flips = 1 + Math.floor(Math.random() * 8);
    for (let count = 0; count < flips; count++) {
      packet[Math.floor(Math.random() * packet.length)] = Math.floor(Math.random() * 256);
    }
    return Math.random() < 0.2 ? packet.subarray(0, Math.floor(packet.length / 2)) : packet;
  };
  front.on('message', (packet, from) => {
    client = from.port;
    back.send(pass(packet), targetPort, '127.0.0.1');
  });
  back.on('message', (packet) => front.send(pass(packet), client, '127.0.0.1'));
  await new Promise<void>((resolve) => back.bind(0, '127.0.0.1', resolve));
  await new Promise<void>((resolve) => front.bind(0, '127.0.0.1', resolve));
  relay.address = `127.0.0.1:${front.address().port}`;
  return relay;
}
