// Peers that do not belong to the cluster: another CA, or no certificate at all. They are refused, and
// counted, and never become members or receive data.

import { generateCa } from '@patina/engine/transport/certificates.ts';
import { RawClient } from '@patina/engine/transport/raw-client-fixture.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestCluster } from './harness.ts';

const schema = 'CREATE TABLE secrets (id INTEGER NOT NULL PRIMARY KEY, body TEXT);';

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await TestCluster.create({ nodes: 2, schema });
  await cluster.start();
  await cluster.node(1).api.transact(["INSERT INTO secrets VALUES (1, 'for members only')"]);
});

afterAll(() => cluster.close());

/** Failed handshakes that a node has counted, of these kinds. */
async function refusals(number: number, ...kinds: string[]): Promise<number> {
  const { api } = cluster.node(number);
  const counts = await Promise.all(
    kinds.map((kind) => api.metric(`patina_handshake_failures_total{kind="${kind}"}`)),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

async function expectMembers(count: number): Promise<void> {
  for (const { api } of cluster.nodes) expect(await api.members()).toHaveLength(count);
}

it('refuses a node with a certificate of another CA, in both directions', async () => {
  const otherCa = await generateCa({ commonName: 'somebody else' });
  const stranger = await cluster.newcomer('stranger', {
    pair: await cluster.certificate(otherCa),
    caPem: otherCa.certPem,
    schema,
  });
  await stranger.start();
  const untrusted = 'patina_handshake_failures_total{kind="untrusted-certificate"}';
  await cluster.eventually('both sides count the refusal', 20_000, async () => {
    expect(await stranger.api.metric(untrusted)).toBeGreaterThanOrEqual(2);
    // Who dials sees the other's certificate first: the one dialled may only see the dialler go.
    const kinds = ['untrusted-certificate', 'tls', 'refused-by-peer', 'closed', 'timeout'];
    expect(await refusals(1, ...kinds)).toBeGreaterThanOrEqual(1);
  });
  await expectMembers(2);
  expect(await stranger.api.members()).toHaveLength(1);
  expect(await stranger.api.value('SELECT count(*) FROM secrets')).toBe(0);
  await stranger.end('SIGKILL');
});

it('refuses a node that lends itself the trust of the cluster, but not its certificate', async () => {
  const before = await refusals(1, 'untrusted-certificate');
  const otherCa = await generateCa({ commonName: 'somebody else' });
  const impostor = await cluster.newcomer('impostor', {
    pair: await cluster.certificate(otherCa),
    schema,
  });
  await impostor.start();
  await cluster.eventually('the impostor is refused', 20_000, async () => {
    expect(await refusals(1, 'untrusted-certificate')).toBeGreaterThanOrEqual(before + 2);
  });
  await expectMembers(2);
  expect(await impostor.api.value('SELECT count(*) FROM secrets')).toBe(0);
  await impostor.end('SIGKILL');
});

it('refuses a peer without a certificate', async () => {
  const before = await refusals(1, 'tls', 'no-certificate');
  const client = await RawClient.dial(cluster.node(1).gossipPort);
  try {
    await cluster.eventually('the peer without a certificate is refused', 10_000, async () => {
      client.flush();
      expect(client.closedBy).not.toBeNull();
      expect(await refusals(1, 'tls', 'no-certificate')).toBeGreaterThan(before);
    });
  } finally {
    client.close();
  }
  await expectMembers(2);
});

it('goes on serving its members', async () => {
  const after = await cluster.node(2).api.transact(["INSERT INTO secrets VALUES (2, 'ours')"]);
  const sql = 'SELECT count(*) FROM secrets';
  expect(await cluster.node(1).api.value(sql, { after, waitSeconds: 10 })).toBe(2);
});
