// What the tests of clients talk to: a Patina node, or, with PATINA_PG_TARGET=postgres, a real PostgreSQL.
// Every test of a client holds for both, so that the tests describe PostgreSQL and not what we made of it.

import pg from 'pg';
import { afterAll, beforeAll } from 'vitest';

export interface PgTarget {
  readonly kind: 'patina' | 'postgres';
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** The CA of the certificate that the server shows, PEM. */
  readonly caFile: string;
  readonly pid: number;
  /** Where Patina's HTTP API listens. */
  readonly apiPort: number | undefined;
  /** A token for it. */
  readonly apiToken: string;
  /** Asks it to end, as an operator would, and waits. */
  stop(): Promise<void>;
  /** Ends it and removes all that it left. */
  close(): Promise<void>;
}

/** Who the tests are. */
export const credentials = { user: 'tester', password: 'a long secret, of the tests' } as const;

export interface TargetOptions {
  /** Lines of the section [pg] of the node's configuration. */
  readonly pgConfig?: string;
  /** Further sections of it. */
  readonly config?: string;
}

export const targetKind: PgTarget['kind'] =
  process.env['PATINA_PG_TARGET'] === 'postgres' ? 'postgres' : 'patina';

export async function startTarget(options: TargetOptions = {}): Promise<PgTarget> {
  if (targetKind === 'postgres') return (await import('./real-postgres.ts')).startPostgres();
  return (await import('./patina-node.ts')).startPatina(options);
}

/** A target for all tests of a file. */
export function useTarget(options: TargetOptions = {}): () => PgTarget {
  let target: PgTarget | undefined;
  beforeAll(async () => {
    target = await startTarget(options);
  });
  afterAll(() => target?.close());
  return () => {
    if (target === undefined) throw new Error('the target has not started');
    return target;
  };
}

/** As libpq and many drivers take it. */
export function connectionUrl(target: PgTarget, parameters = 'sslmode=disable'): string {
  const { user, password, host, port, database } = target;
  return `postgresql://${user}:${encodeURIComponent(password)}@${host}:${port}/${database}?${parameters}`;
}

export function clientConfig(target: PgTarget): pg.ClientConfig {
  const { host, port, user, password, database } = target;
  return { host, port, user, password, database };
}

/** Throws while nobody answers. */
export async function canConnect(target: PgTarget): Promise<void> {
  await withClient(target, (client) => client.query('select 1'));
}

/** Lends a connection of node-postgres. */
export async function withClient<T>(
  target: PgTarget,
  use: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client(clientConfig(target));
  // A connection that the server ends tells so by an event; the query that waits rejects as well.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
