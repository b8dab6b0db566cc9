// A PostgreSQL endpoint over a real storage in a temporary folder, for tests and for looking at by hand:
// everything of a node but its network.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLiveQueries } from '@patina/engine/live/hub/create-live-queries.ts';
import type { LiveHub } from '@patina/engine/live/hub/live-hub.ts';
import { type NodeStorage, openThreadedStorage } from '@patina/engine/storage/threaded-storage.ts';
import { createTrialRunner, type TrialRunner } from '@patina/engine/storage/trial-runner.ts';
import type { PgBackend } from '../../execution/ports.ts';
import { createPgReaderPool, type PgReaderPool } from '../../reader/reader-pool.ts';
import type { SchemaChange } from '../../sql/planned.ts';
import type { PgAccess } from '../pg-access.ts';
import { createPgServer, type PgServer, type PgServerLimits } from '../pg-server.ts';
import type { PgServerEvent } from '../server-events.ts';

export interface TestEndpoint {
  readonly server: PgServer;
  readonly storage: NodeStorage;
  readonly readers: PgReaderPool;
  readonly trials: TrialRunner;
  readonly events: PgServerEvent[];
  readonly host: string;
  readonly port: number;
  readonly databasePath: string;
  stop(): Promise<void>;
}

export interface TestEndpointOptions {
  readonly schema?: string;
  readonly limits?: Partial<PgServerLimits>;
  readonly access?: Partial<PgAccess>;
  readonly address?: string;
}

const facts = { database: 'patina', users: [{ name: 'test', isAdmin: true }], settings: [] };

/** Lets everybody do everything. */
const openAccess: PgAccess = {
  identify: async () => ({ method: 'trust', isReadOnly: false }),
  logIn: async (user) => ({ name: user, role: 'admin', revoked: new AbortController().signal }),
  logInFailed: () => undefined,
  checkPassword: async () => false,
  check: () => undefined,
};

export async function startTestEndpoint(options: TestEndpointOptions = {}): Promise<TestEndpoint> {
  const folder = mkdtempSync(join(tmpdir(), 'patina-pg-'));
  const databasePath = join(folder, 'node.db');
  const storage = await openThreadedStorage({
    path: databasePath,
    synchronous: 'normal',
    cacheKib: 16_000,
    maxClockDriftMs: 500,
  });
  const { schema } = options;
  if (schema !== undefined) await storage.applySchema({ texts: [schema], allowDestructive: false });
  const compileCacheDirectory = join(tmpdir(), 'patina-pg-test-cache');
  const trials = createTrialRunner({
    databasePath,
    compileCacheDirectory,
    hold: () => storage.hold(),
  });
  const readers = createPgReaderPool({ databasePath, facts, compileCacheDirectory });
  const live: LiveHub = createLiveQueries({
    databasePath,
    stateDirectory: join(folder, 'live'),
    compileCacheDirectory,
  });
  storage.onCommit(() => live.wake());
  const events: PgServerEvent[] = [];
  const server = createPgServer({
    addresses: [options.address ?? '127.0.0.1:0'],
    secureContext: undefined,
    access: { ...openAccess, ...options.access },
    backend: backendOf(storage, trials, live),
    readers,
    settings: {},
    databaseName: 'patina',
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    onEvent: (event) => events.push(event),
  });
  await server.start();
  const [address = ''] = server.addresses;
  const port = Number(address.slice(address.lastIndexOf(':') + 1));
  return {
    server,
    storage,
    readers,
    trials,
    events,
    host: '127.0.0.1',
    port,
    databasePath,
    async stop() {
      await server.stop();
      await Promise.all([readers.stop(), trials.stop(), live.stop()]);
      await storage.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function backendOf(storage: NodeStorage, trials: TrialRunner, live: LiveHub): PgBackend {
  return {
    schemaDdl: () => storage.schemaDdl(),
    onSchemaChange: (handler) => {
      let isListening = true;
      storage.onSchemaChange(() => isListening && handler());
      return () => {
        isListening = false;
      };
    },
    transact: (transaction) => storage.transact(transaction),
    trials,
    live,
    async applySchema(change: SchemaChange) {
      if (change.kind === 'declare') {
        await storage.applySchema({ texts: [change.sql], allowDestructive: change.isDestructive });
      } else if (change.kind === 'drop') {
        const { what, names, dependentViews } = change;
        const views = { what: 'view', names: dependentViews } as const;
        const drops = [...(dependentViews.length > 0 ? [views] : []), { what, names }];
        await storage.applySchema({ texts: [], allowDestructive: true, drops });
      }
      return [];
    },
  };
}
