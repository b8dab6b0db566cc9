// What must hold between options before an agent may start: nothing that binds beyond this machine
// without protection, nothing contradictory, and every file that is named is there.

import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import type { PatinaError } from '@patina/engine/base/errors.ts';
import { formatHostPort, type HostPort, isLoopback, isUnspecified } from './host-port.ts';
import { invalid } from './load.ts';
import type { Config, GivenConfig } from './options.ts';

/** Bytes that a Unix socket's path can have on every system (macOS has the least room). */
export const socketPathBytesMax = 103;

/** The certificate files for gossip, where it is not in plaintext. */
export interface GossipTlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  readonly caFile: string;
}

/** Refuses a configuration that an agent must not start with; reads, but changes nothing. */
export function checkConfig(given: GivenConfig): Config {
  const databasePath = given.db.path;
  const adminPath = given.admin.path;
  if (databasePath === undefined || adminPath === undefined) {
    throw invalid('db.path is not set', {
      hint: 'Set it in the configuration file, by DB__PATH, or by --db-path.',
    });
  }
  const config: Config = {
    ...given,
    db: { ...given.db, path: databasePath },
    admin: { ...given.admin, path: adminPath },
  };
  checkDatabase(config);
  checkAdmin(config);
  checkApi(config);
  checkGossipAddresses(config);
  checkGossipTrust(config);
  checkPerf(config);
  return config;
}

/**
 * The certificate files of a checked configuration; undefined when gossip is in plaintext. A first node
 * (no bootstrap, no files named) has its own, in a directory named after the database.
 */
export function gossipTlsFiles(config: Config): GossipTlsFiles | undefined {
  const { tls, plaintext } = config.gossip;
  if (plaintext) return undefined;
  if (makesOwnCertificates(config)) return ownTlsFiles(ownTlsDirectory(config));
  const { certFile, keyFile, caFile } = tls;
  if (certFile === undefined || keyFile === undefined || caFile === undefined) {
    throw tlsMissing(config);
  }
  return { certFile, keyFile, caFile };
}

/** Whether the node is the first of a cluster and makes the CA and its certificate by itself. */
export function makesOwnCertificates({ gossip }: Config): boolean {
  const { certFile, keyFile, caFile } = gossip.tls;
  const named = [certFile, keyFile, caFile].some((path) => path !== undefined);
  return !gossip.plaintext && !named && gossip.bootstrap.length === 0;
}

/** Where a first node keeps the certificates that it makes. */
export function ownTlsDirectory({ db }: Config): string {
  return `${db.path}-tls`;
}

function ownTlsFiles(directory: string): GossipTlsFiles {
  return {
    certFile: join(directory, 'node_cert.pem'),
    keyFile: join(directory, 'node_key.pem'),
    caFile: join(directory, 'ca_cert.pem'),
  };
}

function checkDatabase({ db }: Config): void {
  if (statSync(db.path, { throwIfNoEntry: false })?.isDirectory() === true) {
    throw invalid(`db.path ${db.path} is a directory`, { hint: 'Name a file in it.' });
  }
  for (const path of db.schemaPaths) {
    needReadable('db.schema_paths', path, 'Correct the path, or leave it out.');
  }
}

function checkAdmin({ admin }: Config): void {
  const length = Buffer.byteLength(admin.path);
  if (length <= socketPathBytesMax) return;
  throw invalid(
    `admin.path has ${length} bytes, but a socket's path at most ${socketPathBytesMax}`,
    {
      hint: 'Set admin.path (ADMIN__PATH, --admin-path) to a shorter path.',
    },
  );
}

function checkApi(config: Config): void {
  const { api, pg, telemetry } = config;
  checkTlsPair('api.tls', api.tls);
  for (const address of api.addr) checkReach(config, 'api', address);
  if (pg.addr !== undefined) {
    checkTlsPair('pg.tls', pg.tls);
    checkReach(config, 'pg', pg.addr);
  }
  const metrics = telemetry.prometheus.addr;
  if (metrics !== undefined && !isLoopback(metrics.host)) {
    const text = formatHostPort(metrics);
    throw invalid(`telemetry.prometheus.addr ${text} is open to other machines without a token`, {
      hint: 'Read GET /metrics at api.addr, which asks for the token, or listen on 127.0.0.1.',
    });
  }
  const listeners = [...api.addr, metrics, pg.addr].filter((each) => each !== undefined);
  const taken = new Set<string>();
  for (const address of listeners) {
    const text = formatHostPort(address);
    if (taken.has(text)) {
      throw invalid(`api.addr, pg.addr or telemetry.prometheus.addr: ${text} is named twice`, {
        hint: 'Give every listener its own port.',
      });
    }
    if (address.port !== 0) taken.add(text);
  }
}

