// A cluster of real agents for tests: processes, certificates, free ports and a directory of their own,
// all of it gone when the test is over.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CertificateAndKey,
  generateCa,
  generateNodeCert,
} from '@patina/engine/transport/certificates.ts';
import { PatinaProcess, type ProcessEnd, runPatina } from './support/agent-process.ts';
import { freePorts } from './support/free-ports.ts';
import { NodeApi } from './support/node-api.ts';
import { eventually, type WaitOptions, within } from './support/wait.ts';

/** How long an agent may take to serve after its start, milliseconds. */
const readyMsMax = 20_000;

const host = '127.0.0.1';

export interface ClusterOptions {
  readonly nodes: number;
  /** The declared schema of all nodes. */
  readonly schema: string;
  /** Further lines of the configuration of all nodes, by section. */
  readonly config?: ConfigLines;
  /** Puts something between a node and the others; gives the port by which they reach it. */
  readonly advertise?: (gossipPort: number) => Promise<number>;
}

export type ConfigLines = Readonly<Partial<Record<'api' | 'gossip' | 'access', string>>>;

/** What a node of a test is made of; a test may replace any of it. */
export interface NodeOptions {
  /** The certificate and the CA that the node trusts. */
  readonly pair: CertificateAndKey;
  readonly caPem: string;
  /** Gossip ports to join through. */
  readonly bootstrap: readonly number[];
  readonly schema: string;
  readonly config: ConfigLines;
  /** The port by which other nodes reach it, where that is not its own. */
  readonly advertisedPort: number | undefined;
}

export class TestNode {
  readonly name: string;
  readonly directory: string;
  readonly configFile: string;
  readonly databaseFile: string;
  readonly schemaFile: string;
  readonly apiPort: number;
  readonly gossipPort: number;
  readonly api: NodeApi;
  readonly #rootDirectory: string;
  #process: PatinaProcess | undefined;

  constructor(rootDirectory: string, name: string, ports: readonly [number, number]) {
    this.name = name;
    this.#rootDirectory = rootDirectory;
    this.directory = join(rootDirectory, name);
    this.configFile = join(this.directory, 'node.toml');
    this.databaseFile = join(this.directory, 'node.db');
    this.schemaFile = join(this.directory, 'schema.sql');
    [this.apiPort, this.gossipPort] = ports;
    this.api = new NodeApi(this.apiPort);
  }

