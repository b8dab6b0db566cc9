// The composition root of a node: opens the database, the transport and the listeners, ties them
// together, and takes them apart in the reverse order.

import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { actorIdFromBytes } from '@patina/engine/base/actor-id.ts';
import { asPatinaError } from '@patina/engine/base/errors.ts';
import { rngFrom } from '@patina/engine/base/rng.ts';
import { createLiveQueries } from '@patina/engine/live/hub/create-live-queries.ts';
import type { LiveQueries } from '@patina/engine/live/live-queries.ts';
import { lan } from '@patina/engine/membership/config.ts';
import { type NodeEvent, PatinaNode } from '@patina/engine/node.ts';
import type { Clock, Timers } from '@patina/engine/ports.ts';
import { createReaderPool, type ReaderPool } from '@patina/engine/storage/reader-pool.ts';
import { type NodeStorage, openThreadedStorage } from '@patina/engine/storage/threaded-storage.ts';
import { createQuicTransport, newSessionId } from '@patina/engine/transport/quic-transport.ts';
import type { QuicTransport } from '@patina/engine/transport/transport-options.ts';
import type { Logger } from 'pino';
import { type NodeAccess, openAccess } from './access/open-access.ts';
import { createAdminServer } from './admin/server.ts';
import { guardCommand } from './agent/access-handlers.ts';
import { createAdminHandlers } from './agent/admin-handlers.ts';
import { createDryRunner } from './agent/dry-runs.ts';
import { logLiveEvent } from './agent/live-log.ts';
import { createNodeActions } from './agent/node-actions.ts';
import { logNodeEvent } from './agent/node-log.ts';
import { ensureOwnCertificates } from './agent/own-certificates.ts';
import { type PortToProbe, probePorts } from './agent/probe-ports.ts';
import { createReload, type Reload, readGossipTls } from './agent/reload.ts';
import { readSchemaFiles } from './agent/schema-files.ts';
import { createSchemaService } from './agent/schema-service.ts';
import { createService } from './agent/service.ts';
import { showSubscriptions } from './agent/subscriptions-view.ts';
import { createBootstrapResolver } from './bootstrap-resolver.ts';
import type { RunningAgent } from './cli/context.ts';
import { gossipTlsFiles, makesOwnCertificates } from './config/check.ts';
import { formatHostPort } from './config/host-port.ts';
import type { Config } from './config/options.ts';
import { createHttpServer } from './http/server.ts';
import { NodeInsights } from './insights/insights.ts';
import { withSchemaEvents } from './insights/observed-service.ts';
import { listenToLog } from './log.ts';

/** How long a node with peers waits for one of them to confirm its identity before it writes. */
const identityConfirmMs = 4_000;

/** A write may overrun its time limit by so much before the node gives itself up, milliseconds. */
const stuckGraceMs = 60_000;

/** How long requests that run may take to end when the node stops, milliseconds. */
const httpGraceMs = 1_000;

const softwareVersion = '0.1.0';

/** Things that were opened, to be closed in the reverse order. */
class Closers {
  readonly #closers: { readonly what: string; readonly close: () => Promise<void> }[] = [];

  add(what: string, close: () => Promise<void>): void {
    this.#closers.push({ what, close });
  }

  /** Closes everything; a failure is logged and does not keep the rest open. */
  async closeAll(logger: Logger): Promise<void> {
    for (const { what, close } of this.#closers.splice(0).toReversed()) {
      try {
        await close();
      } catch (error) {
        logger.error({ err: error, what }, 'could not be closed in order');
      }
    }
  }
}

/** Starts a node; rejects with the reason, having closed everything again. */
export async function startAgent(config: Config, logger: Logger): Promise<RunningAgent> {
  const closers = new Closers();
  try {
    const reload = await start(config, logger, closers);
    return { stop: () => closers.closeAll(logger), reload: () => void reload.certificates() };
  } catch (error) {
    await closers.closeAll(logger);
    throw error;
  }
}

