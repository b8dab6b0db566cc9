// Agents with an endpoint for PostgreSQL clients, and tables filled by way of it or of HTTP.

import { type BenchAgent, planAgent } from './agents.ts';
import { httpRowsMax, insertSql, rowsFrom } from './databases.ts';
import type { BenchContext } from './figure.ts';
import { freeTcpPort } from './free-ports.ts';
import { type PgAddress, psql } from './postgres.ts';
import { waitFor } from './wait.ts';

const readyMsMax = 60_000;

export interface PgAgent {
  readonly agent: BenchAgent;
  readonly address: PgAddress;
}

/** Starts an agent that takes PostgreSQL clients, as anybody who comes over loopback. */
export async function startPgAgent(
  context: BenchContext,
  name: string,
  bootstrap: readonly string[] = [],
): Promise<PgAgent> {
  const port = await freeTcpPort();
  const config = `[pg]\naddr = "127.0.0.1:${port}"\n`;
  const agent = await planAgent(context, { name, bootstrap, config });
  agent.start();
  await agent.ready();
  const address = { port, user: 'bench', database: 'patina' };
  let lastError: unknown;
  await waitFor(
    async () => {
      try {
        return psql(address, 'SELECT 1');
      } catch (error) {
        lastError = error;
        return undefined;
      }
    },
    { deadlineMs: readyMsMax, everyMs: 200, what: `the PostgreSQL endpoint answers` },
  ).catch((error: unknown) => {
    throw new Error(String(error), { cause: lastError });
  });
  return { agent, address };
}

/** Puts rows 1 to `count` into the agent's table. */
export async function fillAgent({ agent }: PgAgent, count: number): Promise<void> {
  for (let start = 1; start <= count; start += httpRowsMax) {
    const rows = rowsFrom(start, Math.min(httpRowsMax, count - start + 1));
    await agent.client.write(rows.map((row) => [insertSql, [...row]]));
  }
}

/** The same rows in a table of PostgreSQL's. */
export function fillPostgres(address: PgAddress, count: number): void {
  psql(
    address,
    'CREATE TABLE t (id serial PRIMARY KEY, a text, b bigint, c double precision, d text); ' +
      "INSERT INTO t SELECT i, 'name ' || i, i * 3, i / 7.0, 'some text value ' || i % 100 " +
      `FROM generate_series(1, ${count}) AS i; SELECT setval('t_id_seq', ${count}); ANALYZE t`,
  );
}
