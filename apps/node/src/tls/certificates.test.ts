// Certificates on disk: modes, refusal to overwrite, and errors that name the file.

import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseCaBundle, verifyCertificate } from '@patina/engine/transport/verify.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { certificates, writeCredentials } from './certificates.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'patina-tls-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('certificates', () => {
  it('makes a CA, and nodes and clients that it vouches for', async () => {
    const ca = await certificates.generateCa();
    const node = await certificates.generateNodeCert(ca, ['10.0.0.7', 'node-7.example']);
    const client = await certificates.generateClientCert(ca);
    const cas = parseCaBundle(ca.certPem);
    const check = (pem: string, role: 'dialler' | 'dialled') =>
      verifyCertificate([new X509Certificate(pem).raw], cas, role, Date.now());
    expect(check(node.certPem, 'dialler')).toBeInstanceOf(X509Certificate);
    expect(check(node.certPem, 'dialled')).toBeInstanceOf(X509Certificate);
    expect(check(client.certPem, 'dialler')).toBeInstanceOf(X509Certificate);
    expect(check(client.certPem, 'dialled')).toBe('wrong-certificate-usage');
    expect(check(ca.certPem, 'dialler')).toBe('untrusted-certificate');
  });

  it('writes keys that only their owner reads, and overwrites only by force', async () => {
    const inside = join(directory, 'new', 'tls');
    const first = await certificates.generateCa();
    const { certFile, keyFile } = writeCredentials(inside, 'ca', first);
    expect(readFileSync(certFile, 'utf8')).toBe(first.certPem);
    expect(readFileSync(keyFile, 'utf8')).toBe(first.keyPem);
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);

    const second = await certificates.generateCa();
    expect(() => writeCredentials(inside, 'ca', second)).toThrow(
      expect.objectContaining({ code: 'PATINA_TLS_INVALID' }),
    );
    expect(readFileSync(keyFile, 'utf8')).toBe(first.keyPem);
    writeCredentials(inside, 'ca', second, { force: true });
    expect(readFileSync(keyFile, 'utf8')).toBe(second.keyPem);
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
  });
});
