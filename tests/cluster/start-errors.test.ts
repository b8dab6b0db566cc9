// Mistakes at the start of an agent: each ends it with one clear line, a hint, an exit code that says it
// failed, and nothing touched on disk.

import { createHash } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestCluster, type TestNode } from './harness.ts';
import { within } from './support/wait.ts';

const schema = 'CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY);';

let cluster: TestCluster;
let fresh: TestNode;

beforeAll(async () => {
  cluster = await TestCluster.create({ nodes: 1, schema });
  await cluster.start();
  fresh = await cluster.newcomer('fresh', { schema });
});

afterAll(() => cluster.close());

/** Everything below a directory: names, modes and contents; sockets by their name only. */
function snapshot(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .toSorted()
    .map((name) => {
      const path = join(directory, name);
      const { mode, size } = lstatSync(path);
      const isFile = (mode & 0o170000) === 0o100000;
      const hash = isFile ? createHash('sha256').update(readFileSync(path)).digest('hex') : '';
      return `${name} ${mode.toString(8)} ${isFile ? size : ''} ${hash}`;
    });
}

interface Refusal {
  readonly code: string;
  /** What the line must name. */
  readonly names: readonly (string | RegExp)[];
}

/** Starts the node, which must refuse; `touched` is the directory that must stay as it is. */
async function expectRefusal(
  node: TestNode,
  { code, names }: Refusal,
  touched: string = node.directory,
): Promise<void> {
  const before = snapshot(touched);
  const agent = node.launch();
  const end = await within('the agent refuses to start', agent.ended, { withinMs: 15_000 });
  expect({ ...end, output: agent.output }).toMatchObject({ code: 1 });
  const lines = agent.output.split('\n').filter((line) => /^(error|hint): /.test(line));
  expect(lines, agent.output).toHaveLength(2);
  const [error = '', hint = ''] = lines;
  expect(error).toMatch(/^error: /);
  expect(error).toContain(`(${code})`);
  for (const name of names) {
    if (typeof name === 'string') expect(error).toContain(name);
    else expect(error).toMatch(name);
  }
  expect(hint).toMatch(/^hint: \S.{8,}/);
  expect(agent.output).not.toMatch(/\n\s+at /);
  expect(snapshot(touched)).toEqual(before);
}

/** Changes the configuration file for one start. */
async function withConfig(
  change: (text: string) => string,
  run: () => Promise<void>,
): Promise<void> {
  const text = readFileSync(fresh.configFile, 'utf8');
  const changed = change(text);
  expect(changed).not.toBe(text);
  writeFileSync(fresh.configFile, changed);
  try {
    await run();
  } finally {
    writeFileSync(fresh.configFile, text);
  }
}