async function start(config: Config, logger: Logger, closers: Closers): Promise<Reload> {
  const texts = readSchemaFiles(config.db.schemaPaths);
  await probePorts(portsOf(config));
  // Certificates that cannot work stop the start before the database is touched; a first node's own are
  // made after it was opened, so that a start that fails leaves nothing behind.
  const early = makesOwnCertificates(config) ? undefined : openTransport(config, logger);
  const storage = await openThreadedStorage({
    path: config.db.path,
    synchronous: config.db.synchronous,
    cacheKib: config.db.cacheSizeKib,
    maxClockDriftMs: config.gossip.maxClockDriftMs,
    stuckMsMax: config.perf.sqlTxTimeoutMs + stuckGraceMs,
  });
  closers.add('storage', () => storage.close());
  logIdentity(storage, logger);
  storage.onFailure((error) => {
    // Without a writer the node can neither write nor merge: better to be restarted than to pretend.
    logger.fatal({ err: error }, 'the writer thread died');
    process.exit(1);
  });
  if (texts.length > 0) await storage.applySchema({ texts, allowDestructive: false });
  const readers = createReaderPool({
    databasePath: config.db.path,
    compileCacheDirectory: compileCacheOf(config),
    onEvent: (event) => logger.debug({ reader: event }, 'reader'),
  });
  closers.add('readers', () => readers.stop());
  await readers.start();
  const access = openAccess(config, logger, readers);
  closers.add('access', () => access.stop());
  await ensureOwnCertificates(config, logger);
  const transport = early ?? openTransport(config, logger);
  const insights = createInsights(config, logger, closers);
  const node = await startNode(config, logger, { storage, transport, insights });
  closers.add('node', () => node.stop());
  const live = startLiveQueries(config, logger, storage, insights);
  closers.add('live queries', () => live.stop());
  const hide = showSubscriptions(live, storage, logger.child({ component: 'live' }));
  closers.add('patina_subscriptions', async () => hide());
  insights.start({
    node,
    storage,
    readers,
    live,
    transport,
    vet: access.vet,
    exchange: access.exchange,
  });
  shareAccess(access, node, insights, logger);
  closers.add('insights', async () => insights.stop());
  const reload = createReload(config, access, transport);
  await listen(config, logger, closers, {
    node,
    storage,
    readers,
    live,
    transport,
    insights,
    access,
    reload,
  });
  return reload;
}

/** Tokens and users of the cluster, where they are shared. */
function shareAccess(
  access: NodeAccess,
  node: PatinaNode,
  insights: NodeInsights,
  logger: Logger,
): void {
  const log = logger.child({ component: 'access' });
  access.exchange.start({
    asking: insights.asking,
    others: () =>
      node
        .members()
        .filter(({ state }) => state === 'alive' || state === 'suspect')
        .map(({ actorId }) => actorId),
    random: Math.random,
    onFault: (actorId, error) =>
      log.debug({ actor_id: actorId, reason: asPatinaError(error).message }, 'access not shared'),
  });
}

/** What the node records of itself begins before the node does. */
function createInsights(config: Config, logger: Logger, closers: Closers): NodeInsights {
  const insights = new NodeInsights({
    config,
    logger: logger.child({ component: 'insights' }),
    softwareVersion,
    clock: systemClock,
    timers: systemTimers,
    rng: rngFrom(Math.random),
  });
  const stop = listenToLog(logger, (line) => insights.recorder.log.add(line));
  closers.add('log listener', async () => stop());
  return insights;
}

function logIdentity(storage: NodeStorage, logger: Logger): void {
  const { identity, doubt, formerActorId } = storage.opened;
  const log = logger.child({ component: 'storage' });
  if (doubt === undefined) log.info({ actor_id: identity.actorId }, 'database opened');
  else {
    log.warn(
      { actor_id: identity.actorId, former_actor_id: formerActorId, why: doubt },
      'the database was given a new actor id, so that no version is used twice',
    );
  }
}

function portsOf({ api, pg, gossip, telemetry }: Config): PortToProbe[] {
  const { addr } = telemetry.prometheus;
  return [
    ...api.addr.map((address) => ({ key: 'api.addr', protocol: 'tcp' as const, address })),
    ...(pg.addr === undefined
      ? []
      : [{ key: 'pg.addr', protocol: 'tcp' as const, address: pg.addr }]),
    { key: 'gossip.addr', protocol: 'udp', address: gossip.addr },
    ...(addr === undefined
      ? []
      : [{ key: 'telemetry.prometheus.addr', protocol: 'tcp' as const, address: addr }]),
  ];
}

function openTransport(config: Config, logger: Logger): QuicTransport {
  const log = logger.child({ component: 'transport' });
  const files = gossipTlsFiles(config);
  return createQuicTransport({
    bind: formatHostPort(config.gossip.addr),
    ...(files === undefined
      ? { plaintext: true }
      : {
          tls: readGossipTls(files),
        }),
    limits: { idleTimeoutMs: config.gossip.idleTimeoutMs },
    onFault: ({ address, peer, error }) =>
      log.warn({ address, actor_id: peer?.actorId, reason: error.message }, 'peer fault'),
  });
}

async function startNode(
  config: Config,
  logger: Logger,
  parts: Pick<Parts, 'storage' | 'transport' | 'insights'>,
): Promise<PatinaNode> {
  const { storage, transport, insights } = parts;
  const { gossip, perf } = config;
  const resolver = createBootstrapResolver(gossip.bootstrap.map(formatHostPort), (entry, error) =>
    logger.warn({ entry, reason: asPatinaError(error).message }, 'bootstrap entry not resolved'),
  );
  const log = logger.child({ component: 'node' });
  return PatinaNode.start({
    clusterId: gossip.clusterId,
    advertisedAddress: formatHostPort(gossip.externalAddr ?? gossip.addr),
    membership: {
      ...lan,
      maxClockDriftMs: gossip.maxClockDriftMs,
      removeDownAfterMs: gossip.removeDownAfterMs,
    },
    scheduler: { intervalMsMin: perf.minSyncBackoffMs, intervalMsMax: perf.maxSyncBackoffMs },
    identityConfirmMs,
    clock: systemClock,
    rng: rngFrom(Math.random),
    timers: systemTimers,
    transport,
    storage,
    newActorId: () => actorIdFromBytes(randomBytes(16)),
    sessionId: newSessionId(),
    resolveSeeds: resolver,
    onEvent(event: NodeEvent) {
      logNodeEvent(log, event);
      insights.onNodeEvent(event);
    },
    onQuestion: (stream, first) => insights.onQuestion(stream, first),
  });
}

