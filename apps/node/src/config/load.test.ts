// The sources of a configuration: precedence, names, and every way in which one can be wrong.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { inspect } from 'node:util';
import { PatinaError } from '@patina/engine/base/errors.ts';
import { afterAll, describe, expect, it } from 'vitest';
import { foreignKeys } from './corrosion-keys.ts';
import { type ConfigSources, loadConfig } from './load.ts';
import { listedOptions } from './option-list.ts';
import type { GivenConfig } from './options.ts';

const directory = mkdtempSync(join(tmpdir(), 'patina-config-'));
afterAll(() => rmSync(directory, { recursive: true }));

const file = join(directory, 'config.toml');

function load(toml: string, rest: Partial<ConfigSources> = {}): GivenConfig {
  writeFileSync(file, toml);
  return loadConfig({ file, env: {}, ...rest }).config;
}

function refusal(toml: string, rest: Partial<ConfigSources> = {}): PatinaError {
  try {
    load(toml, rest);
  } catch (error) {
    if (error instanceof PatinaError) return error;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

describe('precedence', () => {
  const toml = '[db]\npath = "/file.db"\n[log]\nlevel = "warn"';

  it('is flag, environment, file, default', () => {
    const env = { DB__PATH: '/env.db' };
    expect(load('').db.path).toBeUndefined();
    expect(load('').log.level).toBe('info');
    expect(load(toml).db.path).toBe('/file.db');
    expect(load(toml, { env }).db.path).toBe('/env.db');
    expect(load(toml, { env, flags: { 'db-path': '/flag.db' } }).db.path).toBe('/flag.db');
    expect(load(toml, { env }).log.level).toBe('warn');
  });

  it('remembers where each value is from', () => {
    writeFileSync(file, toml);
    const { origins } = loadConfig({ file, env: { API__ADDR: '127.0.0.1:1' } });
    expect(origins.get('db.path')).toBe(file);
    expect(origins.get('api.addr')).toBe('the environment variable API__ADDR');
    expect(origins.get('log.format')).toBe('default');
  });

  it('takes the file from PATINA_CONFIG, and can do without the default file', () => {
    writeFileSync(file, toml);
    expect(loadConfig({ env: { PATINA_CONFIG: file } }).file).toBe(file);
    expect(loadConfig({ env: {} }).config.log.level).toBe('info');
  });
});

describe('what browsers are told', () => {
  it('is the origin of the node, those that it trusts, and the name of its cluster', () => {
    const { api, gossip } = load(`
      [api]
      public_url = "https://DB1.example.com/"
      allowed_origins = ["http://console.example:8080"]
      [gossip]
      cluster_name = "orchard"
    `);
    expect(api.publicUrl).toBe('https://db1.example.com');
    expect(api.allowedOrigins).toEqual(['http://console.example:8080']);
    expect(gossip.clusterName).toBe('orchard');
    const { api: plain, gossip: unnamed } = load('');
    expect([plain.publicUrl, plain.allowedOrigins, unnamed.clusterName]).toEqual([
      undefined,
      [],
      undefined,
    ]);
  });

  it('takes nothing that is no origin', () => {
    for (const text of ['db1.example.com', 'https://db1.example.com/console', 'http://*']) {
      expect(refusal(`[api]\npublic_url = "${text}"`).message).toContain('api.public_url');
      expect(refusal(`[api]\nallowed_origins = ["${text}"]`).message).toContain('origin');
    }
  });
});

describe('the file', () => {
  it('is read into the types of the table', () => {
    const config = load(`
      [db]
      path = "data/node.db"
      schema_paths = ["a.sql"]
      cache_size_kib = -2048
      [api]
      bind_addr = ["127.0.0.1:8080", "[::1]:8081"]
      authorization.bearer-token = "s3cret"
      [gossip]
      addr = "localhost:4002"
      bootstrap = ["10.0.0.7", "db.internal:4003@10.0.0.53", "fd00::1", "localhost"]
      max_clock_drift = 250
      idle_timeout_secs = 2.5
      remove_down_after = "14d"
      [admin]
      uds_path = "/run/p.sock"
    `);
    expect(config.db).toMatchObject({
      path: resolve('data/node.db'),
      schemaPaths: [resolve('a.sql')],
      cacheSizeKib: 2048,
    });
    expect(config.api.addr).toEqual([
      { host: '127.0.0.1', port: 8080 },
      { host: '::1', port: 8081 },
    ]);
    expect(config.api.authz.bearerToken?.reveal()).toBe('s3cret');
    expect(config.gossip).toMatchObject({
      addr: { host: '127.0.0.1', port: 4002 },
      bootstrap: [
        { host: '10.0.0.7', port: 4001 },
        { host: 'db.internal', port: 4003, dnsServer: '10.0.0.53:53' },
        { host: 'fd00::1', port: 4001 },
        { host: '127.0.0.1', port: 4001 },
      ],
      maxClockDriftMs: 250,
      idleTimeoutMs: 2_500,
      removeDownAfterMs: 14 * 86_400_000,
    });
    expect(config.admin.path).toBe('/run/p.sock');
  });

  it('puts the admin socket beside the database unless told otherwise', () => {
    expect(load('[db]\npath = "/data/node.db"').admin.path).toBe('/data/node.db-admin/admin.sock');
    expect(load('').admin.path).toBeUndefined();
  });

  it.each([
    ['[db]\npaht = "x"', 'unknown key db.paht', 'Did you mean db.path?'],
    ['[gosip]\naddr = "x"', 'unknown key gosip', 'Did you mean gossip?'],
    ['[api.authz]\nbearer_token = "x"', 'unknown key api.authz.bearer_token', 'bearer-token?'],
    ['[zzz]\nq = 1', 'unknown key zzz', 'lists all keys'],
    ['gossip = 3', 'gossip must be a section', ''],
    ['[db]\npath = 3', 'db.path must be text, not 3', 'Expected: path'],
    ['[db]\npath = ""', 'db.path must not be empty', ''],
    ['[db]\nsynchronous = "off"', 'must be one of "normal", "full", not "off"', ''],
    ['[db]\nschema_paths = "x"', 'db.schema_paths must be a list', ''],
    ['[db]\ncache_size_kib = 1.5', 'must be a whole number, not 1.5', ''],
    ['[api]\naddr = "8080"', 'api.addr must be an IP address and a port', ''],
    ['[api]\naddr = "127.0.0.1:70000"', 'api.addr must be an IP address and a port', ''],
    ['[api]\naddr = "example.com:80"', 'api.addr must be an IP address and a port', ''],
    ['[api]\naddr = []', 'api.addr must not be an empty list', ''],
    ['[gossip]\nplaintext = "true"', 'must be true or false, not "true"', ''],
    ['[gossip]\ncluster_id = 65536', 'must be from 0 to 65535, not 65536', ''],
    ['[gossip]\ncluster_id = 9007199254740993', 'must be a whole number, not 9007199254740993', ''],
    ['[gossip]\nbootstrap = ["a b"]', 'gossip.bootstrap has a bad entry', 'Write "host"'],
    ['[gossip]\nbootstrap = ["1.2.3.4.5:1"]', 'gossip.bootstrap has a bad entry', ''],
    ['[gossip]\nbootstrap = ["a@b"]', 'gossip.bootstrap has a bad entry', ''],
    ['[gossip]\nbootstrap = [7]', 'gossip.bootstrap must be text, not 7', ''],
    ['[perf]\nsql_tx_timeout = "5 weeks"', 'must be seconds or text such as "30s"', ''],
    ['[perf]\nsql_tx_timeout = 4000', 'must be from 1 ms to 1 h, not 4000', ''],
    ['[api]\naddr = "127.0.0.1:1"\nbind_addr = "127.0.0.1:1"', 'are both set', 'Keep api.addr'],
    ['[db]\npath =', 'not valid TOML', ''],
    ['[db]\npath = "a"\npath = "b"', 'not valid TOML', ''],
  ])('is refused: %j', (toml, message, hint) => {
    const error = refusal(toml);
    expect(error.code).toBe('PATINA_CONFIG_INVALID');
    expect(error.message).toContain(message);
    expect(error.message).toContain(file);
    expect(error.message).not.toContain('\n');
    expect(error.hint ?? '').toContain(hint);
  });

  it('is named when it cannot be read', () => {
    const missing = join(directory, 'none.toml');
    expect(refusal('', { file: missing }).message).toContain('there is no such file');
    expect(refusal('', { file: directory }).message).toContain('it is a directory');
  });

  it.each(foreignKeys.map(({ key }) => key))('tells that %s is of Corrosion', (key) => {
    const error = refusal(`${key}.inner = 1`);
    expect(error.message).toContain(`is a key of Corrosion that Patina doesn't have yet`);
    expect(error.hint).toMatch(/^Remove it/);
  });
});

describe('the environment', () => {
  it('has a name for every option', () => {
    expect(listedOptions.length).toBeGreaterThan(25);
    for (const { key, env } of listedOptions) {
      expect(env).toBe(key.toUpperCase().replaceAll('.', '__').replaceAll('-', '_'));
    }
    expect(new Set(listedOptions.map(({ env }) => env)).size).toBe(listedOptions.length);
  });

  it('reads numbers, truth values and lists from text', () => {
    const config = load('', {
      env: {
        GOSSIP__PLAINTEXT: 'true',
        GOSSIP__CLUSTER_ID: '7',
        GOSSIP__BOOTSTRAP: '10.0.0.1, [fd00::1]:5',
        DB__SCHEMA_PATHS: '["/a,b.sql"]',
        API__ADDR: '[::1]:80,127.0.0.1:80',
        PERF__SQL_TX_TIMEOUT: '90s',
        'API__AUTHZ__BEARER-TOKEN': 'abc',
        UNRELATED__THING: 'x',
      },
    });
    expect(config.gossip.plaintext).toBe(true);
    expect(config.gossip.clusterId).toBe(7);
    expect(config.gossip.bootstrap).toHaveLength(2);
    expect(config.db.schemaPaths).toEqual(['/a,b.sql']);
    expect(config.api.addr).toHaveLength(2);
    expect(config.perf.sqlTxTimeoutMs).toBe(90_000);
    expect(config.api.authz.bearerToken?.equals('abc')).toBe(true);
  });

  it.each([
    [{ DB__PAHT: 'x' }, 'DB__PAHT sets no key', 'Did you mean DB__PATH?'],
    [{ PERF__BCAST_CHANNEL_LEN: '1' }, 'key of Corrosion', 'Unset'],
    [{ CONSUL__CLIENT__ADDR: '1' }, 'key of Corrosion', 'Unset'],
    [{ GOSSIP__PLAINTEXT: 'yes' }, 'set by the environment variable GOSSIP__PLAINTEXT', ''],
    [{ API__ADDR: '127.0.0.1:1', API__BIND_ADDR: '127.0.0.1:2' }, 'set the same key', 'API__ADDR'],
    [{ DB__SCHEMA_PATHS: '["a' }, 'must be a JSON array', ''],
  ])('is refused: %j', (env, message, hint) => {
    const error = refusal('', { env });
    expect(error.message).toContain(message);
    expect(error.hint ?? '').toContain(hint);
  });
});

describe('secrets', () => {
  const secret = 'correct-horse-battery';

  it('are never printed', () => {
    const config = load(`[api.authz]\nbearer-token = "${secret}"`);
    const token = config.api.authz.bearerToken;
    const printed = [
      JSON.stringify(config),
      inspect(config, { depth: 9, showHidden: true }),
      inspect(config, { depth: 9, customInspect: false }),
      `${token}`,
      JSON.stringify({ ...token }),
    ];
    for (const text of printed) expect(text).not.toContain(secret);
    expect(printed[0]).toContain('***');
  });

  it('do not show up in errors about them', () => {
    const broken = [
      `[api.authz]\nbearer-token = "${secret} with space"`,
      `[api.authz]\nbearer-token = ["${secret}"]`,
      `[api.authz]\nbearer-token = "${secret}`,
      `[api.authz]\nbearer-token = ${secret}`,
    ];
    for (const toml of broken) {
      const { message, hint, stack } = refusal(toml);
      expect(`${message} ${hint} ${stack}`).not.toContain(secret);
    }
  });
});
