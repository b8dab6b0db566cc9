// Prometheus metrics of a node. Most are read from the machines' own counters when they are asked for:
// nothing is counted twice, and nothing is counted on a hot path for the metrics alone.

import type { LiveQueries } from '@patina/engine/live/live-queries.ts';
import type { PatinaNode } from '@patina/engine/node.ts';
import type { ReaderPool } from '@patina/engine/storage/reader-pool.ts';
import type { NodeStorage } from '@patina/engine/storage/threaded-storage.ts';
import type { QuicTransport } from '@patina/engine/transport/transport-options.ts';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';

export interface MetricsDeps {
  readonly node: PatinaNode;
  readonly storage: NodeStorage;
  readonly readers: ReaderPool;
  readonly live: LiveQueries;
  readonly transport: QuicTransport;
}

/** Builds the registry; `text` reads everything now. */
export function createMetrics(deps: MetricsDeps): { readonly text: () => Promise<string> } {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  addMembership(registry, deps);
  addReplication(registry, deps);
  addStorage(registry, deps);
  addLive(registry, deps);
  addTransport(registry, deps);
  return { text: () => registry.metrics() };
}

function gauge(registry: Registry, name: string, help: string, read: () => number): void {
  new Gauge({
    name: `patina_${name}`,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}

/** Counters of a machine, as one metric with the counter's name as a label. */
function counters(
  registry: Registry,
  name: string,
  help: string,
  read: () => Readonly<Record<string, number>>,
): void {
  new Counter({
    name: `patina_${name}_total`,
    help,
    labelNames: ['kind'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [kind, count] of Object.entries(read())) this.inc({ kind }, count);
    },
  });
}

function addMembership(registry: Registry, { node }: MetricsDeps): void {
  new Gauge({
    name: 'patina_members',
    help: 'Members by state, this node not counted',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      this.reset();
      for (const state of ['alive', 'suspect', 'down', 'left']) this.set({ state }, 0);
      for (const { state } of node.members()) this.inc({ state });
    },
  });
  counters(registry, 'membership_events', 'What the membership machine counted', () => ({
    ...node.membership.counters(),
  }));
}

function addReplication(registry: Registry, { node }: MetricsDeps): void {
  gauge(registry, 'apply_queue_chunks', 'Chunks that wait to be merged', () => node.queued);
  gauge(registry, 'sync_sessions', 'Sync sessions under way, both sides', () => node.syncSessions);
  gauge(registry, 'gap_versions', 'Versions known of and missing', () =>
    node.book
      .state()
      .flatMap(({ gaps }) => gaps)
      .reduce((sum, [start, end]) => sum + end - start + 1, 0),
  );
  gauge(
    registry,
    'lag_p99_seconds',
    'Commit at the origin to visible here, 99th percentile',
    () => (node.lagP99Ms ?? 0) / 1000,
  );
  new Gauge({
    name: 'patina_head_version',
    help: 'Highest version known, by actor',
    labelNames: ['actor'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { actorId, head } of node.book.state()) this.set({ actor: actorId }, head);
    },
  });
  counters(registry, 'applied', 'What became of received chunks', () => ({ ...node.applied }));
  counters(registry, 'broadcast', 'What the broadcast machine counted', () => ({
    ...node.broadcast.counters,
  }));
}

function addStorage(registry: Registry, { storage, readers }: MetricsDeps): void {
  gauge(registry, 'writer_queue', 'Requests that wait for the writer', () => storage.queued());
  gauge(registry, 'reader_processes', 'Reader processes', () => readers.stats().readers);
  gauge(registry, 'reader_queue', 'Queries that wait for a reader', () => readers.stats().queued);
  counters(registry, 'readers', 'What the reader pool counted', () => {
    const { started, queries, timeouts, aborts, crashes, refusals } = readers.stats();
    return { started, queries, timeouts, aborts, crashes, refusals };
  });
}

function addLive(registry: Registry, { live }: MetricsDeps): void {
  gauge(registry, 'live_queries', 'Live queries that are kept', () => live.stats().queries);
  gauge(registry, 'live_subscribers', 'Subscribers of queries', () => live.stats().subscribers);
  gauge(registry, 'live_watches', 'Subscribers of tables', () => live.stats().watches);
  gauge(registry, 'live_rows', 'Rows kept for live queries', () => live.stats().rows);
  counters(registry, 'live', 'What live queries counted', () => {
    const { evaluations, changes, lagged, restarts } = live.stats();
    return { evaluations, changes, lagged, restarts };
  });
}

function addTransport(registry: Registry, { transport }: MetricsDeps): void {
  gauge(
    registry,
    'transport_connections',
    'Connections to peers',
    () => transport.stats().connections,
  );
  counters(registry, 'transport', 'What the transport counted', () => {
    const {
      connections: _now,
      handshakeFailures: _failures,
      drops: _drops,
      ...rest
    } = transport.stats();
    return rest;
  });
  counters(registry, 'handshake_failures', 'Refused or failed handshakes', () => ({
    ...transport.stats().handshakeFailures,
  }));
  counters(registry, 'transport_drops', 'What the transport dropped', () => ({
    ...transport.stats().drops,
  }));
  new Gauge({
    name: 'patina_peer_rtt_seconds',
    help: 'Smoothed round-trip time to each connected peer',
    labelNames: ['actor'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { peer, rttMs } of transport.connections()) {
        this.set({ actor: peer.actorId }, rttMs / 1000);
      }
    },
  });
}
