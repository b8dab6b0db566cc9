// Certificates of listeners with real sockets: TLS is spoken, a new certificate is used without a restart, a
// damaged one is not, and one that ends soon is warned of.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type PeerCertificate } from 'node:tls';
import { must } from '@patina/engine/base/assert.ts';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createHttpServer } from '../http/server.ts';
import { testAccess } from '../http/test-access.ts';
import { createTestService } from '../http/test-service.ts';
import { certificates } from './certificates.ts';
import { type TlsEvent, TlsProvider, warnBeforeMs } from './tls-provider.ts';

interface Pair {
  readonly certPem: string;
  readonly keyPem: string;
}

let ca: Pair;
let pairs: Pair[];
let directory: string;
let certFile: string;
let keyFile: string;
let events: TlsEvent[];
let nowMs: number;

beforeAll(async () => {
  ca = await certificates.generateCa();
  const make = () => certificates.generateNodeCert(ca, ['127.0.0.1', 'localhost']);
  pairs = [await make(), await make()];
});
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'patina-tls-'));
  certFile = join(directory, 'cert.pem');
  keyFile = join(directory, 'key.pem');
  events = [];
  nowMs = Date.now();
  put(0);
});
afterEach(() => rmSync(directory, { recursive: true }));

function put(index: number): void {
  const { certPem, keyPem } = must(pairs[index], 'was made');
  writeFileSync(certFile, certPem);
  writeFileSync(keyFile, keyPem);
}

function open(): TlsProvider {
  const files = { certFile, keyFile };
  return new TlsProvider({ files, wallMs: () => nowMs, onEvent: (event) => events.push(event) });
}

function certificateAt(port: number): Promise<PeerCertificate> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', ca: ca.certPem }, () => {
      resolve(socket.getPeerCertificate());
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

test('HTTPS is served, and a new certificate is used within two seconds without a restart', async () => {
  const provider = open();
  provider.start();
  const service = createTestService();
  const addresses = [{ host: '127.0.0.1', port: 0 }];
  const server = createHttpServer({ service, addresses, ...testAccess('t'), tls: provider });
  await server.start();
  try {
    const { port } = must(server.addresses()[0], 'listens');
    const first = await certificateAt(port);
    // Half of a change is not used.
    writeFileSync(certFile, must(pairs[1], 'was made').certPem);
    await expect.poll(() => events.at(-1)?.kind, { timeout: 5_000 }).toBe('not-reloaded');
    expect((await certificateAt(port)).fingerprint256).toBe(first.fingerprint256);
    put(1);
    await expect.poll(() => events.at(-1)?.kind, { timeout: 5_000 }).toBe('reloaded');
    expect((await certificateAt(port)).fingerprint256).not.toBe(first.fingerprint256);
    await expect(fetch(`http://127.0.0.1:${port}/v1/health`)).rejects.toThrow();
  } finally {
    await server.stop(100);
    provider.stop();
    await service.close();
  }
});

test('reloading by hand tells what is wrong, and keeps what was', () => {
  const provider = open();
  const before = provider.options();
  writeFileSync(keyFile, 'no key');
  expect(() => provider.reload()).toThrow(/are no certificate and its key/);
  rmSync(keyFile);
  expect(() => provider.reload()).toThrow(/cannot be read/);
  expect(provider.options()).toBe(before);
  put(1);
  let changes = 0;
  provider.onChange(() => changes++);
  provider.reload();
  provider.reload();
  expect(changes).toBe(1);
  expect(provider.options()).not.toBe(before);
});

test('a certificate that ends soon is warned of, and an expired one is not used', () => {
  const provider = open();
  const { notAfterMs } = provider;
  nowMs = notAfterMs - warnBeforeMs - 1;
  provider.start();
  expect(events).toEqual([]);
  provider.stop();
  nowMs = notAfterMs - 1_000;
  provider.start();
  provider.stop();
  expect(events).toEqual([{ kind: 'expiring', certFile, notAfterMs }]);
  nowMs = notAfterMs;
  expect(open).toThrow(/expired at/);
});
