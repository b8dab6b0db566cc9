// Reads all series once a second. What other parts count anyway is read from their own counters, so that
// nothing is counted twice, and nothing on a hot path for the series alone.

import type { LiveQueries } from '@patina/engine/live/live-queries.ts';
import type { PatinaNode } from '@patina/engine/node.ts';
import type { ReaderPool } from '@patina/engine/storage/reader-pool.ts';
import type { NodeStorage } from '@patina/engine/storage/threaded-storage.ts';
import type { QuicTransport } from '@patina/engine/transport/transport-options.ts';
import type { Canary } from './canary.ts';
import type { HttpFigures } from './http-figures.ts';
import type { ProcessFigures } from './process-figures.ts';
import type { Recorder } from './recorder.ts';
import type { Sample } from './series-store.ts';
import { type SeriesName, seriesNames, seriesTable } from './series-table.ts';

export interface SampledParts {
  readonly node: PatinaNode;
  readonly storage: NodeStorage;
  readonly readers: ReaderPool;
  readonly live: LiveQueries;
  readonly transport: QuicTransport;
  readonly recorder: Recorder;
  readonly canary: Canary;
  readonly http: HttpFigures;
  readonly process: ProcessFigures;
}

/** Lag changes with time too, so it is computed now and then although nothing has come. */
const lagPeriod = 5;

export class Sampler {
  readonly #parts: SampledParts;
  readonly #before = new Map<SeriesName, number>();
  #beforeMs: number | undefined;
  #lagRevision = -1;
  #lag: Sample = {};
  #calls = 0;

  constructor(parts: SampledParts) {
    this.#parts = parts;
  }

  /** The values of now, and of what grew since the last call. */
  sample(nowMs: number): Sample {
    const raw: Sample = {
      ...this.#parts.process.read(),
      ...this.#replication(),
      ...this.#network(),
      ...this.#members(),
      ...this.#queries(),
      ...this.#http(),
    };
    const seconds = (nowMs - (this.#beforeMs ?? nowMs)) / 1_000;
    const sample: Partial<Record<SeriesName, number>> = {};
    for (const name of seriesNames) {
      const value = raw[name];
      if (value === undefined) continue;
      if (seriesTable[name].kind === 'gauge') {
        sample[name] = value;
        continue;
      }
      const before = this.#before.get(name);
      this.#before.set(name, value);
      // A source that began anew (a restarted process) has grown by what it has.
      if (before === undefined || seconds <= 0) continue;
      sample[name] = (value >= before ? value - before : value) / seconds;
    }
    this.#beforeMs = nowMs;
    return sample;
  }

  #replication(): Sample {
    const { node, storage, recorder, canary } = this.#parts;
    const { counts, latencies } = recorder;
    const { applied } = node;
    const broadcast = node.broadcast.counters;
    const p50 = canary.quantile(0.5);
    const p99 = canary.quantile(0.99);
    return {
      ...this.#lagFigures(),
      writer_queue: storage.queued(),
      writes: counts.writes,
      versions: counts.versions,
      merged: applied.merged,
      apply_queue: node.queued,
      apply_duplicates: applied.duplicates,
      apply_dropped: applied.dropped,
      quarantined: applied.quarantined,
      broadcast_pending: node.broadcast.retainedBytes,
      broadcast_sent: broadcast.sentChunks,
      broadcast_sent_bytes: broadcast.sentBytes,
      broadcast_received: broadcast.receivedChunks,
      broadcast_duplicates: broadcast.duplicateChunks,
      broadcast_relayed: broadcast.relayedChunks,
      broadcast_hops_1: broadcast.newOver1Hop,
      broadcast_hops_2: broadcast.newOver2Hops,
      broadcast_hops_3: broadcast.newOver3Hops,
      broadcast_hops_more: broadcast.newOverMoreHops,
      broadcast_resent: broadcast.resentChunks,
      broadcast_dropped:
        broadcast.droppedFull + broadcast.droppedUnreachable + broadcast.droppedLarge,
      broadcast_failed: broadcast.failedSends,
      sync_running: node.syncSessions,
      sync_sessions: counts.syncSessions,
      sync_failed: counts.syncFailed,
      sync_received_bytes: counts.syncReceivedBytes,
      sync_sent_bytes: counts.syncSentBytes,
      sync_needs: counts.syncNeeds,
      ...given('lag_p50', latencies.lag.recent(0.5)),
      ...given('lag_p99', latencies.lag.recent(0.99)),
      ...given('convergence_p50', p50),
      ...given('convergence_p99', p99),
    };
  }

  #lagFigures(): Sample {
    const { node } = this.#parts;
    const isDue = this.#calls++ % lagPeriod === 0;
    if (!isDue && node.book.revision === this.#lagRevision) return this.#lag;
    this.#lagRevision = node.book.revision;
    let gapVersions = 0;
    let partials = 0;
    for (const state of node.book.state()) {
      for (const [start, end] of state.gaps) gapVersions += end - start + 1;
      partials += state.partials.length;
    }
    const behind = node.lag().reduce((sum, { versions }) => sum + versions, 0);
    this.#lag = { gap_versions: gapVersions, partial_versions: partials, lag_versions: behind };
    return this.#lag;
  }

  #network(): Sample {
    const stats = this.#parts.transport.stats();
    return {
      connections: stats.connections,
      network_sent: stats.bytesSent,
      network_received: stats.bytesReceived,
      packets_sent: stats.packetsSent,
      packets_received: stats.packetsReceived,
      datagrams_sent: stats.datagramsSent,
      datagrams_received: stats.datagramsReceived,
      streams_opened: stats.streamsOpened,
      streams_accepted: stats.streamsAccepted,
      network_dropped: total(stats.drops),
      handshake_failures: total(stats.handshakeFailures),
    };
  }

  #members(): Sample {
    const { node } = this.#parts;
    const counts = { alive: 1, suspect: 0, down: 0, left: 0 };
    for (const { state } of node.members()) counts[state]++;
    const { probeFailures, suspicions, refutations } = node.membership.counters();
    return {
      members_alive: counts.alive,
      members_suspect: counts.suspect,
      members_down: counts.down,
      probe_failures: probeFailures,
      suspicions,
      refutations,
    };
  }

  #queries(): Sample {
    const readers = this.#parts.readers.stats();
    const live = this.#parts.live.stats();
    return {
      readers: readers.readers,
      readers_busy: readers.busy,
      readers_queue: readers.queued,
      queries: readers.queries,
      readers_killed: readers.timeouts + readers.aborts,
      readers_crashed: readers.crashes,
      live_queries: live.queries,
      live_subscribers: live.subscribers,
      live_watches: live.watches,
      live_rows: live.rows,
      live_evaluations: live.evaluations,
      live_changes: live.changes,
      live_lagged: live.lagged,
      live_restarts: live.restarts,
    };
  }

  #http(): Sample {
    const { http, recorder } = this.#parts;
    const { requests, clientErrors, serverErrors, running } = http.counts;
    return {
      http_requests: requests,
      http_client_errors: clientErrors,
      http_server_errors: serverErrors,
      http_running: running,
      ...given('http_latency_p99', recorder.latencies.http.recent(0.99)),
    };
  }
}

function given(name: SeriesName, value: number | undefined): Sample {
  return value === undefined ? {} : { [name]: value };
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
