// Three real agents that serve the console, with some data, and what tests do to them.

import { TestCluster, type TestNode } from '../../cluster/harness.ts';
import { sampleSchema, sampleServices } from './sample.ts';
import { Relays } from './udp-relay.ts';

export interface ConsoleCluster {
  readonly cluster: TestCluster;
  readonly relays: Relays;
  readonly close: () => Promise<void>;
}

export interface ConsoleClusterOptions {
  /** Nodes are reached through relays, so that they can be cut off. */
  readonly isRelayed?: boolean;
  /** The nodes ask for credentials. */
  readonly isClosed?: boolean;
}

/** Starts three nodes; they are equal and hold the sample. */
export async function startConsoleCluster(
  options: ConsoleClusterOptions = {},
): Promise<ConsoleCluster> {
  const relays = new Relays();
  const cluster = await TestCluster.create({
    nodes: 3,
    schema: sampleSchema,
    config: {
      gossip: 'cluster_name = "orchard"',
      ...(options.isClosed === true ? { access: 'required = true\nreplicated = true' } : {}),
    },
    ...(options.isRelayed === true ? { advertise: relays.before } : {}),
  });
  await Promise.all(cluster.nodes.map((node) => node.start()));
  if (options.isClosed !== true) {
    await cluster.met();
    await cluster.node(1).api.transact(sampleServices());
    await cluster.equalRows('SELECT count(*) FROM services');
  }
  return {
    cluster,
    relays,
    close: async () => {
      await cluster.close();
      relays.close();
    },
  };
}

/** The address of a node's console, as pages name it. */
export function hostOf(node: TestNode): string {
  return `127.0.0.1:${node.apiPort}`;
}
