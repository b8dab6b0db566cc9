// Where everything of the demo is: ports one after the other, and per node a directory with its
// configuration, database, socket and log. Paths are relative to the working directory, as a person
// types them, which also keeps the paths of sockets short.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { PatinaError } from '@patina/engine/base/errors.ts';
import { formatHostPort, type HostPort } from '../config/host-port.ts';
import { type CredentialPaths, certificates, writeCredentials } from '../tls/certificates.ts';
import { schemaDirectory } from './tables.ts';

/** Where the demo keeps its data, below the working directory. */
export const demoDirectory = join('.patina', 'demo');

const host = '127.0.0.1';

/** From the HTTP port of a node to its gossip port. */
const gossipPortOffset = 100;

/** From the HTTP port of a node to its PostgreSQL port. */
const pgPortOffset = 200;

export const nodesMax = 50;

/** One node of the demo; paths are relative to the working directory. */
export interface NodePlace {
  /** Counted from 1. */
  readonly number: number;
  readonly api: HostPort;
  readonly gossip: HostPort;
  readonly pg: HostPort;
  readonly directory: string;
  readonly configFile: string;
  readonly logFile: string;
}

/** The places of all nodes; `port` is the HTTP port of the first. */
export function planNodes(count: number, port: number): NodePlace[] {
  if (count > nodesMax) {
    throw new PatinaError('PATINA_BAD_REQUEST', `the demo runs ${nodesMax} nodes at most`, {
      hint: 'Each is a process of its own; 3 to 10 show everything.',
    });
  }
  return Array.from({ length: count }, (_, index) => {
    const directory = join(demoDirectory, `node${index + 1}`);
    return {
      number: index + 1,
      api: { host, port: port + index },
      gossip: { host, port: port + gossipPortOffset + index },
      pg: { host, port: port + pgPortOffset + index },
      directory,
      configFile: join(directory, 'node.toml'),
      logFile: join(directory, 'agent.log'),
    };
  });
}

/** Removes what earlier runs left. */
export function removeData(cwd: string): void {
  rmSync(join(cwd, demoDirectory), { recursive: true, force: true });
}

/**
 * Writes directories, certificates and configurations. The CA and the certificates are new at every
 * start: nobody else has to know them, and they never run out.
 */
export async function writePlaces(cwd: string, places: readonly NodePlace[]): Promise<void> {
  const tlsDirectory = join(demoDirectory, 'tls');
  const ca = await certificates.generateCa();
  const force = { force: true };
  const { certFile: caFile } = writeCredentials(join(cwd, tlsDirectory), 'ca', ca, force);
  for (const place of places) {
    mkdirSync(join(cwd, place.directory), { recursive: true, mode: 0o700 });
    const pair = await certificates.generateNodeCert(ca, [host]);
    const name = `node${place.number}`;
    const paths = writeCredentials(join(cwd, tlsDirectory), name, pair, force);
    const text = configText(place, places, {
      caFile: relative(cwd, caFile),
      certFile: relative(cwd, paths.certFile),
      keyFile: relative(cwd, paths.keyFile),
    });
    writeFileSync(join(cwd, place.configFile), text);
  }
}

/** The configuration of one node. */
export function configText(
  place: NodePlace,
  places: readonly NodePlace[],
  tls: CredentialPaths & { readonly caFile: string },
): string {
  const others = places.filter(({ number }) => number !== place.number);
  const value = (raw: unknown): string => JSON.stringify(raw);
  return `# Node ${place.number} of the demo; written anew at every start. Paths are relative to the directory
# in which the demo was started.

[db]
path = ${value(join(place.directory, 'node.db'))}
schema_paths = [${value(schemaDirectory)}]

[api]
addr = ${value(formatHostPort(place.api))}

[pg]
addr = ${value(formatHostPort(place.pg))}

[gossip]
cluster_name = "demo"
addr = ${value(formatHostPort(place.gossip))}
bootstrap = [${others.map(({ gossip }) => value(formatHostPort(gossip))).join(', ')}]

[gossip.tls]
ca_file = ${value(tls.caFile)}
cert_file = ${value(tls.certFile)}
key_file = ${value(tls.keyFile)}

[admin]
path = ${value(join(place.directory, 'admin.sock'))}

[log]
colors = false
`;
}
