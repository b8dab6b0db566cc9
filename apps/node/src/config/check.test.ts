// What an agent refuses to start with, and that refusing changes nothing.

import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'smol-toml';
import { afterAll, expect, it } from 'vitest';
import { checkConfig, gossipTlsFiles, makesOwnCertificates } from './check.ts';
import { loadConfig } from './load.ts';
import type { Config } from './options.ts';
import { configWarnings } from './warnings.ts';

const directory = mkdtempSync(join(tmpdir(), 'patina-check-'));
afterAll(() => rmSync(directory, { recursive: true }));

const pem = join(directory, 'some.pem');
writeFileSync(pem, '');
const configFile = join(directory, 'config.toml');
mkdirSync(join(directory, 'empty'));
const dbPath = join(directory, 'empty', 'node.db');

const tls = `[gossip.tls]\ncert_file = "${pem}"\nkey_file = "${pem}"\nca_file = "${pem}"\n`;
const db = `[db]\npath = "${dbPath}"\n`;

function check(toml: string): Config {
  // Through the parser and back, so that a mistake in a test's TOML is not taken for a refusal.
  writeFileSync(configFile, stringify(parse(toml)));
  return checkConfig(loadConfig({ file: configFile, env: {} }).config);
}

it('gives the first node of a cluster certificates of its own', () => {
  const first = check(db);
  expect(makesOwnCertificates(first)).toBe(true);
  expect(gossipTlsFiles(first)?.caFile).toBe(`${first.db.path}-tls/ca_cert.pem`);
  expect(makesOwnCertificates(check(`${db}[gossip]\nplaintext = true`))).toBe(false);
});

it('accepts plaintext on loopback, and certificates anywhere', () => {
  const loopback = check(`${db}[gossip]\nplaintext = true`);
  expect(gossipTlsFiles(loopback)).toBeUndefined();
  const open = check(`${db}[gossip]\naddr = "10.0.0.7:4001"\n${tls}`);
  expect(gossipTlsFiles(open)).toEqual({ certFile: pem, keyFile: pem, caFile: pem });
  const token = '[api]\naddr = "0.0.0.0:80"\nauthz.bearer-token = "t"\n';
  const secured = `${token}tls.cert_file = "${pem}"\ntls.key_file = "${pem}"\n`;
  expect(check(`${db}${secured}${tls}`).api.addr).toHaveLength(1);
  const plain = '[access]\nrequired = true\n[api]\naddr = "10.0.0.7:80"\nplaintext = true\n';
  expect(check(`${db}${plain}${tls}`).api.plaintext).toBe(true);
  const pg = `${secured}[pg]\naddr = "10.0.0.7:5432"\n`;
  expect(check(`${db}${pg}${tls}`).pg.maxConnections).toBe(200);
});

const gossip = '[gossip]\nplaintext = true\n';

