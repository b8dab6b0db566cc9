// A Patina node with its PostgreSQL endpoint, TLS and one user, for the tests of clients.

import { execFile } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TestCluster, type TestNode } from '../../cluster/harness.ts';
import { freePorts } from '../../cluster/support/free-ports.ts';
import { eventually } from '../../cluster/support/wait.ts';
import { canConnect, credentials, type PgTarget, type TargetOptions } from './target.ts';

const host = '127.0.0.1';
const launcher = fileURLToPath(new URL('../../../apps/node/bin/patina.js', import.meta.url));

export async function startPatina(options: TargetOptions): Promise<PgTarget> {
  const cluster = await TestCluster.create({ nodes: 1, schema: '' });
  try {
    const node = cluster.node(1);
    const [port = 0] = await freePorts(1);
    appendFileSync(node.configFile, configuration(node, port, options));
    await node.start();
    await makeUser(node, credentials.user, credentials.password, ['admin']);
    const { output } = await node.patina('token', 'create', 'tests', '--role', 'writer');
    const target: PgTarget = {
      kind: 'patina',
      host,
      port,
      ...credentials,
      caFile: join(node.directory, 'ca.pem'),
      database: 'patina',
      pid: node.process.pid,
      apiPort: node.apiPort,
      apiToken: /patina_[\w-]+/.exec(output)?.[0] ?? '',
      stop: async () => {
        await node.end('SIGTERM');
      },
      close: () => cluster.close(),
    };
    await eventually('the PostgreSQL endpoint answers', () => canConnect(target), {
      withinMs: 20_000,
      describe: () => cluster.tails(),
    });
    return target;
  } catch (error) {
    const tails = cluster.tails();
    await cluster.close();
    throw new Error(`the node did not start:\n${tails}`, { cause: error });
  }
}

function configuration(node: TestNode, port: number, options: TargetOptions): string {
  const file = (name: string): string => `"${join(node.directory, name)}"`;
  return (
    `[pg]\naddr = "${host}:${port}"\n${options.pgConfig ?? ''}\n` +
    `[pg.tls]\ncert_file = ${file('cert.pem')}\nkey_file = ${file('key.pem')}\n` +
    `${options.config ?? ''}\n`
  );
}

/** `patina user create`, with the password on its standard input. */
export async function makeUser(
  node: TestNode,
  name: string,
  password: string,
  roles: readonly string[],
  more: readonly string[] = [],
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const flags = roles.flatMap((role) => ['--role', role]);
  const child = execFile(
    process.execPath,
    [launcher, 'user', 'create', name, ...flags, ...more, '-c', node.configFile],
    { cwd: node.directory, env: { PATH: process.env.PATH, HOME: node.directory } },
    (error, stdout, stderr) => {
      if (error === null) resolve();
      else reject(new Error(`${stdout}${stderr}`, { cause: error }));
    },
  );
  child.stdin?.end(`${password}\n`);
  await promise;
}