/** Beyond this machine nothing is open to everybody, and nothing travels in clear, unless that is asked for. */
function checkReach(config: Config, section: 'api' | 'pg', address: HostPort): void {
  if (isLoopback(address.host)) return;
  const { api, pg, access } = config;
  const where = `${section}.addr ${formatHostPort(address)} is open to other machines without`;
  if (api.authz.bearerToken === undefined && !access.required) {
    throw invalid(`${where} credentials`, {
      hint:
        'Set access.required = true and make tokens or users with patina token|user create, or set ' +
        'api.authz.bearer-token (API__AUTHZ__BEARER_TOKEN), or listen on 127.0.0.1.',
    });
  }
  const hasTls =
    api.tls.certFile !== undefined || (section === 'pg' && pg.tls.certFile !== undefined);
  if (hasTls || config[section].plaintext) return;
  throw invalid(`${where} TLS`, {
    hint:
      `Set ${section}.tls.cert_file and key_file (patina tls node generate makes some), or ` +
      `${section}.plaintext = true where the network encrypts by itself, or listen on 127.0.0.1.`,
  });
}

function checkTlsPair(key: string, { certFile, keyFile }: Config['api']['tls']): void {
  if ((certFile === undefined) !== (keyFile === undefined)) {
    throw invalid(`${key} needs both cert_file and key_file`, {
      hint: 'Set both, or neither.',
    });
  }
  const hint = 'Make it with patina tls node generate, or correct the path.';
  if (certFile !== undefined) needReadable(`${key}.cert_file`, certFile, hint);
  if (keyFile !== undefined) needReadable(`${key}.key_file`, keyFile, hint);
}

function checkGossipAddresses({ gossip }: Config): void {
  const external = gossip.externalAddr;
  if (external !== undefined && (isUnspecified(external.host) || external.port === 0)) {
    throw invalid(`gossip.external_addr ${formatHostPort(external)} is no address to dial`, {
      hint: 'Give the address and the port by which other nodes reach this one.',
    });
  }
  if (isUnspecified(gossip.addr.host) && external === undefined) {
    throw invalid(`gossip.addr ${formatHostPort(gossip.addr)} is no address that others can dial`, {
      hint: 'Set gossip.external_addr to the address by which other nodes reach this one.',
    });
  }
}

function checkGossipTrust(config: Config): void {
  const { gossip } = config;
  const { tls } = gossip;
  if (tls.insecure) {
    throw invalid('gossip.tls.insecure = true is refused: whoever answers would be trusted', {
      hint: 'Remove it, and set gossip.tls.ca_file to the certificate of the cluster.',
    });
  }
  const files: [string, string | undefined][] = [
    ['gossip.tls.cert_file', tls.certFile],
    ['gossip.tls.key_file', tls.keyFile],
    ['gossip.tls.ca_file', tls.caFile],
    ['gossip.tls.client.cert_file', tls.client.certFile],
    ['gossip.tls.client.key_file', tls.client.keyFile],
  ];
  if (gossip.plaintext) {
    checkPlaintext(config, files);
    return;
  }
  gossipTlsFiles(config);
  if ((tls.client.certFile === undefined) !== (tls.client.keyFile === undefined)) {
    throw invalid('gossip.tls.client needs both cert_file and key_file', {
      hint: 'Set both, or neither: the certificate of the node is used then.',
    });
  }
  for (const [key, path] of files) {
    if (path !== undefined) {
      needReadable(key, path, 'Make it with patina tls ca|node generate, or correct the path.');
    }
  }
}

function checkPlaintext({ gossip }: Config, files: readonly [string, string | undefined][]): void {
  for (const [key, address] of [
    ['gossip.addr', gossip.addr],
    ['gossip.external_addr', gossip.externalAddr],
  ] as const) {
    if (address === undefined || isLoopback(address.host)) continue;
    throw invalid(
      `gossip.plaintext = true, but ${key} ${formatHostPort(address)} is not loopback`,
      {
        hint: 'Set gossip.tls.cert_file, key_file and ca_file instead of gossip.plaintext.',
      },
    );
  }
  const set = files.find(([, path]) => path !== undefined);
  if (set !== undefined) {
    throw invalid(`gossip.plaintext = true contradicts ${set[0]}`, {
      hint: 'Remove gossip.plaintext to use the certificates.',
    });
  }
}

function tlsMissing({ gossip }: Config): PatinaError {
  const { certFile, keyFile, caFile } = gossip.tls;
  const missing = [
    certFile === undefined ? 'gossip.tls.cert_file' : undefined,
    keyFile === undefined ? 'gossip.tls.key_file' : undefined,
    caFile === undefined ? 'gossip.tls.ca_file' : undefined,
  ].filter((key) => key !== undefined);
  const trial = isLoopback(gossip.addr.host) ? ', or gossip.plaintext = true for a trial' : '';
  const verb = missing.length === 1 ? 'is' : 'are';
  return invalid(`${missing.join(', ')} ${verb} not set`, {
    hint: `Make the files with patina tls ca generate and patina tls node generate${trial}.`,
  });
}

function checkPerf({ perf }: Config): void {
  if (perf.minSyncBackoffMs <= perf.maxSyncBackoffMs) return;
  throw invalid('perf.min_sync_backoff is greater than perf.max_sync_backoff', {
    hint: 'Raise perf.max_sync_backoff, or lower perf.min_sync_backoff.',
  });
}

function needReadable(key: string, path: string, hint: string): void {
  try {
    accessSync(path, constants.R_OK);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const reason = code === 'EACCES' ? 'cannot be read: permission denied' : 'does not exist';
    throw invalid(`${key}: ${path} ${reason}`, { hint, cause: error });
  }
}
