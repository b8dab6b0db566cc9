// Agents as processes of their own, started as people start them, and a client for each.

import type { ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { schemaSql } from './databases.ts';
import type { BenchContext } from './figure.ts';
import { freeTcpPort, freeUdpPort } from './free-ports.ts';
import { NodeClient } from './node-client.ts';
import { endProcess, startProcess } from './processes.ts';
import { waitFor } from './wait.ts';

const launcher = join(import.meta.dirname, '../../apps/node/bin/patina.js');

/** How long an agent may take to serve, milliseconds: the machine may be busy starting others. */
const readyMsMax = 120_000;
const readyPollMs = 50;

/** How much of the end of a log explains why an agent ended, characters. */
const logTailMax = 2_000;

export interface AgentPlan {
  readonly name: string;
  /** Gossip addresses of agents to join. */
  readonly bootstrap: readonly string[];
  /** Listeners of the API; a listener takes a limited number of connections. Default 1. */
  readonly apiListeners?: number;
  /** Further lines of its configuration. */
  readonly config?: string;
}

interface Place extends AgentPlan {
  readonly folder: string;
  readonly apiPort: number;
  readonly apiPorts: readonly number[];
  readonly gossipAddress: string;
  readonly profileDirectory: string | undefined;
}

/** An agent with its files and ports, which stay the same over restarts. */
export class BenchAgent {
  readonly #place: Place;
  /** Its HTTP API. */
  readonly client: NodeClient;
  #child: ChildProcess | undefined;

  constructor(place: Place) {
    this.#place = place;
    this.client = new NodeClient(place.apiPort);
  }

  get name(): string {
    return this.#place.name;
  }

  get apiPort(): number {
    return this.#place.apiPort;
  }

  /** All ports of its HTTP API. */
  get apiPorts(): readonly number[] {
    return this.#place.apiPorts;
  }

  get gossipAddress(): string {
    return this.#place.gossipAddress;
  }

  /** Where its files are; the database is `state.db`. */
  get folder(): string {
    return this.#place.folder;
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error(`agent ${this.name} does not run`);
    return pid;
  }

  /** Starts the process; `ready` follows. */
  start(): void {
    const { folder, profileDirectory } = this.#place;
    const log = openSync(join(folder, 'log'), 'a');
    const profiling =
      profileDirectory === undefined
        ? []
        : ['--cpu-prof', `--cpu-prof-dir=${profileDirectory}`, '--cpu-prof-interval=500'];
    const args = [...profiling, launcher, 'agent', '-c', join(folder, 'patina.toml')];
    this.#child = startProcess(args, {
      env: { PATH: process.env['PATH'], PATINA_STOP_WITH_PARENT: '1' },
      stdio: ['ignore', 'ignore', log, 'ipc'],
    });
    closeSync(log);
  }

  /** Resolves when it answers; rejects, with the end of its log, when it ended. */
  async ready(): Promise<void> {
    await waitFor(
      async () => {
        if (this.#child?.exitCode !== null) throw new Error(this.#whyEnded());
        return (await this.client.isUp()) ? true : undefined;
      },
      { deadlineMs: readyMsMax, everyMs: readyPollMs, what: `agent ${this.name} answers` },
    );
  }

  /** All that it has logged so far. */
  log(): string {
    return readFileSync(join(this.#place.folder, 'log'), 'utf8');
  }

  async stop(): Promise<void> {
    this.client.close();
    if (this.#child !== undefined) await endProcess(this.#child);
  }

  /** As a power cut would. */
  async kill(): Promise<void> {
    if (this.#child !== undefined) await endProcess(this.#child, 'SIGKILL');
  }

  #whyEnded(): string {
    return `agent ${this.name} ended:\n${this.log().slice(-logTailMax)}`;
  }
}

/** Makes the place for an agent: its configuration and ports. */
export async function planAgent(context: BenchContext, plan: AgentPlan): Promise<BenchAgent> {
  const folder = join(context.directory, plan.name);
  mkdirSync(folder);
  const gossipPort = await freeUdpPort();
  const apiPorts = await Promise.all(
    Array.from({ length: plan.apiListeners ?? 1 }, () => freeTcpPort()),
  );
  const [apiPort = 0] = apiPorts;
  const gossipAddress = `127.0.0.1:${gossipPort}`;
  const schemaFile = join(folder, 'schema.sql');
  writeFileSync(schemaFile, schemaSql);
  writeFileSync(
    join(folder, 'patina.toml'),
    `[db]\npath = "${join(folder, 'state.db')}"\nschema_paths = ["${schemaFile}"]\n` +
      `[api]\naddr = ${JSON.stringify(apiPorts.map((port) => `127.0.0.1:${port}`))}\n` +
      `[gossip]\naddr = "${gossipAddress}"\nplaintext = true\n` +
      `bootstrap = ${JSON.stringify(plan.bootstrap)}\n` +
      `[admin]\npath = "${join(folder, 'admin.sock')}"\n[log]\ncolors = false\n${plan.config ?? ''}`,
  );
  const { profileDirectory } = context;
  return new BenchAgent({ ...plan, folder, apiPort, apiPorts, gossipAddress, profileDirectory });
}

/** Starts agents that know each other, one after the other, and waits until all see all. */
export async function startCluster(context: BenchContext, count: number): Promise<BenchAgent[]> {
  const agents: BenchAgent[] = [];
  for (let index = 0; index < count; index++) {
    const bootstrap = agents.map(({ gossipAddress }) => gossipAddress);
    const agent = await planAgent(context, { name: `n${index + 1}`, bootstrap });
    agent.start();
    await agent.ready();
    agents.push(agent);
  }
  await allSeeAll(agents);
  return agents;
}

/** Resolves when each of the agents sees all of them as living. */
export async function allSeeAll(agents: readonly BenchAgent[]): Promise<void> {
  await waitFor(
    async () => {
      const views = await Promise.all(agents.map(({ client }) => client.members()));
      const isComplete = views.every(
        (members) => members.filter(({ state }) => state === 'alive').length === agents.length,
      );
      return isComplete ? true : undefined;
    },
    { deadlineMs: readyMsMax, everyMs: 100, what: 'all agents see all' },
  );
}
