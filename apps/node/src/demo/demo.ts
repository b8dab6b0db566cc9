// `patina demo`: a cluster on this machine, real data in it, and live writes on top, until a signal
// stops it; with `once`, until the proof that all nodes are equal.

import { setTimeout as pause } from 'node:timers/promises';
import { PatinaError } from '@patina/engine/base/errors.ts';
import { probePorts } from '../agent/probe-ports.ts';
import type { DemoOptions } from '../cli/context.ts';
import { formatHostPort } from '../config/host-port.ts';
import { ClusterNode } from './cluster.ts';
import { type Dataset, readDataset } from './dataset.ts';
import { importData, isImported } from './import-data.ts';
import { demoDirectory, type NodePlace, planNodes, removeData, writePlaces } from './layout.ts';
import { count, counted, duration } from './numbers.ts';
import { type Patience, patiently } from './patience.ts';
import { ProgressBar } from './progress-bar.ts';
import { isEqual, proofLines, proveAll, type TableProof } from './proof.ts';
import { liveWrites } from './replay.ts';
import { Screen } from './screen.ts';
import { askStatus, type NodeReport, statusLine, statusTable } from './status.ts';
import { listenForStop } from './stop-signal.ts';
import { LiveWriter } from './writer.ts';

/** How long the nodes may take to find each other, and to become equal, milliseconds. */
const meetMsMax = 30_000;
const equalMsMax = 60_000;

/** How often a condition is looked at, milliseconds. */
const lookPeriodMs = 100;

const statusPeriodMs = 1_000;

/** What the parts of a run share. */
interface Run extends Patience {
  readonly options: DemoOptions;
  readonly screen: Screen;
  readonly nodes: readonly ClusterNode[];
  readonly data: Dataset;
}

/** Runs the demo in the working directory; resolves when it was stopped, or has proved its point. */
export async function runDemo(options: DemoOptions): Promise<void> {
  const cwd = process.cwd();
  const screen = new Screen(process.stdout, process.env);
  const places = planNodes(options.nodes, options.port);
  await checkPorts(places);
  const data = readDataset();
  if (options.fresh) removeData(cwd);
  await writePlaces(cwd, places);
  const say = (line: string): void => screen.line(line);
  const nodes = places.map((place) => new ClusterNode(cwd, place, say));
  const stop = listenForStop(() => {
    for (const node of nodes) node.kill();
  });
  const run = runCluster({ options, screen, nodes, data, isStopped: () => stop.isRequested });
  try {
    await Promise.race([run, stop.requested]);
  } finally {
    screen.keepBlock();
    if (stop.isRequested) screen.line('stopping ...');
    await Promise.all(nodes.map((node) => node.stop()));
    // Whatever fails once the nodes are being stopped fails because of that.
    await run.catch((error: unknown) => {
      if (!stop.isRequested) throw error;
    });
  }
  if (stop.isRequested) screen.line(`stopped; the data stays in ${demoDirectory}`);
}

async function checkPorts(places: readonly NodePlace[]): Promise<void> {
  const ports = places.flatMap(({ number, api, pg, gossip }) => [
    { key: `node ${number}, HTTP:`, protocol: 'tcp' as const, address: api },
    { key: `node ${number}, PostgreSQL:`, protocol: 'tcp' as const, address: pg },
    { key: `node ${number}, gossip:`, protocol: 'udp' as const, address: gossip },
  ]);
  for (const port of ports) {
    try {
      await probePorts([port]);
    } catch (cause) {
      const address = formatHostPort(port.address);
      const message = `${address} (${port.protocol.toUpperCase()}) cannot be used by the demo`;
      const isTaken = cause instanceof PatinaError && cause.code === 'PATINA_ADDRESS_IN_USE';
      throw new PatinaError('PATINA_ADDRESS_IN_USE', isTaken ? `${address} is in use` : message, {
        hint: 'Does another demo run? Stop it, or choose other ports with --port.',
        cause,
      });
    }
  }
}

async function runCluster(run: Run): Promise<void> {
  const { options, screen, nodes } = run;
  const many = counted(nodes.length, 'node');
  screen.line(screen.bold(`Patina demo: ${many} on this machine, data in ${demoDirectory}`));
  await Promise.all(nodes.map((node) => node.start()));
  await waitUntilMet(run);
  for (const { place, client, pid } of nodes) {
    const gossip = screen.dim(`gossip ${formatHostPort(place.gossip)}  pid ${pid ?? '?'}`);
    screen.line(`  node ${place.number}  ${client.url}  ${gossip}`);
  }
  screen.line();
  await importAll(run);
  if (options.once) await prove(run);
  else await replay(run);
}

/** Waits until every node sees all others. */
async function waitUntilMet(run: Run): Promise<void> {
  const { nodes, isStopped } = run;
  const deadlineMs = performance.now() + meetMsMax;
  while (!isStopped()) {
    const healths = await Promise.all(
      nodes.map(({ client }) => patiently(() => client.health(), run)),
    );
    if (healths.every(({ members }) => members >= nodes.length)) return;
    if (performance.now() > deadlineMs) {
      const seen = healths.map(({ members }) => members).join(', ');
      throw new PatinaError('PATINA_INTERNAL', `the nodes see ${seen} members each`, {
        hint: `Their logs are in ${demoDirectory}.`,
      });
    }
    await pause(lookPeriodMs);
  }
}

