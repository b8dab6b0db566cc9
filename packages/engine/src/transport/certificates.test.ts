// Certificates say what a cluster needs of them, and nothing else is accepted.

import 'reflect-metadata';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { describe, expect, it } from 'vitest';
import { must } from '../base/assert.ts';
import { generateCa, generateClientCert, generateNodeCert } from './certificates.ts';
import { newActorId, TestCa } from './transport-fixture.ts';
import { parseCaBundle, verifyCertificate, verifyIdentity } from './verify.ts';

const dayMs = 86_400_000;

function daysOf(pem: string): number {
  const { validFromDate, validToDate } = new X509Certificate(pem);
  return Math.round((validToDate.getTime() - validFromDate.getTime()) / dayMs);
}

describe('generated certificates', () => {
  it('say what they are for', async () => {
    const ca = await generateCa({ commonName: 'A cluster' });
    const signer = { caCertPem: ca.certPem, caKeyPem: ca.keyPem };
    const actorId = newActorId();
    const addresses = ['10.0.0.7', 'fd00::7', 'node-7.example'];
    const node = await generateNodeCert({ ...signer, addresses, actorId });
    const client = await generateClientCert(signer);

    const root = new x509.X509Certificate(ca.certPem);
    expect(root.getExtension(x509.BasicConstraintsExtension)).toMatchObject({
      ca: true,
      pathLength: 0,
      critical: true,
    });
    expect(root.getExtension(x509.KeyUsagesExtension)?.usages).toBe(
      x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
    );
    const leaf = new X509Certificate(node.certPem);
    expect(leaf.ca).toBe(false);
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
    expect(new X509Certificate(client.certPem).keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    for (const host of addresses) {
      expect(
        verifyIdentity(leaf, { actorId, advertisedHost: host, dialledHost: host }),
      ).toBeUndefined();
    }
    expect(leaf.checkPrivateKey(createPrivateKey(node.keyPem))).toBe(true);
    expect([daysOf(ca.certPem), daysOf(node.certPem), daysOf(client.certPem)]).toEqual([
      1825, 365, 365,
    ]);
  });

  it('refuse to name nothing, and a CA that is none', async () => {
    const { ca } = await TestCa.create();
    const signer = { caCertPem: ca.certPem, caKeyPem: ca.keyPem };
    await expect(generateNodeCert({ ...signer, addresses: [] })).rejects.toMatchObject({
      code: 'PATINA_BAD_REQUEST',
    });
    const broken = { caCertPem: ca.certPem, caKeyPem: 'no key' };
    await expect(generateClientCert(broken)).rejects.toMatchObject({ code: 'PATINA_TLS_INVALID' });
  });

  it('are not signed by a node whose certificate poses as a CA', async () => {
    const cluster = await TestCa.create();
    const node = await cluster.node();
    const forged = await generateNodeCert({
      caCertPem: node.certPem,
      caKeyPem: node.keyPem,
      addresses: ['127.0.0.1'],
    });
    const cas = parseCaBundle(cluster.ca.certPem);
    const chain = [forged, node].map(({ certPem }) => new X509Certificate(certPem).raw);
    expect(verifyCertificate(chain, cas, 'dialler', Date.now())).toBe('untrusted-certificate');
    expect(() => parseCaBundle(node.certPem)).toThrow(
      expect.objectContaining({ code: 'PATINA_TLS_INVALID' }),
    );
  });

  it('are good in their time only, and no longer than their CA', async () => {
    const cluster = await TestCa.create();
    const { certPem } = await cluster.node({ days: 365 });
    const chain = [new X509Certificate(certPem).raw];
    const cas = parseCaBundle(cluster.ca.certPem);
    const verdict = (days: number) =>
      verifyCertificate(chain, cas, 'dialled', Date.now() + days * dayMs);
    expect(verdict(364)).toBeInstanceOf(X509Certificate);
    expect([verdict(366), verdict(-1)]).toEqual(['expired-certificate', 'future-certificate']);
    const short = await generateCa({ commonName: 'short', days: 10 });
    const signer = { caCertPem: short.certPem, caKeyPem: short.keyPem };
    const leaf = await generateNodeCert({ ...signer, addresses: ['127.0.0.1'] });
    const late = verifyCertificate(
      [new X509Certificate(leaf.certPem).raw],
      parseCaBundle(short.certPem),
      'dialled',
      Date.now() + 11 * dayMs,
    );
    expect(late).toBe('expired-certificate');
    expect(verifyCertificate(null, cas, 'dialled', 0)).toBe('no-certificate');
    expect(verifyCertificate([Buffer.from('junk')], cas, 'dialled', 0)).toBe(
      'malformed-certificate',
    );
  });

  it('name an actor by its exact URI only', async () => {
    const cluster = await TestCa.create();
    const actorId = newActorId();
    const { certPem } = await cluster.node({ actorId, addresses: ['127.0.0.1'] });
    const leaf = new X509Certificate(certPem);
    const claim = { advertisedHost: '10.9.9.9', dialledHost: undefined };
    expect(verifyIdentity(leaf, { ...claim, actorId })).toBeUndefined();
    expect(verifyIdentity(leaf, { ...claim, actorId: newActorId() })).toBe('wrong-actor');
    const sly = await cluster.node({ addresses: [`x, URI:patina://actor/${actorId}`] }).then(
      (made) => new X509Certificate(made.certPem),
      () => undefined,
    );
    // Either it cannot be made, or the quoted name is nobody's.
    if (sly !== undefined) {
      expect(verifyIdentity(sly, { ...claim, actorId })).toBe('wrong-address');
    }
    expect(must(leaf.subjectAltName, 'names')).toContain(actorId);
  });
});