describe('a mistake in the configuration', () => {
  it('names an unknown key, and the one that was meant', () =>
    withConfig(
      (text) => text.replace('[api]\naddr', '[api]\nadr'),
      () =>
        expectRefusal(fresh, { code: 'PATINA_CONFIG_INVALID', names: ['api.adr', 'node.toml'] }),
    ));

  it('names a value that cannot be', () =>
    withConfig(
      (text) => text.replace(/\[api\]\naddr = "[^"]*"/, '[api]\naddr = "127.0.0.1:99999"'),
      () => expectRefusal(fresh, { code: 'PATINA_CONFIG_INVALID', names: ['api.addr'] }),
    ));

  it('refuses plaintext gossip beyond loopback', () =>
    withConfig(
      (text) =>
        text
          .replace(
            /\[gossip\]\naddr = "127\.0\.0\.1:(\d+)"/,
            '[gossip]\naddr = "192.0.2.1:$1"\nplaintext = true',
          )
          .replace(/\[gossip\.tls\][^[]*/, ''),
      () =>
        expectRefusal(fresh, {
          code: 'PATINA_CONFIG_INVALID',
          names: ['gossip.plaintext', 'gossip.addr', 'not loopback'],
        }),
    ));

  it('refuses an open API without credentials', () =>
    withConfig(
      (text) => text.replace(/\[api\]\naddr = "127\.0\.0\.1:(\d+)"/, '[api]\naddr = "0.0.0.0:$1"'),
      () =>
        expectRefusal(fresh, {
          code: 'PATINA_CONFIG_INVALID',
          names: ['credentials'],
        }),
    ));

  it('names a certificate that is missing', () =>
    withConfig(
      (text) => text.replace('cert.pem', 'nowhere.pem'),
      () =>
        expectRefusal(fresh, {
          code: 'PATINA_CONFIG_INVALID',
          names: ['gossip.tls.cert_file', 'nowhere.pem'],
        }),
    ));
});

describe('an address that is taken', () => {
  it('is named, for HTTP', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      await withConfig(
        (text) => text.replace(/\[api\]\naddr = "[^"]*"/, `[api]\naddr = "127.0.0.1:${port}"`),
        () =>
          expectRefusal(fresh, {
            code: 'PATINA_ADDRESS_IN_USE',
            names: [`api.addr = 127.0.0.1:${port}`],
          }),
      );
    } finally {
      server.close();
    }
  });

  it('is named, for gossip', () => {
    const taken = cluster.node(1).gossipPort;
    return withConfig(
      (text) => text.replace(/\[gossip\]\naddr = "[^"]*"/, `[gossip]\naddr = "127.0.0.1:${taken}"`),
      () =>
        expectRefusal(fresh, {
          code: 'PATINA_ADDRESS_IN_USE',
          names: [`gossip.addr = 127.0.0.1:${taken}`],
        }),
    );
  });
});

describe('a database that cannot be used', () => {
  it('is refused while another agent runs on it', async () => {
    const { databaseFile, directory, api } = cluster.node(1);
    // Writes of the running agent would change the files under our eyes.
    await api.transact(['INSERT INTO t VALUES (1)']);
    const names = readdirSync(directory).toSorted();
    await withConfig(
      (text) => text.replace(fresh.databaseFile, databaseFile),
      () => expectRefusal(fresh, { code: 'PATINA_DB_IN_USE', names: [databaseFile] }),
    );
    expect(readdirSync(directory).toSorted()).toEqual(names);
    expect(await api.value('SELECT count(*) FROM t')).toBe(1);
  });

  it('is refused when it is no database', async () => {
    const path = join(fresh.directory, 'letter.txt');
    writeFileSync(path, 'Dear reader, this is not a database at all.\n'.repeat(200));
    await withConfig(
      (text) => text.replace(fresh.databaseFile, path),
      () => expectRefusal(fresh, { code: 'PATINA_DB_NOT_A_DATABASE', names: ['letter.txt'] }),
    );
    rmSync(path);
  });

  it('is refused when its directory does not exist', () =>
    withConfig(
      (text) => text.replace(fresh.databaseFile, join(fresh.directory, 'no', 'node.db')),
      () =>
        expectRefusal(fresh, {
          code: 'PATINA_DB_UNUSABLE',
          names: ['db.path', join(fresh.directory, 'no')],
        }),
    ));

  it('is refused when its directory cannot be written to', async () => {
    const directory = join(fresh.directory, 'locked');
    mkdirSync(directory);
    chmodSync(directory, 0o555);
    // Root may write anywhere; a path below a file cannot be written to by anybody.
    const path =
      process.getuid?.() === 0 ? join(fresh.schemaFile, 'x.db') : join(directory, 'x.db');
    try {
      await withConfig(
        (text) => text.replace(fresh.databaseFile, path),
        () => expectRefusal(fresh, { code: 'PATINA_DB_UNUSABLE', names: ['x.db'] }),
      );
    } finally {
      chmodSync(directory, 0o755);
      rmSync(directory, { recursive: true });
    }
  });
});

describe('a schema that cannot be replicated', () => {
  it('is refused with the table and the way out', async () => {
    fresh.writeSchema('CREATE TABLE log (line TEXT);');
    try {
      const agent = fresh.launch();
      expect(await agent.ended).toMatchObject({ code: 4 });
      expect(agent.output).toMatch(/\nerror: .*log.*\(PATINA_SCHEMA_REFUSED\)\nhint: /);
    } finally {
      fresh.writeSchema(schema);
    }
  });
});