  /** Writes configuration, schema and certificates. */
  configure({ pair, caPem, bootstrap, schema, config, advertisedPort }: NodeOptions): void {
    mkdirSync(this.directory, { recursive: true });
    this.writeSchema(schema);
    const files = { ca: caPem, cert: pair.certPem, key: pair.keyPem };
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(this.directory, `${name}.pem`), text, { mode: 0o600 });
    }
    const seeds = bootstrap.map((port) => `"${host}:${port}"`).join(', ');
    const external =
      advertisedPort === undefined ? '' : `external_addr = "${host}:${advertisedPort}"\n`;
    const access = config.access === undefined ? '' : `[access]\n${config.access}\n`;
    writeFileSync(
      this.configFile,
      `[db]\npath = "${this.databaseFile}"\nschema_paths = ["${this.schemaFile}"]\n` +
        `[api]\naddr = "${host}:${this.apiPort}"\n${config.api ?? ''}\n` +
        `[gossip]\naddr = "${host}:${this.gossipPort}"\nbootstrap = [${seeds}]\n` +
        `${external}${config.gossip ?? ''}\n${access}` +
        `[gossip.tls]\nca_file = "${join(this.directory, 'ca.pem')}"\n` +
        `cert_file = "${join(this.directory, 'cert.pem')}"\n` +
        `key_file = "${join(this.directory, 'key.pem')}"\n` +
        `[admin]\npath = "${join(this.directory, 'admin.sock')}"\n[log]\ncolors = false\n`,
    );
  }

  writeSchema(schema: string): void {
    writeFileSync(this.schemaFile, schema);
  }

  get process(): PatinaProcess {
    if (this.#process === undefined) throw new Error(`${this.name} was never started`);
    return this.#process;
  }

  get isRunning(): boolean {
    return this.#process?.isRunning === true;
  }

  /** Starts the agent; resolves once it serves. */
  async start(): Promise<void> {
    const agent = this.launch();
    await agent.wrote('agent: ready', readyMsMax);
  }

  /** Starts the agent without waiting. */
  launch(): PatinaProcess {
    if (this.isRunning) throw new Error(`${this.name} runs already`);
    this.#process = new PatinaProcess(['agent', '-c', this.configFile], this.#rootDirectory);
    return this.#process;
  }

  /** Sends a signal and waits for the end. */
  async end(signal: NodeJS.Signals, withinMs = 10_000): Promise<ProcessEnd> {
    const agent = this.process;
    agent.signal(signal);
    const describe = (): string => agent.tail();
    return within(`${this.name} ends by ${signal}`, agent.ended, { withinMs, describe });
  }

  /** Runs `patina … -c` with the configuration of this node. */
  async patina(...args: string[]): Promise<{ readonly code: number | null; output: string }> {
    return runPatina([...args, '-c', this.configFile], this.#rootDirectory);
  }
}

export class TestCluster {
  readonly directory: string;
  readonly ca: CertificateAndKey;
  readonly nodes: TestNode[] = [];
  readonly #newcomers: TestNode[] = [];

  private constructor(directory: string, ca: CertificateAndKey) {
    this.directory = directory;
    this.ca = ca;
  }

  /** Prepares a cluster; nothing runs yet. Call {@link close} in any case. */
  static async create(options: ClusterOptions): Promise<TestCluster> {
    const { nodes, schema, config = {}, advertise } = options;
    const directory = mkdtempSync(join(tmpdir(), 'patina-test-'));
    const cluster = new TestCluster(directory, await generateCa({ commonName: 'test' }));
    const ports = await freePorts(nodes * 2);
    const gossipPorts = ports.slice(nodes);
    const advertised =
      advertise === undefined ? undefined : await Promise.all(gossipPorts.map(advertise));
    const bootstrap = advertised ?? gossipPorts;
    for (let index = 0; index < nodes; index++) {
      const pair: [number, number] = [ports[index] ?? 0, gossipPorts[index] ?? 0];
      const node = new TestNode(directory, `node${index + 1}`, pair);
      const advertisedPort = advertised?.[index];
      await cluster.configure(node, { schema, bootstrap, config, advertisedPort });
      cluster.nodes.push(node);
    }
    return cluster;
  }

  /** A node that joins the cluster; it is not started, and not counted among the nodes. */
  async newcomer(name: string, options: Partial<NodeOptions> = {}): Promise<TestNode> {
    const [apiPort = 0, gossipPort = 0] = await freePorts(2);
    const node = new TestNode(this.directory, name, [apiPort, gossipPort]);
    await this.configure(node, options);
    this.#newcomers.push(node);
    return node;
  }

  async configure(node: TestNode, options: Partial<NodeOptions>): Promise<void> {
    const { bootstrap = this.nodes.map(({ gossipPort }) => gossipPort) } = options;
    node.configure({
      pair: options.pair ?? (await this.certificate()),
      caPem: options.caPem ?? this.ca.certPem,
      bootstrap: bootstrap.filter(
        (port) => port !== node.gossipPort && port !== options.advertisedPort,
      ),
      schema: options.schema ?? '',
      config: options.config ?? {},
      advertisedPort: options.advertisedPort,
    });
  }

  /** A node's certificate of the cluster's CA, or of another one. */
  certificate(ca: CertificateAndKey = this.ca): Promise<CertificateAndKey> {
    const { certPem: caCertPem, keyPem: caKeyPem } = ca;
    return generateNodeCert({ caCertPem, caKeyPem, addresses: [host] });
  }

  /** Node `number`, counted from 1. */
  node(number: number): TestNode {
    const node = this.nodes[number - 1];
    if (node === undefined) throw new Error(`there is no node ${number}`);
    return node;
  }

  /** Starts all nodes; resolves once each sees all others. */
  async start(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.start()));
    await this.met();
  }

  /** Waits until all nodes see each other. */
  async met(): Promise<void> {
    await this.eventually('all nodes see each other', 20_000, async () => {
      for (const { api, name } of this.nodes) {
        const { members } = await api.health();
        if (members < this.nodes.length) throw new Error(`${name} sees ${members} members`);
      }
    });
  }

  /** {@link eventually}, with the ends of the agents' logs when it fails. */
  eventually<T>(what: string, withinMs: number, check: () => T | Promise<T>): Promise<T> {
    return eventually(what, check, this.waitOptions(withinMs));
  }

  waitOptions(withinMs: number): WaitOptions {
    return { withinMs, describe: () => this.tails() };
  }

  /** The ends of the logs of all agents. */
  tails(): string {
    return [...this.nodes, ...this.#newcomers]
      .filter((node) => node.isRunning)
      .map((node) => `--- ${node.name}\n${node.process.tail()}`)
      .join('\n');
  }

  /** Waits until a query gives the same rows on all running nodes; returns them. */
  async equalRows(sql: string, withinMs = 30_000): Promise<unknown[][]> {
    const nodes = this.nodes.filter((node) => node.isRunning);
    return this.eventually(`equal rows of ${sql}`, withinMs, async () => {
      const all = await Promise.all(nodes.map(({ api }) => api.query(sql)));
      const texts = all.map((rows) => rows.map((row) => row.map(String).join('|')).join('\n'));
      if (new Set(texts).size > 1) {
        throw new Error(`rows: ${all.map((rows) => rows.length).join(', ')}; ${firstDiff(texts)}`);
      }
      return all[0] ?? [];
    });
  }

  /** Kills whatever still runs, and removes the directory. */
  async close(): Promise<void> {
    const running = [...this.nodes, ...this.#newcomers].filter((node) => node.isRunning);
    await Promise.all(running.map((node) => node.end('SIGKILL')));
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function firstDiff(texts: readonly string[]): string {
  const [first = [], ...others] = texts.map((text) => text.split('\n'));
  for (const [index, line] of first.entries()) {
    const differing = others.find((lines) => lines[index] !== line);
    if (differing !== undefined) return `first difference: ${line} and ${differing[index]}`;
  }
  return 'one has more';
}