async function importAll(run: Run): Promise<void> {
  const { nodes, screen, data } = run;
  const [first] = nodes;
  if (first === undefined) return;
  const airports = `${count(data.airports.length)} airports`;
  const flights = `${count(data.flights.length)} flights`;
  if (await patiently(() => isImported(first.client, data), run)) {
    screen.line('the data is here from an earlier run (--fresh begins anew)');
    return;
  }
  screen.line(`importing ${airports} and ${flights} through node 1`);
  const startMs = performance.now();
  const bar = new ProgressBar(screen);
  const version = await importData(first.client, data, run, ({ rows, totalRows }) =>
    bar.show(rows, totalRows),
  );
  screen.keepBlock();
  const importedMs = performance.now();
  if (version === undefined) return;
  for (const { client } of nodes) {
    await patiently(() => client.waitFor(version, equalMsMax / 1000), run);
  }
  const took = duration(importedMs - startMs);
  const later = duration(performance.now() - importedMs);
  screen.line(`imported in ${took}; ${later} later every node had all of it`);
}

async function prove(run: Run): Promise<void> {
  const { nodes, screen, isStopped } = run;
  const clients = nodes.map(({ client }) => client);
  const deadlineMs = performance.now() + equalMsMax;
  let proofs: TableProof[][] = [];
  while (!isStopped()) {
    proofs = await patiently(() => proveAll(clients), run);
    if (isEqual(proofs) || performance.now() > deadlineMs) break;
    await pause(lookPeriodMs);
  }
  if (isStopped()) return;
  screen.line();
  for (const line of proofLines(proofs)) screen.line(`  ${line}`);
  screen.line();
  screen.line(screen.dim('  checksum: SHA-256 over all values and types in the order of the key'));
  if (!isEqual(proofs)) {
    throw new PatinaError('PATINA_INTERNAL', `not equal after ${duration(equalMsMax)}`, {
      hint: `The logs of the nodes are in ${demoDirectory}.`,
    });
  }
  screen.line(screen.bold(`all ${counted(nodes.length, 'node')} are equal`));
}

async function replay(run: Run): Promise<void> {
  const { nodes, screen, data, options, isStopped } = run;
  const firstId = 1 + (await highestId(run));
  const writes = liveWrites({ records: data.flights, firstId, nodes: nodes.length });
  const writer = new LiveWriter(nodes, writes, options.ratePerSecond);
  await tellWhereToLook(run);
  screen.line(`replaying flights: ${counted(options.ratePerSecond, 'write')}/s over all nodes`);
  screen.line();
  writer.start();
  try {
    let failures = 0;
    let before = { atMs: performance.now(), acknowledged: nodes.map(() => 0) };
    while (!isStopped()) {
      await pause(Math.max(0, before.atMs + statusPeriodMs - performance.now()));
      const now = { atMs: performance.now(), acknowledged: [...writer.acknowledged] };
      const reports = await reportsOf(run, ratesBetween(before, now));
      if (isStopped()) return;
      before = now;
      if (writer.failures > failures) {
        const last = writer.lastFailure?.message ?? 'no node is up';
        screen.line(`${counted(writer.failures - failures, 'write')} refused: ${last}`);
        failures = writer.failures;
      }
      screen.block(screen.isTerminal ? statusTable(reports) : reports.map(statusLine));
    }
  } finally {
    await writer.stop();
  }
}

/** What each node had acknowledged at a time. */
interface Tally {
  readonly atMs: number;
  readonly acknowledged: readonly number[];
}

/** Writes per second of each node between two times. */
function ratesBetween(before: Tally, now: Tally): number[] {
  const seconds = (now.atMs - before.atMs) / 1000;
  return now.acknowledged.map((count, index) =>
    Math.round((count - (before.acknowledged[index] ?? 0)) / seconds),
  );
}

/** Asks all nodes how they are. */
async function reportsOf(
  { nodes }: Run,
  writesPerSecond: readonly number[],
): Promise<NodeReport[]> {
  const statuses = await Promise.all(
    nodes.map(({ client, isUp }) =>
      isUp ? askStatus(client).catch(() => undefined) : Promise.resolve(undefined),
    ),
  );
  return nodes.map(({ place, stateText }, index) => ({
    number: place.number,
    status: statuses[index],
    stateText,
    writesPerSecond: writesPerSecond[index] ?? 0,
  }));
}

/** The highest id of a flight at any node. */
async function highestId(run: Run): Promise<number> {
  const { nodes, data } = run;
  const sql = 'SELECT coalesce(max(id), 0) FROM flights';
  const ids = await Promise.all(
    nodes.map(({ client }) => patiently(() => client.numbers(sql, 30), run)),
  );
  return Math.max(data.flights.length, ...ids.flat());
}

async function tellWhereToLook({ nodes, screen }: Run): Promise<void> {
  const [first, second] = nodes;
  if (first === undefined) return;
  const { client, place } = first;
  const crashed = second ?? first;
  const show = (what: string, how: string): void =>
    screen.line(`  ${screen.dim(what.padEnd(9))}${how}`);
  screen.line();
  if (await client.hasConsole().catch(() => false)) show('console', client.url);
  show('query', `npx patina query --api-addr ${formatHostPort(place.api)} \\`);
  show('', '  "SELECT origin, count(*) FROM flights GROUP BY 1 LIMIT 5"');
  show('curl', `curl -s ${client.url}v1/queries \\`);
  show('', "  -H 'content-type: application/json' \\");
  show('', `  -d '"SELECT count(*) FROM flights"'`);
  show('psql', `psql -h ${place.pg.host} -p ${place.pg.port} -U demo patina`);
  show('members', `npx patina cluster members -c ${place.configFile}`);
  show('crash', `kill -9 ${crashed.pid ?? ''}   (node ${crashed.place.number}; it comes back)`);
  show('stop', 'Ctrl-C');
  screen.line();
}
