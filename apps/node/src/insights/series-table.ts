// The one table of the series that a node records of itself: names, units, meanings, and how ten
// seconds of them become one value. Whoever reads or draws a series looks here and nowhere else.

export type Unit = 'ms' | 'bytes' | 'bytes/s' | 'per s' | 'count' | 'share' | 'cores';

export interface SeriesDefinition {
  readonly unit: Unit;
  readonly about: string;
  /** `rate`: the source only grows, and what is recorded is its growth per second. */
  readonly kind: 'gauge' | 'rate';
  /** How values of ten seconds become one: peaks must not vanish in a mean. */
  readonly merge: 'mean' | 'max';
}

function gauge(unit: Unit, about: string): SeriesDefinition {
  return { unit, about, kind: 'gauge', merge: 'mean' };
}

function peak(unit: Unit, about: string): SeriesDefinition {
  return { unit, about, kind: 'gauge', merge: 'max' };
}

function rate(about: string, unit: Unit = 'per s'): SeriesDefinition {
  return { unit, about, kind: 'rate', merge: 'mean' };
}

export const seriesTable = {
  event_loop_lag_p99: peak('ms', 'How late timers of the main thread are, 99th percentile'),
  event_loop_busy: gauge('share', 'Share of time in which the main thread works'),
  gc_pause: peak('ms', 'Time in garbage collection within a second'),
  cpu: gauge('cores', 'Processor time of the process, all threads, without reader processes'),
  rss: gauge('bytes', 'Resident memory of the process'),
  heap_used: gauge('bytes', 'Heap of the main thread in use'),
  open_fds: gauge('count', 'Open file descriptors'),

  writer_queue: peak('count', 'Writes that wait for the writer or are under way'),
  writes: rate('Transactions that were asked for here'),
  versions: rate('Versions made here'),
  merged: rate('Versions of other nodes that became visible here'),
  apply_queue: peak('count', 'Chunks that wait to be merged'),
  apply_duplicates: rate('Received chunks that were here already'),
  apply_dropped: rate('Received chunks for which there was no room'),
  quarantined: rate('Versions set aside'),

  broadcast_pending: peak('bytes', 'Chunks kept to be sent'),
  broadcast_sent: rate('Chunks sent'),
  broadcast_sent_bytes: rate('Broadcast traffic sent', 'bytes/s'),
  broadcast_received: rate('Chunks received'),
  broadcast_duplicates: rate('Chunks received again'),
  broadcast_relayed: rate('Chunks passed on for others'),
  broadcast_hops_1: rate('New chunks that came from their origin itself'),
  broadcast_hops_2: rate('New chunks that came over 2 hops'),
  broadcast_hops_3: rate('New chunks that came over 3 hops'),
  broadcast_hops_more: rate('New chunks that came over 4 hops or more'),
  broadcast_resent: rate('Rounds in which a chunk was sent again'),
  broadcast_dropped: rate('Chunks left to sync'),
  broadcast_failed: rate('Sends that failed'),

  connections: gauge('count', 'Connections to other nodes'),
  network_sent: rate('Sent to other nodes', 'bytes/s'),
  network_received: rate('Received from other nodes', 'bytes/s'),
  packets_sent: rate('Packets sent to other nodes'),
  packets_received: rate('Packets received from other nodes'),
  datagrams_sent: rate('Datagrams of membership sent'),
  datagrams_received: rate('Datagrams of membership received'),
  streams_opened: rate('Two-way streams opened'),
  streams_accepted: rate('Two-way streams accepted'),
  network_dropped: rate('What the transport dropped'),
  handshake_failures: rate('Connections that were refused or failed'),

  sync_running: peak('count', 'Sync sessions under way'),
  sync_sessions: rate('Sync sessions that ended'),
  sync_failed: rate('Sync sessions that ended in failure'),
  sync_received_bytes: rate('Changes received by sync', 'bytes/s'),
  sync_sent_bytes: rate('Changes sent by sync', 'bytes/s'),
  sync_needs: rate('Requests of sync sessions'),

  gap_versions: peak('count', 'Versions known of and missing wholly'),
  partial_versions: peak('count', 'Versions of which a part is here'),
  lag_versions: peak('count', 'Versions that are elsewhere and not here'),
  lag_p50: peak('ms', 'Commit elsewhere to visible here, median of the last minutes'),
  lag_p99: peak('ms', 'Commit elsewhere to visible here, 99th percentile of the last minutes'),
  convergence_p50: peak('ms', 'Commit here to visible everywhere, median of the last 15 minutes'),
  convergence_p99: peak('ms', 'The same, 99th percentile'),

  members_alive: gauge('count', 'Members that are alive, this node counted'),
  members_suspect: peak('count', 'Members under suspicion'),
  members_down: peak('count', 'Members that are down'),
  probe_failures: rate('Probes of members that failed'),
  suspicions: rate('Suspicions raised here'),
  refutations: rate('Times that this node refuted being suspect or down'),

  readers: gauge('count', 'Reader processes'),
  readers_busy: peak('count', 'Queries that run'),
  readers_queue: peak('count', 'Queries that wait for a reader'),
  queries: rate('Queries'),
  readers_killed: rate('Queries ended by time limit or because nobody waited'),
  readers_crashed: rate('Readers that died'),

  live_queries: gauge('count', 'Live queries'),
  live_subscribers: gauge('count', 'Subscribers of live queries'),
  live_watches: gauge('count', 'Followers of tables'),
  live_rows: gauge('count', 'Rows kept for live queries'),
  live_evaluations: rate('Evaluations of live queries'),
  live_changes: rate('Changes of results of live queries'),
  live_lagged: rate('Subscribers that fell too far behind'),
  live_restarts: rate('Restarts of the live process'),

  db_bytes: gauge('bytes', 'The database file'),
  wal_bytes: peak('bytes', 'The write-ahead log'),

  http_requests: rate('HTTP requests answered'),
  http_client_errors: rate('HTTP answers with status 400 to 499'),
  http_server_errors: rate('HTTP answers with status 500 and above'),
  http_running: peak('count', 'HTTP requests under way, streams counted'),
  http_latency_p99: peak(
    'ms',
    'HTTP requests without streams, 99th percentile of the last minutes',
  ),
} as const satisfies Readonly<Record<string, SeriesDefinition>>;

export type SeriesName = keyof typeof seriesTable;

function isSeriesName(name: string): name is SeriesName {
  return Object.hasOwn(seriesTable, name);
}

/** In the order of the table. */
export const seriesNames: readonly SeriesName[] = Object.keys(seriesTable).filter(isSeriesName);