it.each([
  ['no database', gossip, 'db.path is not set'],
  ['a directory', `[db]\npath = "${directory}"\n${gossip}`, 'is a directory'],
  ['no schema', `${db}schema_paths = ["/nowhere.sql"]\n${gossip}`, 'db.schema_paths: /nowhere.sql'],
  ['long socket', `${db}${gossip}[admin]\npath = "/${'x'.repeat(110)}"`, "a socket's path at most"],
  ['open API', `${db}${gossip}[api]\naddr = "0.0.0.0:80"`, 'api.addr 0.0.0.0:80 is open'],
  ['open API by IPv6', `${db}${gossip}[api]\naddr = "[::]:80"`, 'api.addr [::]:80 is open'],
  [
    'an API in clear',
    `${db}${gossip}[api]\naddr = "10.0.0.7:80"\nauthz.bearer-token = "t"`,
    'api.addr 10.0.0.7:80 is open to other machines without TLS',
  ],
  [
    'an open PostgreSQL endpoint',
    `${db}${gossip}[pg]\naddr = "10.0.0.7:5432"\nplaintext = true`,
    'pg.addr 10.0.0.7:5432 is open to other machines without credentials',
  ],
  [
    'a PostgreSQL endpoint in clear, under the name that Corrosion has for it',
    `${db}${gossip}[api]\npg.addr = "10.0.0.7:5432"\n[access]\nrequired = true`,
    'pg.addr 10.0.0.7:5432 is open to other machines without TLS',
  ],
  ['half of TLS', `${db}${gossip}[api]\ntls.key_file = "${pem}"`, 'api.tls needs both'],
  [
    'one open API of two',
    `${db}${gossip}[api]\naddr = ["127.0.0.1:80", "10.0.0.7:80"]`,
    'api.addr 10.0.0.7:80 is open',
  ],
  [
    'open metrics',
    `${db}${gossip}[telemetry.prometheus]\naddr = "10.0.0.7:9090"`,
    'telemetry.prometheus.addr 10.0.0.7:9090 is open to other machines',
  ],
  [
    'one port for two',
    `${db}${gossip}[telemetry.prometheus]\naddr = "127.0.0.1:8080"`,
    '127.0.0.1:8080 is named twice',
  ],
  ['open plaintext', `${db}${gossip}addr = "10.0.0.7:4001"`, 'gossip.addr 10.0.0.7:4001 is not'],
  [
    'open plaintext by its external address',
    `${db}${gossip}external_addr = "10.0.0.7:4001"`,
    'gossip.external_addr 10.0.0.7:4001 is not loopback',
  ],
  ['plaintext and TLS', `${db}${gossip}${tls}`, 'contradicts gossip.tls.cert_file'],
  [
    'neither, in a cluster',
    `${db}[gossip]\nbootstrap = ["10.0.0.8"]`,
    'gossip.tls.cert_file, gossip.tls.key_file, gossip.tls.ca_file are not set',
  ],
  ['no CA', `${db}${tls.replace(/ca_file.*\n/, '')}`, 'gossip.tls.ca_file is not set'],
  [
    'no file',
    `${db}${tls.replace(/key_file = "[^"]*"/, 'key_file = "/no.pem"')}`,
    '/no.pem does not',
  ],
  ['insecure', `${db}${tls}insecure = true`, 'gossip.tls.insecure = true is refused'],
  ['half a client', `${db}${tls}client.cert_file = "${pem}"`, 'needs both cert_file and key_file'],
  [
    'nothing to dial',
    `${db}[gossip]\naddr = "0.0.0.0:4001"\n${tls}`,
    'gossip.addr 0.0.0.0:4001 is no address that others can dial',
  ],
  [
    'nothing to dial from outside',
    `${db}[gossip]\nexternal_addr = "[::]:4001"\n${tls}`,
    'gossip.external_addr [::]:4001 is no address to dial',
  ],
  [
    'backwards',
    `${db}${gossip}[perf]\nmin_sync_backoff = 20`,
    'perf.min_sync_backoff is greater than perf.max_sync_backoff',
  ],
])('refuses %s', (_what, toml, message) => {
  expect(() => check(toml)).toThrow(
    expect.objectContaining({
      code: 'PATINA_CONFIG_INVALID',
      message: expect.stringContaining(message),
      hint: expect.stringMatching(/\.$/),
    }),
  );
  expect(readdirSync(join(directory, 'empty'))).toEqual([]);
});

it('warns of what has no effect, and of secrets that others can read', () => {
  chmodSync(pem, 0o644);
  chmodSync(configFile, 0o644);
  const toml =
    `${db}[api]\nendpoint_name = "a"\nauthz.bearer-token = "t"\n` +
    `${tls}client = { cert_file = "${pem}", key_file = "${pem}" }`;
  expect(configWarnings(check(toml), configFile)).toEqual([
    expect.stringContaining('gossip.tls.client is not used'),
    expect.stringContaining('api.endpoint_name is not used'),
    `gossip.tls.key_file ${pem} can be read by other users: chmod 600 it`,
    `${configFile} can be read by other users: if it holds the token, chmod 600 it`,
  ]);
  chmodSync(pem, 0o600);
  chmodSync(configFile, 0o600);
  expect(configWarnings(check(`${db}[api]\nauthz.bearer-token = "t"\n${tls}`), configFile)).toEqual(
    [],
  );
});