function startLiveQueries(
  config: Config,
  logger: Logger,
  storage: NodeStorage,
  insights: NodeInsights,
): LiveQueries {
  const { db, subscriptions } = config;
  const log = logger.child({ component: 'live' });
  const live = createLiveQueries({
    databasePath: db.path,
    stateDirectory: db.subscriptionsPath ?? join(dirname(db.path), 'subscriptions'),
    compileCacheDirectory: compileCacheOf(config),
    limits: {
      subscribersMax: subscriptions.subscriptionsMax,
      clientSubscribersMax: subscriptions.perClientMax,
      queriesMax: subscriptions.queriesMax,
      queryRowsMax: subscriptions.queryRowsMax,
      rowsMax: subscriptions.rowsMax,
      rerunRowsMax: subscriptions.rerunRowsMax,
      changesMax: subscriptions.changesMax,
      unusedMs: subscriptions.unusedAfterMs,
      statementMsMax: subscriptions.statementTimeoutMs,
    },
    onEvent(event) {
      logLiveEvent(log, event);
      insights.recorder.onLiveEvent(event);
    },
  });
  storage.onCommit(() => live.wake());
  return live;
}

/** Where child processes keep compiled code. */
function compileCacheOf({ db }: Config): string {
  return join(dirname(db.path), '.patina-cache');
}

const systemClock: Clock = { wallMs: Date.now, monotonicMs: () => performance.now() };

const systemTimers: Timers = {
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

interface Parts {
  readonly node: PatinaNode;
  readonly storage: NodeStorage;
  readonly readers: ReaderPool;
  readonly live: LiveQueries;
  readonly transport: QuicTransport;
  readonly insights: NodeInsights;
  readonly access: NodeAccess;
  readonly reload: Reload;
}

async function listen(
  config: Config,
  logger: Logger,
  closers: Closers,
  parts: Parts,
): Promise<void> {
  const { node, readers, live, insights } = parts;
  const storage = withSchemaEvents(parts.storage, insights.recorder);
  const trials = createDryRunner(config.db.path, compileCacheOf(config), storage);
  closers.add('dry runs', () => trials.stop());
  const actions = createNodeActions({ logger, node, storage });
  const service = createService({
    node,
    readers,
    live,
    trials,
    insights: insights.asking,
    schema: createSchemaService(storage),
    actions,
    clusterName: config.gossip.clusterName ?? '',
    recorder: insights.recorder,
    transactionTimeoutMs: config.perf.sqlTxTimeoutMs,
    metricsText: metricsTextOf(parts),
  });
  const { access } = parts;
  const metricsAddress = config.telemetry.prometheus.addr;
  const http = createHttpServer({
    service,
    addresses: config.api.addr,
    ...access.forHttp,
    ...(metricsAddress === undefined ? {} : { metricsAddress: metricsAddress }),
    ...(existsSync(consoleDirectory) ? { consoleDirectory } : {}),
    onError: (error, route) => logger.error({ err: error, route }, 'request failed'),
  });
  await http.start();
  closers.add('http', () => http.stop(httpGraceMs));
  // Before HTTP: its streams end with the reason, and hold nothing up.
  closers.add('subscriptions', () => live.stop());
  const admin = createAdminServer({
    path: config.admin.path,
    handlers: createAdminHandlers({
      config,
      logger,
      node,
      storage,
      access,
      reload: parts.reload,
      actions,
      softwareVersion,
    }),
    around: guardCommand(access),
    onFault: (error) => logger.error({ err: error }, 'admin socket'),
  });
  await admin.start();
  closers.add('admin', () => admin.stop());
  if (config.pg.addr !== undefined) {
    const { startPgEndpoint } = await import('./agent/pg-endpoint.ts');
    const compileCacheDirectory = compileCacheOf(config);
    const deps = { config, logger, node, storage, live, access, compileCacheDirectory };
    const endpoint = await startPgEndpoint(deps);
    closers.add('postgresql', () => endpoint.stop());
  }
}

/** The metrics library, and what it watches, begins with the first who asks for metrics. */
function metricsTextOf(parts: Parts): () => Promise<string> {
  let metrics: Promise<{ readonly text: () => Promise<string> }> | undefined;
  return async () => {
    metrics ??= import('./agent/metrics.ts').then(({ createMetrics }) => createMetrics(parts));
    return (await metrics).text();
  };
}

/** Where the build of apps/web puts the console. */
const consoleDirectory = fileURLToPath(new URL('../../web/out', import.meta.url));
