// The PostgreSQL endpoint of a node: its readers, its trials and its sessions, put together over the node's
// storage and access. Loaded only where `pg.addr` is set: PostgreSQL's parser takes its memory.

import type { LiveQueries } from '@patina/engine/live/live-queries.ts';
import type { PatinaNode } from '@patina/engine/node.ts';
import type { SchemaDrop } from '@patina/engine/schema/plan.ts';
import type { NodeStorage } from '@patina/engine/storage/threaded-storage.ts';
import { createTrialRunner } from '@patina/engine/storage/trial-runner.ts';
import type { CatalogFacts } from '@patina/pg/catalog/facts.ts';
import type { PgBackend } from '@patina/pg/execution/ports.ts';
import { createPgReaderPool } from '@patina/pg/reader/reader-pool.ts';
import { createPgServer, type PgServerStats } from '@patina/pg/server/pg-server.ts';
import type { PgServerEvent } from '@patina/pg/server/server-events.ts';
import { settingDefinitions } from '@patina/pg/session/setting-table.ts';
import type { SchemaChange } from '@patina/pg/sql/planned.ts';
import type { Logger } from 'pino';
import type { NodeAccess } from '../access/open-access.ts';
import { formatHostPort } from '../config/host-port.ts';
import type { Config } from '../config/options.ts';

/** The one database of a node; clients may ask for any name. */
export const databaseName = 'patina';

export interface PgEndpointDeps {
  readonly config: Config;
  readonly logger: Logger;
  readonly node: PatinaNode;
  readonly storage: NodeStorage;
  readonly live: LiveQueries;
  readonly access: NodeAccess;
  readonly compileCacheDirectory: string;
}

export interface PgEndpoint {
  stats(): PgServerStats;
  stop(): Promise<void>;
}

/** Starts to listen; rejects with PATINA_ADDRESS_IN_USE. */
export async function startPgEndpoint(deps: PgEndpointDeps): Promise<PgEndpoint> {
  const { config, logger, node, storage, live, access, compileCacheDirectory } = deps;
  const { pg, db } = config;
  const log = logger.child({ component: 'postgresql' });
  const trials = createTrialRunner({
    databasePath: db.path,
    compileCacheDirectory,
    hold: () => storage.hold(),
  });
  const readers = createPgReaderPool({
    databasePath: db.path,
    facts: await factsOf(access),
    compileCacheDirectory,
    onEvent: (event) => log.debug({ reader: event }, 'reader'),
  });
  const forget = access.control.onChange(() => {
    factsOf(access).then(
      (facts) => readers.setFacts(facts),
      (error: unknown) => log.warn({ err: error }, 'users cannot be listed'),
    );
  });
  const tls = access.pgTls;
  const server = createPgServer({
    addresses: pg.addr === undefined ? [] : [formatHostPort(pg.addr)],
    secureContext: tls === undefined ? undefined : () => tls.context(),
    access: access.pgAccess,
    backend: backendOf({ node, storage, live, trials }),
    readers,
    databaseName,
    limits: { connectionsMax: pg.maxConnections, trialMsMax: pg.transactionTimeoutMs },
    settings: {
      statement_timeout: `${pg.statementTimeoutMs}ms`,
      idle_in_transaction_session_timeout: `${pg.idleInTransactionTimeoutMs}ms`,
      max_connections: String(pg.maxConnections),
    },
    onEvent: (event) => logEvent(log, event),
  });
  const stop = async (): Promise<void> => {
    forget();
    await server.stop();
    await Promise.all([readers.stop(), trials.stop()]);
  };
  try {
    await server.start();
  } catch (error) {
    await stop();
    throw error;
  }
  return { stats: () => server.stats(), stop };
}

function backendOf(parts: {
  readonly node: PatinaNode;
  readonly storage: NodeStorage;
  readonly live: LiveQueries;
  readonly trials: PgBackend['trials'];
}): PgBackend {
  const { node, storage, live, trials } = parts;
  return {
    schemaDdl: () => storage.schemaDdl(),
    onSchemaChange: (handler) => storage.onSchemaChange(handler),
    transact: (transaction) => node.transact(transaction),
    trials,
    live,
    applySchema: (change) => applyChange(storage, change),
  };
}

async function applyChange(storage: NodeStorage, change: SchemaChange): Promise<string[]> {
  if (change.kind === 'declare') {
    await storage.applySchema({ texts: [change.sql], allowDestructive: change.isDestructive });
  } else if (change.kind === 'drop') {
    const { what, names, dependentViews } = change;
    const drops: SchemaDrop[] = [{ what, names }];
    // What stands on a table goes before it.
    if (dependentViews.length > 0) drops.unshift({ what: 'view', names: dependentViews });
    await storage.applySchema({ texts: [], allowDestructive: true, drops });
  }
  return [];
}

/** What the catalogs show beside the schema. */
async function factsOf(access: NodeAccess): Promise<CatalogFacts> {
  const users = await access.manage({ name: 'node', through: 'postgresql' }).users();
  return {
    database: databaseName,
    users: users.map(({ name, roles }) => ({ name, isAdmin: roles.includes('admin') })),
    settings: settingDefinitions.map(({ name, standard, description, isFixed }) => ({
      name,
      value: standard,
      description,
      context: isFixed === true ? 'internal' : 'user',
    })),
  };
}

function logEvent(log: Logger, event: PgServerEvent): void {
  switch (event.kind) {
    case 'session-started':
    case 'session-ended':
      log.debug({ user: event.user, address: event.remoteAddress }, event.kind.replace('-', ' '));
      return;
    case 'internal-error':
      log.error({ err: event.error, user: event.user }, 'a statement failed');
      return;
    case 'tls-failed':
      log.info({ address: event.remoteAddress, err: event.error }, 'no TLS connection');
      return;
    case 'watch-failed':
      log.warn({ table: event.table, err: event.error }, 'a table cannot be listened to');
      return;
    case 'listen-failed':
      log.error({ err: event.error }, 'the PostgreSQL endpoint');
      return;
    default:
      log.info({ user: event.user, statement: event.statement }, 'schema changed');
  }
}
